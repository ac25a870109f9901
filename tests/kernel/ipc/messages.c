/* SPDX-License-Identifier: MIT */
/* Messages: words, lengths, kinds, badges, phases and their combinations, many clients, and what is refused. */
#include "ipc.h"

/* Answers every call at PEER_OTHER with as many words, each one larger, and the label one larger; runs in the peer's space. */
static void echo_server(uint64_t argument)
{
	struct kernel_call call = {.source = PEER_OTHER, .reply = PEER_REPLY};
	struct message_page *page = thread_self()->page;
	uint64_t phases = CALL_RECEIVE, words = 0;

	(void)argument;
	for (;;) {
		call.word = call_word(phases, words, 0, answer_label(call.word) + 1);
		if (kernel_call(&call) != OK)
			return;
		words = answer_words(call.word);
		phases = CALL_REPLY | CALL_RECEIVE;
		for (uint64_t i = 0; i < words; i++)
			*(i < MESSAGE_REGISTER_WORDS ? &call.data[i] : &page->words[i]) += 1;
	}
}

static struct thread server;

/* A peer with the echo server running in it. */
static void echo_peer(struct peer *peer)
{
	peer_create(peer);
	CHECK_STILL();
	CHECK_OK(thread_spawn(&server, &peer->space, echo_server, 0, TEST_PRIORITY));
}

void call_short_words(void)
{
	struct peer peer;
	uint64_t data[4] = {10, 20, 30, UINT64_MAX}, answer;

	echo_peer(&peer);
	CHECK_STILL();
	for (uint64_t round = 0; round < 100; round++) {
		answer = call_short(peer.other, call_word(CALL_SEND | CALL_CALL, 4, 0, 0xfffffff0), data);
		CHECK_EQUAL(OK, answer_status(answer));
		CHECK_EQUAL(MESSAGE_ANSWER, answer_kind(answer));
		CHECK_EQUAL(4, answer_words(answer));
		CHECK_EQUAL(0xfffffff1, answer_label(answer));
	}
	CHECK_EQUAL(110, data[0]);
	CHECK_EQUAL(120, data[1]);
	CHECK_EQUAL(130, data[2]);
	CHECK_EQUAL(99, data[3]);
}

void call_lengths(void)
{
	struct message_page *page = thread_self()->page;
	struct peer peer;

	echo_peer(&peer);
	CHECK_STILL();
	for (uint64_t words = 0; words <= MESSAGE_WORDS_MAX; words++) {
		struct kernel_call call = request_call(peer.other, 7, words);

		for (uint64_t i = MESSAGE_REGISTER_WORDS; i < MESSAGE_WORDS_MAX; i++)
			page->words[i] = i + 1;
		CHECK_OK(kernel_call(&call));
		CHECK_EQUAL(words, answer_words(call.word));
		CHECK_EQUAL(8, answer_label(call.word));
		for (uint64_t i = 0; i < words; i++)
			CHECK_EQUAL(i + 2, i < MESSAGE_REGISTER_WORDS ? call.data[i] : page->words[i]);
		for (uint64_t i = words > MESSAGE_REGISTER_WORDS ? words : MESSAGE_REGISTER_WORDS; i < MESSAGE_WORDS_MAX; i++)
			CHECK_EQUAL(i + 1, page->words[i]);
	}
}

void call_too_long(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0);

	for (uint64_t words = MESSAGE_WORDS_MAX + 1; words <= 255; words++) {
		struct kernel_call call = request_call(endpoint, 0, words);

		CHECK_REFUSED(ERR_MESSAGE, kernel_call(&call));
	}
	for (uint64_t caps = MESSAGE_CAPS_MAX + 1; caps <= 15; caps++) {
		struct kernel_call call = request_call(endpoint, 0, 0);

		call.word |= caps << CALL_CAPS_SHIFT;
		CHECK_REFUSED(ERR_MESSAGE, kernel_call(&call));
	}
}

void call_status(void)
{
	struct kernel_call request, call;
	struct peer peer;
	struct job job;

	peer_create(&peer);
	CHECK_STILL();
	request = request_call(PEER_ENDPOINT, 0, 0);
	CHECK_OK(job_create(&job, &peer.space, TEST_PRIORITY));
	for (uint64_t status = 0; status < 256; status += 5) {
		job.cell->call = request;
		CHECK_OK(job_start(&job));
		call = receive_call(peer.endpoint, peer.own_reply);
		CHECK_OK(kernel_call(&call));
		call.reply = peer.own_reply;
		call.word = call_word(CALL_REPLY, 0, 0, 0) | status << CALL_STATUS_SHIFT;
		CHECK_OK(kernel_call(&call));
		CHECK_JOB((enum error)status, &job);
	}
}

