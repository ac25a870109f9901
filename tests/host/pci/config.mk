# SPDX-License-Identifier: MIT
HOST_NO_CORE_pci := 1
HOST_SOURCES_pci := drivers/pci/function.c drivers/pci/placement.c
