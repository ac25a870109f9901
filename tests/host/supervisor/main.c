/* SPDX-License-Identifier: MIT */
/* Unit tests of what the supervisor decides: whether a service hangs (lib/watch.h) and when it is started again (servers/supervisor/policy.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/watch.h"
#include "servers/supervisor/policy.h"

#define LIMIT 1000

static enum watch_verdict look(struct watch *watch, uint64_t beats, uint64_t cpu_time, enum thread_state thread)
{
	return watch_look(watch, &(struct watch_sight){.beats = beats, .cpu_time = cpu_time, .state = thread});
}

static enum watch_verdict look_computing(struct watch *watch, uint64_t computing, uint64_t cpu_time)
{
	return watch_look(watch, &(struct watch_sight){.beats = 5, .computing = computing, .cpu_time = cpu_time, .state = THREAD_RUNNABLE});
}

static void alive_when_it_answers(void **state)
{
	struct watch watch;

	(void)state;
	watch_start(&watch, LIMIT);
	assert_int_equal(WATCH_ASK, look(&watch, 0, 0, THREAD_RUNNABLE));
	for (uint64_t beats = 1; beats < 100; beats++)
		assert_int_equal(WATCH_ASK, look(&watch, beats, beats * 10 * LIMIT, THREAD_RUNNABLE));
}

static void hung_when_it_has_used_its_time(void **state)
{
	struct watch watch;

	(void)state;
	watch_start(&watch, LIMIT);
	assert_int_equal(WATCH_ASK, look(&watch, 5, 70, THREAD_RUNNABLE));
	for (uint64_t used = 1; used < LIMIT; used++)
		assert_int_equal(WATCH_WAIT, look(&watch, 5, 70 + used, THREAD_RUNNABLE));
	assert_int_equal(WATCH_HUNG, look(&watch, 5, 70 + LIMIT, THREAD_RUNNABLE));
}

/* The machine was stopped, or others have the processor: any number of looks, no time used. */
static void alive_when_it_gets_no_time(void **state)
{
	struct watch watch;

	(void)state;
	watch_start(&watch, LIMIT);
	assert_int_equal(WATCH_ASK, look(&watch, 5, 70, THREAD_RUNNABLE));
	for (int i = 0; i < 100000; i++)
		assert_int_equal(WATCH_WAIT, look(&watch, 5, 70, THREAD_RUNNABLE));
	for (int i = 0; i < 100000; i++)
		assert_int_equal(WATCH_WAIT, look(&watch, 5, 70, THREAD_REPLY));
}

/* The host stood still while it ran: the counter says that it has used an hour. */
static void alive_after_one_long_pause(void **state)
{
	struct watch watch;

	(void)state;
	watch_start(&watch, LIMIT);
	assert_int_equal(WATCH_ASK, look(&watch, 5, 70, THREAD_RUNNABLE));
	assert_int_equal(WATCH_WAIT, look(&watch, 5, 70 + 3600 * LIMIT, THREAD_RUNNABLE));
	assert_int_equal(WATCH_WAIT, look(&watch, 5, 70 + 3600 * LIMIT + LIMIT / 2 - 1, THREAD_RUNNABLE));
	assert_int_equal(WATCH_ASK, look(&watch, 6, 70 + 3601 * LIMIT, THREAD_RUNNABLE));
	assert_int_equal(WATCH_WAIT, look(&watch, 6, 70 + 3601 * LIMIT + LIMIT / 2, THREAD_RUNNABLE));
	assert_int_equal(WATCH_HUNG, look(&watch, 6, 70 + 3602 * LIMIT, THREAD_RUNNABLE));
}

/* Who says that it computes may do so, but that is no answer. */
static void computing_is_no_answer(void **state)
{
	struct watch watch;
	uint64_t time = 0;

	(void)state;
	watch_start(&watch, LIMIT);
	assert_int_equal(WATCH_ASK, look_computing(&watch, 0, 0));
	for (uint64_t computing = 1; computing < 100; computing++) {
		time += LIMIT - 1;
		assert_int_equal(WATCH_ASK, look_computing(&watch, computing, time));
	}
	assert_int_equal(WATCH_WAIT, look_computing(&watch, 99, time + LIMIT));
	assert_int_equal(WATCH_HUNG, look_computing(&watch, 99, time + 2 * LIMIT));
}

