# SPDX-License-Identifier: MIT
HOST_SOURCES_ext2-pages := tests/host/ext2/world.c $(addprefix tests/host/harness/,windows.c sharing.c) $(filter-out servers/ext2/main.c,$(wildcard servers/ext2/*.c)) \
	$(addprefix lib/,filesystem_server.c filesystem_files.c filesystem_tree.c filesystem_xattr.c filesystem_shares.c leases.c shares.c permission.c tsm.c session.c crc32c.c)
HOST_NO_CORE_ext2-pages := 1
