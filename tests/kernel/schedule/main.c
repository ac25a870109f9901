/* SPDX-License-Identifier: MIT */
/* Scheduling: priorities, preemption by events and by time, round robin, changes of priority, who runs after a message. */
#include "tests/kernel/harness/harness.h"

#define ROOT INIT_SLOT_CNODE
#define THREADS 6

static volatile uint64_t counter[THREADS];

static void count_for_ever(uint64_t index)
{
	for (;;)
		counter[index]++;
}

static void counters_clear(void)
{
	for (int i = 0; i < THREADS; i++)
		counter[i] = 0;
}

static void higher_priority_runs_alone(void)
{
	struct thread low, high;
	uint64_t before;

	counters_clear();
	CHECK_OK(thread_spawn(&low, &own_space, count_for_ever, 0, 20));
	CHECK_EVENTUALLY(counter[0] != 0);
	CHECK_OK(thread_spawn(&high, &own_space, count_for_ever, 1, 21));
	before = counter[0];
	pause_ns(30 * MILLISECOND);
	CHECK_EVENTUALLY(counter[1] != 0);
	CHECK_EQUAL(before, counter[0]);
	CHECK_OK(thread_suspend(high.thread));
	CHECK_EVENTUALLY(counter[0] > before);
}

/* Time alone makes turns: nothing else happens while the test sleeps, and fewer sleeps than threads are allowed. */
static void time_alone_makes_turns(void)
{
	struct thread thread[THREADS];
	uint64_t running = 0;

	counters_clear();
	for (uint64_t i = 0; i < THREADS; i++)
		CHECK_OK(thread_spawn(&thread[i], &own_space, count_for_ever, i, 20));
	for (int sleeps = 0; sleeps < THREADS / 2 && running < THREADS; sleeps++) {
		pause_ns(500 * MILLISECOND);
		running = 0;
		for (uint64_t i = 0; i < THREADS; i++)
			running += counter[i] != 0;
	}
	CHECK_EQUAL(THREADS, running);
}

/* How a better thread interrupts the others: it runs for `busy` of each `period` (ns), again and again. */
static const struct rhythm {
	uint64_t period, busy;
} rhythms[] = {
	{10 * MILLISECOND, 0},
	{5 * MILLISECOND, MILLISECOND},
	{10 * MILLISECOND, 4 * MILLISECOND},
	{7 * MILLISECOND, 3 * MILLISECOND},
	{20 * MILLISECOND, 11 * MILLISECOND},
};

static void run_in_rhythm(uint64_t which)
{
	const struct rhythm *rhythm = &rhythms[which];
	uint64_t begin = clock_now();

	for (;; begin += rhythm->period) {
		while (clock_now() < begin + rhythm->busy)
			;
		pause_ns(begin + rhythm->period - clock_now());
	}
}

static void time_used(const struct thread *thread, uint64_t *time)
{
	struct thread_status status;

	CHECK_OK(thread_inform(thread->thread, &status));
	*time = status.cpu_time;
}

/* Nobody starves, whatever a better thread does; where time is exact, the shares of equals are within a fifth of each other. */
static void equal_priorities_take_turns(void)
{
	enum { EQUALS = 4 };
	struct thread equal[EQUALS], better;
	uint64_t before[EQUALS] = {0}, used[EQUALS], total, share;

	counters_clear();
	for (uint64_t i = 0; i < EQUALS; i++) {
		CHECK_OK(thread_spawn(&equal[i], &own_space, count_for_ever, i, 20));
		CHECK_EVENTUALLY(counter[i] != 0);
	}
	for (uint64_t which = 0; which < sizeof(rhythms) / sizeof(rhythms[0]); which++) {
		total = 0;
		for (uint64_t i = 0; i < EQUALS; i++)
			time_used(&equal[i], &before[i]);
		CHECK_OK(thread_spawn(&better, &own_space, run_in_rhythm, which, 30));
		pause_ns(400 * MILLISECOND);
		CHECK_OK(thread_suspend(better.thread));
		for (uint64_t i = 0; i < EQUALS; i++) {
			time_used(&equal[i], &used[i]);
			used[i] -= before[i];
			total += used[i];
		}
		share = total / EQUALS;
		for (uint64_t i = 0; time_is_exact() && i < EQUALS; i++)
			CHECK(used[i] > share - share / 10 && used[i] < share + share / 10);
	}
}

