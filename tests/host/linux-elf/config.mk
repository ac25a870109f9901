# SPDX-License-Identifier: MIT
HOST_FUZZ_linux-elf := 1
HOST_NO_CORE_linux-elf := 1
HOST_CFLAGS_linux-elf := -Ishim/linux-abi
HOST_SOURCES_linux-elf := shim/linux-abi/process/elf.c
