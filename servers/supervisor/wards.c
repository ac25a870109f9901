/* SPDX-License-Identifier: MIT */
/*
 * Looking after services (wards.h). A service ends in one of four ways: a fault message comes; the round finds it faulted (its message went to an earlier supervisor); the watch says that it hangs; or
 * somebody kills it. Each goes the same way: init ends the instance and keeps what remains, the remains are reported, the policy says when the next one starts.
 */
#include "wards.h"

#include "lib/clock.h"
#include "lib/health.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/start.h"
#include "lib/string.h"
#include "remains.h"

#define ROUND_TIME 100000000ull /* ns */

static struct ward wards[PLAN_SERVICES_MAX];
static uint32_t count;

uint32_t wards_count(void)
{
	return count;
}

const struct ward *ward_at(uint32_t index)
{
	return &wards[index];
}

uint32_t ward_find(const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(wards[i].plan->name, name) == 0)
			return i;
	return PLAN_NONE;
}

const char *ended_name(enum start_ended ended)
{
	static const char *const names[] = {"nothing", "a fault", "a hang", "its return", "a kill"};

	return ended <= ENDED_KILLED ? names[ended] : "?";
}

static enum error init_call(enum init_request request, uint64_t words, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	return service_call(start_session("init"), request, words, data);
}

enum error ward_inform(uint32_t index, struct ward_state *state)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {index};
	enum error error = init_call(INIT_INFORM, 1, data);

	*state = (struct ward_state){(enum service_state)data[0], data[1], data[2], (enum thread_state)data[3], data[4], (enum start_ended)data[5], {data[6], data[6], data[7]}};
	return error;
}

/* Has init start or end an instance, and keep with the service what the next supervisor must know of it. */
static enum error ward_change(uint32_t index, enum init_request request, enum start_ended ended, const struct policy *policy)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {index, ended, request == INIT_START ? policy->started : policy->due, policy->deaths};

	return init_call(request, 2 + INIT_NOTE_WORDS, data);
}

static void ward_start(uint32_t index)
{
	struct ward *ward = &wards[index];
	enum error error;

	ward->waiting = false;
	policy_started(&ward->policy, clock_now());
	error = ward_change(index, INIT_START, ENDED_KILLED, &ward->policy);
	if (error != OK) {
		log_print("cannot start %s: error %u\n", ward->plan->name, (uint64_t)error);
		ward->over = true;
		return;
	}
	watch_start(&ward->watch, ward->plan->heartbeat);
}

/* Says that a service has ended, and what remains of it unless it was ended from outside. */
static void ward_report(uint32_t index, enum start_ended ended, const uint64_t *fault)
{
	log_print("%s has ended by %s\n", wards[index].plan->name, ended_name(ended));
	if (ended != ENDED_KILLED)
		remains_report(index, fault, log_print);
}

/* The one way in which instances end. `fault` are the words of the fault message, or a null pointer. */
static enum error ward_end(uint32_t index, enum start_ended ended, const uint64_t *fault)
{
	struct ward *ward = &wards[index];
	struct policy policy = ward->policy;
	uint64_t delay = policy_ended(&policy, clock_now(), ended);
	enum error error = ward_change(index, INIT_STOP, ended, &policy);

	if (error != OK)
		return error;
	ward->policy = policy;
	ward_report(index, ended, fault);
	ward->over = ward->plan->flags & PLAN_SERVICE_ONCE;
	ward->waiting = !ward->over;
	if (ward->policy.deaths >= POLICY_LOOP)
		log_print("%s is in a crash loop: %u times in a row; the next start is in %u ms\n", ward->plan->name, ward->policy.deaths, delay / 1000000);
	if (ward->waiting && delay == 0)
		ward_start(index);
	return OK;
}

void ward_fault(uint32_t index, const uint64_t *word)
{
	if (index < count && wards[index].mine)
		(void)ward_end(index, word[0] == START_EXIT_VECTOR ? ENDED_EXIT : ENDED_FAULT, word); /* one that was ended meanwhile is none any more */
}

enum error ward_kill(uint32_t index)
{
	if (!wards[index].mine)
		return ERR_ARGUMENT;
	if (wards[index].waiting || wards[index].over) {
		wards[index].over = false;
		ward_start(index);
		return OK;
	}
	return ward_end(index, ENDED_KILLED, NULL);
}

