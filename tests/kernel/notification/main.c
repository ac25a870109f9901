/* SPDX-License-Identifier: MIT */
/* Notifications: bits, waiting, order of waiters, binding to a thread, what ends what. */
#include "tests/kernel/harness/harness.h"

#define ROOT INIT_SLOT_CNODE

/* A capability to signal `bits`. */
static handle_t signaller(handle_t notification, uint64_t bits)
{
	handle_t slot = slot_allocate();
	enum error error = cnode_mint(ROOT, slot, ROOT, notification, RIGHT_WRITE, bits);

	if (error != OK)
		check_error_failed(__FILE__, __LINE__, "minting a badge", OK, error);
	return slot;
}

static enum error notify(handle_t target)
{
	uint64_t data[4] = {0};

	return answer_status(call_short(target, call_word(CALL_SEND, 0, 0, 0), data));
}

/* Receives at `source` until the deadline; 0 polls. */
static struct kernel_call receive(handle_t source, uint64_t deadline)
{
	struct kernel_call call = {.word = call_word(CALL_RECEIVE | CALL_DEADLINE, 0, 0, 0), .source = source, .deadline = deadline};
	enum error error = kernel_call(&call);

	(void)error; /* the answer word tells */
	return call;
}

static void bits_accumulate(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0), one = signaller(notification, 1), high = signaller(notification, 1ull << 63 | 1);
	struct kernel_call call;

	CHECK_OK(notify(one));
	CHECK_OK(notify(one));
	CHECK_OK(notify(high));
	call = receive(notification, 0);
	CHECK_EQUAL(MESSAGE_NOTIFICATION, answer_kind(call.word));
	CHECK_EQUAL(1, answer_words(call.word));
	CHECK_EQUAL(1ull << 63 | 1, call.data[0]);
	call = receive(notification, 0);
	CHECK_EQUAL(ERR_TIMEOUT, answer_status(call.word));
}

static void unbadged_signals_nothing(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0);

	CHECK_OK(notify(notification));
	CHECK_EQUAL(ERR_TIMEOUT, answer_status(receive(notification, 0).word));
}

static void rights_are_checked(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0), reader = slot_allocate(), writer;
	uint64_t data[4] = {0};

	CHECK_OK(cnode_copy(ROOT, reader, ROOT, notification, RIGHT_READ));
	writer = signaller(notification, 1);
	CHECK_REFUSED(ERR_RIGHTS, notify(reader));
	CHECK_EQUAL(ERR_RIGHTS, answer_status(receive(writer, 0).word));
	CHECK_REFUSED(ERR_METHOD, answer_status(call_short(writer, call_word(CALL_SEND | CALL_CALL, 0, 0, 0), data)));
	CHECK_EQUAL(ERR_TIMEOUT, answer_status(receive(notification, 0).word));
}

static void waiters_wake_in_order(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0), bit = signaller(notification, 8);
	struct kernel_call wait = {.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = notification};
	struct job job[4];

	for (int i = 0; i < 4; i++) {
		CHECK_OK(job_launch(&job[i], &own_space, &wait));
		CHECK(thread_await(job[i].thread.thread, THREAD_RECEIVING));
	}
	for (int i = 0; i < 4; i++) {
		CHECK_OK(notify(bit));
		CHECK_JOB(OK, &job[i]);
		CHECK_EQUAL(8, job[i].cell->call.data[0]);
		for (int k = i + 1; k < 4; k++)
			CHECK_EQUAL(0, job[k].cell->done);
	}
}

static void bound_thread_is_interrupted(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0), bit = signaller(notification, 16), endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call wait = {.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = endpoint, .reply = reply};
	struct job job;

	CHECK_OK(job_create(&job, &own_space, TEST_PRIORITY));
	CHECK_OK(thread_bind(job.thread.thread, THREAD_NOTIFICATION, notification));
	job.cell->call = wait;
	CHECK_OK(job_start(&job));
	CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
	CHECK_OK(notify(bit));
	CHECK_JOB(OK, &job);
	CHECK_EQUAL(MESSAGE_NOTIFICATION, answer_kind(job.cell->call.word));
	CHECK_EQUAL(16, job.cell->call.data[0]);
	/* Signalled before it receives: taken at once, also before a waiting sender. */
	CHECK_OK(notify(bit));
	job.cell->call = wait;
	CHECK_OK(job_start(&job));
	CHECK_JOB(OK, &job);
	CHECK_EQUAL(MESSAGE_NOTIFICATION, answer_kind(job.cell->call.word));
	/* The Reply that it had armed is free again. */
	job.cell->call = wait;
	CHECK_OK(job_start(&job));
	CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
	CHECK_OK(thread_unbind(job.thread.thread, THREAD_NOTIFICATION));
	CHECK_OK(notify(bit));
	CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
	CHECK_EQUAL(16, receive(notification, 0).data[0]);
}