void badges(void)
{
	static const uint64_t badge[] = {1, 0x8000000000000000, 0x123456789abcdef0, UINT64_MAX};
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0), slots = slots_allocate(4);
	struct kernel_call request, call;
	struct job job;

	CHECK_OK(job_create(&job, &own_space, TEST_PRIORITY));
	for (int i = -1; i < 4; i++) {
		if (i >= 0)
			CHECK_OK(cnode_mint(ROOT, slots + (uint64_t)i, ROOT, endpoint, RIGHT_WRITE, badge[i]));
		request = request_call(i >= 0 ? slots + (uint64_t)i : endpoint, 0, 1);
		job.cell->call = request;
		CHECK_OK(job_start(&job));
		call = receive_call(endpoint, reply);
		CHECK_OK(kernel_call(&call));
		CHECK_EQUAL(i >= 0 ? badge[i] : 0, call.target);
		call.word = call_word(CALL_REPLY, 0, 0, 0);
		CHECK_OK(kernel_call(&call));
		CHECK_JOB(OK, &job);
	}
}

/* With four words, registers 4..7 of the message, rsi, r12 and r15 come back as they were. */
void registers_survive(void)
{
	struct kernel_call call;
	struct peer peer;

	echo_peer(&peer);
	CHECK_STILL();
	call = request_call(peer.other, 0, 4);
	CHECK_OK(kernel_call(&call));
	for (uint64_t i = 0; i < MESSAGE_REGISTER_WORDS; i++)
		CHECK_EQUAL(i < 4 ? i + 2 : i + 1, call.data[i]);
}

void send_waits(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call call;
	struct job job[8];

	for (uint64_t i = 0; i < 8; i++) {
		call = request_call(endpoint, i, 1);
		call.word = call_word(CALL_SEND, 1, 0, i);
		CHECK_OK(job_launch(&job[i], &own_space, &call));
		CHECK(thread_await(job[i].thread.thread, THREAD_SENDING));
	}
	for (uint64_t i = 0; i < 8; i++) {
		call = receive_call(endpoint, reply);
		CHECK_OK(kernel_call(&call));
		CHECK_EQUAL(i, answer_label(call.word));
		CHECK_EQUAL(MESSAGE_SEND, answer_kind(call.word));
		CHECK_JOB(OK, &job[i]);
	}
}

void send_kinds(void)
{
	struct kernel_call call, request;
	struct peer peer;
	struct job job;

	peer_create(&peer);
	CHECK_STILL();
	request = request_call(PEER_ENDPOINT, 3, 2);
	CHECK_OK(job_launch(&job, &peer.space, &request));
	call = receive_call(peer.endpoint, peer.own_reply);
	CHECK_OK(kernel_call(&call));
	CHECK_EQUAL(MESSAGE_CALL, answer_kind(call.word));
	call.word = call_word(CALL_REPLY, 0, 0, 0);
	CHECK_OK(kernel_call(&call));
	CHECK_JOB(OK, &job);
	job.cell->call = request_call(PEER_ENDPOINT, 3, 2);
	job.cell->call.word &= ~(uint64_t)CALL_CALL;
	CHECK_OK(job_start(&job));
	call = receive_call(peer.endpoint, peer.own_reply);
	CHECK_OK(kernel_call(&call));
	CHECK_EQUAL(MESSAGE_SEND, answer_kind(call.word));
	CHECK_JOB(OK, &job);
	job.cell->call = request_call(PEER_NOTIFY, 0, 0);
	job.cell->call.word &= ~(uint64_t)CALL_CALL;
	CHECK_OK(job_start(&job));
	call = receive_call(peer.notification, 0);
	CHECK_OK(kernel_call(&call));
	CHECK_EQUAL(MESSAGE_NOTIFICATION, answer_kind(call.word));
	CHECK_EQUAL(4, call.data[0]);
	CHECK_JOB(OK, &job);
}

