/* SPDX-License-Identifier: MIT */
/* Address spaces of the model (kernel.h): page tables, as the kernel's own limits and refusals make them. */
#pragma once

#include "kernel.h"

#define PHYSICAL_MOST (48 * 1024) /* pages of physical memory */

struct model_region {
	uint64_t first, pages; /* of physical memory */
};

/* An empty one, without memory for tables. The service's own is another kind: what is mapped there is mapped for the host program. */
struct model_space *space_make(bool own);
void space_donate(struct model_space *space, uint64_t pages);

/* One entry of a batch. */
MUST_USE enum error space_change(struct model_space *space, const struct model_region *region, enum method method, const struct map_entry *entry);

/* What is mapped at an address: page of physical memory << PAGE_BITS | MAP_*, or 0; how many pages are; and in how many places of all spaces a page of physical memory is. */
uint64_t space_entry(const struct model_space *space, uint64_t address);
uint64_t space_pages(const struct model_space *space);
unsigned physical_mapped(uint64_t page);

/* The space of a VSpace. */
struct model_space *space_of(handle_t vspace);

/* Makes physical memory. */
void physical_begin(uint64_t bytes);
