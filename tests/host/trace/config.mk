# SPDX-License-Identifier: MIT
HOST_SOURCES_trace := $(wildcard shim/linux-abi/trace/*.c) shim/linux-abi/syscalls_check.c
HOST_CFLAGS_trace := -Ishim/linux-abi
HOST_NO_CORE_trace := 1
