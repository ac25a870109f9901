# SPDX-License-Identifier: MIT
# ramfs, whose main damages its state before it begins.
SERVICE_SOURCES_flipping-ramfs := tests/faults/flip.c $(filter-out servers/ramfs/main.c,$(wildcard servers/ramfs/*.c))
