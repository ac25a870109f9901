# SPDX-License-Identifier: MIT
HOST_SOURCES_core := tests/host/harness/machine.c tests/host/harness/invariants.c
HOST_CFLAGS_core := -DDEBUG
