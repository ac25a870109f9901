# SPDX-License-Identifier: MIT
# There is one ELF reader in the tree: the runtime's.
TOOL_SOURCES_manifest := lib/elf.c
