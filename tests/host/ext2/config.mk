# SPDX-License-Identifier: MIT
HOST_SOURCES_ext2 := $(filter-out servers/ext2/main.c,$(wildcard servers/ext2/*.c)) $(addprefix lib/,tsm.c crc32c.c)
HOST_NO_CORE_ext2 := 1
