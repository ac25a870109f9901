# SPDX-License-Identifier: MIT
HOST_FUZZ_cpio := 1
HOST_NO_CORE_cpio := 1
HOST_SOURCES_cpio := $(filter-out servers/ramfs/main.c,$(wildcard servers/ramfs/*.c)) $(addprefix lib/,tsm.c crc32c.c)
