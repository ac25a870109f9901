/* SPDX-License-Identifier: MIT */
/* The end of waiting: deadlines, deletion of what is waited for or of who waits, registers written under a wait, suspension. */
#include "ipc.h"

static struct kernel_call with_deadline(struct kernel_call call, uint64_t deadline)
{
	call.word |= CALL_DEADLINE;
	call.deadline = deadline;
	return call;
}

void poll_times_out(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), notification = object_make(OBJECT_NOTIFICATION, 0), badged = slot_allocate(), reply = object_make(OBJECT_REPLY, 0);
	static const uint64_t past[] = {0, 1};
	struct kernel_call call;

	CHECK_OK(cnode_mint(ROOT, badged, ROOT, notification, RIGHT_WRITE, 2));
	for (int i = 0; i < 2; i++) {
		call = with_deadline(receive_call(endpoint, reply), past[i]);
		CHECK_REFUSED(ERR_TIMEOUT, kernel_call(&call));
		call = with_deadline(receive_call(notification, 0), past[i]);
		CHECK_REFUSED(ERR_TIMEOUT, kernel_call(&call));
		call = with_deadline(request_call(endpoint, 0, 1), past[i]);
		CHECK_REFUSED(ERR_TIMEOUT, kernel_call(&call));
		/* What is there is taken all the same. */
		call = (struct kernel_call){.word = call_word(CALL_SEND, 0, 0, 0), .target = badged};
		CHECK_OK(kernel_call(&call));
		call = with_deadline(receive_call(notification, 0), past[i]);
		CHECK_OK(kernel_call(&call));
		CHECK_EQUAL(2, call.data[0]);
	}
}

void receive_times_out(void)
{
	const handle_t sources[] = {object_make(OBJECT_ENDPOINT, 0), object_make(OBJECT_NOTIFICATION, 0)}, reply = object_make(OBJECT_REPLY, 0);

	for (int i = 0; i < 4; i++) {
		uint64_t deadline = clock_now() + 3 * MILLISECOND;
		struct kernel_call call = with_deadline(receive_call(sources[i % 2], reply), deadline);

		CHECK_ERROR(ERR_TIMEOUT, kernel_call(&call));
		CHECK(clock_now() >= deadline);
		CHECK(clock_now() < deadline + PATIENCE);
	}
}

void send_times_out(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call call = with_deadline(request_call(endpoint, 0, 1), clock_now() + 2 * MILLISECOND);

	CHECK_ERROR(ERR_TIMEOUT, kernel_call(&call));
	call = with_deadline(request_call(endpoint, 0, 1), clock_now() + 2 * MILLISECOND);
	call.word &= ~(uint64_t)CALL_CALL;
	CHECK_ERROR(ERR_TIMEOUT, kernel_call(&call));
	call = with_deadline(receive_call(endpoint, reply), 0);
	CHECK_ERROR(ERR_TIMEOUT, kernel_call(&call));
}

void call_times_out(void)
{
	struct kernel_call call, request;
	struct peer peer;
	struct job job;

	peer_create(&peer);
	CHECK_STILL();
	request = with_deadline(request_call(PEER_ENDPOINT, 0, 1), clock_now() + 500 * MILLISECOND);
	CHECK_OK(job_launch(&job, &peer.space, &request));
	call = receive_call(peer.endpoint, peer.own_reply);
	CHECK_OK(kernel_call(&call));
	CHECK_JOB(ERR_TIMEOUT, &job);
	call.word = call_word(CALL_REPLY, 1, 0, 0);
	CHECK_OK(kernel_call(&call));
	/* The Reply can hold the next one. */
	job.cell->call = request_call(PEER_ENDPOINT, 0, 1);
	CHECK_OK(job_start(&job));
	call = receive_call(peer.endpoint, peer.own_reply);
	CHECK_OK(kernel_call(&call));
	call.word = call_word(CALL_REPLY, 1, 0, 0);
	CHECK_OK(kernel_call(&call));
	CHECK_JOB(OK, &job);
}

#define SLEEPERS 24

