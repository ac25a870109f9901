/* SPDX-License-Identifier: MIT */
/*
 * Messages and signals between two threads: this program is the client, the server does nothing but answer. It runs in an address space of its own ("apart") or in this
 * one ("together").
 */
#include "bench.h"
#include "stubs.h"

#include "abi/boot.h"

enum server_slot { SERVER_ENDPOINT = 1, SERVER_REPLY = 2 }; /* of its CNode, when it is apart */

static handle_t target; /* what the client calls or signals */
static struct space server_space;

/* Starts `serve` with handles of `source` (Endpoint or Notification) and of a Reply object, packed into its argument. */
static void server_start(void (*serve)(uint64_t), handle_t source, bool apart)
{
	struct space *space = apart ? &server_space : &own_space;
	handle_t reply = make(OBJECT_REPLY, 0);
	uint64_t argument = source | reply << 32;
	struct thread server;

	target = source;
	if (apart) {
		expect_ok(space_create(space, SPACE_CNODE_BITS, SPACE_TABLE_PAGES));
		expect_ok(space_grant(space, SERVER_ENDPOINT, source, RIGHT_READ, 0));
		expect_ok(space_grant(space, SERVER_REPLY, reply, RIGHT_WRITE, 0));
		argument = SERVER_ENDPOINT | (uint64_t)SERVER_REPLY << 32;
	}
	expect_ok(thread_spawn(&server, space, serve, argument, SERVER_PRIORITY));
}

static void serve_0(uint64_t argument)
{
	handle_t endpoint = argument & 0xffffffff, reply = argument >> 32;
	uint64_t phases = CALL_RECEIVE;

	for (;;) {
		reply_receive_empty(reply, endpoint, phases);
		phases = CALL_REPLY | CALL_RECEIVE;
	}
}

static void serve_4(uint64_t argument)
{
	handle_t endpoint = argument & 0xffffffff, reply = argument >> 32;
	uint64_t data[4] = {0}, phases = CALL_RECEIVE, badge;

	for (;;) {
		reply_receive_short(reply, endpoint, call_word(phases, 4, 0, 0), data, &badge);
		phases = CALL_REPLY | CALL_RECEIVE;
	}
}

static void serve_10(uint64_t argument)
{
	handle_t endpoint = argument & 0xffffffff, reply = argument >> 32;
	volatile uint64_t *words = thread_self()->page->words;
	uint64_t data[8] = {0}, phases = CALL_RECEIVE;

	for (;;) {
		reply_receive_eight(reply, endpoint, call_word(phases, 10, 0, 0), data);
		words[8] = words[8] + 1;
		words[9] = words[9] + 1;
		phases = CALL_REPLY | CALL_RECEIVE;
	}
}

void call_0_apart(void)
{
	server_start(serve_0, make(OBJECT_ENDPOINT, 0), true);
}

void call_4_apart(void)
{
	server_start(serve_4, make(OBJECT_ENDPOINT, 0), true);
}

void call_10_apart(void)
{
	server_start(serve_10, make(OBJECT_ENDPOINT, 0), true);
}

void call_0_together(void)
{
	server_start(serve_0, make(OBJECT_ENDPOINT, 0), false);
}

void call_4_together(void)
{
	server_start(serve_4, make(OBJECT_ENDPOINT, 0), false);
}

void call_10_together(void)
{
	server_start(serve_10, make(OBJECT_ENDPOINT, 0), false);
}

void call_0(void)
{
	expect_ok(answer_status(call_empty(target, call_word(CALL_SEND | CALL_CALL, 0, 0, 0))));
}

void call_4(void)
{
	uint64_t data[4] = {1, 2, 3, 4};

	expect_ok(answer_status(call_short(target, call_word(CALL_SEND | CALL_CALL, 4, 0, 0), data)));
}

void call_10(void)
{
	volatile uint64_t *words = ((struct message_page *)INIT_MESSAGE_ADDRESS)->words;
	uint64_t data[8] = {1, 2, 3, 4, 5, 6, 7, 8};

	words[8] = 9;
	words[9] = 10;
	expect_ok(answer_status(call_eight(target, call_word(CALL_SEND | CALL_CALL, 10, 0, 0), data)));
	expect_equal(10 + 11, words[8] + words[9]);
}

/* Waits again and again; higher than the one who signals, so it runs at once. */
static void wait_for_signals(uint64_t argument)
{
	handle_t notification = argument & 0xffffffff;

	for (;;)
		reply_receive_empty(0, notification, CALL_RECEIVE);
}

void signal_prepare(void)
{
	handle_t notification = make(OBJECT_NOTIFICATION, 0), badged = slot_allocate();

	expect_ok(cnode_mint(INIT_SLOT_CNODE, badged, INIT_SLOT_CNODE, notification, RIGHT_WRITE, 1));
	server_start(wait_for_signals, notification, true);
	target = badged;
}

void signal_send(void)
{
	expect_ok(answer_status(call_empty(target, CALL_SEND)));
}
