/* SPDX-License-Identifier: MIT */
/*
 * The protocol between pci and the driver of one PCI function. Only pci touches configuration space and MSI-X tables; a driver gets a copy of its function's configuration space, taken after BARs were placed, and the
 * Regions of its memory BARs, which init lends it (INIT_LEND): they stay when pci is restarted. A driver starts with CLAIM in each of its instances: when the answer is 0, nothing that an earlier instance started can write to memory any more.
 */
#pragma once

#include "abi/types.h"

enum pci_request {
#define REQUEST(name, number, in, out, sentence) PCI_##name = (number),
#include "abi/protocols/pci.def"
#undef REQUEST
};

#define PCI_CONFIGURATION_BYTES 256 /* what a driver gets to see; the extended space is pci's */
#define PCI_BARS 6
#define PCI_REGIONS_MAX 4 /* slots of a BARS grant */

/* At the start of the session's BUFFER after CLAIM. */
struct pci_device {
	uint8_t configuration[PCI_CONFIGURATION_BYTES];
	uint64_t bar_bytes[PCI_BARS]; /* size of the Region that was lent for this BAR, a multiple of the page size; 0: none */
	uint16_t address;             /* bus << 8 | device << 3 | function */
	uint16_t interrupts;          /* MSI-X entries that are in use; 0: no interrupt, the driver polls */
	uint32_t reset;               /* enum pci_reset: how the function was reset */
};
_Static_assert(sizeof(struct pci_device) == 312, "lies in a BUFFER");

/* The way in which a function was reset (PCI Express Base 4.0, 6.6.2; PCI Power Management 1.2, 5.4.1). */
enum pci_reset {
	PCI_RESET_FUNCTION_LEVEL = 1, /* FLR of the PCI Express or Advanced Features capability */
	PCI_RESET_POWER_STATE = 2,    /* from D3hot back to D0 */
	PCI_RESET_DRIVER = 3,         /* not: it has no such way. Bus mastering is off; the driver resets the device by its registers before it asks for MASTER */
};
