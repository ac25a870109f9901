/* SPDX-License-Identifier: MIT */
/* The commit ring: room, reserve, threshold, and the methods of the log control. */
#include "tests/host/core/calls.h"

static enum error advance(uint64_t sequence)
{
	return request_make(&(struct request){
		machine_slot(AT_LOG_CONTROL), LOG_CONTROL_ADVANCE, 0, { NULL }, { sequence } });
}

static void records(void **state)
{
	uint64_t head = commit_ring->head;

	(void)state;
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE, 1));
	assert_done(do_copy(AT_FREE + 1, AT_FREE, RIGHTS_ALL));
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(record_back(i)->sequence, head + 1 - i);
		assert_int_equal(record_back(i)->subject, core_ref(machine.caller));
	}
	assert_int_equal(commit_ring->head, head + 2);
}

/*
 * A caller is refused when only the reserve is left, one of the highest priority when nothing is. Nothing has changed then.
 */
static void ring_fills(void **state)
{
	unsigned done = 0, reserved = 0;

	(void)state;
	system_start_ring(16, 4);
	while (do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE + done, 1) == OK)
		done++;
	assert_int_equal(done, 12);
	assert_int_equal(
		do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE + done, 1), ERR_RING_FULL);
	assert_true(is_empty(AT_FREE + done));
	assert_false(commit_room(machine.caller, 1));
	assert_false(commit_room(NULL, 1));
	machine.caller->priority = PRIORITY_LEVELS - 2;
	assert_false(commit_room(machine.caller, 1));
	machine.caller->priority = PRIORITY_LEVELS - 1;
	assert_true(commit_room(machine.caller, 4));
	assert_false(commit_room(machine.caller, 5));
	while (do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE + done + reserved, 1) == OK)
		reserved++;
	assert_int_equal(reserved, 4);
	assert_int_equal(commit_ring->head - commit_ring->tail, 16);
	assert_int_equal(
		commit(NULL, &(struct commit_record){ .operation = COMMIT_MODULE }), ERR_RING_FULL);
	assert_done(advance(commit_ring->tail + 1));
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE + done + reserved, 1));
	machine.caller->priority = 0;
	assert_done(advance(commit_ring->head - 11));
	assert_done(do_copy(AT_FREE + 50, AT_FREE, RIGHTS_ALL));
	assert_int_equal(do_copy(AT_FREE + 51, AT_FREE, RIGHTS_ALL), ERR_RING_FULL);
}

