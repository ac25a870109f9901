/* SPDX-License-Identifier: MIT */
/*
 * Teardown of every shape in one go and step by step, of very deep and very wide trees, and the
 * cases that hang together badly.
 */
#include "tests/host/core/shapes.h"

enum { MANY = 2000, AT_BIG = AT_FREE, AT_A };

/* One record of a teardown with a count of its own choice, as if its caller had come so far. */
static void steps(enum commit_operation operation, uint64_t index, uint16_t flags, uint32_t count)
{
	const char *broken;

	assert_done(commit(machine.caller,
		&(struct commit_record){ .operation = (uint16_t)operation,
			.flags = flags,
			.count = count,
			.argument = { core_ref(machine_slot(index)) } }));
	machine_drain();
	broken = invariants_check(true);
	if (broken)
		fail_msg("%s", broken);
}

static void begin(uint64_t index)
{
	steps(COMMIT_DELETE, index, COMMIT_DELETE_BEGIN, 0);
}

static void shapes_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < shape_count; i++) {
		struct request request;

		system_start();
		shapes[i].build();
		request = shape_request(&shapes[i]);
		assert_done(request_make(&request));
		assert_int_equal(core->dying, 0);
		if (!shapes[i].gone())
			fail_msg("%s: something is left", shapes[i].name);
		assert_done(do_reclaim(AT_UNTYPED));
		assert_int_equal(machine_slot(AT_UNTYPED)->child, 0);
	}
}

static void shapes_by_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < shape_count; i++) {
		const struct shape *shape = &shapes[i];

		system_start();
		shape->build();
		if (shape->method == CNODE_DELETE)
			begin(shape->index);
		while (core->dying ||
			(shape->method != CNODE_DELETE && machine_slot(shape->index)->child))
			steps(shape->method == CNODE_DELETE ? COMMIT_DELETE : COMMIT_REVOKE,
				shape->index, 0, 1);
		if (shape->method == UNTYPED_RECLAIM)
			assert_done(do_reclaim(shape->index));
		if (!shape->gone())
			fail_msg("%s: something is left", shape->name);
	}
}

/* A slot is of no use from the first step on, and not free before the last. */
static void dying_is_useless(void **state)
{
	(void)state;
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_A, 1));
	begin(AT_A);
	assert_false(is_empty(AT_A));
	assert_refused(ERR_NOCAP, do_query(AT_A));
	assert_refused(ERR_NOCAP, do_copy(AT_A + 1, AT_A, RIGHTS_ALL));
	assert_refused(ERR_NOCAP, do_move(AT_A + 1, AT_A));
	assert_refused(ERR_OCCUPIED, do_copy(AT_A, AT_CNODE, RIGHTS_ALL));
	assert_refused(ERR_OCCUPIED, do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_A, 1));
	assert_done(do_revoke(AT_A));
	assert_true(is_empty(AT_A));
}

static void build_chain(bool deep)
{
	make_cnode(AT_BIG, 11);
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_A, 1));
	request_trust(true);
	for (uint64_t i = 0; i < MANY; i++) {
		struct slot *source = i && deep ? machine_slot(AT_BIG) : machine_slot(AT_CNODE);

		assert_done(request_make(&(struct request){ machine_slot(AT_BIG), CNODE_COPY, 1,
			{ source }, { i, i && deep ? i - 1 : AT_A, RIGHTS_ALL } }));
	}
	request_trust(false);
	machine_drain();
}

static void tear_many(bool deep)
{
	uint64_t head, questions;

	build_chain(deep);
	head = commit_ring->head;
	questions = machine.questions;
	assert_done(do_delete(AT_A));
	assert_int_equal(commit_ring->head - head,
		(2 * (MANY + 1) - 1 + TEARDOWN_BATCH - 1) / TEARDOWN_BATCH);
	assert_int_equal(machine.questions - questions, commit_ring->head - head - 1);
	for (uint64_t i = 0; i < MANY; i++)
		assert_true(slot_is_empty(slot_in(AT_BIG, i)));
}

