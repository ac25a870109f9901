/* SPDX-License-Identifier: MIT */
/*
 * The shapes: see shapes.h. Each is small enough to be torn down a few hundred times, and larger
 * than one batch of steps.
 */
#include "tests/host/core/shapes.h"

enum { AT_BIG = AT_FREE, AT_A, AT_B, AT_C, AT_D, AT_MANY = AT_FREE + 20 };

static void copy_into(uint64_t cnode, uint64_t index, struct slot *source_cnode, uint64_t source)
{
	assert_done(request_make(&(struct request){ machine_slot(cnode), CNODE_COPY, 1,
		{ source_cnode }, { index, source, RIGHTS_ALL } }));
}

static void move_into(uint64_t cnode, uint64_t index, uint64_t source)
{
	assert_done(request_make(&(struct request){ machine_slot(cnode), CNODE_MOVE, 1,
		{ machine_slot(AT_CNODE) }, { index, source } }));
}

static bool is_zero_watermark(void)
{
	return machine_slot(AT_UNTYPED)->watermark == 0 && !machine_slot(AT_UNTYPED)->child;
}

static bool is_gone(void)
{
	return is_empty(AT_A);
}

/* A copy of a copy of a copy ... */
static void chain(void)
{
	make_cnode(AT_BIG, 7);
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_A, 1));
	copy_into(AT_BIG, 0, machine_slot(AT_CNODE), AT_A);
	for (uint64_t i = 1; i < 100; i++)
		copy_into(AT_BIG, i, machine_slot(AT_BIG), i - 1);
}

static bool chain_gone(void)
{
	for (uint64_t i = 0; i < 128; i++)
		if (!slot_is_empty(slot_in(AT_BIG, i)))
			return false;
	return is_empty(AT_A);
}

static bool chain_left(void)
{
	return is_empty(AT_BIG) && holds_type(AT_A, OBJECT_ENDPOINT) && !machine_slot(AT_A)->child;
}

/* Many copies of one. */
static void wide(void)
{
	make_cnode(AT_BIG, 7);
	assert_done(do_retype(AT_UNTYPED, OBJECT_NOTIFICATION, 0, AT_A, 1));
	for (uint64_t i = 0; i < 100; i++)
		copy_into(AT_BIG, i, machine_slot(AT_CNODE), AT_A);
}

static bool wide_revoked(void)
{
	return slot_is_empty(slot_in(AT_BIG, 99)) && holds_type(AT_A, OBJECT_NOTIFICATION) &&
		!machine_slot(AT_A)->child;
}

/* Two CNodes, each with the other's original in it, and copies across. */
static void mutual(void)
{
	make_cnode(AT_A, 4);
	make_cnode(AT_B, 4);
	copy_into(AT_A, 1, machine_slot(AT_CNODE), AT_B);
	copy_into(AT_B, 1, machine_slot(AT_CNODE), AT_A);
	copy_into(AT_B, 2, machine_slot(AT_A), 1);
	copy_into(AT_A, 2, machine_slot(AT_B), 1);
	copy_into(AT_A, 3, machine_slot(AT_CNODE), AT_A);
	assert_done(do_copy(AT_C, AT_A, RIGHTS_ALL));
	assert_done(do_copy(AT_D, AT_B, RIGHTS_ALL));
	move_into(AT_D, 5, AT_A);
	move_into(AT_C, 5, AT_B);
}

/* Only a copy was deleted: A's original lies in B, and both live on. */
static bool mutual_cut(void)
{
	return is_empty(AT_C) && holds_type(AT_D, OBJECT_CNODE) &&
		slot_in(AT_D, 5)->type == OBJECT_CNODE;
}

static bool mutual_gone(void)
{
	return is_empty(AT_C) && is_empty(AT_D);
}

