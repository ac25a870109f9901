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
#include "servers/supervisor/wards.h"

#define ROUND_NS 10000000ull
#define NEVER UINT64_MAX

/* One strike, and what has become of it. */
struct armed {
	struct strike strike;
	struct strike_result result;
	uint64_t due, before; /* before: what the victim had run when this was armed */
};

static struct armed first, second;

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
	result->time = clock_now();
	if (!victim_look(&armed->strike, &state)) {
		result->outcome = STRIKE_REFUSED;
		return;
	}
	result->own = state.cpu_time - armed->before;
	if (state.thread != THREAD_RUNNABLE && !(armed->strike.how & KILLER_ANYHOW))
		return;
	result->outcome = victim_end(index_of(&armed->strike), (armed->strike.how & KILLER_HOW) == KILLER_HANG) == OK ? STRIKE_HIT : STRIKE_REFUSED;
	if (armed == &first && result->outcome == STRIKE_HIT && second.strike.victim)
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

static void request_take(struct request *request)
{
	request->words = 0;
	switch (request->label) {
	case KILLER_ARM:
		memset(&second, 0, sizeof(second));
		second.due = NEVER;
		memcpy(&second.strike, &request->data[4], sizeof(second.strike));
		memcpy(&first.strike, &request->data[0], sizeof(first.strike));
		arm(&first);
		break;
	case KILLER_LOOK:
		look(&first);
		look(&second);
		memcpy(&request->data[0], &first.result, sizeof(first.result));
		memcpy(&request->data[4], &second.result, sizeof(second.result));
		request->words = 8;
		break;
	case KILLER_FIND:
		request->data[2] = 0; /* the name ends here at the latest */
		request->data[0] = (uint64_t)(ward_find((const char *)request->data) + 1);
		request->words = 1;
		break;
	default:
		request->status = ERR_METHOD;
	}
	request->label = 0;
}

static void message_take(struct request *request)
{
	if (request->kind == MESSAGE_FAULT) {
		ward_fault((uint32_t)(request->badge - 1), request->data);
		request->label = RESUME_SUSPEND;
		request->words = 0;
	} else if (request->kind == MESSAGE_NOTIFICATION) {
		control_serve(request->data[0]);
	} else {
		request_take(request);
	}
}

/* Whatever is due now. Returns when the next thing is. */
static uint64_t due_run(uint64_t *round)
{
	uint64_t next;

	if (clock_now() >= first.due)
		strike_now(&first);
	if (clock_now() >= second.due)
		strike_now(&second);
	if (clock_now() >= *round) {
		(void)wards_round();
		*round = clock_now() + ROUND_NS;
	}
	next = *round;
	next = first.due < next ? first.due : next;
	return second.due < next ? second.due : next;
}

int main(void)
{
	struct request request;
	uint64_t round = 0;
	enum error error;

	first.due = second.due = NEVER;
	control_open();
	wards_open();
	for (error = service_receive_until(&request, due_run(&round)); error == OK || error == ERR_TIMEOUT; error = service_reply_receive_until(&request, due_run(&round)))
		if (error == OK)
			message_take(&request);
	log_print("cannot receive: error %u\n", (uint64_t)error);
	return 1;
}
