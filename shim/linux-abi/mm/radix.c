/* SPDX-License-Identifier: MIT */
/* A sparse array (mm/radix.h). A table is one frame; the words of the upper three levels are addresses of tables. */
#include "mm/radix.h"

#include "mm/frames.h"

static unsigned slot_at(uint64_t index, unsigned level)
{
	return (unsigned)(index >> (level * RADIX_TABLE_BITS)) & (RADIX_TABLE_WORDS - 1);
}

static uint64_t *table_below(uint64_t *table, uint64_t index, unsigned level)
{
	return table ? (uint64_t *)table[slot_at(index, level)] : NULL;
}

uint64_t *radix_walk(const struct radix *radix, uint64_t index)
{
	uint64_t *table = table_below(table_below(table_below(radix->root, index, 3), index, 2), index, 1);

	_Static_assert(RADIX_LEVELS == 4, "three tables above the last");
	if (!table)
		return NULL;
	((struct radix *)radix)->near = table; /* what is remembered is no part of its value */
	((struct radix *)radix)->near_key = index / RADIX_TABLE_WORDS + 1;
	return &table[slot_at(index, 0)];
}

static uint64_t *table_make(void)
{
	frame_t frame = frame_allocate(true);

	return frame ? frame_bytes(frame) : NULL;
}

uint64_t *radix_make(struct radix *radix, uint64_t index)
{
	uint64_t *table;

	if (!radix->root)
		radix->root = table_make();
	table = radix->root;
	for (unsigned level = RADIX_LEVELS - 1; table && level > 0; level--) {
		uint64_t *word = &table[slot_at(index, level)];

		if (!*word)
			*word = (uint64_t)table_make();
		table = (uint64_t *)*word;
	}
	return table ? &table[slot_at(index, 0)] : NULL;
}

/* The same below one table, whose first index is `base`. */
static uint64_t table_next(uint64_t *table, unsigned level, uint64_t base, uint64_t from, uint64_t to, uint64_t **word)
{
	unsigned shift = level * RADIX_TABLE_BITS;
	uint64_t slot = from > base ? (from - base) >> shift : 0, last = (to - 1 - base) >> shift;

	for (; slot < RADIX_TABLE_WORDS && slot <= last; slot++) {
		uint64_t index = base + (slot << shift), found;

		if (!table[slot])
			continue;
		if (level == 0) {
			*word = &table[slot];
			return index;
		}
		found = table_next((uint64_t *)table[slot], level - 1, index, from, to, word);
		if (found < to)
			return found;
	}
	return to;
}

uint64_t radix_next(const struct radix *radix, uint64_t from, uint64_t to, uint64_t **word)
{
	return radix->root && from < to ? table_next(radix->root, RADIX_LEVELS - 1, 0, from, to, word) : to;
}

static void table_clear(uint64_t *table, unsigned level)
{
	for (unsigned i = 0; level > 0 && i < RADIX_TABLE_WORDS; i++)
		if (table[i])
			table_clear((uint64_t *)table[i], level - 1);
	frame_release(frame_of(table));
}

void radix_clear(struct radix *radix)
{
	if (radix->root)
		table_clear(radix->root, RADIX_LEVELS - 1);
	*radix = (struct radix){0};
}
