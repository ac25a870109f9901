# SPDX-License-Identifier: MIT
# axiom, whose main damages its state before it begins.
SERVICE_SOURCES_flipping-axiom := tests/faults/flip.c $(filter-out servers/axiom/main.c,$(wildcard servers/axiom/*.c))
