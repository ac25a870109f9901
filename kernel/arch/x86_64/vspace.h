/* SPDX-License-Identifier: MIT */
/*
 * Address spaces of user mode: page tables, the memory that they come from, and Mappings.
 *
 * A VSpace object is two pages: struct vspace and the top-level table. Further tables and the Mapping
 * objects (64 in a page) come from the VSpace's pool, that is from donated memory; empty tables return to
 * it. Each leaf entry carries the index of its Mapping in its software bits, and each entry that leads to
 * a table counts that table's live entries.
 *
 * Mapping objects are made by the page and used again when they are cleared, never unmade. A
 * Mapping counts the pages that it has, so that clearing one without any is quick.
 */
#pragma once

#include "kernel/core/core.h"

#define MAPPINGS_PER_PAGE 64
#define MAPPINGS_MAX (255 * MAPPINGS_PER_PAGE) /* in one VSpace: their index, from 1, has 14 bits */

struct vspace {
	struct vspace_core core;
	uint64_t root;       /* leads to the top-level table, as an entry would, and counts one more: it stays */
	paddr_t pool;        /* free pages: the first of those in a row (struct free_pages), 0 if none */
	uint64_t pages_free; /* in the pool */
	uint64_t tables;     /* in use, the top-level one not counted */
	uint64_t mappings;   /* in use */
	struct mapping_core *unused; /* Mapping objects without a use, linked by `next` */
	uint64_t mappings_made;      /* the highest index of a Mapping object */
};
_Static_assert(sizeof(struct vspace) <= PAGE_SIZE, "the size of a VSpace is an ABI constant");

/* Physical address of the top-level table of the VSpace at `vspace`. */
static inline paddr_t vspace_root(ref_t vspace)
{
	return vspace - DIRECT_MAP_BASE + PAGE_SIZE;
}

/* Give a new VSpace the kernel's half. */
void vspace_initialise(struct vspace *vspace);

/* Take the Mapping object that hook_mapping_available() returned. */
void vspace_mapping_take(struct vspace *vspace);

/* Clear some entries of a dying Mapping; true when none is left and the object is free again. Bounded. */
bool vspace_mapping_clear(struct mapping_core *mapping);