/* Every method that commits waits when there is no room, and has changed nothing. */
static void full_ring_each(void **state)
{
	struct slot *cnode = machine_slot(AT_CNODE);
	const struct request requests[] = {
		{ machine_slot(AT_UNTYPED), UNTYPED_RETYPE, 1, { cnode },
			{ OBJECT_UNTYPED, PAGE_SIZE, AT_FREE + 30, 1 } },
		{ machine_slot(AT_UNTYPED), UNTYPED_RECLAIM, 0, { NULL }, { 0 } },
		{ cnode, CNODE_COPY, 1, { cnode }, { AT_FREE + 30, AT_FREE, RIGHTS_ALL } },
		{ cnode, CNODE_MINT, 1, { cnode }, { AT_FREE + 30, AT_FREE + 1, RIGHTS_ALL, 1 } },
		{ cnode, CNODE_MOVE, 1, { cnode }, { AT_FREE + 30, AT_FREE } },
		{ cnode, CNODE_DELETE, 0, { NULL }, { AT_FREE } },
		{ cnode, CNODE_REVOKE, 0, { NULL }, { AT_FREE } },
		{ machine_slot(AT_FREE + 2), THREAD_BIND, 1, { cnode }, { THREAD_CNODE } },
		{ machine_slot(AT_FREE + 2), THREAD_UNBIND, 0, { NULL }, { THREAD_FAULT } },
		{ machine_slot(AT_FREE + 2), THREAD_SET_PRIORITY, 0, { NULL }, { 1, 1 } },
		{ machine_slot(AT_FREE + 3), VSPACE_DONATE, 2, { machine_slot(AT_UNTYPED), cnode },
			{ AT_FREE + 30, 1 } },
		{ machine_slot(AT_FREE + 3), VSPACE_ATTACH_REGION, 2,
			{ machine_slot(AT_FREE + 5), cnode }, { AT_FREE + 30, RIGHTS_ALL } },
		{ machine_slot(AT_FREE + 6), IRQ_HANDLER_BIND, 1, { machine_slot(AT_FREE + 7) },
			{ 0 } },
		{ machine_slot(AT_IRQ_CONTROL), IRQ_CONTROL_ATTACH_HANDLER, 1,
			{ machine_slot(AT_FREE + 6) }, { 1, 0 } },
		{ machine_slot(AT_LOG_CONTROL), LOG_CONTROL_BIND, 1, { machine_slot(AT_FREE + 7) },
			{ 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		uint64_t head;

		system_start();
		assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE, 2));
		assert_done(do_retype(AT_UNTYPED, OBJECT_THREAD, 0, AT_FREE + 2, 1));
		make_vspace(AT_FREE + 3, AT_FREE + 4, 1);
		assert_done(do_retype(AT_UNTYPED, OBJECT_REGION, PAGE_SIZE, AT_FREE + 5, 1));
		assert_done(do_retype(AT_UNTYPED, OBJECT_IRQ_HANDLER, 0, AT_FREE + 6, 1));
		assert_done(do_retype(AT_UNTYPED, OBJECT_NOTIFICATION, 0, AT_FREE + 7, 1));
		assert_done(do_copy(AT_FREE + 8, AT_FREE, RIGHTS_ALL));
		assert_done(do_bind(AT_FREE + 2, THREAD_FAULT, AT_FREE));
		commit_ring->tail = commit_ring->head - commit_ring->capacity;
		head = commit_ring->head;
		assert_int_equal(request_make(&requests[i]), ERR_RING_FULL);
		assert_false(answer.progress);
		assert_int_equal(commit_ring->head, head);
		machine_drain();
		assert_done(request_make(&requests[i]));
		assert_true(commit_ring->head > head);
	}
	commit_ring->tail = commit_ring->head - commit_ring->capacity;
	assert_int_equal(do_transfer(AT_FREE + 60, AT_FREE), ERR_RING_FULL);
	assert_true(is_empty(AT_FREE + 60));
}

static void advance_refused(void **state)
{
	(void)state;
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE, 2));
	assert_refused(ERR_ARGUMENT, advance(commit_ring->tail - 1));
	assert_refused(ERR_ARGUMENT, advance(commit_ring->head + 1));
	assert_refused(ERR_ARGUMENT, advance(0));
	assert_refused(ERR_ARGUMENT, advance(UINT64_MAX));
	assert_done(advance(commit_ring->tail));
	assert_done(advance(commit_ring->head));
	assert_int_equal(commit_ring->tail, commit_ring->head);
}

static void threshold(void **state)
{
	(void)state;
	assert_done(do_retype(AT_UNTYPED, OBJECT_NOTIFICATION, 0, AT_FREE, 1));
	assert_done(advance(commit_ring->tail));
	assert_int_equal(machine.thresholds, 0);
	assert_done(request_make(&(struct request){ machine_slot(AT_LOG_CONTROL), LOG_CONTROL_BIND,
		1, { machine_slot(AT_FREE) }, { 0 } }));
	commit_ring->threshold = 4;
	assert_int_equal(machine.thresholds, 0);
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE + 1, 1));
	assert_int_equal(machine.thresholds, 0);
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE + 2, 1));
	assert_int_equal(commit_ring->head - commit_ring->tail, 4);
	assert_int_equal(machine.thresholds, 1);
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE + 3, 2));
	assert_int_equal(machine.thresholds, 1);
	/* The reader was slow: what it leaves is as much as it wants to be told of. */
	assert_done(advance(commit_ring->head - 4));
	assert_int_equal(machine.thresholds, 2);
	assert_done(advance(commit_ring->head - 3));
	assert_int_equal(machine.thresholds, 2);
}

const struct core_test log_tests[] = {
	{ "log.records", "records are numbered without a gap and name who asked", records },
	{ "log.full", "the ring fills to its reserve, and with the reserve to its end",
		ring_fills },
	{ "log.each", "every method that commits waits for room with nothing changed",
		full_ring_each },
	{ "log.advance", "only records that are in the ring can be freed", advance_refused },
	{ "log.threshold", "the threshold is signalled when it is reached", threshold },
	{ 0 },
};