/* More signs than questions, or fewer than there were. */
static void false_signs_are_a_hang(void **state)
{
	struct watch watch;

	(void)state;
	watch_start(&watch, LIMIT);
	assert_int_equal(WATCH_ASK, look(&watch, 5, 0, THREAD_RUNNABLE));
	assert_int_equal(WATCH_ASK, look(&watch, 7, 0, THREAD_RUNNABLE)); /* one is of an earlier watcher's question */
	assert_int_equal(WATCH_HUNG, look(&watch, 10, 0, THREAD_RUNNABLE));
	watch_start(&watch, LIMIT);
	assert_int_equal(WATCH_ASK, look(&watch, 5, 0, THREAD_RUNNABLE));
	assert_int_equal(WATCH_HUNG, look(&watch, 4, 0, THREAD_RUNNABLE));
}

static void hung_when_it_waits_elsewhere(void **state)
{
	struct watch watch;

	(void)state;
	watch_start(&watch, LIMIT);
	assert_int_equal(WATCH_ASK, look(&watch, 5, 70, THREAD_RECEIVING));
	for (int i = 0; i < WATCH_LOOKS; i++)
		assert_int_equal(WATCH_WAIT, look(&watch, 5, 70, THREAD_RECEIVING));
	assert_int_equal(WATCH_WAIT, look(&watch, 5, 70, THREAD_RUNNABLE));
	for (int i = 0; i < WATCH_LOOKS; i++)
		assert_int_equal(WATCH_WAIT, look(&watch, 5, 70, THREAD_RECEIVING));
	assert_int_equal(WATCH_HUNG, look(&watch, 5, 70, THREAD_RECEIVING));
}

static void not_judged_without_limit(void **state)
{
	struct watch watch;

	(void)state;
	watch_start(&watch, 0);
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(WATCH_WAIT, look(&watch, 0, i * LIMIT, THREAD_RECEIVING));
}

static void first_death_costs_nothing(void **state)
{
	struct policy policy = {0};

	(void)state;
	policy_started(&policy, 100);
	assert_int_equal(0, policy_ended(&policy, 200, ENDED_FAULT));
	assert_int_equal(200, policy.due);
}

static void crash_loop_doubles(void **state)
{
	struct policy policy = {0};
	uint64_t now = 1000, delay = policy_ended(&policy, now, ENDED_FAULT), expected = POLICY_DELAY_FIRST;

	(void)state;
	assert_int_equal(0, delay);
	for (int i = 0; i < 100; i++) {
		policy_started(&policy, now);
		now += POLICY_LIFE - 1;
		delay = policy_ended(&policy, now, i % 2 ? ENDED_HANG : ENDED_EXIT);
		assert_int_equal(expected, delay);
		assert_int_equal(now + delay, policy.due);
		expected = expected * 2 < POLICY_DELAY_MOST ? expected * 2 : POLICY_DELAY_MOST;
	}
}

static void long_life_forgives(void **state)
{
	struct policy policy = {.deaths = 9};

	(void)state;
	policy_started(&policy, 0);
	assert_int_equal(0, policy_ended(&policy, POLICY_LIFE, ENDED_FAULT));
	assert_int_equal(1, policy.deaths);
}

static void kills_do_not_count(void **state)
{
	struct policy policy = {.deaths = 9};

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(0, policy_ended(&policy, 5, ENDED_KILLED));
	assert_int_equal(9, policy.deaths);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alive_when_it_answers),     cmocka_unit_test(hung_when_it_has_used_its_time), cmocka_unit_test(alive_when_it_gets_no_time),
		cmocka_unit_test(alive_after_one_long_pause), cmocka_unit_test(computing_is_no_answer),           cmocka_unit_test(false_signs_are_a_hang),
		cmocka_unit_test(hung_when_it_waits_elsewhere), cmocka_unit_test(not_judged_without_limit),    cmocka_unit_test(first_death_costs_nothing),
		cmocka_unit_test(crash_loop_doubles),        cmocka_unit_test(long_life_forgives),             cmocka_unit_test(kills_do_not_count),
	};

	return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