/* Threads that wait until times in a shuffled order wake in the order of time. */
void deadlines_in_order(void)
{
	static struct job job[SLEEPERS];
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0);
	uint64_t start = clock_now() + 60 * MILLISECOND;

	for (uint64_t i = 0; i < SLEEPERS; i++) {
		struct kernel_call call = with_deadline(receive_call(notification, 0), start + i * 7 % SLEEPERS * MILLISECOND);

		CHECK_OK(job_launch(&job[i], &own_space, &call));
	}
	for (uint64_t awake = 0; awake < SLEEPERS;) {
		awake = 0;
		for (uint64_t i = 0; i < SLEEPERS; i++) {
			uint64_t now = clock_now();
			bool done = __atomic_load_n(&job[i].cell->done, __ATOMIC_ACQUIRE);

			CHECK(!done || now >= job[i].cell->call.deadline);
			awake += done;
		}
		CHECK(clock_now() < start + PATIENCE);
		pause_ns(MILLISECOND / 2);
	}
	for (uint64_t i = 0; i < SLEEPERS; i++)
		CHECK_JOB(ERR_TIMEOUT, &job[i]);
}

#define WAITERS 12

/* All kinds of waits at one object end with ERR_CANCELLED when it is deleted. */
static void delete_under_waiters(handle_t object, struct kernel_call wait, enum thread_state state)
{
	static struct job job[WAITERS];

	for (uint64_t i = 0; i < WAITERS; i++) {
		wait.reply = object_make(OBJECT_REPLY, 0);
		CHECK_OK(job_launch(&job[i], &own_space, &wait));
		CHECK(thread_await(job[i].thread.thread, state));
	}
	CHECK_OK(cnode_delete(ROOT, object));
	for (uint64_t i = 0; i < WAITERS; i++)
		CHECK_JOB(ERR_CANCELLED, &job[i]);
}

void endpoint_deleted(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0);

	delete_under_waiters(endpoint, receive_call(endpoint, 0), THREAD_RECEIVING);
	CHECK_STILL();
	endpoint = object_make(OBJECT_ENDPOINT, 0);
	delete_under_waiters(endpoint, request_call(endpoint, 0, 3), THREAD_SENDING);
	CHECK_STILL();
	endpoint = object_make(OBJECT_ENDPOINT, 0);
	delete_under_waiters(endpoint, (struct kernel_call){.word = CALL_SEND | CALL_RECEIVE, .target = endpoint, .source = endpoint}, THREAD_SENDING);
}

void notification_deleted(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0);

	delete_under_waiters(notification, receive_call(notification, 0), THREAD_RECEIVING);
}

void reply_deleted(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call call, request = request_call(endpoint, 0, 0);
	struct job job, waiter;

	CHECK_OK(job_launch(&job, &own_space, &request));
	call = receive_call(endpoint, reply);
	CHECK_OK(kernel_call(&call));
	CHECK(thread_await(job.thread.thread, THREAD_REPLY));
	CHECK_OK(cnode_delete(ROOT, reply));
	CHECK_JOB(ERR_CANCELLED, &job);
	/* A receiver that had armed it cannot go on waiting without. */
	CHECK_OK(untyped_retype(memory_untyped(), OBJECT_REPLY, 0, ROOT, reply, 1));
	call = receive_call(endpoint, reply);
	CHECK_OK(job_launch(&waiter, &own_space, &call));
	CHECK(thread_await(waiter.thread.thread, THREAD_RECEIVING));
	CHECK_OK(cnode_delete(ROOT, reply));
	CHECK_JOB(ERR_CANCELLED, &waiter);
	/* It left the queue. */
	call = with_deadline(request_call(endpoint, 0, 0), 0);
	CHECK_ERROR(ERR_TIMEOUT, kernel_call(&call));
}

