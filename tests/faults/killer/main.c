/* SPDX-License-Identifier: MIT */
/*
 * The supervisor of the systems in tests/faults: the product's own (servers/supervisor), but for its main, which also ends services when a client asks for it (killer.h). It runs above all of them, so a strike comes at the
 * instruction that was asked for, and it goes the way of every other death: through init, with the policy of restarts.
 *
 * Rounds are more frequent than the product's, so that a service that hangs is noticed sooner: a test would take too long otherwise.
 */
#include "tests/faults/killer/killer.h"

#include "abi/protocols/init.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "lib/thread.h"
#include "servers/supervisor/control.h"
#include "servers/supervisor/message.h"
#include "servers/supervisor/wards.h"

#define ROUND_NS 10000000ull
#define NEVER UINT64_MAX
#define OWN_LIFE 2100000000ull /* ns: init takes more than OWN_YOUNG_MOST deaths in a row, each sooner after its start than two seconds, for a supervisor that cannot live */
#define OWN_YOUNG_MOST 6
#define STORM_MIX 4
#define STORM_LOOK_NS 200000
#define STORM_PATIENCE_NS 30000000

/* One strike, and what has become of it. */
struct armed {
	struct strike strike;
	struct strike_result result;
	uint64_t due, before; /* before: what the victim had run when this was armed */
};

/* A storm. */
struct storm {
	uint64_t random, wanted, distance, victims, hang_share;
	uint64_t ends, hangs, own_ends, own_young; /* own_young: deaths of this service since it last lived for OWN_LIFE */
	uint64_t ready, found;                     /* clients after the storm */
};

/* What the next instance goes on with: the state. */
struct kept {
	struct storm storm;
	struct armed first;
	uint64_t died; /* when this service faulted, until another instance serves */
};

static struct kept *kept;
static struct armed *first, second;
static struct storm *storm;
static uint64_t storm_due = NEVER, born;

static uint32_t index_of(const struct strike *strike)
{
	return (uint32_t)strike->victim - 1;
}

static bool victim_look(const struct strike *strike, struct ward_state *state)
{
	return strike->victim && index_of(strike) < wards_count() && ward_inform(index_of(strike), state) == OK && state->state == SERVICE_RUNNING;
}

/* The time of its strike counts from now. */
static void arm(struct armed *armed)
{
	const struct strike strike = armed->strike;
	struct ward_state state = {0};

	*armed = (struct armed){.strike = strike, .due = strike.victim && !(strike.how & KILLER_MEASURE) ? clock_now() + strike.delay : NEVER};
	if (victim_look(&strike, &state))
		armed->before = state.cpu_time;
}

/* A service is stopped, and this one faults before it starts it again. The error, when init does not stop it. */
static enum error orphan(uint32_t index)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {index, ENDED_KILLED};
	enum error error = service_call(start_session("init"), INIT_STOP, 2 + INIT_NOTE_WORDS, data);

	if (error != OK)
		return error;
	first->result.outcome = STRIKE_HIT;
	kept->died = clock_now();
	__builtin_trap();
}

static enum error victim_end(uint32_t index, bool hang)
{
	if (hang)
		return ward_hang(index);
	return ward_kill(index);
}

static void strike_now(struct armed *armed)
{
	struct strike_result *result = &armed->result;
	struct ward_state state = {0};

	armed->due = NEVER;
	result->outcome = STRIKE_MISSED;
	if (!victim_look(&armed->strike, &state)) {
		result->outcome = STRIKE_REFUSED;
		return;
	}
	result->own = state.cpu_time - armed->before;
	if (state.thread != THREAD_RUNNABLE && !(armed->strike.how & KILLER_ANYHOW))
		return;
	if (armed == first && (armed->strike.how & KILLER_ORPHAN))
		result->outcome = orphan(index_of(&armed->strike)) == OK ? STRIKE_HIT : STRIKE_REFUSED;
	else
		result->outcome = victim_end(index_of(&armed->strike), (armed->strike.how & KILLER_HOW) == KILLER_HANG) == OK ? STRIKE_HIT : STRIKE_REFUSED;
	if (armed == first && result->outcome == STRIKE_HIT && second.strike.victim)
		arm(&second);
}

/* What has become of a strike; adds what only asking tells. */
static void look(struct armed *armed)
{
	struct ward_state state = {0};
	uint64_t data[MESSAGE_REGISTER_WORDS] = {index_of(&armed->strike)};

	armed->due = NEVER;
	if (armed->result.outcome == STRIKE_NONE && victim_look(&armed->strike, &state))
		armed->result.own = state.cpu_time - armed->before;
	if (armed->result.outcome == STRIKE_HIT && service_call(start_session("init"), INIT_REMAINS, 1, data) == OK)
		armed->result.rip = ((const struct thread_registers *)&thread_self()->page->words[MESSAGE_REGISTER_WORDS])->rip;
}

/* Storms. */

/* xorshift64* (Vigna 2016). */
static uint64_t random_next(void)
{
	storm->random ^= storm->random >> 12;
	storm->random ^= storm->random << 25;
	storm->random ^= storm->random >> 27;
	return storm->random * 0x2545f4914f6cdd1d;
}

static uint64_t random_below(uint64_t limit)
{
	return (random_next() >> 16) % limit;
}

/* Most strikes follow each other closely, so that they fall into recoveries; some leave the time for a recovery. */
static void storm_plan(void)
{
	uint64_t most = random_below(STORM_MIX) ? storm->distance / STORM_MIX : 2 * STORM_MIX * storm->distance;

	storm_due = storm->ends < storm->wanted ? clock_now() + random_below(most) : NEVER;
}

