/* SPDX-License-Identifier: MIT */
/*
 * Teardown interrupted at every point: by an interrupt, by a full ring, by the death of the caller.
 * However it is cut, the result is that of an undisturbed run, byte for byte.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/host/core/shapes.h"

static unsigned char *expected;

/*
 * What is not capability state: the ring and the caller's page come before init's CNode, the core's
 * page before them.
 */
static size_t state_copy(unsigned char **to)
{
	size_t cnode = CNODE_BYTES(CNODE_BITS);

	*to = realloc(*to, sizeof(struct core) + cnode);
	assert_non_null(*to);
	memcpy(*to, core, sizeof(struct core));
	memcpy(*to + sizeof(struct core), core_arena + machine.cnode, cnode);
	return sizeof(struct core) + cnode;
}

static void expect_same(const struct shape *shape, uint64_t point)
{
	static unsigned char *now;
	size_t bytes = state_copy(&now);

	if (memcmp(now, expected, bytes) != 0)
		fail_msg("%s: another result when it is cut at %llu", shape->name,
			(unsigned long long)point);
	if (!shape->gone())
		fail_msg("%s: something is left when it is cut at %llu", shape->name,
			(unsigned long long)point);
}

static struct request start(const struct shape *shape)
{
	system_start();
	request_trust(true);
	shape->build();
	request_trust(false);
	machine_drain();
	machine.questions = 0;
	machine.limbo_per_vspace = 2;
	return shape_request(shape);
}

/*
 * The undisturbed run; returns how often an interrupt was asked for, and in *records how many
 * records it took.
 */
static uint64_t undisturbed(const struct shape *shape, uint64_t *records)
{
	struct request request = start(shape);
	uint64_t head = commit_ring->head;

	assert_done(request_make(&request));
	*records = commit_ring->head - head;
	state_copy(&expected);
	return machine.questions;
}

static void interrupted(void **state)
{
	uint64_t records;

	(void)state;
	for (size_t i = 0; i < shape_count; i++) {
		uint64_t questions = undisturbed(&shapes[i], &records);

		for (uint64_t at = 1; at <= questions; at++) {
			struct request request = start(&shapes[i]);

			machine.pending_at = at;
			assert_done(request_make(&request));
			expect_same(&shapes[i], at);
		}
	}
}

static void always_interrupted(void **state)
{
	uint64_t records;

	(void)state;
	for (size_t i = 0; i < shape_count; i++) {
		struct request request;

		undisturbed(&shapes[i], &records);
		request = start(&shapes[i]);
		machine.pending_every = 1;
		assert_done(request_make(&request));
		expect_same(&shapes[i], 0);
	}
}

/*
 * The caller is gone after its n-th interrupt; the kernel finishes. A RECLAIM leaves the watermark
 * then: it is called again.
 */
static void orphaned(void **state)
{
	uint64_t records;

	(void)state;
	for (size_t i = 0; i < shape_count; i++) {
		uint64_t questions = undisturbed(&shapes[i], &records);

		for (uint64_t at = 1; at <= questions; at++) {
			struct request request = start(&shapes[i]);
			bool restarted = false;

			machine.pending_at = at;
			assert_int_equal(request_execute(&request, &restarted), ERR_RESTART);
			machine_drain();
			teardown_drain();
			if (shapes[i].method != CNODE_DELETE)
				assert_done(request_make(&request));
			expect_same(&shapes[i], at);
		}
	}
}

/* Somebody else deletes an empty slot between two executions, and so does the work. */
static void overtaken(void **state)
{
	uint64_t records;

	(void)state;
	for (size_t i = 0; i < shape_count; i++) {
		uint64_t questions = undisturbed(&shapes[i], &records);

		for (uint64_t at = 1; at <= questions; at++) {
			struct request request = start(&shapes[i]);
			bool restarted = false;
			enum error error;

			machine.pending_at = at;
			assert_int_equal(request_execute(&request, &restarted), ERR_RESTART);
			assert_done(do_delete(SLOTS - 1));
			do
				error = request_execute(&request, &restarted);
			while (error == ERR_RESTART);
			assert_done(error);
			expect_same(&shapes[i], at);
		}
	}
}

/*
 * The ring has room for n records, then none; after it was drained the call is executed again and
 * goes on.
 */
static void ring_full(void **state)
{
	uint64_t records;

	(void)state;
	for (size_t i = 0; i < shape_count; i++) {
		undisturbed(&shapes[i], &records);
		for (uint64_t room = 0; room < records; room++) {
			struct request request = start(&shapes[i]);
			uint64_t head = commit_ring->head;
			bool restarted = false;

			commit_ring->reserve = 0;
			commit_ring->tail = head - (commit_ring->capacity - room);
			assert_int_equal(request_execute(&request, &restarted), ERR_RING_FULL);
			assert_int_equal(commit_ring->head, head + room);
			assert_int_equal(restarted, room > 0);
			machine_drain();
			assert_done(request_execute(&request, &restarted));
			assert_int_equal(commit_ring->head, head + records);
			expect_same(&shapes[i], room);
		}
	}
}

/* Is a capability of the VSpace of use to anybody? */
static bool any_copy(uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++)
		if (!is_empty(i))
			return true;
	return false;
}

/*
 * A revocation stops between copies, and somebody else deletes the original, also interrupted all
 * the time: no copy is of use any more when the object goes.
 */
static void begun_twice(void **state)
{
	enum { ORIGINAL = AT_FREE, TABLES, COPY, COPIES, COUNT = 100 };
	struct request revoke = { .target = slot_in(AT_CNODE, AT_CNODE), .method = CNODE_REVOKE, .words = { ORIGINAL } };
	struct request delete = { .target = slot_in(AT_CNODE, AT_CNODE), .method = CNODE_DELETE, .words = { ORIGINAL } };
	const struct vspace_core *vspace;
	bool restarted = false;
	enum error error;

	(void)state;
	system_start();
	make_vspace(ORIGINAL, TABLES, 1);
	vspace = core_pointer(slot_in(AT_CNODE, ORIGINAL)->object);
	assert_done(do_copy(COPY, ORIGINAL, RIGHTS_ALL));
	for (uint64_t i = 0; i < COUNT; i++)
		assert_done(do_copy(COPIES + i, COPY, RIGHTS_ALL));
	machine.questions = 0;
	machine.pending_at = 1;
	assert_int_equal(request_execute(&revoke, &restarted), ERR_RESTART);
	assert_true(any_copy(COPIES, COUNT));
	machine.pending_every = 1;
	restarted = false;
	do {
		uint64_t head = commit_ring->head;

		error = request_execute(&delete, &restarted);
		assert_in_range(commit_ring->head - head, 0, 1); /* then it gives way */
		assert_true(vspace->slot || !any_copy(COPIES, COUNT));
		assert_int_equal(restarted, !holds_type(ORIGINAL, OBJECT_VSPACE));
	} while (error == ERR_RESTART);
	assert_done(error);
	assert_true(is_empty(ORIGINAL));
	machine.pending_every = 0;
}

const struct core_test restart_tests[] = {
	{ "restart.once", "an interrupt at any one point changes nothing about the result",
		interrupted },
	{ "restart.always", "neither do interrupts at every point", always_interrupted },
	{ "restart.orphaned", "nor the death of the caller at any point", orphaned },
	{ "restart.overtaken", "nor somebody else who finishes the work between two executions",
		overtaken },
	{ "restart.second", "a deletion begins when what others have begun is done", begun_twice },
	{ "restart.ring", "nor a ring that is full before any of the records", ring_full },
	{ 0 },
};
