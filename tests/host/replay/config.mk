# SPDX-License-Identifier: MIT
HOST_SOURCES_replay := $(addprefix tools/replay/,arena.c digest.c machine.c records.c state.c verify.c verify_boot.c) lib/sha256.c
