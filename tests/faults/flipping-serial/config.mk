# SPDX-License-Identifier: MIT
# The driver of serial ports, whose main damages its state before it begins.
SERVICE_SOURCES_flipping-serial := tests/faults/flip.c $(filter-out drivers/serial/main.c,$(wildcard drivers/serial/*.c))
