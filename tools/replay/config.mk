# SPDX-License-Identifier: MIT
TOOL_SOURCES_replay := $(addprefix lib/,sha256.c chain.c crc32c.c)