void send_then_receive(void)
{
	struct kernel_call call;
	struct peer peer;
	struct job job;

	peer_create(&peer);
	CHECK_STILL();
	for (int waits = 0; waits < 2; waits++) {
		/* The job sends to the test and then waits for the test at another Endpoint. */
		CHECK_OK(job_create(&job, &peer.space, TEST_PRIORITY));
		job.cell->call = request_call(PEER_ENDPOINT, 5, 1);
		job.cell->call.word = call_word(CALL_SEND | CALL_RECEIVE, 1, 0, 5);
		job.cell->call.source = PEER_OTHER;
		job.cell->call.reply = PEER_REPLY;
		CHECK_OK(job_start(&job));
		if (waits)
			CHECK(thread_await(job.thread.thread, THREAD_SENDING));
		call = receive_call(peer.endpoint, peer.own_reply);
		CHECK_OK(kernel_call(&call));
		CHECK_EQUAL(5, answer_label(call.word));
		CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
		call = request_call(peer.other, 6, 1);
		call.word = call_word(CALL_SEND, 1, 0, 6);
		CHECK_OK(kernel_call(&call));
		CHECK_JOB(OK, &job);
		CHECK_EQUAL(6, answer_label(job.cell->call.word));
		CHECK_EQUAL(1, job.cell->call.data[0]);
	}
}

void all_phases(void)
{
	struct kernel_call call, request;
	struct job client, listener;
	struct peer peer;

	peer_create(&peer);
	CHECK_STILL();
	request = request_call(PEER_ENDPOINT, 1, 1);
	CHECK_OK(job_launch(&client, &peer.space, &request));
	request = (struct kernel_call){.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = PEER_OTHER, .reply = PEER_REPLY};
	CHECK_OK(job_launch(&listener, &peer.space, &request));
	call = receive_call(peer.endpoint, peer.own_reply);
	CHECK_OK(kernel_call(&call));
	CHECK(thread_await(listener.thread.thread, THREAD_RECEIVING));
	/* Answers the client, sends the same words to the listener, and waits until the deadline. */
	call.word = call_word(CALL_REPLY | CALL_SEND | CALL_RECEIVE | CALL_DEADLINE, 2, 0, 77);
	call.target = peer.other;
	call.source = peer.endpoint;
	call.reply = peer.own_reply;
	call.deadline = clock_now() + 5 * MILLISECOND;
	call.data[0] = 1234;
	call.data[1] = 5678;
	CHECK_ERROR(ERR_TIMEOUT, kernel_call(&call));
	CHECK_JOB(OK, &client);
	CHECK_JOB(OK, &listener);
	CHECK_EQUAL(1234, client.cell->call.data[0]);
	CHECK_EQUAL(5678, listener.cell->call.data[1]);
	CHECK_EQUAL(MESSAGE_ANSWER, answer_kind(client.cell->call.word));
	CHECK_EQUAL(MESSAGE_SEND, answer_kind(listener.cell->call.word));
}

void reply_empty(void)
{
	struct kernel_call call = {.word = call_word(CALL_REPLY, 4, 0, 0), .reply = object_make(OBJECT_REPLY, 0)};

	CHECK_OK(kernel_call(&call));
	call.word = call_word(CALL_REPLY, 4, 0, 0);
	CHECK_OK(kernel_call(&call));
}

void reply_busy(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call call, request = request_call(endpoint, 0, 0);
	struct job caller, waiter;

	CHECK_OK(job_launch(&caller, &own_space, &request));
	call = receive_call(endpoint, reply);
	CHECK_OK(kernel_call(&call));
	call = receive_call(endpoint, reply);
	CHECK_REFUSED(ERR_BUSY, kernel_call(&call));
	call.word = call_word(CALL_REPLY, 0, 0, 0);
	CHECK_OK(kernel_call(&call));
	CHECK_JOB(OK, &caller);
	call = receive_call(endpoint, reply);
	CHECK_OK(job_launch(&waiter, &own_space, &call));
	CHECK(thread_await(waiter.thread.thread, THREAD_RECEIVING));
	CHECK_REFUSED(ERR_BUSY, kernel_call(&call));
}

/* Without a Reply nobody receives at an Endpoint, whatever waits there: what does wait stays. Signals need none. */
void reply_missing(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), notification = object_make(OBJECT_NOTIFICATION, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call call, request = request_call(endpoint, 0, 0);
	struct job caller;

	call = receive_call(endpoint, 0);
	CHECK_REFUSED(ERR_NOCAP, kernel_call(&call));
	CHECK_OK(job_launch(&caller, &own_space, &request));
	CHECK(thread_await(caller.thread.thread, THREAD_SENDING));
	call = receive_call(endpoint, 0);
	CHECK_REFUSED(ERR_NOCAP, kernel_call(&call));
	CHECK(thread_await(caller.thread.thread, THREAD_SENDING));
	call = receive_call(notification, 0);
	call.deadline = 0;
	CHECK_ERROR(ERR_TIMEOUT, kernel_call(&call));
	call = receive_call(endpoint, reply);
	CHECK_OK(kernel_call(&call));
	/* The reply phase of a call that then waits at a Notification leaves the Reply free. */
	call.word = call_word(CALL_REPLY | CALL_RECEIVE | CALL_DEADLINE, 0, 0, 0);
	call.source = notification;
	call.deadline = clock_now() + MILLISECOND;
	CHECK_ERROR(ERR_TIMEOUT, kernel_call(&call));
	CHECK_JOB(OK, &caller);
}

