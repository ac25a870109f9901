# SPDX-License-Identifier: MIT
HOST_SOURCES_ramfs-kill := $(filter-out servers/ramfs/main.c,$(wildcard servers/ramfs/*.c)) $(addprefix lib/,filesystem_server.c filesystem_files.c filesystem_tree.c filesystem_xattr.c filesystem_shares.c leases.c shares.c permission.c tsm.c session.c crc32c.c) \
	$(addprefix tests/host/,ramfs/model.c ramfs/world.c harness/windows.c)
HOST_NO_CORE_ramfs-kill := 1
HOST_NO_SANITIZE_ramfs-kill := 1
HOST_CFLAGS_ramfs-kill := -mgeneral-regs-only
