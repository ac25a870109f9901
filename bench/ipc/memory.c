/* SPDX-License-Identifier: MIT */
/*
 * Batches of pages in this program's own address space, so that the cost of flushing is in. Addresses and pages are shuffled and not neighbours; one more page stays mapped beside
 * them, so that their table stays. The entries are written before the measurement and stay in the message page: the kernel only reads them.
 */
#include "bench.h"

#include "abi/boot.h"

#define WINDOW 0x60000000 /* 2 MiB of addresses: one table */
#define WINDOW_PAGES 512
#define PAGES 256

static handle_t mapping;
static uint64_t entries;

static void batch_prepare(uint64_t count)
{
	struct map_entry *batch = (struct map_entry *)INIT_MESSAGE_ADDRESS;

	expect_ok(space_attach(&own_space, make(OBJECT_REGION, (PAGES + 1) * PAGE_SIZE), RIGHT_READ | RIGHT_WRITE, &mapping));
	expect_ok(mapping_fill(mapping, WINDOW + (WINDOW_PAGES - 1) * PAGE_SIZE, PAGES, 1, MAP_READ));
	for (uint64_t i = 0; i < PAGES; i++) {
		uint64_t place = (i * 167 + 13) % PAGES * 2, page = (i * 91 + 5) % PAGES; /* both factors are odd: permutations */

		batch[i] = (struct map_entry){(WINDOW + place * PAGE_SIZE) | MAP_READ | MAP_WRITE, page};
	}
	entries = count;
}

void map_256_prepare(void)
{
	batch_prepare(PAGES);
}

void unmap_256_prepare(void)
{
	batch_prepare(PAGES);
	map_batch();
}

void map_1_prepare(void)
{
	batch_prepare(1);
}

void map_batch(void)
{
	uint64_t done;

	expect_ok(mapping_map(mapping, entries, &done));
}

void unmap_batch(void)
{
	uint64_t done;

	expect_ok(mapping_unmap(mapping, entries, &done));
}

void map_unmap(void)
{
	uint64_t done;

	expect_ok(mapping_map(mapping, entries, &done));
	expect_ok(mapping_unmap(mapping, entries, &done));
}