/* A CNode whose own original lies in it, with the Untyped that it was made from. */
static void inward(void)
{
	assert_done(do_retype(AT_UNTYPED, OBJECT_UNTYPED, 16 * PAGE_SIZE, AT_A, 1));
	assert_done(do_retype(AT_A, OBJECT_CNODE, 5, AT_B, 1));
	assert_done(do_retype(AT_A, OBJECT_ENDPOINT, 0, AT_MANY, 20));
	for (uint64_t i = 0; i < 20; i++)
		move_into(AT_B, 6 + i, AT_MANY + i);
	copy_into(AT_B, 2, machine_slot(AT_CNODE), AT_B);
	assert_done(do_copy(AT_C, AT_B, RIGHTS_ALL));
	move_into(AT_C, 3, AT_B);
	move_into(AT_C, 4, AT_A);
}

/* An Untyped in an Untyped in an Untyped ..., with something made from each. */
static void nested(void)
{
	uint64_t size = UNTYPED_BYTES / 2;

	assert_done(do_retype(AT_UNTYPED, OBJECT_UNTYPED, size, AT_A, 1));
	assert_done(do_move(AT_MANY, AT_A));
	for (uint64_t i = 0; i < 30; i++) {
		size -= 2 * PAGE_SIZE;
		assert_done(do_retype(AT_MANY + 2 * i, OBJECT_REPLY, 0, AT_MANY + 2 * i + 1, 1));
		assert_done(
			do_retype(AT_MANY + 2 * i, OBJECT_UNTYPED, size, AT_MANY + 2 * i + 2, 1));
	}
}

/*
 * An address space with Mappings in several CNodes, of several Regions, its table memory from two
 * Untypeds, bound in Threads.
 */
static void sparse(void)
{
	make_vspace(AT_A, AT_B, 1);
	assert_done(do_donate(AT_A, AT_C, 1, AT_LARGE));
	make_cnode(AT_D, 6);
	assert_done(do_retype(AT_UNTYPED, OBJECT_REGION, PAGE_SIZE, AT_MANY, 4));
	assert_done(do_retype(AT_UNTYPED, OBJECT_THREAD, 0, AT_MANY + 4, 2));
	for (uint64_t i = 0; i < 40; i++) {
		assert_done(request_make(&(struct request){ machine_slot(AT_A),
			VSPACE_ATTACH_REGION, 2,
			{ machine_slot(AT_MANY + i % 4), machine_slot(i % 2 ? AT_D : AT_CNODE) },
			{ i % 2 ? i : AT_MANY + 10 + i, RIGHTS_ALL } }));
	}
	copy_into(AT_D, 50, machine_slot(AT_D), 1);
	copy_into(AT_D, 52, machine_slot(AT_CNODE), AT_A);
	assert_done(do_bind(AT_MANY + 4, THREAD_VSPACE, AT_A));
	assert_done(do_bind(AT_MANY + 5, THREAD_VSPACE, AT_A));
}

static bool sparse_gone(void)
{
	for (uint64_t i = 0; i < 64; i++)
		if (!slot_is_empty(slot_in(AT_D, i)))
			return false;
	return is_empty(AT_A) && is_empty(AT_B) && is_empty(AT_C) && is_empty(AT_MANY + 10);
}

/*
 * Threads with all their slots bound, handlers attached and bound, all of them holding one CNode's
 * contents.
 */
