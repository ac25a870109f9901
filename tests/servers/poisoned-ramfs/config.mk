# SPDX-License-Identifier: MIT
# The real one, but for the entry.
SERVICE_SOURCES_poisoned-ramfs := $(filter-out servers/ramfs/main.c,$(wildcard servers/ramfs/*.c))
