/* SPDX-License-Identifier: MIT */
/* Transfer of capabilities with a message: where they arrive, as what, when a transfer ends early, and what is logged. */
#include "ipc.h"

/* A job in the peer that waits at PEER_OTHER, willing to take capabilities in PEER_FREE .. PEER_FREE + 3. */
static void listener_start(struct job *job, struct peer *peer)
{
	CHECK_OK(job_create(job, &peer->space, TEST_PRIORITY));
	for (uint64_t i = 0; i < MESSAGE_CAPS_MAX; i++)
		job->thread.page->receive[i] = PEER_FREE + i;
	job->cell->call = (struct kernel_call){.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = PEER_OTHER, .reply = PEER_REPLY};
	CHECK_OK(job_start(job));
	CHECK(thread_await(job->thread.thread, THREAD_RECEIVING));
}

/* Sends the capabilities `first`, `first + 1` ... with two words to `target`. */
static enum error caps_send(handle_t target, handle_t first, uint64_t count)
{
	struct kernel_call call = request_call(target, 0, 2);
	struct message_page *page = thread_self()->page;

	call.word = call_word(CALL_SEND, 2, count, 0);
	for (uint64_t i = 0; i < count; i++)
		page->caps[i] = first + i;
	return kernel_call(&call);
}

/* Four capabilities of four types in adjacent slots. */
static handle_t four_objects(void)
{
	handle_t slots = slots_allocate(4);
	static const enum object_type types[] = {OBJECT_ENDPOINT, OBJECT_NOTIFICATION, OBJECT_REPLY, OBJECT_VSPACE};

	for (uint64_t i = 0; i < 4; i++) {
		enum error error = untyped_retype(memory_untyped(), types[i], 0, ROOT, slots + i, 1);

		if (error != OK)
			check_error_failed(__FILE__, __LINE__, "making four objects", OK, error);
	}
	return slots;
}

void transfer_arrives(void)
{
	struct capability_state state;
	struct peer peer;
	struct job job;
	handle_t objects, reduced = slots_allocate(2);

	peer_create(&peer);
	CHECK_STILL();
	objects = four_objects();
	listener_start(&job, &peer);
	CHECK_STILL();
	CHECK_OK(cnode_mint(ROOT, reduced, ROOT, objects, RIGHT_WRITE | RIGHT_GRANT, 99));
	CHECK_OK(cnode_copy(ROOT, reduced + 1, ROOT, objects + 3, RIGHT_ATTACH));
	CHECK_OK(caps_send(peer.other, reduced, 2));
	CHECK_JOB(OK, &job);
	CHECK_EQUAL(2, answer_caps(job.cell->call.word));
	CHECK_EQUAL(2, answer_words(job.cell->call.word));
	CHECK_EQUAL(0, answer_unwrapped(job.cell->call.word));
	CHECK_OK(cnode_query(peer.space.cnode, PEER_FREE, &state));
	CHECK_EQUAL(OBJECT_ENDPOINT, state.type);
	CHECK_EQUAL(RIGHT_WRITE | RIGHT_GRANT, state.rights);
	CHECK_EQUAL(99, state.badge);
	CHECK(!state.original);
	CHECK_OK(cnode_query(peer.space.cnode, PEER_FREE + 1, &state));
	CHECK_EQUAL(OBJECT_VSPACE, state.type);
	CHECK_EQUAL(RIGHT_ATTACH, state.rights);
	CHECK_OK(cnode_revoke(ROOT, reduced));
	CHECK_EQUAL(OBJECT_NULL, type_at(peer.space.cnode, PEER_FREE));
	CHECK_EQUAL(OBJECT_VSPACE, type_at(peer.space.cnode, PEER_FREE + 1));
}