static void deep_chain(void **state)
{
	(void)state;
	tear_many(true);
}

static void wide_tree(void **state)
{
	(void)state;
	tear_many(false);
}

/* A CNode is scanned 32 slots a step. */
static void scan_is_bounded(void **state)
{
	unsigned count = 0;

	(void)state;
	make_cnode(AT_A, 10);
	begin(AT_A);
	while (core->dying) {
		steps(COMMIT_DELETE, AT_A, 0, 1);
		count++;
		assert_int_equal(machine_slot(AT_A)->cursor, core->dying ? 32 * count : 0);
	}
	assert_int_equal(count, 1024 / 32);
}

/*
 * While an address space is dying, but before its contents are looked at, its table memory is
 * deleted by somebody else.
 */
static void tables_of_dying_vspace(void **state)
{
	(void)state;
	for (unsigned which = 0; which < 3; which++) {
		system_start();
		make_vspace(AT_A, AT_A + 1, 1);
		assert_done(do_donate(AT_A, AT_A + 2, 1, AT_UNTYPED));
		assert_done(do_donate(AT_A, AT_A + 3, 1, AT_LARGE));
		assert_done(do_retype(AT_UNTYPED, OBJECT_REGION, PAGE_SIZE, AT_A + 4, 1));
		assert_done(do_attach(AT_A, AT_A + 5, RIGHTS_ALL, AT_A + 4));
		assert_done(do_copy(AT_A + 6, AT_A, RIGHTS_ALL));
		begin(AT_A);
		begin(AT_A + 1 + which);
		while (core->dying)
			steps(COMMIT_DELETE, AT_A, 0, 1);
		for (unsigned i = 0; i < 7; i++)
			assert_int_equal(is_empty(AT_A + i), i != 4);
		assert_int_equal(machine.destroyed[OBJECT_TABLE_MEMORY], 3);
	}
}

/*
 * The same, and the slot of the table memory is used for something else before the address space is
 * looked at.
 */
static void slot_of_tables_reused(void **state)
{
	(void)state;
	make_vspace(AT_A, AT_A + 1, 1);
	assert_done(do_donate(AT_A, AT_A + 2, 1, AT_UNTYPED));
	assert_done(do_copy(AT_A + 6, AT_A, RIGHTS_ALL));
	assert_done(do_copy(AT_A + 7, AT_A + 6, RIGHTS_ALL));
	begin(AT_A);
	begin(AT_A + 2);
	while (!is_empty(AT_A + 2))
		steps(COMMIT_DELETE, AT_A, 0, 1);
	assert_done(do_retype(AT_LARGE, OBJECT_UNTYPED, PAGE_SIZE, AT_A + 2, 1));
	teardown_drain();
	assert_true(holds_type(AT_A + 2, OBJECT_UNTYPED));
	assert_true(
		is_empty(AT_A) && is_empty(AT_A + 1) && is_empty(AT_A + 6) && is_empty(AT_A + 7));
}

/*
 * Table memory takes its VSpace along; the VSpace's slot is used again before the table memory
 * itself is through.
 */
static void slot_of_vspace_reused(void **state)
{
	(void)state;
	make_vspace(AT_A, AT_A + 1, 1);
	begin(AT_A + 1);
	while (!is_empty(AT_A))
		steps(COMMIT_DELETE, AT_A, 0, 1);
	assert_false(is_empty(AT_A + 1));
	assert_done(do_retype(AT_UNTYPED, OBJECT_REPLY, 0, AT_A, 1));
	teardown_drain();
	assert_true(is_empty(AT_A + 1));
	assert_true(holds_type(AT_A, OBJECT_REPLY));
}

/*
 * Copies of a dying object are live until their turn comes, and what is done with them is torn down
 * too.
 */
