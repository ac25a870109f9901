# SPDX-License-Identifier: MIT
# vfs, whose main damages its state before it begins.
SERVICE_SOURCES_flipping-vfs := tests/faults/flip.c $(filter-out servers/vfs/main.c,$(wildcard servers/vfs/*.c))
