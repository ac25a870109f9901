/* SPDX-License-Identifier: MIT */
/* The parts of the user runtime that this tool needs too, compiled for the host: there is one ELF reader and one SHA-256 in the tree. */
#include "lib/elf.c"
#include "lib/sha256.c"