/* Every thread may have all the time only once: what is counted adds up to what has passed. */
static void cpu_time_adds_up(void)
{
	struct thread thread[THREADS];
	struct thread_status status;
	uint64_t start = clock_now(), total = 0;

	for (uint64_t i = 0; i < THREADS; i++)
		CHECK_OK(thread_spawn(&thread[i], &own_space, count_for_ever, i, 20 + i % 2));
	pause_ns(50 * MILLISECOND);
	for (uint64_t i = 0; i < THREADS; i++) {
		CHECK_OK(thread_inform(thread[i].thread, &status));
		total += status.cpu_time;
	}
	CHECK(total <= clock_now() - start);
	CHECK(total >= 25 * MILLISECOND);
}

/* The order in which threads got to their point. */
static volatile uint64_t order[8], arrivals;

static void arrive(uint64_t who)
{
	order[arrivals] = who;
	arrivals = arrivals + 1;
}

static handle_t wake_source, wake_target, wake_reply;

static void wait_then_arrive(uint64_t who)
{
	struct kernel_call call = {.word = CALL_RECEIVE, .source = wake_source, .reply = wake_reply};

	kernel_call(&call);
	arrive(who);
}

static void wake_then_arrive(uint64_t who)
{
	struct kernel_call call = {.word = CALL_SEND, .target = wake_target};

	kernel_call(&call);
	arrive(who);
}

/* A waker of priority 20 and a waiter of another one, by Notification or plain send: who comes first? */
static void wake_order(enum object_type type, uint64_t waiter_priority, uint64_t first)
{
	struct thread waiter, waker;

	arrivals = 0;
	wake_source = object_make(type, 0);
	wake_reply = object_make(OBJECT_REPLY, 0);
	wake_target = slot_allocate();
	CHECK_OK(cnode_mint(ROOT, wake_target, ROOT, wake_source, RIGHTS_ALL, 1));
	CHECK_OK(thread_spawn(&waiter, &own_space, wait_then_arrive, 1, waiter_priority));
	CHECK(thread_await(waiter.thread, THREAD_RECEIVING));
	CHECK_OK(thread_spawn(&waker, &own_space, wake_then_arrive, 2, 20));
	CHECK_EVENTUALLY(arrivals == 2);
	CHECK_EQUAL(first, order[0]);
}

static void woken_thread_runs_if_better(void)
{
	wake_order(OBJECT_NOTIFICATION, 21, 1);
	CHECK_STILL();
	if (time_is_exact()) /* else the time slice may end just there */
		wake_order(OBJECT_NOTIFICATION, 20, 2);
	CHECK_STILL();
	wake_order(OBJECT_NOTIFICATION, 19, 2);
}

static void receiver_of_a_send_runs_if_better(void)
{
	wake_order(OBJECT_ENDPOINT, 21, 1);
	CHECK_STILL();
	if (time_is_exact()) /* else the time slice may end just there */
		wake_order(OBJECT_ENDPOINT, 20, 2);
	CHECK_STILL();
	wake_order(OBJECT_ENDPOINT, 19, 2);
}

/* A deadline of a higher thread interrupts a lower one that never stops by itself. */
static void deadline_preempts(void)
{
	struct thread busy;
	uint64_t deadline;

	counters_clear();
	CHECK_OK(thread_spawn(&busy, &own_space, count_for_ever, 0, 30));
	for (int i = 0; i < 20; i++) {
		deadline = clock_now() + 2 * MILLISECOND;
		pause_ns(2 * MILLISECOND);
		CHECK(clock_now() >= deadline);
	}
	CHECK(counter[0] != 0);
}

