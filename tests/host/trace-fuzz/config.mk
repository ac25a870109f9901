# SPDX-License-Identifier: MIT
HOST_FUZZ_trace-fuzz := 1
HOST_NO_CORE_trace-fuzz := 1
HOST_CFLAGS_trace-fuzz := -Ishim/linux-abi
HOST_SOURCES_trace-fuzz := $(wildcard shim/linux-abi/trace/*.c)
