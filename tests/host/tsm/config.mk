# SPDX-License-Identifier: MIT
HOST_SOURCES_tsm := $(addprefix lib/,tsm.c crc32c.c session.c)
HOST_NO_CORE_tsm := 1
