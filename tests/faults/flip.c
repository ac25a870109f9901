/* SPDX-License-Identifier: MIT */
/* Flipping a bit of a service's state, and putting the state back (flip.h). The state is copied when damage is asked for, so what the damaged instance does to it is undone with the damage. */
#include "tests/faults/flip.h"

#include "lib/service.h"
#include "lib/string.h"

#define CELL_WORDS 8

static bool cell_is_zero(const uint64_t *cell)
{
	uint64_t any = 0;

	for (int i = 0; i < CELL_WORDS; i++)
		any |= cell[i];
	return !any;
}

/* Counts the cells that are not zero, and finds one of them by its number. */
static uint64_t *cell_find(uint64_t *state, uint64_t words, uint64_t number, uint64_t *count)
{
	uint64_t *found = state;

	*count = 0;
	for (uint64_t *cell = state; cell < state + words; cell += CELL_WORDS) {
		if (cell_is_zero(cell))
			continue;
		if (*count == number)
			found = cell;
		++*count;
	}
	return found;
}

void flip_state(void)
{
	const struct start_grant *region = start_find("flip"), *state = start_next(GRANT_STATE, NULL);
	struct flip_page *page = region ? (struct flip_page *)region->address : NULL;
	uint64_t *cell;

	if (!page || !state || region->bytes < state->bytes + PAGE_SIZE)
		return;
	if (page->stage == FLIP_DONE) {
		memcpy((void *)state->address, (char *)page + PAGE_SIZE, state->bytes);
		page->stage = FLIP_NONE;
	}
	cell = cell_find((uint64_t *)state->address, state->bytes / sizeof(uint64_t), page->cell, &page->cells);
	if (page->stage != FLIP_ASKED)
		return;
	memcpy((char *)page + PAGE_SIZE, (const void *)state->address, state->bytes);
	page->found = (uint64_t)cell - state->address;
	cell[page->bit / 64 % CELL_WORDS] ^= 1ull << page->bit % 64;
	page->stage = FLIP_DONE;
}