static void populated(void)
{
	make_cnode(AT_A, 6);
	assert_done(do_retype(AT_UNTYPED, OBJECT_THREAD, 0, AT_MANY, 6));
	assert_done(do_retype(AT_UNTYPED, OBJECT_NOTIFICATION, 0, AT_MANY + 10, 6));
	assert_done(do_retype(AT_UNTYPED, OBJECT_IRQ_HANDLER, 0, AT_MANY + 20, 6));
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_MANY + 30, 1));
	make_vspace(AT_MANY + 31, AT_MANY + 32, 1);
	assert_done(do_retype(AT_UNTYPED, OBJECT_REGION, PAGE_SIZE, AT_MANY + 33, 1));
	for (uint64_t i = 0; i < 6; i++) {
		assert_done(do_bind(AT_MANY + i, THREAD_CNODE, AT_A));
		assert_done(do_bind(AT_MANY + i, THREAD_VSPACE, AT_MANY + 31));
		assert_done(do_bind(AT_MANY + i, THREAD_MESSAGE, AT_MANY + 33));
		assert_done(do_bind(AT_MANY + i, THREAD_FAULT, AT_MANY + 30));
		assert_done(do_bind(AT_MANY + i, THREAD_PERSONALITY, AT_MANY + 30));
		assert_done(do_bind(AT_MANY + i, THREAD_NOTIFICATION, AT_MANY + 10 + i));
		assert_done(request_make(&(struct request){ machine_slot(AT_MANY + 20 + i),
			IRQ_HANDLER_BIND, 1, { machine_slot(AT_MANY + 10 + i) }, { 0 } }));
		assert_done(do_irq_attach(AT_MANY + 20 + i, i % 2 ? i : IRQ_LINE_MSI, 0));
		move_into(AT_A, i, AT_MANY + i);
		move_into(AT_A, 10 + i, AT_MANY + 10 + i);
		move_into(AT_A, 20 + i, AT_MANY + 20 + i);
	}
	move_into(AT_A, 30, AT_MANY + 30);
	move_into(AT_A, 31, AT_MANY + 31);
}

static bool populated_gone(void)
{
	return is_empty(AT_A) && is_empty(AT_MANY + 32) && !core->vector[IRQ_VECTOR_FIRST];
}

static bool untouched(void)
{
	return is_empty(AT_A) && holds_type(AT_UNTYPED, OBJECT_UNTYPED);
}

/* A large CNode with nothing but its last slot in use: most steps only look. */
static void hollow(void)
{
	make_cnode(AT_A, 11);
	copy_into(AT_A, 2047, machine_slot(AT_CNODE), AT_A);
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_B, 1));
	move_into(AT_A, 1024, AT_B);
}

const struct shape shapes[] = {
	{ "chain", chain, CNODE_DELETE, AT_A, chain_gone },
	{ "chain by its CNode", chain, CNODE_DELETE, AT_BIG, chain_left },
	{ "wide", wide, CNODE_DELETE, AT_A, chain_gone },
	{ "wide, revoked", wide, CNODE_REVOKE, AT_A, wide_revoked },
	{ "mutual", mutual, CNODE_DELETE, AT_C, mutual_cut },
	{ "mutual, all", mutual, UNTYPED_RECLAIM, AT_UNTYPED, mutual_gone },
	{ "inward", inward, UNTYPED_RECLAIM, AT_UNTYPED, is_zero_watermark },
	{ "nested", nested, CNODE_DELETE, AT_MANY, is_gone },
	{ "nested, reclaimed", nested, UNTYPED_RECLAIM, AT_UNTYPED, is_zero_watermark },
	{ "sparse by VSpace", sparse, CNODE_DELETE, AT_A, sparse_gone },
	{ "sparse by tables", sparse, CNODE_DELETE, AT_B, sparse_gone },
	{ "sparse by other tables", sparse, UNTYPED_RECLAIM, AT_LARGE, sparse_gone },
	{ "sparse, reclaimed", sparse, UNTYPED_RECLAIM, AT_UNTYPED, is_zero_watermark },
	{ "populated", populated, CNODE_DELETE, AT_A, populated_gone },
	{ "populated, reclaimed", populated, UNTYPED_RECLAIM, AT_UNTYPED, is_zero_watermark },
	{ "hollow", hollow, CNODE_DELETE, AT_A, untouched },
};
const size_t shape_count = sizeof(shapes) / sizeof(shapes[0]);

struct request shape_request(const struct shape *shape)
{
	if (shape->method == UNTYPED_RECLAIM)
		return (struct request){ machine_slot(shape->index), UNTYPED_RECLAIM, 0, { NULL },
			{ 0 } };
	return (struct request){ machine_slot(AT_CNODE), shape->method, 0, { NULL },
		{ shape->index } };
}
