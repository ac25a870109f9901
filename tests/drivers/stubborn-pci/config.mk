# SPDX-License-Identifier: MIT
SERVICE_SOURCES_stubborn-pci := drivers/pci/function.c drivers/pci/placement.c drivers/pci/memory.c drivers/pci/configuration.c