static void raised_thread_preempts(void)
{
	struct thread one, two;
	uint64_t before;

	counters_clear();
	CHECK_OK(thread_spawn(&one, &own_space, count_for_ever, 0, 20));
	CHECK_OK(thread_spawn(&two, &own_space, count_for_ever, 1, 10));
	pause_ns(20 * MILLISECOND);
	CHECK_EQUAL(0, counter[1]);
	CHECK_OK(thread_set_priority(two.thread, 25, 25));
	before = counter[0];
	CHECK_EVENTUALLY(counter[1] != 0);
	CHECK_EQUAL(before, counter[0]);
	CHECK_OK(thread_set_priority(two.thread, 5, 5));
	CHECK_EVENTUALLY(counter[0] > before);
}

/* A server of low priority serves; a ready thread between it and its client goes first. */
static void ready_threads_between_go_first(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	struct kernel_call wait = {.word = CALL_RECEIVE, .source = endpoint, .reply = reply};
	struct kernel_call request = {.word = CALL_SEND | CALL_CALL | CALL_DEADLINE, .target = endpoint};
	struct thread between;
	struct job server;

	counters_clear();
	CHECK_OK(job_create(&server, &own_space, 10));
	server.cell->call = wait;
	CHECK_OK(job_start(&server));
	CHECK(thread_await(server.thread.thread, THREAD_RECEIVING));
	CHECK_OK(thread_spawn(&between, &own_space, count_for_ever, 0, 20));
	request.deadline = clock_now() + 10 * MILLISECOND;
	CHECK_ERROR(ERR_TIMEOUT, kernel_call(&request));
	CHECK_EVENTUALLY(counter[0] != 0);
	CHECK_EQUAL(0, server.cell->done);
	CHECK_OK(thread_suspend(between.thread));
	CHECK_JOB(OK, &server);
	CHECK_EQUAL(MESSAGE_CALL, answer_kind(server.cell->call.word));
}

/* All 64 priorities, made ready in a shuffled order while the test runs above them, arrive from high to low. */
static void order_of_all_priorities(void)
{
	enum { LEVELS = 8 };
	struct thread thread[LEVELS];

	arrivals = 0;
	for (uint64_t i = 0; i < LEVELS; i++) {
		uint64_t level = i * 5 % LEVELS;

		CHECK_OK(thread_create(&thread[i], &own_space, arrive, level, level * 8 + 1));
	}
	for (uint64_t i = 0; i < LEVELS; i++)
		CHECK_OK(thread_resume(thread[i].thread));
	CHECK_EVENTUALLY(arrivals == LEVELS);
	for (uint64_t i = 0; i < LEVELS; i++)
		CHECK_EQUAL(LEVELS - 1 - i, order[i]);
}

static const struct test tests[] = {
	{"schedule-priority", "a lower priority waits while a higher one runs", higher_priority_runs_alone},
	{"schedule-slices", "the time slice of a thread that never stops ends", time_alone_makes_turns},
	{"schedule-turns", "threads of one priority share the processor", equal_priorities_take_turns},
	{"schedule-time", "CPU times add up to the time that passed", cpu_time_adds_up},
	{"schedule-signal", "a signalled thread runs at once only when its priority is higher", woken_thread_runs_if_better},
	{"schedule-send", "the receiver of a send runs at once only when its priority is higher", receiver_of_a_send_runs_if_better},
	{"schedule-deadline", "a deadline interrupts a lower thread that never stops", deadline_preempts},
	{"schedule-raise", "a changed priority takes effect at once", raised_thread_preempts},
	{"schedule-between", "a ready thread runs before a called server of lower priority", ready_threads_between_go_first},
	{"schedule-order", "ready threads run from the highest priority to the lowest", order_of_all_priorities},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
