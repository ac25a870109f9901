/* SPDX-License-Identifier: MIT */
/* Who has which physical memory, and where memory comes from before there are objects. */
#pragma once

#include "abi/types.h"

/* Weakest first: where two claim a page, the later one here has it. */
enum memory_kind {
	MEMORY_NONE,     /* nobody's: a hole, or device memory */
	MEMORY_RAM,      /* free */
	MEMORY_LOADER,   /* RAM in which the loader lies: free when it has done its work */
	MEMORY_RESERVED, /* the firmware's */
	MEMORY_KERNEL,   /* the kernel image, the boot package, and what boot_memory_take() gave out */
};

struct memory_range {
	paddr_t base, end; /* page-aligned */
	enum memory_kind kind;
};

/* Claims memory for a use. RAM shrinks to whole pages, everything else grows to them. */
void memory_claim(paddr_t base, uint64_t size, enum memory_kind kind);

/*
 * Makes `range` the next range of memory after the one that it is; {0} comes before the first. Ranges are ascending and disjoint, neighbours
 * of one kind are one. Returns false when there is none, and skips MEMORY_NONE.
 */
bool boot_memory_next(struct memory_range *range);

/*
 * Takes `pages` contiguous zeroed pages of RAM for good, from above 1 MiB; returns their physical address, which the direct map covers.
 * Only during boot, by its one thread. What was taken is MEMORY_KERNEL from then on. Halts when there is too little.
 */
paddr_t boot_memory_take(uint64_t pages);
