/* SPDX-License-Identifier: MIT */
/* The slot allocator (lib/slots.h): a bitmap, bit set = in use, searched from the word where the last slot was found free. */
#include "lib/slots.h"

#include "lib/assert.h"

static uint64_t slots_first, slots_count;
static uint64_t used[SLOTS_MAX / 64];

void slots_use(uint64_t first, uint64_t count)
{
	assert(first % 64 == 0 && count % 64 == 0 && count <= SLOTS_MAX);
	slots_first = first;
	slots_count = count;
	for (uint64_t i = 0; i < SLOTS_MAX / 64; i++)
		used[i] = 0;
}

static bool slot_is_used(uint64_t bit)
{
	return used[bit / 64] >> bit % 64 & 1;
}

static bool run_is_free(uint64_t bit, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (slot_is_used(bit + i))
			return false;
	return true;
}

handle_t slots_allocate(uint64_t count)
{
	assert(count >= 1 && count <= 512);
	for (uint64_t bit = 0; bit + count <= slots_count; bit++) {
		if (used[bit / 64] == ~0ull) {
			bit |= 63;
			continue;
		}
		if (!run_is_free(bit, count))
			continue;
		for (uint64_t i = 0; i < count; i++)
			used[(bit + i) / 64] |= 1ull << (bit + i) % 64;
		return slots_first + bit;
	}
	return 0;
}

handle_t slot_allocate(void)
{
	return slots_allocate(1);
}

void slot_free(handle_t slot)
{
	uint64_t bit = slot - slots_first;

	assert(bit < slots_count && slot_is_used(bit));
	used[bit / 64] &= ~(1ull << bit % 64);
}

handle_t slot_used_next(handle_t from)
{
	for (uint64_t bit = from > slots_first ? from - slots_first : 0; bit < slots_count; bit++)
		if (slot_is_used(bit))
			return slots_first + bit;
	return 0;
}
