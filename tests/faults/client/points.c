/* SPDX-License-Identifier: MIT */
/*
 * Sweeps of kill points (points.h). A strike is set n ns after the operation's beginning. Where the victim is not at work then, the strike misses and the operation is an ordinary one; but it tells how far the victim has come.
 * So the operation is halved again and again, as long as the victim does more than k instructions in a part of it: strikes go where the victim works. If they were too few, k is halved. A point counts when the victim ended
 * at another of its own instructions than at all others.
 */
#include "points.h"

#include "asks.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "servers/supervisor/policy.h"

#define ENDS_MOST 4096
#define PASSES_MOST 6
#define STRETCHES_MOST 80
#define NOTHING UINT64_MAX
#define THEN_MOST_NS 2000000ull /* a second victim ends within this time after the first */
#define THEN_FACTOR 7919        /* spreads these moments */
#define WARM_RUNS 3
#define OWN_LEAST 100 /* who runs for less has no part in the operation: it was asked for a sign of life */

/* One end of the victim. */
enum {
	OWN,        /* how long it had run for the operation */
	PAUSE,      /* how long the client waited */
	SUPERVISOR, /* how long the supervisor's own pause was */
	END_FACTS,
};

struct end {
	uint64_t fact[END_FACTS];
};

static struct end ended[ENDS_MOST];
static uint64_t ended_count;

static void ends_sort(unsigned by)
{
	for (uint64_t gap = ended_count / 2; gap; gap /= 2)
		for (uint64_t i = gap; i < ended_count; i++) {
			struct end end = ended[i];
			uint64_t at = i;

			for (; at >= gap && ended[at - gap].fact[by] > end.fact[by]; at -= gap)
				ended[at] = ended[at - gap];
			ended[at] = end;
		}
}

/* The median of a fact, and the most. */
static void ends_tell(unsigned fact, uint64_t *median, uint64_t *most)
{
	ends_sort(fact);
	*median = ended_count ? ended[ended_count / 2].fact[fact] : 0;
	*most = ended_count ? ended[ended_count - 1].fact[fact] : 0;
}

/* Lets so much time pass that the next death counts as a first one: back-off is not what is measured. */
static void life_await(void)
{
	uint64_t end = clock_now() + POLICY_LIFE;
	struct request request;

	while (clock_now() < end)
		(void)!service_receive_until(&request, end); /* signals are no news here */
}

/* One operation under one strike. False when the client cannot go on. */
static bool point_try(const struct sweep *sweep, uint64_t victim, uint64_t delay, uint64_t how, struct strike_result *strike, struct end *end, enum verdict *verdict)
{
	const struct strike then = {sweep->then ? badge_of(sweep->then) : 0, delay * THEN_FACTOR % THEN_MOST_NS, KILLER_KILL | KILLER_ANYHOW, 0};
	uint64_t begun;
	int64_t result;

	if (!sweep->operation->prepare()) {
		log_print("# %s: it cannot be prepared\n", sweep->operation->name);
		return false;
	}
	begun = clock_now();
	if (killer_arm(&(const struct strike){victim, delay, how, 0}, sweep->then ? &then : NULL) != OK)
		return false;
	result = operation_run(sweep->operation);
	end->fact[PAUSE] = clock_now() - begun;
	if (killer_look(strike) != OK)
		return false;
	end->fact[OWN] = strike->own;
	end->fact[SUPERVISOR] = strike->pause;
	*verdict = sweep->operation->check(result);
	if (*verdict != RIGHT)
		log_print("# %s: verdict %u, the answer was %d; %s at %u, own %u, rip [%p], outcome %u\n", sweep->operation->name, (uint64_t)*verdict, result, sweep->victim, delay, strike->own,
			  strike->rip, strike->outcome);
	return *verdict == RIGHT;
}

