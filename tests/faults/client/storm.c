/* SPDX-License-Identifier: MIT */
/*
 * A client in a storm (storm.h): bursts of operations in random order, with rests between them, in which time costs nothing; each checked against the model as at a kill point, and all of the model now and then. The pauses that it notes are how long single operations took.
 */
#include "storm.h"

#include "asks.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "operations.h"
#include "options.h"

#define DISTANCE_NS 60000000ull
#define HANGS_OF_256 4
#define BURST_MOST 40 /* operations without a pause */
#define REST_MOST_NS 50000000ull
#define OPERATIONS_MOST 64
#define AUDIT_EVERY 100 /* operations between two audits */
#define PAUSE_NS 5000000ull
#define ROUND_OPERATIONS 12
#define ROUND_NS 21000000000ull /* twice POLICY_LIFE: what ends in each round of one of two clients is in no crash loop */

static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1d) >> 16;
}

bool storm_begin(char *victims, uint64_t kills, uint64_t seed)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {seed, kills, DISTANCE_NS, 0, HANGS_OF_256};
	const char *victim;

	while ((victim = option_word(&victims))) {
		uint64_t badge = badge_of(victim);

		if (!badge)
			return false;
		data[3] |= 1ull << badge;
	}
	return data[3] && service_call(start_session("killer"), KILLER_STORM, 5, data) == OK;
}

static bool is_over(uint64_t data[MESSAGE_REGISTER_WORDS])
{
	return service_call(start_session("killer"), KILLER_CALM, 0, data) == OK && data[0];
}

static void rest(uint64_t time)
{
	uint64_t end = clock_now() + time;
	struct request request;

	while (clock_now() < end)
		(void)!service_receive_until(&request, end); /* signals are no news here */
}

/* One that this client has the sessions for. */
static const struct operation *operation_draw(void)
{
	const struct operation *operation;

	do
		operation = operation_at((unsigned)(random_next() % OPERATIONS_MOST));
	while (!operation || operation->named || !operation_possible(operation));
	return operation;
}

/* Tries one operation. Returns how long it took, 0 when something is wrong. */
static uint64_t operation_try(void)
{
	const struct operation *operation = operation_draw();
	enum verdict verdict;
	uint64_t begun;
	int64_t result;

	if (!operation->prepare()) {
		log_print("# %s: it cannot be prepared\n", operation->name);
		return 0;
	}
	begun = clock_now();
	result = operation_run(operation);
	begun = clock_now() - begun;
	verdict = operation->check(result);
	if (verdict == RIGHT)
		return begun ? begun : 1;
	log_print("# %s: verdict %u, the answer was %d\n", operation->name, (uint64_t)verdict, result);
	return 0;
}

uint64_t storm_work(uint64_t seed)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0}, most = 0, found = 0, count = 0;

	random_state = seed | 1;
	while (!found && !is_over(data)) {
		for (uint64_t burst = 1 + random_next() % BURST_MOST; !found && burst; burst--) {
			uint64_t time = operation_try();

			found += !time;
			most = time > most ? time : most;
			if (++count % AUDIT_EVERY == 0 && !found)
				found += operations_audit() != RIGHT;
		}
		rest(random_next() % REST_MOST_NS);
	}
	if (!found)
		found += operations_audit() != RIGHT;
	log_print("# %s: %u operations, the longest took %u; %u ends, %u of them hangs, %u of the supervisor\n", start_page->name, count, most, data[1], data[2], data[3]);
	return found;
}

uint64_t storm_end(uint64_t found, uint64_t clients)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {found, 1};
	enum error error = service_call(start_session("killer"), KILLER_REPORT, 2, data);

	while (error == OK && data[0] < clients) {
		rest(PAUSE_NS);
		data[0] = data[1] = 0;
		error = service_call(start_session("killer"), KILLER_REPORT, 2, data);
	}
	return error == OK ? data[1] : 1;
}

uint64_t rounds_work(uint64_t seed)
{
	uint64_t found = 0;

	random_state = seed | 1;
	for (uint64_t round = 1; !found; round++) {
		uint64_t begun = clock_now(), most = 0, now;

		for (unsigned i = 0; !found && i < ROUND_OPERATIONS; i++) {
			uint64_t time = operation_try();

			found += !time;
			most = time > most ? time : most;
		}
		found += operations_audit() != RIGHT;
		log_print("# %s: round %u %s, the longest operation took %u\n", start_page->name, round, found ? "is wrong" : "is right", most);
		now = clock_now();
		if (now < begun + ROUND_NS)
			rest(begun + ROUND_NS - now);
	}
	return found;
}
