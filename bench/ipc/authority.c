/* SPDX-License-Identifier: MIT */
/*
 * Changes of authority: each is one kernel call (two where the name says so) and one commit record. The same program on the kernel variant without records tells what the
 * records cost.
 */
#include "bench.h"

#include "abi/boot.h"

#define CNODE INIT_SLOT_CNODE

static handle_t source, target; /* target: a slot that is empty at the start of a round, unless the row deletes */
static handle_t thread;

/* An Endpoint with other capabilities around it in the derivation tree, as usual. */
void copy_prepare(void)
{
	source = make(OBJECT_ENDPOINT, 0);
	make(OBJECT_ENDPOINT, 0);
	expect_ok(cnode_copy(CNODE, slot_allocate(), CNODE, source, RIGHTS_ALL));
	target = slot_allocate();
}

void delete_prepare(void)
{
	copy_prepare();
	copy();
}

void retype_prepare(void)
{
	copy_prepare();
	source = memory_untyped();
}

void bind_prepare(void)
{
	copy_prepare();
	thread = make(OBJECT_THREAD, 0);
}

void unbind_prepare(void)
{
	bind_prepare();
	bind();
}

void priority_prepare(void)
{
	bind_prepare();
}

void attach_prepare(void)
{
	copy_prepare();
	source = make(OBJECT_REGION, PAGE_SIZE);
}

void copy(void)
{
	expect_ok(cnode_copy(CNODE, target, CNODE, source, RIGHTS_ALL));
}

void mint(void)
{
	expect_ok(cnode_mint(CNODE, target, CNODE, source, RIGHT_WRITE, 1));
}

void move(void)
{
	expect_ok(cnode_move(CNODE, target, CNODE, source));
}

void move_back(void)
{
	expect_ok(cnode_move(CNODE, source, CNODE, target));
}

void target_delete(void)
{
	expect_ok(cnode_delete(CNODE, target));
}

void copy_delete(void)
{
	expect_ok(cnode_copy(CNODE, target, CNODE, source, RIGHTS_ALL));
	expect_ok(cnode_delete(CNODE, target));
}

void retype(void)
{
	expect_ok(untyped_retype(source, OBJECT_ENDPOINT, 0, CNODE, target, 1));
}

void retype_delete(void)
{
	expect_ok(untyped_retype(source, OBJECT_ENDPOINT, 0, CNODE, target, 1));
	expect_ok(cnode_delete(CNODE, target));
}

void retype_page_delete(void)
{
	expect_ok(untyped_retype(source, OBJECT_REGION, PAGE_SIZE, CNODE, target, 1));
	expect_ok(cnode_delete(CNODE, target));
}

void bind(void)
{
	expect_ok(thread_bind(thread, THREAD_FAULT, source));
}

void unbind(void)
{
	expect_ok(thread_unbind(thread, THREAD_FAULT));
}

void attach(void)
{
	expect_ok(vspace_attach(INIT_SLOT_VSPACE, source, CNODE, target, RIGHT_READ));
}

void priority(void)
{
	expect_ok(thread_set_priority(thread, FOREIGN_PRIORITY, FOREIGN_PRIORITY));
}