/* The index of one of the victims. */
static uint32_t victim_draw(void)
{
	uint64_t badge;

	do
		badge = random_below(64);
	while (!(storm->victims >> badge & 1));
	return (uint32_t)badge - 1;
}

/* This very service ends, and leaves another one stopped that it had begun to restart. */
static void own_end(void)
{
	uint32_t victim = victim_draw();

	storm->own_young = clock_now() - born > OWN_LIFE ? 0 : storm->own_young + 1;
	if (storm->own_young > OWN_YOUNG_MOST)
		return;
	storm->own_ends++;
	storm->ends++;
	if (ward_at(victim)->mine)
		(void)!orphan(victim); /* refused when it is stopped already */
	__builtin_trap();
}

/* Whether a service does something, or waits for another that does it. */
static bool is_at_work(uint32_t index)
{
	struct ward_state state = {0};

	return ward_inform(index, &state) == OK && state.state == SERVICE_RUNNING && state.thread != THREAD_RECEIVING;
}

/* Ends the victim that is drawn, if it is not ended already. */
static void victim_strike(uint32_t victim)
{
	bool hang = random_below(256) < storm->hang_share;

	if (!ward_at(victim)->mine) {
		own_end();
	} else if (victim_end(victim, hang) == OK) {
		storm->ends++;
		storm->hangs += hang;
	}
}

/* A victim is ended while it is at work, if it is so within some time; every fourth one whatever it does. */
static void storm_strike(void)
{
	static uint32_t victim = PLAN_NONE;
	static uint64_t latest;

	if (victim == PLAN_NONE) {
		victim = victim_draw();
		latest = clock_now() + (random_below(4) ? STORM_PATIENCE_NS : 0);
	}
	if (clock_now() < latest && ward_at(victim)->mine && !is_at_work(victim)) {
		storm_due = clock_now() + random_below(STORM_LOOK_NS);
		return;
	}
	victim_strike(victim);
	victim = PLAN_NONE;
	storm_plan();
}

static void storm_begin(const uint64_t *word)
{
	*storm = (struct storm){.random = word[0] | 1, .wanted = word[1], .distance = word[2], .victims = word[3], .hang_share = word[4]};
	storm_plan();
}

static void storm_request(struct request *request)
{
	uint64_t *word = request->data;

	switch (request->label) {
	case KILLER_STORM:
		storm_begin(word);
		return;
	case KILLER_CALM:
		word[0] = storm->wanted && storm->ends >= storm->wanted;
		word[1] = storm->ends;
		word[2] = storm->hangs;
		word[3] = storm->own_ends;
		request->words = 4;
		return;
	default: /* KILLER_REPORT */
		storm->ready += request->badge < 64 && word[1];
		storm->found += word[0];
		word[0] = storm->ready;
		word[1] = storm->found;
		request->words = 2;
	}
}

static void request_take(struct request *request)
{
	char reason[START_REASON_BYTES + 1];

	request->words = 0;
	switch (request->label) {
	case KILLER_STORM:
	case KILLER_CALM:
	case KILLER_REPORT:
		storm_request(request);
		break;
	case KILLER_ARM:
		memset(&second, 0, sizeof(second));
		second.due = NEVER;
		memcpy(&second.strike, &request->data[4], sizeof(second.strike));
		memcpy(&first->strike, &request->data[0], sizeof(first->strike));
		arm(first);
		break;
	case KILLER_LOOK:
		look(first);
		look(&second);
		memcpy(&request->data[0], &first->result, sizeof(first->result));
		memcpy(&request->data[4], &second.result, sizeof(second.result));
		request->words = 8;
		break;
	case KILLER_END:
		request->status = request->data[0] - 1 < wards_count() ? ward_kill((uint32_t)request->data[0] - 1) : ERR_ARGUMENT;
		break;
	case KILLER_HEALTH:
		request->data[0] = request->data[0] - 1 < wards_count() && ward_degraded((uint32_t)request->data[0] - 1, reason);
		request->words = 1;
		break;
	case KILLER_FIND:
		request->data[2] = 0; /* the name ends here at the latest */
		request->data[0] = ward_find((const char *)request->data) + 1;
		request->words = 1;
		break;
	default:
		request->status = ERR_METHOD;
	}
	request->label = 0;
}

/* Whatever is due now. Returns when the next thing is. */
static uint64_t due_run(uint64_t *round)
{
	uint64_t next;

	if (clock_now() >= first->due)
		strike_now(first);
	if (clock_now() >= second.due)
		strike_now(&second);
	if (clock_now() >= *round) {
		(void)wards_round();
		*round = clock_now() + ROUND_NS;
	}
	if (clock_now() >= storm_due)
		storm_strike();
	next = storm_due < *round ? storm_due : *round;
	next = first->due < next ? first->due : next;
	return second.due < next ? second.due : next;
}

/* Takes over what the instance before has left. */
static void kept_open(void)
{
	kept = (struct kept *)start_find("state")->address;
	first = &kept->first;
	storm = &kept->storm;
	first->due = second.due = NEVER;
	born = clock_now();
}

/* From now on there is an answer to whoever asks. */
static void pause_note(void)
{
	if (kept->died)
		first->result.pause = clock_now() - kept->died;
	kept->died = 0;
}

int main(void)
{
	struct request request;
	uint64_t round = 0, next;
	enum error error;

	kept_open();
	control_open();
	wards_open();
	if (storm->wanted)
		storm_plan();
	next = due_run(&round);
	pause_note();
	for (error = service_receive_until(&request, next); error == OK || error == ERR_TIMEOUT; error = service_reply_receive_until(&request, due_run(&round)))
		if (error == OK && !message_take(&request))
			request_take(&request);
	log_print("cannot receive: error %u\n", (uint64_t)error);
	return 1;
}
