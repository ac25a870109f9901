# SPDX-License-Identifier: MIT
# platform, whose main damages its state before it begins.
SERVICE_SOURCES_flipping-platform := tests/faults/flip.c $(filter-out servers/platform/main.c,$(wildcard servers/platform/*.c))
