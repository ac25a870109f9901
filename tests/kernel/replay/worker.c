/* SPDX-License-Identifier: MIT */
/* The calls that a worker makes, chosen at random: one function for each family of operations. See worker.h. */
#include "tests/kernel/replay/worker.h"

#include "lib/clock.h"
#include "lib/methods.h"

#define SHORT_NS 200000 /* a wait for a partner */

struct random {
	uint64_t state;
};

static uint64_t below(struct random *random, uint64_t limit)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % limit;
}

/* Any slot; those that the worker lives from seldom. */
static handle_t slot_any(struct random *random)
{
	return below(random, 256) ? WORKER_RANDOM + below(random, WORKER_SLOTS - WORKER_RANDOM) : 1 + below(random, WORKER_RANDOM);
}

#define TRIES 8

/* A slot that holds a capability of this type, if one is found soon; else any slot. */
static handle_t slot_of(struct random *random, enum object_type type)
{
	struct capability_state state;

	for (unsigned i = 0; i < TRIES; i++) {
		handle_t slot = 1 + below(random, WORKER_SLOTS - 1);

		if (cnode_query(WORKER_CNODE, slot, &state) == OK && state.type == type)
			return slot;
	}
	return slot_any(random);
}

/* A slot with something in it, if one is found soon. */
static handle_t slot_full(struct random *random)
{
	struct capability_state state;
	handle_t slot = 0;

	for (unsigned i = 0; i < TRIES; i++) {
		slot = slot_any(random);
		if (cnode_query(WORKER_CNODE, slot, &state) == OK)
			break;
	}
	return slot;
}

/* An empty slot, if one is found soon. */
static handle_t slot_empty(struct random *random)
{
	struct capability_state state;
	handle_t slot = 0;

	for (unsigned i = 0; i < TRIES; i++) {
		slot = WORKER_RANDOM + below(random, WORKER_SLOTS - WORKER_RANDOM);
		if (cnode_query(WORKER_CNODE, slot, &state) == ERR_NOCAP)
			break;
	}
	return slot;
}

/* A CNode to work in: usually the worker's own. */
static handle_t cnode_any(struct random *random)
{
	switch (below(random, 8)) {
	case 0:
		return slot_any(random);
	case 1:
	case 2:
		return WORKER_SHARED;
	default:
		return WORKER_CNODE;
	}
}

static handle_t untyped_any(struct random *random)
{
	return below(random, 4) ? WORKER_UNTYPED : slot_any(random);
}

static uint64_t rights_any(struct random *random)
{
	return below(random, 3) ? RIGHTS_ALL : below(random, RIGHTS_ALL + 1);
}

static enum error work_retype(struct random *random)
{
	static const uint8_t types[] = {OBJECT_UNTYPED, OBJECT_CNODE,  OBJECT_CNODE,	OBJECT_THREAD, OBJECT_ENDPOINT,
					OBJECT_REPLY,   OBJECT_VSPACE, OBJECT_REGION,	OBJECT_REGION, OBJECT_NOTIFICATION,
					OBJECT_IRQ_HANDLER};
	enum object_type type = types[below(random, sizeof(types))];
	uint64_t size = 0, index = slot_empty(random), count = 1 + below(random, 3);

	if (type == OBJECT_UNTYPED || type == OBJECT_REGION)
		size = PAGE_SIZE * (1 + below(random, 16));
	else if (type == OBJECT_CNODE)
		size = CNODE_BITS_MIN + below(random, 5);
	return untyped_retype(untyped_any(random), type, size, cnode_any(random), index, count);
}

static enum error work_mint(struct random *random)
{
	static const uint64_t words[] = {1, 2, 0x80, 1 | (uint64_t)1 << 32, (uint64_t)2 << 32, 0x3f8 | 0x3ff << 16, 0x60 | 0x64 << 16};

	return cnode_mint(cnode_any(random), slot_empty(random), cnode_any(random), slot_full(random), rights_any(random),
			  words[below(random, sizeof(words) / sizeof(words[0]))]);
}

/* A chain: each capability a copy of the one before. */
static enum error work_chain(struct random *random)
{
	uint64_t from = slot_full(random), first = WORKER_RANDOM + below(random, 20), length = 2 + below(random, 24);
	enum error error = OK;

	for (uint64_t i = 0; i < length && first + i < WORKER_SLOTS; i++, from = first + i - 1)
		error = cnode_copy(WORKER_CNODE, first + i, WORKER_CNODE, from, RIGHTS_ALL);
	return error;
}

/* Many children of one. */
static enum error work_fan(struct random *random)
{
	uint64_t from = slot_full(random);
	handle_t cnode = cnode_any(random);
	enum error error = OK;

	for (uint64_t i = 0; i < 24; i++)
		error = cnode_copy(cnode, 1 + below(random, WORKER_SLOTS - 1), WORKER_CNODE, from, rights_any(random));
	return error;
}

/* A CNode full of objects, deleted in one go: many steps for few records. */
static enum error work_pile(struct random *random)
{
	static const uint8_t types[] = {OBJECT_NOTIFICATION, OBJECT_ENDPOINT, OBJECT_REPLY, OBJECT_IRQ_HANDLER};
	uint64_t slot = slot_empty(random);
	enum error error = untyped_retype(WORKER_UNTYPED, OBJECT_CNODE, WORKER_CNODE_BITS, WORKER_CNODE, slot, 1);

