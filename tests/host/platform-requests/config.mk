# SPDX-License-Identifier: MIT
HOST_FUZZ_platform-requests := 1
HOST_SERVICE_platform-requests := 1
HOST_SOURCES_platform-requests := $(wildcard servers/platform/*.c) lib/wall.c tests/host/harness/service_memory.c $(addprefix tests/host/platform/,memory.c laying.c)
