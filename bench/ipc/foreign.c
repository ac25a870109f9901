/* SPDX-License-Identifier: MIT */
/*
 * Foreign system calls and faults: this program is the server, with an empty handler, and its loop measures itself. The foreign thread runs in an address space of its own and
 * does nothing but call, or fault, again.
 *
 * A system call is measured by the thread that makes it; it hands its figure over with a last call. A fault is measured by its handler, from the answer to the next fault,
 * because the answer leaves the page unmapped and the same instruction faults again.
 */
#include "bench.h"

#include "abi/boot.h"

#define NUMBER_EMPTY 39   /* of the system call that is measured; any will do */
#define NUMBER_FIGURE 231 /* hands over the figure */
#define ADDRESS_UNMAPPED 0x70000000 /* no page is there */

static handle_t endpoint, reply;

static inline __attribute__((always_inline)) void foreign_call(uint64_t number, uint64_t argument)
{
	__asm__ volatile("syscall" : "+a"(number), "+D"(argument) : : "rcx", "r11", "memory");
}

/* In the foreign thread. */
static void foreign_caller(uint64_t rounds)
{
	uint64_t least = UINT64_MAX, empty = UINT64_MAX;

	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t start = counter_read();

		least_take(&empty, start);
		start = counter_read();
		foreign_call(NUMBER_EMPTY, 0);
		least_take(&least, start);
	}
	foreign_call(NUMBER_FIGURE, least - empty);
}

static void foreign_faulter(uint64_t argument)
{
	(void)argument;
	for (;;)
		(void)*(const volatile char *)ADDRESS_UNMAPPED;
}

/* Makes the foreign thread, starts it, and waits for its first message. */
static void foreign_start(void (*run)(uint64_t), uint64_t argument, uint64_t data[4])
{
	static struct space space;
	uint64_t badge = 0;
	struct thread thread;
	handle_t badged = slot_allocate();

	endpoint = make(OBJECT_ENDPOINT, 0);
	reply = make(OBJECT_REPLY, 0);
	expect_ok(cnode_mint(INIT_SLOT_CNODE, badged, INIT_SLOT_CNODE, endpoint, RIGHT_WRITE, 1));
	expect_ok(space_create(&space, SPACE_CNODE_BITS, SPACE_TABLE_PAGES));
	expect_ok(thread_create(&thread, &space, run, argument, FOREIGN_PRIORITY));
	expect_ok(thread_bind(thread.thread, THREAD_PERSONALITY, badged));
	expect_ok(thread_resume(thread.thread));
	expect_ok(answer_status(reply_receive_short(reply, endpoint, CALL_RECEIVE, data, &badge)));
	expect_equal(1, badge);
}

uint64_t foreign_call_measure(uint64_t rounds)
{
	uint64_t data[4] = {0}, badge;

	foreign_start(foreign_caller, rounds, data);
	while (data[0] == NUMBER_EMPTY && row_errors == 0)
		reply_receive_short(reply, endpoint, call_word(CALL_REPLY | CALL_RECEIVE, 1, 0, RESUME_RESULT), data, &badge);
	expect_equal(NUMBER_FIGURE, data[0]);
	return data[1];
}

uint64_t fault_measure(uint64_t rounds)
{
	uint64_t data[4] = {0}, badge, least = UINT64_MAX, empty = UINT64_MAX;

	foreign_start(foreign_faulter, 0, data);
	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t start = counter_read();

		least_take(&empty, start);
		start = counter_read();
		reply_receive_short(reply, endpoint, call_word(CALL_REPLY | CALL_RECEIVE, 0, 0, RESUME_RESULT), data, &badge);
		least_take(&least, start);
	}
	expect_equal(ADDRESS_UNMAPPED, data[1]);
	return least - empty;
}
