# SPDX-License-Identifier: MIT
HOST_FUZZ_ramfs-requests := 1
HOST_NO_CORE_ramfs-requests := 1
HOST_SOURCES_ramfs-requests := tests/host/harness/requests.c tests/host/harness/clients.c tests/host/harness/windows.c tests/host/double-fetch/hostile.c tests/host/ramfs/world.c tests/host/ramfs/model.c $(filter-out servers/ramfs/main.c,$(wildcard servers/ramfs/*.c)) \
	$(addprefix lib/,filesystem_server.c filesystem_files.c filesystem_tree.c filesystem_xattr.c filesystem_shares.c leases.c shares.c permission.c tsm.c session.c crc32c.c)
