/* SPDX-License-Identifier: MIT */
/*
 * Services as init sees them: each has two process Untypeds, and its instances are built in them by turns; its heap has one of its own. What an instance is made of lies in the one; in the other lies what remains of the
 * instance before it, until the next restart reclaims it. Both exist from boot: building an instance allocates nothing else.
 *
 * States: NEW (never started) -> RUNNING -> STOPPED -> RUNNING ... A stopped instance has no address space and no capabilities; its thread's registers and its private memory stay.
 */
#pragma once

#include "abi/plan.h"
#include "abi/protocols/init.h"
#include "lib/call.h"

/* What an instance is made of, in adjacent slots of init's CNode. */
enum instance_part { PART_THREAD, PART_VSPACE, PART_CNODE, PART_TABLES, PART_MESSAGE, PART_START, PART_PRIVATE, PART_HEAP, PARTS };

struct instance {
	handle_t untyped;
	handle_t part; /* the first of PARTS slots */
	uint64_t number;
};

struct service {
	const struct plan_service *plan;
	struct instance instance[2];
	uint64_t started; /* instances so far; the running one is started - 1 */
	enum service_state state;
	enum start_ended ended; /* how the last one ended */
	uint64_t note[INIT_NOTE_WORDS]; /* the supervisor's: kept, not looked at */
	handle_t fault;    /* capability for its faults, with its badge; 0: nobody takes them */
	handle_t heap;     /* the Untyped of its heap, which all instances use one after the other; 0: it has none */
	handle_t mappings; /* the first of mapping_count slots, for the running instance's Mappings */
	uint64_t mapping_count;
};

/* Where init finds its data: set once. */
struct system {
	const struct plan *plan;
	uint64_t image; /* offset in the boot package, in bytes */
	uint64_t plan_offset;
	uint64_t package_bytes;
};
extern struct system system;

/* Takes slots and memory for both instances of a service. */
MUST_USE enum error service_prepare(struct service *service, uint32_t index, handle_t memory);

/* Builds the next instance and lets it run. `*step` names what was refused. The service must not be running. */
MUST_USE enum error instance_start(struct service *service, const char **step);

/* Ends the running instance and keeps its remains. */
MUST_USE enum error instance_stop(struct service *service, enum start_ended ended);

/* Sends the running instance into an endless loop. */
MUST_USE enum error instance_hang(struct service *service);

/* Puts pages of a window of device memory into slot `which` of the running instance's BARS grant, in place of what is there. */
MUST_USE enum error instance_lend(struct service *service, handle_t window, uint64_t first, uint64_t pages, uint64_t which);

/* The instance that runs, or ran last. */
struct instance *instance_last(struct service *service);

/* The instance that ended last; a null pointer when none has. */
struct instance *instance_remains(struct service *service);

/* Copies up to `count` words from the private memory of what remains. Returns how many. */
uint64_t instance_peek(struct service *service, vaddr_t address, uint64_t count, uint64_t *words);
