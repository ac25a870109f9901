/* SPDX-License-Identifier: MIT */
/* Damage to states (flips.h): the victim is ended, its next instance begins with one bit changed, everything is read, the victim is ended again, its next instance begins with the state as it was, and everything must be right. */
#include "flips.h"

#include "asks.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "operations.h"
#include "servers/supervisor/policy.h"
#include "tests/faults/flip.h"

#define CELL_BITS 512
#define GOLDEN 0x9e3779b97f4a7c15 /* of 2^64 */
#define KNOWN_NS 3000000000ull /* platform knows the fraction of a second, and keeps it, a second after its start */

static void await(uint64_t time)
{
	uint64_t end = clock_now() + time;
	struct request request;

	while (clock_now() < end)
		(void)!service_receive_until(&request, end); /* signals are no news here */
}

/* Uses all that the victim serves. What is changed while the state of ramfs is damaged would be undone with the damage, and the next number of a request would not follow. */
static enum verdict look(const char *victim, bool degraded)
{
	return start_session("vfs") ? operations_look(degraded, strcmp(victim, "ramfs") != 0) : devices_look(victim, degraded);
}

/* Has the victim begin with the damage undone. */
static bool damage_undo(volatile struct flip_page *page, uint64_t victim)
{
	for (int i = 0; page->stage != FLIP_NONE && i < 3; i++)
		if (killer_end(victim) != OK)
			return false;
	return page->stage == FLIP_NONE && (!start_session("vfs") || operations_settle());
}

/* The multiples of the golden section lie evenly between 0 and 1: which of so many places the n-th one means. */
static uint64_t place_of(uint64_t number, uint64_t places)
{
	return (uint64_t)((unsigned __int128)(number * GOLDEN) * places >> 64);
}

static bool flip_try(volatile struct flip_page *page, const char *name, uint64_t number, struct flips *result)
{
	uint64_t victim = page->victim, place = place_of(number, page->cells * CELL_BITS); /* there are more cells than at the beginning */
	enum verdict verdict;
	bool degraded = killer_degraded(victim), ended; /* degraded: for another reason */

	if (start_session("vfs") && !operations_touch())
		return false;
	page->cell = place / CELL_BITS;
	page->bit = place % CELL_BITS;
	page->stage = FLIP_ASKED;
	if (killer_end(victim) != OK)
		return false;
	verdict = look(name, false);
	if (page->stage == FLIP_ASKED)
		return false; /* there was no damage */
	degraded = !degraded && killer_degraded(victim);
	if (verdict == WRONG && degraded)
		verdict = look(name, true);
	ended = page->stage == FLIP_NONE; /* by itself: the next instance has undone the damage */
	result->tries++;
	if (verdict != RIGHT && verdict != LOST) {
		result->wrong++;
		log_print("# flip: verdict %u, byte %x, bit %u\n", (uint64_t)verdict, page->found, page->bit);
	} else if (verdict == LOST || ended || degraded) {
		result->noticed++;
	} else {
		result->harmless++;
	}
	if (ended)
		await(POLICY_LIFE); /* it is started again after a while, and longer each time, until it has lived for so long */
	if (!damage_undo(page, victim) || look(name, false) != RIGHT) {
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
	uint64_t badge = badge_of(victim), places;

	*result = (struct flips){0};
	if (!page || !badge)
		return;
	page->victim = badge;
	if (!start_session("vfs"))
		await(KNOWN_NS);
	if (killer_end(badge) != OK || look(victim, false) != RIGHT || (start_session("vfs") && !operations_settle())) { /* its first instance has not counted its cells */
		result->broken++;
		return;
	}
	places = page->cells * CELL_BITS;
	result->wanted = flips < places ? flips : places;
	for (uint64_t i = 0; i < result->wanted && flip_try(page, victim, i, result); i++)
		;
}
