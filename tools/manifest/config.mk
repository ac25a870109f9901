# SPDX-License-Identifier: MIT
# There is one ELF reader in the tree, that of the runtime, and one reader of files.
TOOL_SOURCES_manifest := lib/elf.c tools/mkboot/file.c
