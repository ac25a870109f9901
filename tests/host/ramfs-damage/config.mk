# SPDX-License-Identifier: MIT
HOST_SOURCES_ramfs-damage := $(filter-out servers/ramfs/main.c,$(wildcard servers/ramfs/*.c)) $(addprefix lib/,filesystem_server.c filesystem_files.c filesystem_tree.c filesystem_xattr.c filesystem_shares.c leases.c shares.c permission.c tsm.c session.c crc32c.c)
HOST_NO_CORE_ramfs-damage := 1
