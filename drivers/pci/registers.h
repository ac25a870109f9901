/* SPDX-License-Identifier: MIT */
/* Registers of PCI configuration space that pci uses: PCI Local Bus 3.0 (6.1, 6.2, 6.8), PCI-to-PCI Bridge 1.2 (3.2), PCI Power Management 1.2 (3.2), PCI Express Base 4.0 (7.5.3), Advanced Capabilities ECN. */
#pragma once

#define PCI_VENDOR 0x00
#define PCI_NOTHING 0xffff /* the vendor where nothing is */
#define PCI_DEVICE 0x02
#define PCI_COMMAND 0x04
#define PCI_COMMAND_PORTS 0x001u
#define PCI_COMMAND_MEMORY 0x002u
#define PCI_COMMAND_MASTER 0x004u
#define PCI_COMMAND_NO_INTX 0x400u
#define PCI_STATUS 0x06
#define PCI_STATUS_CAPABILITIES 0x10u
#define PCI_HEADER_TYPE 0x0e
#define PCI_HEADER_MANY 0x80u
#define PCI_HEADER_KIND 0x7fu
#define PCI_HEADER_FUNCTION 0
#define PCI_HEADER_BRIDGE 1
#define PCI_BAR_FIRST 0x10
#define PCI_BAR_PORTS 0x1u
#define PCI_BAR_TYPE 0x6u
#define PCI_BAR_64 0x4u
#define PCI_BAR_ADDRESS 0xfffffff0u
#define PCI_BRIDGE_SECONDARY 0x19
#define PCI_BRIDGE_MEMORY_BASE 0x20
#define PCI_BRIDGE_MEMORY_LIMIT 0x22
#define PCI_CAPABILITIES 0x34
#define PCI_HEADER_END 0x40
#define PCI_CAPABILITIES_MAX 48

/* Capabilities; PCI_*_BYTES: of each, as far as it is used. */
#define PCI_ID_POWER 0x01
#define PCI_POWER_BYTES 6
#define PCI_POWER_STATE 4
#define PCI_POWER_D3 0x3u
#define PCI_POWER_NO_RESET 0x8u

#define PCI_ID_EXPRESS 0x10
#define PCI_EXPRESS_BYTES 12
#define PCI_EXPRESS_DEVICE 0x4
#define PCI_EXPRESS_FLR (1u << 28)
#define PCI_EXPRESS_CONTROL 0x8
#define PCI_EXPRESS_START_FLR 0x8000u
#define PCI_EXPRESS_STATUS 0xa
#define PCI_EXPRESS_PENDING 0x20u

#define PCI_ID_ADVANCED 0x13
#define PCI_ADVANCED_BYTES 6
#define PCI_ADVANCED_FEATURES 3
#define PCI_ADVANCED_FLR 0x2u
#define PCI_ADVANCED_CONTROL 4
#define PCI_ADVANCED_START_FLR 0x1u
#define PCI_ADVANCED_STATUS 5
#define PCI_ADVANCED_PENDING 0x1u

#define PCI_ID_MSIX 0x11
#define PCI_MSIX_BYTES 12
#define PCI_MSIX_CONTROL 2
#define PCI_MSIX_SIZE 0x7ffu
#define PCI_MSIX_MASK_ALL 0x4000u
#define PCI_MSIX_ENABLE 0x8000u
#define PCI_MSIX_TABLE 4
#define PCI_MSIX_PENDING 8
#define PCI_MSIX_BAR 0x7u
#define PCI_MSIX_ENTRY 16
#define PCI_MSIX_ENTRY_MASK 12

#define PCI_MILLISECOND 1000000ull
