/* SPDX-License-Identifier: MIT */
/* The recorder of system calls on Linux (tools/abi-record) without its probe: events are made up, and its lines are looked at. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/abi-record/lines.h"

enum { CALL_WRITE = 1, CALL_CLOSE = 3, CALL_RT_SIGRETURN = 15, CALL_EXECVE = 59, CALL_EXIT_GROUP = 231 };
enum { TASK = 42, PLACE = 0x10000ff0 }; /* sixteen bytes before the end of a page */

struct made_event {
	struct record_event event;
	uint8_t parts[4096];
};

static struct made_event event_of(enum record_kind kind, uint64_t number, uint64_t first, uint64_t second, uint64_t third)
{
	return (struct made_event){.event = {.kind = kind, .task = TASK, .number = number, .arguments = {first, second, third}}};
}

static void part_add(struct made_event *made, uint64_t address, const char *text, uint32_t asked, enum record_state state)
{
	struct record_part part = {.address = address, .asked = asked, .got = state == RECORD_READ ? asked : 0, .state = state};

	memcpy(made->parts + made->event.bytes, &part, sizeof(part));
	made->event.bytes += sizeof(part);
	memcpy(made->parts + made->event.bytes, text, part.got);
	made->event.bytes += (part.got + 7) & ~7u;
}

/* The lines of some events, and the recorder's counts. */
static char *lines_of(struct lines *lines, struct made_event *events, unsigned count)
{
	char *text = NULL;
	size_t bytes = 0;

	lines->output = open_memstream(&text, &bytes);
	for (unsigned i = 0; i < count; i++)
		lines_take(lines, &events[i].event);
	fclose(lines->output);
	return text;
}

static void lines_expect(const char *expected, uint64_t not_read, uint32_t root, struct made_event *events, unsigned count)
{
	struct lines lines = {.root = root};
	char *text = lines_of(&lines, events, count);

	assert_string_equal(text, expected);
	assert_int_equal(lines.not_read, not_read);
	assert_null(lines.waiting);
	free(text);
}

/* write() of ten bytes, with what is known of them before and afterwards. */
static void write_expect(const char *expected, uint64_t not_read, int64_t result, enum record_state before, enum record_state after)
{
	struct made_event events[] = {event_of(RECORD_ENTRY, CALL_WRITE, 1, PLACE, 10), event_of(RECORD_EXIT, CALL_WRITE, 1, PLACE, 10)};

	part_add(&events[0], PLACE, "in, before", 10, before);
	part_add(&events[1], PLACE, "afterwards", 10, after);
	events[1].event.result = result;
	lines_expect(expected, not_read, 0, events, 2);
}

static void test_read_before(void **state)
{
	(void)state;
	write_expect("42    write(1, \"in, before\", 10)        = 10\n", 0, 10, RECORD_READ, RECORD_READ);
}

static void test_read_afterwards(void **state)
{
	(void)state;
	write_expect("42    write(1, \"afterwards\", 10)        = 10\n", 0, 10, RECORD_ABSENT, RECORD_READ);
}

static void test_never_read(void **state)
{
	(void)state;
	write_expect("42    write(1, 0x10000ff0, 10)          = 10 /* 1 not read */\n", 1, 10, RECORD_ABSENT, RECORD_ABSENT);
}

static void test_no_memory(void **state)
{
	(void)state;
	write_expect("42    write(1, 0x10000ff0, 10)          = -1 EFAULT (Bad address)\n", 0, -EFAULT, RECORD_NO_MEMORY, RECORD_NO_MEMORY);
	write_expect("42    write(1, 0x10000ff0, 10)          = -1 EFAULT (Bad address)\n", 0, -EFAULT, RECORD_ABSENT, RECORD_ABSENT);
}

static void test_not_in_plan(void **state)
{
	struct made_event events[] = {event_of(RECORD_ENTRY, CALL_WRITE, 1, PLACE, 10), event_of(RECORD_EXIT, CALL_WRITE, 1, PLACE, 10)};

	(void)state;
	lines_expect("42    write(1, 0x10000ff0, 10)          = 0 /* 1 not read */\n", 1, 0, events, 2);
}

static void test_over_two_pages(void **state)
{
	struct made_event events[] = {event_of(RECORD_ENTRY, CALL_WRITE, 1, PLACE, 20), event_of(RECORD_EXIT, CALL_WRITE, 1, PLACE, 20)};

	(void)state;
	part_add(&events[0], PLACE, "sixteen bytes an", 16, RECORD_READ);
	part_add(&events[0], PLACE + 16, "d more...", 9, RECORD_READ);
	events[1].event.result = 20;
	lines_expect("42    write(1, \"sixteen bytes and mo\", 20) = 20\n", 0, 0, events, 2);
}

/* After it the memory is another program's. */
static void test_execution(void **state)
{
	struct made_event events[] = {event_of(RECORD_ENTRY, CALL_EXECVE, PLACE, 0, 0), event_of(RECORD_EXIT, CALL_EXECVE, PLACE, 0, 0)};

	(void)state;
	part_add(&events[0], PLACE, "", 16, RECORD_ABSENT);
	part_add(&events[1], PLACE, "not its name\0\0\0", 16, RECORD_READ);
	lines_expect("42    execve(0x10000ff0, NULL, NULL)    = 0 /* 1 not read */\n", 1, 0, events, 2);
}

static void test_root(void **state)
{
	struct made_event events[] = {
		event_of(RECORD_ENTRY, CALL_CLOSE, 7, 0, 0), event_of(RECORD_EXIT, CALL_CLOSE, 7, 0, 0), event_of(RECORD_ENTRY, CALL_EXECVE, 0, 0, 0), event_of(RECORD_EXIT, CALL_EXECVE, 0, 0, 0),
		event_of(RECORD_ENTRY, CALL_CLOSE, 8, 0, 0), event_of(RECORD_EXIT, CALL_CLOSE, 8, 0, 0), event_of(RECORD_ENTRY, CALL_EXIT_GROUP, 3, 0, 0),
	};

	(void)state;
	lines_expect("42    close(8)                          = 0\n42    exit_group(3)                     = ?\n", 0, TASK, events, 7);
}

static void test_ended_and_renamed(void **state)
{
	struct made_event events[] = {
		event_of(RECORD_EXIT, CALL_CLOSE, 1, 0, 0), event_of(RECORD_ENTRY, CALL_CLOSE, 2, 0, 0), event_of(RECORD_END, 0, 0, 0, 0),
		event_of(RECORD_ENTRY, CALL_CLOSE, 3, 0, 0), event_of(RECORD_RENAMED, TASK, 0, 0, 0), event_of(RECORD_EXIT, CALL_CLOSE, 3, 0, 0),
	};

	(void)state;
	events[4].event.task = events[5].event.task = 40;
	lines_expect("40    close(3)                          = 0\n", 0, 0, events, 6);
}

static void test_frame_that_is_none(void **state)
{
	struct made_event events[] = {event_of(RECORD_ENTRY, CALL_RT_SIGRETURN, 0, 0, 0)};

	(void)state;
	events[0].event.stack = PLACE;
	part_add(&events[0], PLACE, "", 1024, RECORD_NO_MEMORY);
	lines_expect("42    rt_sigreturn(0x10000ff0)          = 0\n", 0, 0, events, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_before),
		cmocka_unit_test(test_read_afterwards),
		cmocka_unit_test(test_never_read),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_not_in_plan),
		cmocka_unit_test(test_over_two_pages),
		cmocka_unit_test(test_execution),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_ended_and_renamed),
		cmocka_unit_test(test_frame_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
