# SPDX-License-Identifier: MIT
HOST_NO_CORE_platform-fuzz := 1
HOST_FUZZ_platform-fuzz := 1
HOST_SOURCES_platform-fuzz := tests/host/platform/memory.c tests/host/platform/laying.c $(addprefix servers/platform/,acpi.c machine.c sleep.c power.c)
