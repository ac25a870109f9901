/* SPDX-License-Identifier: MIT */
/* Unit tests of fibers (lib/fiber.h): turns, waits, wake-ups that come early, locks. Without sanitizers, which do not know these stacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/assert.h"
#include "lib/fiber.h"

#define FIBERS 3
#define STACK 65536

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line)
{
	fprintf(stderr, "%s:%u: %s\n", file, line, condition);
	abort();
}

static struct fiber fibers[FIBERS];
static _Alignas(16) unsigned char stacks[FIBERS][STACK];
static struct fiber_lock lock;
static char story[64];

static void tell(char what)
{
	story[strlen(story)] = what;
}

static void all_start(void (*function)(void *))
{
	memset(story, 0, sizeof(story));
	for (int i = 0; i < FIBERS; i++) {
		fiber_create(&fibers[i], stacks[i], STACK);
		fiber_start(&fibers[i], function, &fibers[i]);
	}
	fibers_run();
}

static char own_letter(void)
{
	return (char)('a' + (fiber_self() - fibers));
}

static void yield_twice(void *argument)
{
	assert_ptr_equal(argument, fiber_self());
	for (int i = 0; i < 2; i++) {
		tell(own_letter());
		fiber_yield();
	}
}

static void test_turns(void **state)
{
	(void)state;
	all_start(yield_twice);
	assert_string_equal(story, "abcabc");
	assert_null(fiber_self());
	fiber_start(&fibers[1], yield_twice, &fibers[1]);
	fibers_run();
	assert_string_equal(story, "abcabcbb");
}

static void wait_once(void *argument)
{
	(void)argument;
	fiber_wait();
	tell(own_letter());
}

static void test_wakes(void **state)
{
	(void)state;
	all_start(wait_once);
	assert_string_equal(story, "");
	fiber_wake(&fibers[2]);
	fiber_wake(&fibers[2]);
	fiber_wake(&fibers[0]);
	fibers_run();
	assert_string_equal(story, "ca");
	assert_int_equal(fibers[1].state, FIBER_WAITING);
	fiber_wake(&fibers[1]);
	fibers_run();
	assert_string_equal(story, "cab");
}

static void wake_self_first(void *argument)
{
	fiber_wake(argument);
	fiber_wait();
	tell(own_letter());
}

static void test_early_wake(void **state)
{
	(void)state;
	all_start(wake_self_first);
	assert_string_equal(story, "abc");
}

/* The holder waits while it holds; the others get the lock in the order in which they asked, and a wake-up meanwhile does not let them in. */
static void lock_and_wait(void *argument)
{
	(void)argument;
	fiber_lock(&lock);
	tell(own_letter());
	fiber_wait();
	tell((char)(own_letter() - 'a' + 'A'));
	fiber_unlock(&lock);
}

static void test_lock(void **state)
{
	(void)state;
	all_start(lock_and_wait);
	assert_string_equal(story, "a");
	fiber_wake(&fibers[2]);
	fibers_run();
	assert_string_equal(story, "a");
	fiber_wake(&fibers[0]);
	fibers_run();
	assert_string_equal(story, "aAb");
	fiber_wake(&fibers[1]);
	fibers_run();
	assert_string_equal(story, "aAbBcC");
	assert_null(lock.holder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_wakes),
		cmocka_unit_test(test_early_wake),
		cmocka_unit_test(test_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
