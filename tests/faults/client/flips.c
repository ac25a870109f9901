/* SPDX-License-Identifier: MIT */
/* Damage to states (flips.h): the victim is ended, its next instance begins with one bit changed, everything is read, the victim is ended again, its next instance begins with the state as it was, and everything must be right. */
#include "flips.h"

#include "asks.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "operations.h"
#include "servers/supervisor/policy.h"
#include "tests/faults/flip.h"

/* An instance that ends by itself is started again after a while, and longer each time: so much time passes that it counts as the first. */
static void calm_await(void)
{
	uint64_t end = clock_now() + POLICY_LIFE;
	struct request request;

	while (clock_now() < end)
		(void)!service_receive_until(&request, end); /* signals are no news here */
}

/* Has the victim begin with the state as it was. */
static bool state_restore(volatile struct flip_page *page, uint64_t victim)
{
	for (int i = 0; page->stage != FLIP_NONE && i < 3; i++)
		if (killer_end(victim) != OK)
			return false;
	return page->stage == FLIP_NONE;
}

static bool flip_try(volatile struct flip_page *page, uint64_t victim, uint64_t number, uint64_t of, struct flips *result)
{
	enum verdict verdict;
	bool ended;

	page->cell = number * page->cells / of;
	page->bit = number * 157 % 512; /* goes through all words of a cell, and all bits of a word */
	page->stage = FLIP_ASKED;
	if (killer_end(victim) != OK)
		return false;
	verdict = operations_look();
	ended = page->stage == FLIP_NONE; /* by itself: the next instance has put the state back */
	result->tries++;
	if (verdict == WRONG) {
		result->wrong++;
		log_print("# flip: verdict %u, byte %x, bit %u\n", (uint64_t)verdict, page->found, page->bit);
	} else if (verdict == LOST || ended) {
		result->noticed++;
	} else {
		result->harmless++;
	}
	if (ended)
		calm_await();
	if (!state_restore(page, victim) || operations_look() != RIGHT) {
		log_print("# flip: broken after byte %x, bit %u\n", page->found, page->bit);
		result->broken++;
		return false;
	}
	return true;
}

void flips_run(const char *victim, uint64_t flips, struct flips *result)
{
	const struct start_grant *region = start_find("flip");
	volatile struct flip_page *page = region ? (volatile struct flip_page *)region->address : NULL;
	uint64_t badge = badge_of(victim);

	*result = (struct flips){0};
	if (!page || !badge || killer_end(badge) != OK || operations_look() != RIGHT) { /* its first instance may have begun before the page was there */
		result->broken++;
		return;
	}
	if (flips > page->cells)
		flips = page->cells;
	result->wanted = flips;
	for (uint64_t i = 0; i < flips && flip_try(page, badge, i, flips, result); i++)
		;
}
