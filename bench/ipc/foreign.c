/* SPDX-License-Identifier: MIT */
/*
 * Foreign system calls and faults: this program is the server with an empty handler, and one round is from its answer to the next message of the foreign thread, which
 * runs in an address space of its own and does nothing but call, or fault, again.
 */
#include "bench.h"

#include "abi/boot.h"

#define NUMBER 39                   /* of the system call; any will do */
#define ADDRESS_UNMAPPED 0x70000000 /* no page is there */

static handle_t endpoint, reply;

static void foreign_call_loop(uint64_t argument)
{
	(void)argument;
	for (;;) {
		uint64_t result = NUMBER;

		__asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
	}
}

static void fault_loop(uint64_t argument)
{
	(void)argument;
	for (;;)
		(void)*(const volatile char *)ADDRESS_UNMAPPED;
}

/* Makes the foreign thread, starts it, and waits for its first message. */
static void foreign_start(void (*run)(uint64_t))
{
	static struct space space;
	uint64_t data[4] = {0}, badge;
	struct thread thread;
	handle_t badged = slot_allocate();

	endpoint = make(OBJECT_ENDPOINT, 0);
	reply = make(OBJECT_REPLY, 0);
	expect_ok(cnode_mint(INIT_SLOT_CNODE, badged, INIT_SLOT_CNODE, endpoint, RIGHT_WRITE, 1));
	expect_ok(space_create(&space, SPACE_CNODE_BITS, SPACE_TABLE_PAGES));
	expect_ok(thread_create(&thread, &space, run, 0, FOREIGN_PRIORITY));
	expect_ok(thread_bind(thread.thread, THREAD_PERSONALITY, badged));
	expect_ok(thread_resume(thread.thread));
	expect_ok(answer_status(reply_receive_short(reply, endpoint, CALL_RECEIVE, data, &badge)));
}

void foreign_call_prepare(void)
{
	foreign_start(foreign_call_loop);
}

void fault_prepare(void)
{
	foreign_start(fault_loop);
}

void foreign_answer(void)
{
	uint64_t data[4] = {0}, badge;

	expect_ok(answer_status(
		reply_receive_short(reply, endpoint, call_word(CALL_REPLY | CALL_RECEIVE, 1, 0, RESUME_RESULT), data, &badge)));
	row_errors |= badge ^ 1;
}