/* One way to stop a transfer of four after two. */
static void prefix_of_two(void (*spoil)(struct peer *peer, struct job *job, handle_t objects))
{
	struct peer peer;
	struct job job;
	handle_t objects;

	peer_create(&peer);
	CHECK_STILL();
	objects = four_objects();
	listener_start(&job, &peer);
	CHECK_STILL();
	spoil(&peer, &job, objects);
	CHECK_OK(caps_send(peer.other, objects, 4));
	CHECK_JOB(OK, &job);
	CHECK_EQUAL(2, answer_caps(job.cell->call.word));
	CHECK_EQUAL(2, answer_words(job.cell->call.word));
	CHECK_EQUAL(OBJECT_ENDPOINT, type_at(peer.space.cnode, PEER_FREE));
	CHECK_EQUAL(OBJECT_NOTIFICATION, type_at(peer.space.cnode, PEER_FREE + 1));
	CHECK_EQUAL(OBJECT_NULL, type_at(peer.space.cnode, PEER_FREE + 3));
}

static void spoil_slot_undeclared(struct peer *peer, struct job *job, handle_t objects)
{
	(void)peer;
	(void)objects;
	job->thread.page->receive[2] = 0;
}

static void spoil_slot_beyond(struct peer *peer, struct job *job, handle_t objects)
{
	(void)peer;
	(void)objects;
	job->thread.page->receive[2] = 256;
}

static void spoil_slot_occupied(struct peer *peer, struct job *job, handle_t objects)
{
	(void)job;
	CHECK_OK(cnode_copy(peer->space.cnode, PEER_FREE + 2, ROOT, objects, RIGHTS_ALL));
}

static void spoil_slot_twice(struct peer *peer, struct job *job, handle_t objects)
{
	(void)peer;
	(void)objects;
	job->thread.page->receive[2] = PEER_FREE + 1;
}

static void spoil_source_empty(struct peer *peer, struct job *job, handle_t objects)
{
	(void)peer;
	(void)job;
	CHECK_OK(cnode_delete(ROOT, objects + 2));
}

static void spoil_source_uncopyable(struct peer *peer, struct job *job, handle_t objects)
{
	(void)peer;
	(void)job;
	CHECK_OK(cnode_delete(ROOT, objects + 2));
	CHECK_OK(untyped_retype(memory_untyped(), OBJECT_UNTYPED, PAGE_SIZE, ROOT, objects + 2, 1));
}

void transfer_prefix(void)
{
	static void (*const spoils[])(struct peer *, struct job *, handle_t) = {
		spoil_slot_undeclared, spoil_slot_beyond, spoil_slot_occupied, spoil_slot_twice, spoil_source_empty, spoil_source_uncopyable,
	};

	for (uint64_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
		prefix_of_two(spoils[i]);
		CHECK_STILL();
	}
}

void transfer_needs_grant(void)
{
	struct peer peer;
	struct job job;
	handle_t objects, plain = slot_allocate();
	uint64_t records;

	peer_create(&peer);
	CHECK_STILL();
	objects = four_objects();
	CHECK_OK(cnode_copy(ROOT, plain, ROOT, peer.other, RIGHT_WRITE));
	listener_start(&job, &peer);
	CHECK_STILL();
	records = records_committed();
	CHECK_OK(caps_send(plain, objects, 2));
	CHECK_JOB(OK, &job);
	CHECK_EQUAL(0, answer_caps(job.cell->call.word));
	CHECK_EQUAL(2, answer_words(job.cell->call.word));
	CHECK_EQUAL(OBJECT_NULL, type_at(peer.space.cnode, PEER_FREE));
	CHECK_EQUAL(records, records_committed());
}

void transfer_in_answer(void)
{
	for (int grant = 0; grant < 2; grant++) {
		struct kernel_call call;
		struct peer peer;
		struct job job;
		handle_t objects, reply = slot_allocate();

		peer_create(&peer);
		CHECK_STILL();
		objects = four_objects();
		CHECK_OK(cnode_copy(ROOT, reply, ROOT, peer.own_reply, grant ? RIGHTS_ALL : RIGHTS_ALL & ~RIGHT_GRANT));
		CHECK_OK(job_create(&job, &peer.space, TEST_PRIORITY));
		job.thread.page->receive[0] = PEER_FREE;
		job.cell->call = request_call(PEER_ENDPOINT, 0, 0);
		CHECK_OK(job_start(&job));
		call = receive_call(peer.endpoint, reply);
		CHECK_OK(kernel_call(&call));
		thread_self()->page->caps[0] = objects + 1;
		call.word = call_word(CALL_REPLY, 1, 1, 0);
		CHECK_OK(kernel_call(&call));
		CHECK_JOB(OK, &job);
		CHECK_EQUAL(grant, answer_caps(job.cell->call.word));
		CHECK_EQUAL(grant ? OBJECT_NOTIFICATION : OBJECT_NULL, type_at(peer.space.cnode, PEER_FREE));
	}
}

