# SPDX-License-Identifier: MIT
HOST_SOURCES_double-fetch := tests/host/ramfs/world.c tests/host/ramfs/model.c tests/host/harness/windows.c $(filter-out servers/ramfs/main.c,$(wildcard servers/ramfs/*.c)) \
	$(addprefix lib/,tsm_channel.c ring.c filesystem_server.c filesystem_files.c filesystem_tree.c filesystem_xattr.c filesystem_shares.c leases.c shares.c permission.c tsm.c session.c crc32c.c)
HOST_NO_CORE_double-fetch := 1
