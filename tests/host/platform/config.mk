# SPDX-License-Identifier: MIT
HOST_NO_CORE_platform := 1
HOST_SOURCES_platform := $(addprefix servers/platform/,acpi.c machine.c sleep.c power.c calendar.c wall.c)
