# SPDX-License-Identifier: MIT
# Compiled as for the target: no vector registers, so that a copy is killed word by word.
HOST_SOURCES_tsm-kill := $(addprefix lib/,tsm.c crc32c.c session.c tsm_channel.c)
HOST_NO_CORE_tsm-kill := 1
HOST_NO_SANITIZE_tsm-kill := 1
HOST_CFLAGS_tsm-kill := -mgeneral-regs-only
