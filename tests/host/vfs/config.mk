# SPDX-License-Identifier: MIT
HOST_SOURCES_vfs := $(filter-out servers/ramfs/main.c,$(wildcard servers/ramfs/*.c)) $(filter-out servers/vfs/main.c servers/vfs/reach.c,$(wildcard servers/vfs/*.c)) \
	$(addprefix lib/,filesystem_server.c filesystem_files.c filesystem_tree.c filesystem_xattr.c filesystem_shares.c leases.c shares.c permission.c tsm.c session.c crc32c.c) $(addprefix tests/host/ramfs/,model.c world.c) tests/host/harness/windows.c
HOST_NO_CORE_vfs := 1