enum error ward_hang(uint32_t index)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {index};

	return init_call(INIT_HANG, 1, data);
}

bool ward_degraded(uint32_t index, char reason[START_REASON_BYTES + 1])
{
	return wards[index].beat && health_read(wards[index].beat, reason);
}

/* Reports that a service has become degraded, or whole again. */
static void ward_health(uint32_t index)
{
	struct ward *ward = &wards[index];
	char reason[START_REASON_BYTES + 1];
	bool degraded = ward_degraded(index, reason);

	if (degraded && !ward->degraded)
		log_print("%s is DEGRADED: %s\n", ward->plan->name, reason);
	else if (!degraded && ward->degraded)
		log_print("%s is not degraded any more\n", ward->plan->name);
	ward->degraded = degraded;
}

/* One look at a service that runs. */
static void ward_look(uint32_t index)
{
	struct ward *ward = &wards[index];
	struct watch_sight sight;
	struct ward_state state;

	if (ward_inform(index, &state) != OK || state.state != SERVICE_RUNNING)
		return;
	if (state.thread == THREAD_FAULTED) {
		(void)ward_end(index, ENDED_FAULT, NULL); /* refused only if it has ended meanwhile */
		return;
	}
	ward_health(index);
	sight = (struct watch_sight){
		.beats = __atomic_load_n(&ward->beat->beats, __ATOMIC_ACQUIRE),
		.computing = __atomic_load_n(&ward->beat->computing, __ATOMIC_ACQUIRE),
		.cpu_time = state.cpu_time,
		.state = state.thread,
	};
	switch (watch_look(&ward->watch, &sight)) {
	case WATCH_ASK:
		service_signal(ward->signal);
		break;
	case WATCH_HUNG:
		(void)ward_end(index, ENDED_HANG, NULL);
		break;
	case WATCH_WAIT:
		break;
	}
}

uint64_t wards_round(void)
{
	uint64_t now = clock_now(), next = now + ROUND_TIME;

	for (uint32_t i = 0; i < count; i++) {
		struct ward *ward = &wards[i];

		if (ward->waiting && ward->policy.due <= now)
			ward_start(i);
		else if (ward->mine && !ward->waiting && !ward->over)
			ward_look(i);
		if (ward->waiting && ward->policy.due < next)
			next = ward->policy.due;
	}
	return next;
}

/* What an earlier supervisor has left: how often the service has died; or it had ended it and not started it. Whether it had come to report that is not known, so it is reported (again). */
static void ward_take_up(uint32_t index)
{
	struct ward *ward = &wards[index];
	struct ward_state state;

	if (ward_inform(index, &state) != OK)
		return;
	ward->policy = state.policy;
	if (state.state != SERVICE_STOPPED)
		return;
	ward_report(index, state.ended, NULL);
	ward->over = ward->plan->flags & PLAN_SERVICE_ONCE;
	ward->waiting = !ward->over;
}

/* The capability to signal a peer: that which asks for signs of life, or one that the manifest gives beside it. 0 when there is none. */
static handle_t signal_find(const char *peer, bool beat)
{
	const struct start_grant *grant = NULL;

	while ((grant = start_next(GRANT_SIGNAL, grant)))
		if (strcmp(grant->name + sizeof("signal:") - 1, peer) == 0 && (grant->argument == START_BIT_BEAT) == beat)
			return grant->slot;
	return 0;
}

bool ward_tell(const char *peer)
{
	handle_t signal = signal_find(peer, false);

	service_signal(signal);
	return signal != 0;
}

void wards_open(void)
{
	const struct plan *plan = (const struct plan *)start_next(GRANT_PLAN, NULL)->address;
	const struct start_grant *grant = NULL;

	count = plan->service_count;
	for (uint32_t i = 0; i < count; i++)
		wards[i] = (struct ward){.plan = &plan_services(plan)[i]};
	while ((grant = start_next(GRANT_BEAT, grant))) {
		struct ward *ward = &wards[(grant->argument - 1) % PLAN_SERVICES_MAX];

		if (grant->argument == 0) /* its own page */
			continue;
		ward->beat = (const struct start_beat *)grant->address;
		ward->signal = signal_find(ward->plan->name, true);
		ward->mine = true;
		watch_start(&ward->watch, ward->plan->heartbeat);
	}
	for (uint32_t i = 0; i < count; i++)
		if (wards[i].mine)
			ward_take_up(i);
}
