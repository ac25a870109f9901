# SPDX-License-Identifier: MIT
TOOL_SOURCES_replay := lib/sha256.c
