/* SPDX-License-Identifier: MIT */
/* A list of cmocka tests, each with the sentence that holds when it passes, reported as tests/run reads it: `ok NAME.TEST sentence`. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct suite_test {
	struct CMUnitTest unit;
	const char *sentence;
};

/* Runs the tests of the program `name`, one after the other. Returns its exit status. */
static inline int suite_run(const char *name, const struct suite_test *tests, size_t count)
{
	int failed = 0;

	/* Each group is one test: its own report would be counted a second time. */
	unsetenv("CMOCKA_MESSAGE_OUTPUT");
	cmocka_set_message_output(CM_OUTPUT_STDOUT);
	for (size_t i = 0; i < count; i++) {
		const struct CMUnitTest *unit = &tests[i].unit;
		bool passed = _cmocka_run_group_tests(unit->name, unit, 1, NULL, NULL) == 0;

		printf("%s %s.%s %s\n", passed ? "ok" : "not ok", name, unit->name, tests[i].sentence);
		fflush(stdout);
		failed += !passed;
	}
	return failed != 0;
}
