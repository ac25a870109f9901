/* SPDX-License-Identifier: MIT */
/*
 * Where free addresses for a BAR are. Firmware has normally placed everything; what it has left out (a device plugged in later) gets addresses below 4 GiB, which every BAR can take: between what the function's bridge passes
 * on, or on bus 0 between the lowest address that firmware has used there and the interrupt controllers.
 */
#pragma once

#include "drivers/pci/function.h"

/* Returns an address for `bytes` (a power of two) of the function, aligned to its size; 0 when there is no room. */
paddr_t placement_find(const struct pci_list *list, const struct pci_function *function, uint64_t bytes);
