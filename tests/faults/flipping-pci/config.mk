# SPDX-License-Identifier: MIT
# pci, whose main damages its state before it begins.
SERVICE_SOURCES_flipping-pci := tests/faults/flip.c $(filter-out drivers/pci/main.c,$(wildcard drivers/pci/*.c))
