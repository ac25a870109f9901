# SPDX-License-Identifier: MIT
# There is one ELF reader and one SHA-256 in the tree: the runtime's.
TOOL_SOURCES_mkboot := lib/elf.c lib/sha256.c