/* A thread is deleted while it sends, receives, and is held by a Reply. */
void caller_deleted(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call call, request = request_call(endpoint, 0, 0);
	struct job job;

	CHECK_OK(job_launch(&job, &own_space, &request));
	CHECK(thread_await(job.thread.thread, THREAD_SENDING));
	CHECK_OK(cnode_delete(ROOT, job.thread.thread));
	call = with_deadline(receive_call(endpoint, reply), 0);
	CHECK_ERROR(ERR_TIMEOUT, kernel_call(&call));
	call = receive_call(endpoint, reply);
	CHECK_OK(job_launch(&job, &own_space, &call));
	CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
	CHECK_OK(cnode_delete(ROOT, job.thread.thread));
	CHECK_OK(job_launch(&job, &own_space, &request));
	call = receive_call(endpoint, reply);
	CHECK_OK(kernel_call(&call));
	CHECK_OK(cnode_delete(ROOT, job.thread.thread));
	call.word = call_word(CALL_REPLY, 0, 0, 0);
	CHECK_OK(kernel_call(&call));
	/* And while it waits for time only. */
	call = with_deadline(receive_call(endpoint, reply), clock_now() + 3 * MILLISECOND);
	CHECK_OK(job_launch(&job, &own_space, &call));
	CHECK_OK(cnode_delete(ROOT, job.thread.thread));
	pause_ns(6 * MILLISECOND);
}

void server_deleted(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call call, request = request_call(endpoint, 0, 0);
	struct job server, held, queued;

	call = receive_call(endpoint, reply);
	CHECK_OK(job_launch(&server, &own_space, &call));
	CHECK(thread_await(server.thread.thread, THREAD_RECEIVING));
	CHECK_OK(job_launch(&held, &own_space, &request));
	CHECK(thread_await(held.thread.thread, THREAD_REPLY));
	CHECK_OK(job_launch(&queued, &own_space, &request));
	CHECK(thread_await(queued.thread.thread, THREAD_SENDING));
	CHECK_OK(cnode_delete(ROOT, server.thread.thread));
	CHECK_OK(cnode_delete(ROOT, reply));
	CHECK_JOB(ERR_CANCELLED, &held);
	CHECK(thread_await(queued.thread.thread, THREAD_SENDING));
	CHECK_OK(untyped_retype(memory_untyped(), OBJECT_REPLY, 0, ROOT, reply, 1));
	call = receive_call(endpoint, reply);
	CHECK_OK(kernel_call(&call));
	call.word = call_word(CALL_REPLY, 0, 0, 0);
	CHECK_OK(kernel_call(&call));
	CHECK_JOB(OK, &queued);
}

static volatile uint64_t landed;

static void landing(void)
{
	landed++;
	thread_exit();
}

void write_registers_cancels(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call call = request_call(endpoint, 0, 0), poll;
	struct thread_registers registers;
	struct job job;

	landed = 0;
	CHECK_OK(job_launch(&job, &own_space, &call));
	CHECK(thread_await(job.thread.thread, THREAD_SENDING));
	CHECK_REFUSED(ERR_STATE, thread_write_registers(job.thread.thread, &(struct thread_registers){0}));
	CHECK_OK(thread_suspend(job.thread.thread));
	CHECK_OK(thread_read_registers(job.thread.thread, &registers));
	registers.rip = (vaddr_t)landing;
	registers.rsp &= ~15ull;
	registers.rsp -= 8;
	CHECK_OK(thread_write_registers(job.thread.thread, &registers));
	CHECK(thread_await(job.thread.thread, THREAD_RUNNABLE));
	CHECK_OK(thread_resume(job.thread.thread));
	for (int i = 0; i < 1000 && !landed; i++)
		pause_ns(MILLISECOND / 10);
	CHECK_EQUAL(1, landed);
	poll = with_deadline(receive_call(endpoint, reply), 0);
	CHECK_ERROR(ERR_TIMEOUT, kernel_call(&poll));
}

void suspended_meets(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0);
	struct kernel_call call = receive_call(endpoint, object_make(OBJECT_REPLY, 0));
	struct job job;

	CHECK_OK(job_launch(&job, &own_space, &call));
	CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
	CHECK_OK(thread_suspend(job.thread.thread));
	call = request_call(endpoint, 0, 4);
	call.word &= ~(uint64_t)CALL_CALL;
	CHECK_OK(kernel_call(&call));
	CHECK(thread_await(job.thread.thread, THREAD_RUNNABLE));
	pause_ns(2 * MILLISECOND);
	CHECK_EQUAL(0, job.cell->done);
	CHECK_OK(thread_resume(job.thread.thread));
	CHECK_JOB(OK, &job);
	CHECK_EQUAL(4, job.cell->call.data[3]);
}
