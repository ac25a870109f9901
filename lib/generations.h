/* SPDX-License-Identifier: MIT */
/*
 * Published generations: counters by which everybody knows that what a filesystem told of its files is still so, without asking it.
 *
 * The filesystem writes them (struct generations, abi/file.h), into a Region of its own that others see read-only. What is told of an inode depends on one of its two counters; the counter is advanced while the change is made, that is, after nobody
 * can be told what was before, and before anybody is told what is now or that it is done. So the rule for a reader is: read the counter first, then learn what depends on it; as long as the counter is what it was, that holds.
 *
 * Inodes share counters (GENERATION_BUCKETS): a change of one makes readers ask about others, and no more. An instance begins by advancing all of them: what it makes good of a damaged state, and what it takes back of a transaction that its
 * predecessor had open, need no further care. Only one writes, so no counter is advanced by an atomic addition.
 */
#pragma once

#include <stddef.h>

#include "abi/file.h"

static inline void generation_step(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELEASE);
}

/* In the transaction that changes the inode: after it has changed or before, but with nothing between that waits. */
static inline void generation_advance(struct generations *generations, uint64_t inode, enum generation which)
{
	if (generations)
		generation_step(&generations->counter[generation_index(inode, which)]);
}

/* Whatever is told of it: made, freed, another mode. */
static inline void generation_advance_all(struct generations *generations, uint64_t inode)
{
	generation_advance(generations, inode, GENERATION_ACCESS);
	generation_advance(generations, inode, GENERATION_ATTRIBUTES);
}

/* At the start of an instance, before it serves. */
static inline void generations_open(struct generations *generations)
{
	for (size_t i = 0; i < sizeof(generations->counter) / sizeof(generations->counter[0]); i++)
		generation_step(&generations->counter[i]);
}
