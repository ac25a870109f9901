# SPDX-License-Identifier: MIT
HOST_SOURCES_replay := $(addprefix tools/replay/,arena.c digest.c machine.c medium.c records.c state.c verify.c verify_boot.c witness.c) $(addprefix lib/,sha256.c chain.c crc32c.c)
