# SPDX-License-Identifier: MIT
HOST_FUZZ_ext2-requests := 1
HOST_NO_CORE_ext2-requests := 1
HOST_SOURCES_ext2-requests := $(addprefix tests/host/,harness/requests.c harness/clients.c harness/windows.c double-fetch/hostile.c ext2/world.c) $(filter-out servers/ext2/main.c,$(wildcard servers/ext2/*.c)) \
	$(addprefix lib/,filesystem_server.c filesystem_files.c filesystem_tree.c filesystem_xattr.c filesystem_shares.c leases.c shares.c permission.c tsm.c session.c crc32c.c)
