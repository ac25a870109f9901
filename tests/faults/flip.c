/* SPDX-License-Identifier: MIT */
/* Flipping a bit of a service's state, and putting the state back (flip.h). Where the state is restored it is copied when damage is asked for, so what the damaged instance does to it is undone with the damage. */
#include "tests/faults/flip.h"

#include "lib/service.h"
#include "lib/string.h"

#define CELL_WORDS 8
_Static_assert(sizeof(((struct flip_page *)0)->damaged) == CELL_WORDS * sizeof(uint64_t), "a cell");

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

static void damage_undo(struct flip_page *page, const struct start_grant *state, enum flip_undo undo)
{
	uint64_t *cell = (uint64_t *)(state->address + page->found);

	if (undo == FLIP_RESTORE)
		memcpy((void *)state->address, (char *)page + PAGE_SIZE, state->bytes);
	else if (memcmp(cell, page->damaged, sizeof(page->damaged)) == 0)
		cell[page->bit / 64 % CELL_WORDS] ^= 1ull << page->bit % 64;
	page->stage = FLIP_NONE;
}

static void damage_do(struct flip_page *page, const struct start_grant *state, enum flip_undo undo, uint64_t *cell)
{
	if (undo == FLIP_RESTORE)
		memcpy((char *)page + PAGE_SIZE, (const void *)state->address, state->bytes);
	page->found = (uint64_t)cell - state->address;
	cell[page->bit / 64 % CELL_WORDS] ^= 1ull << page->bit % 64;
	memcpy(page->damaged, cell, sizeof(page->damaged));
	page->stage = FLIP_DONE;
}

void flip_state(const char *name, enum flip_undo undo)
{
	const struct start_grant *region = start_find("flip"), *state = start_find(name);
	struct flip_page *page = region ? (struct flip_page *)region->address : NULL;
	uint64_t *cell;

	if (!page || !state || page->victim != start_page->service + 1 || region->bytes < PAGE_SIZE + (undo == FLIP_RESTORE ? state->bytes : 0))
		return;
	if (page->stage == FLIP_DONE)
		damage_undo(page, state, undo);
	cell = cell_find((uint64_t *)state->address, state->bytes / sizeof(uint64_t), page->cell, &page->cells);
	if (page->stage == FLIP_ASKED)
		damage_do(page, state, undo, cell);
}
