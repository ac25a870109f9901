# SPDX-License-Identifier: MIT
# ext2, whose main damages its state before it begins.
SERVICE_SOURCES_flipping-ext2 := tests/faults/flip.c $(filter-out servers/ext2/main.c,$(wildcard servers/ext2/*.c))