static void last_use_of_copies(void **state)
{
	(void)state;
	make_vspace(AT_A, AT_A + 1, 1);
	assert_done(do_retype(AT_UNTYPED, OBJECT_REGION, PAGE_SIZE, AT_A + 2, 1));
	make_cnode(AT_A + 3, 3);
	assert_done(do_retype(AT_UNTYPED, OBJECT_THREAD, 0, AT_A + 4, 1));
	assert_done(do_retype(AT_UNTYPED, OBJECT_NOTIFICATION, 0, AT_A + 5, 1));
	for (uint64_t i = 0; i < 6; i++)
		if (i != 1)
			assert_done(do_copy(AT_A + 10 + i, AT_A + i, RIGHTS_ALL));
	begin(AT_A);
	assert_done(do_donate(AT_A + 10, AT_A + 20, 1, AT_LARGE));
	assert_done(do_attach(AT_A + 10, AT_A + 21, RIGHTS_ALL, AT_A + 12));
	teardown_drain();
	begin(AT_A + 4);
	assert_done(do_bind(AT_A + 14, THREAD_NOTIFICATION, AT_A + 15));
	assert_done(do_bind(AT_A + 14, THREAD_CNODE, AT_A + 13));
	teardown_drain();
	begin(AT_A + 3);
	assert_done(request_make(&(struct request){ machine_slot(AT_A + 13), CNODE_COPY, 1,
		{ machine_slot(AT_CNODE) }, { 1, AT_A + 15, RIGHTS_ALL } }));
	teardown_drain();
	for (uint64_t i = 0; i < 30; i++)
		assert_int_equal(is_empty(AT_A + i), i != 2 && i != 5 && i != 12 && i != 15);
	assert_int_equal(
		((struct notification_core *)core_pointer(machine_slot(AT_A + 5)->object))->bound,
		0);
}

/*
 * What a dead caller left is finished by the next one who deletes, revokes or reclaims, whatever it
 * is that they want.
 */
static void orphans_are_adopted(void **state)
{
	(void)state;
	for (unsigned who = 0; who < 4; who++) {
		system_start();
		build_chain(true);
		assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_A + 1, 1));
		begin(AT_A);
		switch (who) {
		case 0:
			assert_done(do_delete(AT_A + 1));
			assert_true(is_empty(AT_A + 1));
			break;
		case 1:
			assert_done(do_delete(AT_A + 2));
			break;
		case 2:
			assert_done(do_revoke(AT_A + 1));
			assert_true(holds_type(AT_A + 1, OBJECT_ENDPOINT));
			break;
		case 3:
			assert_done(do_reclaim(AT_LARGE));
			break;
		}
		assert_int_equal(core->dying, 0);
		assert_true(is_empty(AT_A));
	}
}

/*
 * With nobody calling, the kernel finishes it in bounded pieces; it needs room in the ring for
 * each.
 */
static void orphans_are_finished(void **state)
{
	uint64_t head;

	(void)state;
	build_chain(true);
	begin(AT_A);
	machine.limbo = 3;
	head = commit_ring->head;
	commit_ring->tail = head - commit_ring->capacity;
	assert_false(teardown_continue());
	assert_int_equal(commit_ring->head, head);
	machine_drain();
	assert_true(teardown_continue());
	assert_int_equal(commit_ring->head, head + 1);
	assert_int_equal(record_back(0)->operation, COMMIT_DELETE);
	assert_int_equal(record_back(0)->flags, 0);
	assert_int_equal(record_back(0)->subject, 0);
	assert_int_equal(record_back(0)->argument[0], 0);
	while (core->dying)
		assert_true(teardown_continue());
	assert_int_equal(machine.limbo, 3);
	assert_true(teardown_continue());
	assert_true(teardown_continue());
	assert_false(teardown_continue());
	assert_int_equal(machine.limbo, 0);
	assert_false(teardown_continue());
}

