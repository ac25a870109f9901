# SPDX-License-Identifier: MIT
HOST_FUZZ_elf := 1
HOST_SOURCES_elf := tests/host/harness/machine.c lib/elf.c
