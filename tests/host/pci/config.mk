# SPDX-License-Identifier: MIT
HOST_NO_CORE_pci := 1
HOST_SOURCES_pci := drivers/pci/function.c drivers/pci/placement.c drivers/pci/memory.c lib/tsm.c lib/crc32c.c