/* Memory is handed out again only after the machine has nothing more to do with what was in it. */
static void limbo_comes_before_reuse(void **state)
{
	struct request request = { machine_slot(AT_UNTYPED), UNTYPED_RECLAIM, 0, { NULL }, { 0 } };
	bool restarted = false;

	(void)state;
	make_vspace(AT_A, AT_A + 1, 1);
	machine.limbo_per_vspace = 5;
	machine.pending_every = 1;
	/*
	 * Asked between two steps; the one record before them and the last step need no question.
	 */
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(request_execute(&request, &restarted), ERR_RESTART);
		assert_true(machine_slot(AT_UNTYPED)->watermark > 0);
	}
	assert_done(request_execute(&request, &restarted));
	assert_int_equal(machine_slot(AT_UNTYPED)->watermark, 0);
}

/*
 * A slot that was emptied and filled again while its deletion was interrupted is not deleted a
 * second time.
 */
static void restarted_delete_spares(void **state)
{
	struct request request = { machine_slot(AT_CNODE), CNODE_DELETE, 0, { NULL }, { AT_A } };
	bool restarted = false;

	(void)state;
	build_chain(true);
	machine.pending_at = machine.questions + 1;
	assert_int_equal(request_execute(&request, &restarted), ERR_RESTART);
	assert_true(restarted);
	teardown_drain();
	assert_done(do_retype(AT_UNTYPED, OBJECT_REPLY, 0, AT_A, 1));
	assert_done(request_execute(&request, &restarted));
	assert_true(holds_type(AT_A, OBJECT_REPLY));
}

/*
 * A revoke that is executed again finds that its slot has gone: it is done. One that was never
 * begun is refused.
 */
static void restarted_revoke_of_nothing(void **state)
{
	struct request request = { machine_slot(AT_CNODE), CNODE_REVOKE, 0, { NULL }, { AT_A } };
	bool restarted = false;

	(void)state;
	build_chain(true);
	machine.pending_at = machine.questions + 1;
	assert_int_equal(request_execute(&request, &restarted), ERR_RESTART);
	assert_true(restarted);
	assert_done(do_delete(AT_A));
	assert_done(request_execute(&request, &restarted));
	restarted = false;
	assert_refused(ERR_NOCAP, request_execute(&request, &restarted));
}

const struct core_test teardown_tests[] = {
	{ "teardown.shapes", "every shape is torn down completely, and its memory can be reclaimed",
		shapes_at_once },
	{ "teardown.steps", "every invariant holds after each single step of every shape",
		shapes_by_step },
	{ "teardown.dying", "a dying slot is of use to nobody and not free", dying_is_useless },
	{ "teardown.chain", "a chain of 2000 copies takes a record for each batch of steps",
		deep_chain },
	{ "teardown.wide", "so do 2000 copies of one capability", wide_tree },
	{ "teardown.scan", "a step looks at a bounded part of a CNode", scan_is_bounded },
	{ "teardown.tables", "table memory is deleted while its VSpace is dying",
		tables_of_dying_vspace },
	{ "teardown.reuse", "a slot freed meanwhile and used again is not touched",
		slot_of_tables_reused },
	{ "teardown.reused", "nor is the slot of an address space that went with its table memory",
		slot_of_vspace_reused },
	{ "teardown.copies", "what is done with copies of a dying object is torn down too",
		last_use_of_copies },
	{ "teardown.adopted", "the next delete, revoke or reclaim finishes what another one left",
		orphans_are_adopted },
	{ "teardown.orphans", "the kernel finishes what nobody else does, piece by piece",
		orphans_are_finished },
	{ "teardown.limbo", "memory is reused only when the machine is done with it",
		limbo_comes_before_reuse },
	{ "teardown.spares", "a restarted delete does not delete what came into the slot since",
		restarted_delete_spares },
	{ "teardown.revoked", "a restarted revoke of a slot that has gone is done",
		restarted_revoke_of_nothing },
	{ 0 },
};
