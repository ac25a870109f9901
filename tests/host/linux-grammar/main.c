/* SPDX-License-Identifier: MIT */
/*
 * Tests of the generator of Linux calls (tests/fuzz/linux): what it makes of random bytes. With a number as argument it prints so many calls, as strace would.
 *
 * usage: linux-grammar [COUNT [SEED]]
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/fuzz/linux/table.h"
#include "trace/trace.h"

#define WINDOW 0x10000000
#define INPUT_BYTES (4 << 20)

static uint8_t window[GRAMMAR_MEMORY_LEAST];
static uint8_t input[INPUT_BYTES];

static void window_write(void *context, uint64_t address, const void *bytes, size_t size)
{
	(void)context;
	assert_true(address >= WINDOW && address - WINDOW + size <= sizeof(window));
	memcpy(window + (address - WINDOW), bytes, size);
}

static bool window_read(void *context, uint64_t address, void *bytes, size_t size)
{
	(void)context;
	if (address < WINDOW || address - WINDOW > sizeof(window) || size > sizeof(window) - (address - WINDOW))
		return false;
	memcpy(bytes, window + (address - WINDOW), size);
	return true;
}

static const struct grammar_memory memory = {WINDOW, sizeof(window), {0, 0x10, 0xffff800000000000, 0x0000800000000000, WINDOW - 1, WINDOW + 1, 0x7fffffffffff, UINT64_MAX}, window_write, window_read, NULL};

static void input_fill(uint64_t seed)
{
	for (size_t i = 0; i < sizeof(input); i += 8) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		memcpy(input + i, &seed, 8);
	}
}

static void start(struct grammar *grammar, uint64_t seed)
{
	input_fill(seed);
	memset(window, 0, sizeof(window));
	grammar_start(grammar, input, sizeof(input), &memory);
}

static void makes_every_call(void **state)
{
	static unsigned made[512];
	struct grammar grammar;
	struct grammar_call call;
	unsigned count = 0;

	(void)state;
	start(&grammar, 1);
	grammar.forbidden[grammar_number(5)] = true;
	for (; grammar_next(&grammar, &call); count++) {
		assert_non_null(row_of(call.number));
		made[call.number]++;
	}
	assert_true(count > 20000);
	for (unsigned i = 0; i < grammar_calls(); i++)
		assert_int_equal(made[grammar_number(i)] == 0, i == 5);
}

static void same_bytes_same_calls(void **state)
{
	struct grammar first, second;
	struct grammar_call one, other;
	static uint8_t before[sizeof(window)];

	(void)state;
	start(&first, 2);
	second = first;
	for (unsigned i = 0; i < 5000; i++) {
		assert_true(grammar_next(&first, &one));
		memcpy(before, window, sizeof(window));
		assert_true(grammar_next(&second, &other));
		assert_memory_equal(&one, &other, sizeof(one));
		assert_memory_equal(before, window, sizeof(window));
		grammar_learn(&first, &one, (int64_t)i);
		grammar_learn(&second, &other, (int64_t)i);
	}
}

/* Of each 100 pointers and lengths of a buffer at least 70 say the truth. */
static void buffers_are_mostly_true(void **state)
{
	struct grammar grammar;
	struct grammar_call call;
	unsigned inside = 0, all = 0;

	(void)state;
	start(&grammar, 3);
	while (grammar_next(&grammar, &call)) {
		if (call.number != 0 && call.number != 1)
			continue;
		all++;
		inside += call.arguments[1] >= WINDOW && call.arguments[1] - WINDOW <= sizeof(window) && call.arguments[2] <= sizeof(window) - (call.arguments[1] - WINDOW);
	}
	assert_true(all > 50 && inside * 100 > all * 70 && inside < all);
}

static bool takes_file(const struct row *row)
{
	return row->arguments[0].name && row->arguments[0].kind == KIND_FILE;
}

static void carries_results(void **state)
{
	struct grammar grammar;
	struct grammar_call call, open = {.number = 257}, close = {.number = 3, .arguments = {1003}};
	unsigned remembered = 0, closed = 0, all = 0;

	(void)state;
	start(&grammar, 4);
	for (int64_t file = 1000; file < 1010; file++)
		grammar_learn(&grammar, &open, file);
	grammar_learn(&grammar, &open, -2);
	grammar_learn(&grammar, &close, 0);
	while (grammar_next(&grammar, &call)) {
		if (!takes_file(row_of(call.number)))
			continue;
		all++;
		remembered += call.arguments[0] >= 1000 && call.arguments[0] < 1010;
		closed += call.arguments[0] == 1003;
	}
	assert_true(all > 1000 && remembered * 100 > all * 80 && remembered < all);
	assert_int_equal(closed, 0);
}

