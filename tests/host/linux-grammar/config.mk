# SPDX-License-Identifier: MIT
HOST_NO_CORE_linux-grammar := 1
HOST_CFLAGS_linux-grammar := -Ishim/linux-abi
HOST_SOURCES_linux-grammar := $(wildcard tests/fuzz/linux/*.c) $(wildcard shim/linux-abi/trace/*.c)
