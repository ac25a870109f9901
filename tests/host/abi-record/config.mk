# SPDX-License-Identifier: MIT
HOST_SOURCES_abi-record := tools/abi-record/lines.c tools/abi-record/memory.c $(wildcard shim/linux-abi/trace/*.c)
HOST_CFLAGS_abi-record := -Ishim/linux-abi
HOST_NO_CORE_abi-record := 1