	if (error == OK)
		error = untyped_retype(WORKER_UNTYPED, types[below(random, 4)], 0, slot, 1, 20 + below(random, 40));
	if (error == OK && below(random, 4))
		error = cnode_delete(WORKER_CNODE, slot);
	return error;
}

/* What each slot of a Thread takes. */
static const uint8_t bindable[THREAD_SLOTS] = {OBJECT_CNODE,    OBJECT_VSPACE,   OBJECT_REGION,
					       OBJECT_ENDPOINT, OBJECT_ENDPOINT, OBJECT_NOTIFICATION};

static enum error work_thread(struct random *random)
{
	handle_t thread = slot_of(random, OBJECT_THREAD);
	enum thread_slot which = (enum thread_slot)below(random, THREAD_SLOTS);

	switch (below(random, 8)) {
	case 0:
		return thread_unbind(thread, which);
	case 1:
		return thread_set_priority(thread, below(random, 50), below(random, 50));
	case 2:
		return thread_resume(thread);
	case 3:
		return thread == WORKER_THREAD ? OK : thread_suspend(thread);
	default:
		return thread_bind(thread, which, slot_of(random, bindable[which]));
	}
}

/* Mapping and unmapping write no record, but a Mapping with pages in use takes longer to delete. */
static enum error work_pages(struct random *random, handle_t mapping)
{
	struct map_entry *batch = (struct map_entry *)thread_self()->page;
	uint64_t done;

	for (uint64_t i = 0; i < 8; i++)
		batch[i] = (struct map_entry){(0x40000000 + below(random, 64) * LARGE_PAGE_SIZE) | MAP_READ, i};
	return below(random, 4) ? mapping_map(mapping, 8, &done) : mapping_unmap(mapping, 8, &done);
}

static enum error work_space(struct random *random)
{
	handle_t vspace = slot_of(random, OBJECT_VSPACE);

	switch (below(random, 4)) {
	case 0:
		return vspace_donate(vspace, untyped_any(random), cnode_any(random), slot_empty(random), 1 + below(random, 8));
	case 1:
		return work_pages(random, slot_of(random, OBJECT_MAPPING));
	default:
		return vspace_attach(vspace, slot_of(random, OBJECT_REGION), cnode_any(random), slot_empty(random), RIGHTS_ALL);
	}
}

/* One kernel call with capabilities in the message, in any of its phases; nobody waits for long. */
static enum error work_message(struct random *random)
{
	static const uint64_t phases[] = {CALL_SEND,
					  CALL_SEND | CALL_CALL,
					  CALL_RECEIVE,
					  CALL_RECEIVE,
					  CALL_REPLY | CALL_RECEIVE,
					  CALL_REPLY,
					  CALL_SEND | CALL_RECEIVE};
	struct message_page *page = thread_self()->page;
	struct kernel_call call = {
		.word = call_word(phases[below(random, 7)] | CALL_DEADLINE, 2, below(random, MESSAGE_CAPS_MAX), 0),
		.target = below(random, 6) ? WORKER_ENDPOINT : slot_any(random),
		.source = below(random, 6) ? WORKER_ENDPOINT : slot_any(random),
		.reply = below(random, 4) ? WORKER_REPLY : 0,
		.deadline = clock_now() + SHORT_NS,
	};

	for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++) {
		page->caps[i] = slot_full(random);
		page->receive[i] = slot_empty(random);
	}
	return kernel_call(&call);
}

static enum error work_irq(struct random *random)
{
	handle_t handler = slot_of(random, OBJECT_IRQ_HANDLER);

	switch (below(random, 3)) {
	case 0:
		return irq_unbind(handler);
	default:
		return irq_bind(handler, below(random, 2) ? WORKER_SIGNAL : slot_any(random));
	}
}

static enum error work(struct random *random)
{
	switch (below(random, 32)) {
	case 0 ... 5:
		return work_retype(random);
	case 6 ... 8:
		return cnode_copy(cnode_any(random), slot_empty(random), cnode_any(random), slot_full(random), rights_any(random));
	case 9 ... 10:
		return work_mint(random);
	case 11 ... 12:
		return cnode_move(cnode_any(random), slot_empty(random), cnode_any(random), slot_full(random));
	case 13 ... 15:
		return cnode_delete(cnode_any(random), slot_full(random));
	case 16:
		return cnode_revoke(cnode_any(random), slot_full(random));
	case 17:
		return below(random, 4) ? untyped_reclaim(slot_of(random, OBJECT_UNTYPED)) : untyped_reclaim(WORKER_UNTYPED);
	case 18:
		return work_chain(random);
	case 19:
		return work_fan(random);
	case 20:
		return work_pile(random);
	case 21 ... 23:
		return work_thread(random);
	case 24 ... 26:
		return work_space(random);
	case 27:
		return work_irq(random);
	default:
		return work_message(random);
	}
}

void worker_main(uint64_t argument)
{
	struct worker_counts *counts = (struct worker_counts *)argument;
	struct random random = {argument * 0x9e3779b97f4a7c15 + counts->calls};

	for (;;) {
		counts->calls++;
		if (work(&random) == OK) {
			counts->done++;
			counts->refused = 0;
		} else {
			counts->refused++;
		}
	}
}