/* A send or a wait for an answer is not ended by the bound Notification. */
static void bound_thread_sends_undisturbed(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0), bit = signaller(notification, 2), endpoint = object_make(OBJECT_ENDPOINT, 0);
	struct job job;

	CHECK_OK(job_create(&job, &own_space, TEST_PRIORITY));
	CHECK_OK(thread_bind(job.thread.thread, THREAD_NOTIFICATION, notification));
	job.cell->call = (struct kernel_call){.word = call_word(CALL_SEND | CALL_CALL, 0, 0, 0), .target = endpoint};
	CHECK_OK(job_start(&job));
	CHECK(thread_await(job.thread.thread, THREAD_SENDING));
	CHECK_OK(notify(bit));
	CHECK(thread_await(job.thread.thread, THREAD_SENDING));
}

static void binding_is_exclusive(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0), other = object_make(OBJECT_NOTIFICATION, 0), writer = slot_allocate();
	handle_t first = object_make(OBJECT_THREAD, 0), second = object_make(OBJECT_THREAD, 0), endpoint = object_make(OBJECT_ENDPOINT, 0);

	CHECK_OK(cnode_copy(ROOT, writer, ROOT, notification, RIGHT_WRITE));
	CHECK_REFUSED(ERR_RIGHTS, thread_bind(first, THREAD_NOTIFICATION, writer));
	CHECK_REFUSED(ERR_TYPE, thread_bind(first, THREAD_NOTIFICATION, endpoint));
	CHECK_OK(thread_bind(first, THREAD_NOTIFICATION, notification));
	CHECK_REFUSED(ERR_BUSY, thread_bind(second, THREAD_NOTIFICATION, notification));
	CHECK_REFUSED(ERR_OCCUPIED, thread_bind(first, THREAD_NOTIFICATION, other));
	CHECK_OK(cnode_delete(ROOT, first));
	CHECK_OK(thread_bind(second, THREAD_NOTIFICATION, notification));
	CHECK_OK(thread_unbind(second, THREAD_NOTIFICATION));
	CHECK_OK(thread_bind(second, THREAD_NOTIFICATION, other));
}

/* Deleting the Notification unbinds it: the thread waits on for messages alone. */
static void deleted_while_bound(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0), endpoint = object_make(OBJECT_ENDPOINT, 0);
	uint64_t data[4] = {5};
	struct job job;

	CHECK_OK(job_create(&job, &own_space, TEST_PRIORITY));
	CHECK_OK(thread_bind(job.thread.thread, THREAD_NOTIFICATION, notification));
	job.cell->call = (struct kernel_call){.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = endpoint, .reply = object_make(OBJECT_REPLY, 0)};
	CHECK_OK(job_start(&job));
	CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
	CHECK_OK(cnode_delete(ROOT, notification));
	CHECK(thread_await(job.thread.thread, THREAD_RECEIVING));
	CHECK_EQUAL(OK, answer_status(call_short(endpoint, call_word(CALL_SEND, 1, 0, 0), data)));
	CHECK_JOB(OK, &job);
	CHECK_EQUAL(5, job.cell->call.data[0]);
}

/* A signal between threads of two address spaces, many times. */
static void crosses_address_spaces(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0), back = object_make(OBJECT_NOTIFICATION, 0), bit = signaller(notification, 1);
	struct space space;
	struct job job;

	CHECK_OK(space_create(&space, 8, 16));
	CHECK_OK(space_grant(&space, 8, notification, RIGHT_READ, 0));
	CHECK_OK(space_grant(&space, 9, back, RIGHT_WRITE, 32));
	CHECK_OK(job_create(&job, &space, TEST_PRIORITY));
	for (int round = 0; round < 50; round++) {
		job.cell->call = (struct kernel_call){.word = call_word(CALL_RECEIVE, 0, 0, 0), .source = 8};
		CHECK_OK(job_start(&job));
		CHECK_OK(notify(bit));
		CHECK_JOB(OK, &job);
		CHECK_EQUAL(1, job.cell->call.data[0]);
		job.cell->call = (struct kernel_call){.word = call_word(CALL_SEND, 0, 0, 0), .target = 9};
		CHECK_OK(job_start(&job));
		CHECK_EQUAL(32, notification_wait(back));
		CHECK_JOB(OK, &job);
	}
}

static const struct test tests[] = {
	{"notification-bits", "signals accumulate as bits until they are taken", bits_accumulate},
	{"notification-unbadged", "an unbadged capability signals no bit", unbadged_signals_nothing},
	{"notification-rights", "signalling and waiting need their rights; a call is refused", rights_are_checked},
	{"notification-order", "each signal wakes one waiter, in order", waiters_wake_in_order},
	{"notification-bound", "a bound Notification ends its thread's receive, before messages", bound_thread_is_interrupted},
	{"notification-bound-send", "a bound Notification leaves a send alone", bound_thread_sends_undisturbed},
	{"notification-exclusive", "a Notification is bound to one thread at a time", binding_is_exclusive},
	{"notification-deleted", "a deleted Notification is unbound and its thread waits on", deleted_while_bound},
	{"notification-spaces", "signals cross address spaces", crosses_address_spaces},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