/* How long the operation takes, and how long the victim runs for it: in the last two runs, of which at most one has to do with something else (a sign of life, a look at the time). */
static bool measure(const struct sweep *sweep, uint64_t victim, struct sweep_result *result, uint64_t *length)
{
	struct strike_result strike = {0};
	enum verdict verdict = RIGHT;
	struct end end = {{0}};
	bool good = true;

	for (int i = 0; good && i < WARM_RUNS; i++) {
		uint64_t before = strike.own;

		good = point_try(sweep, victim, 0, KILLER_MEASURE, &strike, &end, &verdict);
		result->own = i && before < strike.own ? before : strike.own;
	}
	*length = end.fact[PAUSE];
	result->verdicts[verdict] += verdict != RIGHT;
	return good;
}

/* A stretch of the operation: how far it is at both ends, and how far the victim is then. */
struct stretch {
	uint64_t from, to, own_from, own_to;
};

static uint64_t how_of(const struct sweep *sweep)
{
	return (uint64_t)(sweep->hangs ? KILLER_HANG : KILLER_KILL) | (sweep->orphans ? KILLER_ORPHAN : 0);
}

/* A strike in the middle of a stretch. Returns how far the victim was, NOTHING when the client cannot go on. */
static uint64_t stretch_strike(const struct sweep *sweep, uint64_t victim, const struct stretch *stretch, struct sweep_result *result)
{
	uint64_t delay = stretch->from + (stretch->to - stretch->from) / 2;
	struct strike_result strike = {0};
	enum verdict verdict = RIGHT;
	struct end end = {{0}};
	bool good;

	if (sweep->hangs || sweep->orphans)
		life_await();
	good = point_try(sweep, victim, delay, how_of(sweep), &strike, &end, &verdict);
	result->tries++;
	result->verdicts[verdict]++;
	if (!good)
		return NOTHING;
	if (strike.outcome == STRIKE_HIT && ended_count < ENDS_MOST)
		ended[ended_count++] = end;
	if (strike.outcome == STRIKE_NONE || strike.own > stretch->own_to)
		return stretch->own_to;
	return strike.own < stretch->own_from ? stretch->own_from : strike.own;
}

/* Halves stretches in which the victim does more than `step` until there are none. What it does not do is not looked at twice. */
static bool pass_run(const struct sweep *sweep, uint64_t victim, uint64_t step, uint64_t length, struct sweep_result *result)
{
	struct stretch open[STRETCHES_MOST] = {{0, length, 0, result->own}};
	unsigned count = 1;

	while (count) {
		struct stretch stretch = open[--count];
		uint64_t middle = stretch.from + (stretch.to - stretch.from) / 2, own;

		if (stretch.to - stretch.from < 2 || stretch.own_to - stretch.own_from < step || count + 2 > STRETCHES_MOST)
			continue;
		own = stretch_strike(sweep, victim, &stretch, result);
		if (own == NOTHING)
			return false;
		open[count++] = (struct stretch){middle, stretch.to, own, stretch.own_to};
		open[count++] = (struct stretch){stretch.from, middle, stretch.own_from, own};
	}
	return true;
}

/* How many different instructions of the victim there are among its ends. */
static uint64_t points_count(void)
{
	uint64_t count = 0;

	ends_sort(OWN);
	for (uint64_t i = 0; i < ended_count; i++)
		count += i == 0 || ended[i].fact[OWN] != ended[i - 1].fact[OWN];
	return count;
}

void sweep_run(const struct sweep *sweep, struct sweep_result *result)
{
	uint64_t victim = badge_of(sweep->victim), length = 0;
	bool good;

	*result = (struct sweep_result){0};
	ended_count = 0;
	good = victim && measure(sweep, victim, result, &length);
	if (good && result->own < OWN_LEAST)
		return;
	result->step = result->own / sweep->points;
	for (int pass = 0; good && result->points < sweep->points && pass < PASSES_MOST; pass++) {
		if (pass > 0)
			result->step /= 2;
		result->step += !result->step;
		good = pass_run(sweep, victim, result->step, length, result);
		result->points = points_count();
	}
	result->broken = !good;
	result->ends = ended_count;
	ends_tell(PAUSE, &result->median, &result->most);
	ends_tell(SUPERVISOR, &result->supervisor_median, &result->supervisor_most);
}
