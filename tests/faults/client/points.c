/* SPDX-License-Identifier: MIT */
/*
 * Sweeps of kill points (points.h). A strike is set n ns after the operation's beginning, for growing n: where the victim is not at work then, the strike misses and the operation is an ordinary one. Passes are repeated
 * with half the step until there are points enough. A point counts when the victim ended at another instruction of its own than in all points before of its pass.
 */
#include "points.h"

#include "asks.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "servers/supervisor/policy.h"

#define PAUSES_MOST 4096
#define PASSES_MOST 8
#define WARM_RUNS 3
#define OWN_LEAST 100 /* who runs for less has no part in the operation: it was asked for a sign of life */

static uint64_t pauses[PAUSES_MOST];
static uint64_t pause_count;

/* Sorted, for the median. */
static void pauses_sort(void)
{
	for (uint64_t gap = pause_count / 2; gap; gap /= 2)
		for (uint64_t i = gap; i < pause_count; i++) {
			uint64_t value = pauses[i], at = i;

			for (; at >= gap && pauses[at - gap] > value; at -= gap)
				pauses[at] = pauses[at - gap];
			pauses[at] = value;
		}
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
static bool point_try(const struct sweep *sweep, uint64_t victim, uint64_t delay, uint64_t how, struct strike_result *strike, uint64_t *time, enum verdict *verdict)
{
	uint64_t begun;
	int64_t result;

	if (!sweep->operation->prepare()) {
		log_print("# %s: it cannot be prepared\n", sweep->operation->name);
		return false;
	}
	begun = clock_now();
	if (killer_arm(victim, delay, how) != OK)
		return false;
	result = sweep->operation->run();
	*time = clock_now() - begun;
	if (killer_look(strike) != OK)
		return false;
	*verdict = sweep->operation->check(result);
	if (*verdict != RIGHT)
		log_print("# %s: verdict %u, the answer was %d; %s at %u, own %u, rip [%p], outcome %u\n", sweep->operation->name, (uint64_t)*verdict, result, sweep->victim, delay, strike->own,
			  strike->rip, strike->outcome);
	return *verdict == RIGHT;
}

/* How long the operation takes, and how long the victim runs for it. */
static bool measure(const struct sweep *sweep, uint64_t victim, struct sweep_result *result, uint64_t *length)
{
	struct strike_result strike = {0};
	enum verdict verdict = RIGHT;
	bool good = true;

	for (int i = 0; good && i < WARM_RUNS; i++)
		good = point_try(sweep, victim, 0, KILLER_MEASURE, &strike, length, &verdict);
	result->own = strike.own;
	result->verdicts[verdict] += verdict != RIGHT;
	return good;
}

/* One pass over the whole operation. */
static bool pass_run(const struct sweep *sweep, uint64_t victim, uint64_t first, uint64_t step, uint64_t length, struct sweep_result *result)
{
	uint64_t before = UINT64_MAX;

	for (uint64_t delay = first; delay <= length + step; delay += step) {
		struct strike_result strike = {0};
		enum verdict verdict = RIGHT;
		uint64_t time;
		bool good;

		if (sweep->hangs)
			life_await();
		good = point_try(sweep, victim, delay, sweep->hangs ? KILLER_HANG : KILLER_KILL, &strike, &time, &verdict);

		result->tries++;
		result->verdicts[verdict]++;
		if (!good)
			return false;
		if (strike.outcome != STRIKE_HIT)
			continue;
		result->points += strike.own != before;
		before = strike.own;
		if (pause_count < PAUSES_MOST)
			pauses[pause_count++] = time;
	}
	return true;
}

void sweep_run(const struct sweep *sweep, struct sweep_result *result)
{
	uint64_t victim = badge_of(sweep->victim), length = 0, step;
	bool good;

	*result = (struct sweep_result){0};
	pause_count = 0;
	good = victim && measure(sweep, victim, result, &length);
	if (good && result->own < OWN_LEAST)
		return;
	step = result->own * 15 / 16 / sweep->points; /* a few more than wanted: two delays may end in the same instruction */
	result->step = step = step ? step : 1;
	good = good && pass_run(sweep, victim, 1, step, length, result);
	for (int pass = 1; good && result->points < sweep->points && pass < PASSES_MOST && result->step > 1; pass++) {
		good = pass_run(sweep, victim, 1 + result->step / 2, result->step, length, result);
		result->step /= 2;
	}
	result->broken = !good;
	pauses_sort();
	result->median = pause_count ? pauses[pause_count / 2] : 0;
	result->most = pause_count ? pauses[pause_count - 1] : 0;
}