#define CLIENTS 40
#define CLIENT_ROUNDS 20

void many_clients(void)
{
	static struct job job[CLIENTS];
	struct peer peer;

	echo_peer(&peer);
	CHECK_STILL();
	for (uint64_t i = 0; i < CLIENTS; i++) {
		CHECK_OK(job_create(&job[i], i % 2 ? &peer.space : &own_space, TEST_PRIORITY - i % 3));
	}
	for (uint64_t round = 0; round < CLIENT_ROUNDS; round++) {
		for (uint64_t i = 0; i < CLIENTS; i++) {
			job[i].cell->call = request_call(i % 2 ? (handle_t)PEER_OTHER : peer.other, i, 4);
			job[i].cell->call.data[3] = i * 1000 + round;
			CHECK_OK(job_start(&job[i]));
		}
		for (uint64_t i = 0; i < CLIENTS; i++) {
			CHECK_JOB(OK, &job[i]);
			CHECK_EQUAL(i + 1, answer_label(job[i].cell->call.word));
			CHECK_EQUAL(i * 1000 + round + 1, job[i].cell->call.data[3]);
		}
	}
}

/* A server that calls the next one, in the slot of its argument, before it answers. */
static void relay_server(uint64_t next)
{
	struct kernel_call call = {.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = PEER_ENDPOINT, .reply = PEER_REPLY};

	for (;;) {
		uint64_t data[4], answer;

		if (kernel_call(&call) != OK)
			return;
		for (int i = 0; i < 4; i++)
			data[i] = call.data[i] * 2;
		answer = call_short(next, call_word(CALL_SEND | CALL_CALL, 4, 0, answer_label(call.word)), data);
		for (int i = 0; i < 4; i++)
			call.data[i] = data[i];
		call.word = call_word(CALL_REPLY | CALL_RECEIVE, 4, 0, answer_label(answer));
		call.source = PEER_ENDPOINT;
	}
}

void chain_of_servers(void)
{
	struct peer echo;
	struct space relay;
	struct thread thread;
	handle_t first = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	uint64_t data[4] = {1, 2, 3, 4};

	echo_peer(&echo);
	CHECK_STILL();
	CHECK_OK(space_create(&relay, 8, 24));
	CHECK_OK(space_grant(&relay, PEER_ENDPOINT, first, RIGHTS_ALL, 0));
	CHECK_OK(space_grant(&relay, PEER_REPLY, reply, RIGHTS_ALL, 0));
	CHECK_OK(space_grant(&relay, PEER_OTHER, echo.other, RIGHTS_ALL, 0));
	CHECK_OK(thread_spawn(&thread, &relay, relay_server, PEER_OTHER, TEST_PRIORITY));
	for (int round = 0; round < 10; round++)
		CHECK_EQUAL(OK, answer_status(call_short(first, call_word(CALL_SEND | CALL_CALL, 4, 0, 9), data)));
	CHECK_EQUAL(1024 + 1023, data[0]);
	CHECK_EQUAL(4 * 1024 + 1023, data[3]);
}

void phases_refused(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);

	for (uint64_t phases = 0; phases < 256; phases++) {
		bool bad = (phases & CALL_PHASES) == 0 || phases & ~(uint64_t)(CALL_PHASES | CALL_AGAIN) || (phases & CALL_CALL && !(phases & CALL_SEND)) ||
			   (phases & CALL_CALL && phases & CALL_RECEIVE);
		struct kernel_call call = {.word = phases, .target = endpoint, .source = endpoint, .reply = reply};

		if (bad)
			CHECK_REFUSED(ERR_ARGUMENT, kernel_call(&call));
	}
}