void transfer_unwraps(void)
{
	struct peer peer;
	struct job job;
	handle_t caps = slots_allocate(3);

	peer_create(&peer);
	CHECK_STILL();
	CHECK_OK(cnode_mint(ROOT, caps, ROOT, peer.other, RIGHT_WRITE, 0x1111));
	CHECK_OK(cnode_copy(ROOT, caps + 1, ROOT, peer.endpoint, RIGHTS_ALL));
	CHECK_OK(cnode_mint(ROOT, caps + 2, ROOT, peer.other, 0, 0x3333));
	listener_start(&job, &peer);
	CHECK_STILL();
	CHECK_OK(caps_send(peer.other, caps, 3));
	CHECK_JOB(OK, &job);
	CHECK_EQUAL(3, answer_caps(job.cell->call.word));
	CHECK_EQUAL(0x5, answer_unwrapped(job.cell->call.word));
	CHECK_EQUAL(0x1111, job.thread.page->badges[0]);
	CHECK_EQUAL(0x3333, job.thread.page->badges[2]);
	CHECK_EQUAL(OBJECT_NULL, type_at(peer.space.cnode, PEER_FREE));
	CHECK_EQUAL(OBJECT_ENDPOINT, type_at(peer.space.cnode, PEER_FREE + 1));
	CHECK_EQUAL(OBJECT_NULL, type_at(peer.space.cnode, PEER_FREE + 2));
}

/* The sender's slot changes while its message waits: what is delivered is what is there then. */
void transfer_queued(void)
{
	struct kernel_call call;
	struct peer peer;
	struct job job;
	handle_t objects;

	peer_create(&peer);
	CHECK_STILL();
	objects = four_objects();
	CHECK_OK(cnode_copy(peer.space.cnode, PEER_FREE, ROOT, objects, RIGHTS_ALL));
	CHECK_OK(job_create(&job, &peer.space, TEST_PRIORITY));
	job.thread.page->caps[0] = PEER_FREE;
	job.cell->call = (struct kernel_call){.word = call_word(CALL_SEND, 0, 1, 0), .target = PEER_ENDPOINT};
	CHECK_OK(job_start(&job));
	CHECK(thread_await(job.thread.thread, THREAD_SENDING));
	CHECK_OK(cnode_delete(peer.space.cnode, PEER_FREE));
	CHECK_OK(cnode_copy(peer.space.cnode, PEER_FREE, ROOT, objects + 1, RIGHT_WRITE));
	thread_self()->page->receive[0] = slot_allocate();
	call = receive_call(peer.endpoint, peer.own_reply);
	CHECK_OK(kernel_call(&call));
	CHECK_EQUAL(1, answer_caps(call.word));
	CHECK_EQUAL(OBJECT_NOTIFICATION, type_at(ROOT, thread_self()->page->receive[0]));
	thread_self()->page->receive[0] = 0;
}

void transfer_logged(void)
{
	struct peer peer;
	struct job job;
	handle_t objects;
	uint64_t records;

	peer_create(&peer);
	CHECK_STILL();
	objects = four_objects();
	for (uint64_t count = 0; count <= 4; count++) {
		listener_start(&job, &peer);
		CHECK_STILL();
		records = records_committed();
		CHECK_OK(caps_send(peer.other, objects, count));
		CHECK_JOB(OK, &job);
		CHECK_EQUAL(records + count, records_committed());
		for (uint64_t i = 0; i < 4; i++)
			CHECK_OK(cnode_delete(peer.space.cnode, PEER_FREE + i));
	}
}
