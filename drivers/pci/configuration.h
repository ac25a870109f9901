/* SPDX-License-Identifier: MIT */
/*
 * How pci reaches configuration space, by the ports 0xcf8 and 0xcfc (PCI Local Bus 3.0, 3.2.2.3.2), or memory-mapped (ECAM: PCI Express Base 4.0, 7.2.2) where the chipset says that it has that, and device memory by its
 * physical address. All of it from the grants of the start page.
 */
#pragma once

#include "drivers/pci/function.h"
#include "lib/call.h"

extern const struct pci_access configuration_access; /* its context is not used */

/* Finds the ports; false when they were not granted. */
__attribute__((warn_unused_result)) bool configuration_open(void);

/* Uses ECAM from now on, if the chipset has it and it shows the functions of the list as the ports do. Returns whether it is used. */
bool configuration_map(const struct pci_list *list);

/* Which window of device memory, in the order of the DEVICE grants, holds [address, address + bytes), and the page of it in which that begins; -1 when none does. */
int window_find(paddr_t address, uint64_t bytes, uint64_t *page);