/* A capability that each phase takes, less the right that it needs, and one of another type. */
void handles_refused(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0), reader = slot_allocate(), writer = slot_allocate();
	handle_t unusable = slot_allocate(), empty = slot_allocate();
	struct job listener;
	struct kernel_call listen;
	const struct {
		enum error error;
		uint64_t phases;
		handle_t target, source, reply;
	} attempts[] = {
		{ERR_NOCAP, CALL_SEND, empty, 0, 0},
		{ERR_NOCAP, CALL_SEND, 0, 0, 0},
		{ERR_NOCAP, CALL_SEND, UINT64_MAX, 0, 0},
		{ERR_NOCAP, CALL_SEND, 1ull << INIT_CNODE_BITS, 0, 0},
		{ERR_RIGHTS, CALL_SEND, reader, 0, 0},
		{ERR_RIGHTS, CALL_SEND | CALL_CALL, reader, 0, 0},
		{ERR_NOCAP, CALL_RECEIVE, 0, empty, 0},
		{ERR_TYPE, CALL_RECEIVE, 0, reply, 0},
		{ERR_TYPE, CALL_RECEIVE, 0, INIT_SLOT_CNODE, 0},
		{ERR_RIGHTS, CALL_RECEIVE, 0, writer, 0},
		{ERR_NOCAP, CALL_RECEIVE, 0, endpoint, empty},
		{ERR_TYPE, CALL_RECEIVE, 0, endpoint, endpoint},
		{ERR_RIGHTS, CALL_RECEIVE, 0, endpoint, unusable},
		{ERR_NOCAP, CALL_RECEIVE, 0, endpoint, 0},
		{ERR_NOCAP, CALL_REPLY, 0, 0, 0},
		{ERR_NOCAP, CALL_REPLY, 0, 0, empty},
		{ERR_TYPE, CALL_REPLY, 0, 0, endpoint},
		{ERR_RIGHTS, CALL_REPLY, 0, 0, unusable},
		/* A good send and a bad receive: nothing is sent. */
		{ERR_NOCAP, CALL_SEND | CALL_RECEIVE, endpoint, empty, 0},
		{ERR_NOCAP, CALL_SEND | CALL_RECEIVE, endpoint, endpoint, 0},
		{ERR_RIGHTS, CALL_SEND | CALL_RECEIVE, endpoint, writer, 0},
		{ERR_NOCAP, CALL_REPLY | CALL_SEND | CALL_RECEIVE, endpoint, endpoint, empty},
		/* Methods go alone. */
		{ERR_TYPE, CALL_SEND, INIT_SLOT_CNODE, 0, 0},
		{ERR_TYPE, CALL_SEND | CALL_RECEIVE, INIT_SLOT_LOG_CONTROL, endpoint, reply},
		{ERR_TYPE, CALL_REPLY | CALL_SEND, INIT_SLOT_CNODE, 0, reply},
		{ERR_METHOD, CALL_SEND | CALL_CALL, reply, 0, 0},
	};

	CHECK_OK(cnode_copy(ROOT, reader, ROOT, endpoint, RIGHT_READ));
	CHECK_OK(cnode_copy(ROOT, writer, ROOT, endpoint, RIGHT_WRITE));
	CHECK_OK(cnode_copy(ROOT, unusable, ROOT, reply, RIGHT_READ));
	listen = receive_call(endpoint, object_make(OBJECT_REPLY, 0));
	CHECK_OK(job_launch(&listener, &own_space, &listen));
	CHECK(thread_await(listener.thread.thread, THREAD_RECEIVING));
	for (uint64_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		struct kernel_call call = {
			.word = call_word(attempts[i].phases, 0, 0, 0),
			.target = attempts[i].target,
			.source = attempts[i].source,
			.reply = attempts[i].reply,
		};

		CHECK_REFUSED(attempts[i].error, kernel_call(&call));
	}
	CHECK(thread_await(listener.thread.thread, THREAD_RECEIVING));
}

void page_missing(void)
{
	struct kernel_call call, request;
	struct peer peer;
	struct job job;

	peer_create(&peer);
	CHECK_STILL();
	CHECK_OK(job_create(&job, &peer.space, TEST_PRIORITY));
	CHECK_OK(thread_unbind(job.thread.thread, THREAD_MESSAGE));
	request = request_call(PEER_ENDPOINT, 0, 9);
	job.cell->call = request;
	CHECK_OK(job_start(&job));
	CHECK_JOB(ERR_MESSAGE, &job);
	job.cell->call = request_call(PEER_ENDPOINT, 0, 0);
	job.cell->call.word |= 1 << CALL_CAPS_SHIFT;
	CHECK_OK(job_start(&job));
	CHECK_JOB(ERR_MESSAGE, &job);
	/* What is sent to it is cut to the registers. */
	job.cell->call = (struct kernel_call){.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = PEER_OTHER, .reply = PEER_REPLY};
	CHECK_OK(job_start(&job));
	CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
	call = request_call(peer.other, 0, 20);
	call.word = call_word(CALL_SEND, 20, 0, 0);
	CHECK_OK(kernel_call(&call));
	CHECK_JOB(OK, &job);
	CHECK_EQUAL(MESSAGE_REGISTER_WORDS, answer_words(job.cell->call.word));
	CHECK_EQUAL(8, job.cell->call.data[7]);
}
