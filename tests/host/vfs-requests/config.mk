# SPDX-License-Identifier: MIT
HOST_FUZZ_vfs-requests := 1
HOST_NO_CORE_vfs-requests := 1
HOST_SOURCES_vfs-requests := $(addprefix tests/host/,harness/requests.c harness/clients.c harness/windows.c double-fetch/hostile.c vfs/system.c ramfs/model.c ramfs/world.c) \
	$(filter-out servers/ramfs/main.c,$(wildcard servers/ramfs/*.c)) $(filter-out servers/vfs/main.c servers/vfs/reach.c,$(wildcard servers/vfs/*.c)) \
	$(addprefix lib/,filesystem_server.c filesystem_files.c filesystem_tree.c filesystem_xattr.c filesystem_shares.c leases.c shares.c permission.c tsm.c session.c crc32c.c)
