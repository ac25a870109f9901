/* SPDX-License-Identifier: MIT */
/*
 * The services that the supervisor looks after: their signs of life, their ends, their restarts. All is done through init (abi/protocols/init.def); the supervisor holds no capability to a service but
 * the one to ask for a sign of life.
 */
#pragma once

#include "abi/plan.h"
#include "abi/protocols/init.h"
#include "abi/call.h"
#include "lib/watch.h"
#include "policy.h"

struct ward {
	const struct plan_service *plan;
	const struct start_beat *beat;
	uint64_t signal; /* handle: asks it for a sign of life */
	struct watch watch;
	struct policy policy;
	bool mine;    /* false: the supervisor itself */
	bool waiting; /* ended, and to be started when policy.due has come */
	bool over;    /* ended and not to be started any more */
	bool degraded; /* as last reported */
};

/* Finds all services, and takes up what an earlier instance of the supervisor has left: services that faulted or stand still. */
void wards_open(void);

/* One round: looks at each service, restarts those that hang, starts those whose time has come. Returns when the next round is due, in ns. */
uint64_t wards_round(void);

/* A service has faulted: `word` are the words of the fault message. */
void ward_fault(uint32_t index, const uint64_t *word);

/* Ends a service from outside and starts it again at once. */
enum error ward_kill(uint32_t index);

/* Makes a service compute for ever, to see whether that is noticed. */
enum error ward_hang(uint32_t index);

/* Signals a service that has asked for that in the manifest (`uses supervisor signals`). False when none of that name has. */
bool ward_tell(const char *peer);

/* How many there are, and one of them. */
uint32_t wards_count(void);
const struct ward *ward_at(uint32_t index);

/* The service of that name; PLAN_NONE when there is none. */
uint32_t ward_find(const char *name);

/* Why a service goes on with less than it should; false when it does not. */
bool ward_degraded(uint32_t index, char reason[START_REASON_BYTES + 1]);

/* What init tells about a service. */
struct ward_state {
	enum service_state state;
	uint64_t instances;
	uint64_t cpu_time;
	enum thread_state thread;
	uint64_t fault_address;
	enum start_ended ended;
	struct policy policy; /* as of the last start or end, also those of an earlier supervisor: either `started` or `due` counts */
};
enum error ward_inform(uint32_t index, struct ward_state *state);

/* The words for what init tells. */
const char *ended_name(enum start_ended ended);