static void learns_what_is_written(void **state)
{
	struct grammar grammar;
	struct grammar_call pipe = {.number = 22, .arguments = {WINDOW + 64}}, lost = {.number = 22, .arguments = {8}};
	int32_t pair[2] = {77, 78};

	(void)state;
	start(&grammar, 5);
	memcpy(window + 64, pair, sizeof(pair));
	grammar_learn(&grammar, &lost, 0);
	assert_int_equal(grammar.counts[RESOURCE_FILE], 0);
	grammar_learn(&grammar, &pipe, -24);
	assert_int_equal(grammar.counts[RESOURCE_FILE], 0);
	grammar_learn(&grammar, &pipe, 0);
	assert_int_equal(grammar.counts[RESOURCE_FILE], 2);
	assert_int_equal(grammar.values[RESOURCE_FILE][0], 77);
	assert_int_equal(grammar.values[RESOURCE_FILE][1], 78);
}

/* Of each 100 files that calls on sockets take at least 60 are sockets; calls on any file take others too. */
static void files_go_to_their_calls(void **state)
{
	struct grammar grammar;
	struct grammar_call call, open = {.number = 257}, make = {.number = 41};
	unsigned right = 0, all = 0, others = 0;

	(void)state;
	start(&grammar, 7);
	for (int64_t file = 1000; file < 1010; file++)
		grammar_learn(&grammar, &open, file);
	grammar_learn(&grammar, &make, 2000);
	while (grammar_next(&grammar, &call)) {
		const struct row *row = row_of(call.number);

		if (row->arguments[0].name && !strcmp(row->arguments[0].name, "sockfd")) {
			all++;
			right += call.arguments[0] == 2000;
		} else if (takes_file(row)) {
			others += call.arguments[0] >= 1000 && call.arguments[0] < 1010;
		}
	}
	assert_true(all > 500 && right * 100 > all * 60 && right < all && others > 500);
}

/* Of each 100 calls behind one that has given a file at least 60 take a file. */
static void what_is_given_is_used(void **state)
{
	struct grammar grammar;
	struct grammar_call call, open = {.number = 257};
	unsigned used = 0, all = 5000;

	(void)state;
	start(&grammar, 8);
	for (unsigned i = 0; i < all; i++) {
		bool takes = false;

		grammar_learn(&grammar, &open, 1000);
		assert_true(grammar_next(&grammar, &call));
		for (const struct argument *argument = row_of(call.number)->arguments; argument < row_of(call.number)->arguments + GRAMMAR_ARGUMENTS && argument->name; argument++)
			takes = takes || argument->kind == KIND_FILE;
		used += takes;
	}
	assert_true(used * 100 > all * 60 && used < all);
}

static void short_input_ends(void **state)
{
	struct grammar grammar;
	struct grammar_call call;

	(void)state;
	input_fill(6);
	for (size_t size = 0; size < 200; size++) {
		grammar_start(&grammar, input, size, &memory);
		while (grammar_next(&grammar, &call))
			;
		assert_true(grammar.left < 2);
	}
}

static int print(unsigned count, uint64_t seed)
{
	static const struct trace_memory trace_memory = {window_read, NULL};
	struct grammar grammar;
	struct grammar_call call;
	char text[4096];

	start(&grammar, seed);
	for (uint64_t file = 0; file < 5; file++)
		grammar_remember(&grammar, RESOURCE_FILE, file);
	while (count-- && grammar_next(&grammar, &call)) {
		struct trace_line line;

		trace_begin(&line, text, 0, sizeof(text), &trace_memory, call.number, call.arguments);
		printf("%.*s\n", (int)trace_end(&line, 0), text);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_every_call),
		cmocka_unit_test(same_bytes_same_calls),
		cmocka_unit_test(buffers_are_mostly_true),
		cmocka_unit_test(carries_results),
		cmocka_unit_test(learns_what_is_written),
		cmocka_unit_test(files_go_to_their_calls),
		cmocka_unit_test(what_is_given_is_used),
		cmocka_unit_test(short_input_ends),
	};

	if (argc > 1)
		return print((unsigned)strtoul(argv[1], NULL, 0), argc > 2 ? strtoull(argv[2], NULL, 0) : 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
