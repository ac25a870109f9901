# SPDX-License-Identifier: MIT
HOST_FUZZ_ext2-fuzz := 1
HOST_NO_CORE_ext2-fuzz := 1
HOST_SOURCES_ext2-fuzz := tests/host/ext2/world.c $(filter-out servers/ext2/main.c,$(wildcard servers/ext2/*.c)) $(addprefix lib/,tsm.c crc32c.c)
