/* SPDX-License-Identifier: MIT */
/*
 * mm/slab.h with each structure between poisoned borders and poisoned when it was given back, where the one of the personality packs them into frames. Allocations fail when the input says so. Who took each is remembered, so that what is
 * left at the end can be told by its maker.
 */
#include "mm/slab.h"

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <stdio.h>

#include "arena.h"
#include "limits.h"

#define BORDER 32
#define ALIGNED(bytes) (((bytes) + 15) & ~(size_t)15)

/* One that is in use; a border lies between it and the structure, and another one behind that. */
struct record {
	struct record *next, **at;
	void *maker; /* where slab_take() was called */
	uint64_t serial;
};
_Static_assert(sizeof(struct record) % 16 == 0, "what follows is aligned");

static struct record *records;
static uint64_t serial_last;
uint64_t slab_structures;
struct slab *slabs; /* none: /proc/slabinfo is empty here */

uint32_t slab_per_frame(const struct slab *slab)
{
	return (uint32_t)(4096 / slab->size);
}

static void record_in(struct record *record, void *maker)
{
	*record = (struct record){.next = records, .at = &records, .maker = maker, .serial = ++serial_last};
	if (record->next)
		record->next->at = &record->next;
	records = record;
	slab_structures++;
}

static void record_out(struct record *record)
{
	*record->at = record->next;
	if (record->next)
		record->next->at = record->at;
	slab_structures--;
}

void *slab_take(struct slab *slab)
{
	struct record *record = allocation_fails() ? NULL : arena_take(sizeof(*record) + ALIGNED(slab->size) + 2 * BORDER);
	unsigned char *structure;

	if (!record)
		return NULL;
	structure = (unsigned char *)(record + 1) + BORDER;
	__asan_poison_memory_region(structure - BORDER, BORDER);
	__asan_poison_memory_region(structure + slab->size, ALIGNED(slab->size) - slab->size + BORDER);
	record_in(record, __builtin_return_address(0));
	slab->used++;
	return structure;
}

void slab_return(struct slab *slab, void *structure)
{
	record_out((struct record *)((unsigned char *)structure - BORDER) - 1);
	slab->used--;
	__asan_poison_memory_region(structure, slab->size);
}

uint64_t slab_serial(void)
{
	return serial_last;
}

void slab_tell(uint64_t since)
{
	char maker[256];

	for (const struct record *record = records; record; record = record->next) {
		if (record->serial <= since)
			continue;
		__sanitizer_symbolize_pc(record->maker, "%f (%s:%l)", maker, sizeof(maker));
		fprintf(stderr, "left: a structure of %s\n", maker);
	}
}
