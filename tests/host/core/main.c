/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of kernel/core: every method with each refusal and each success, then teardown and
 * restarts. Prints one result for each test; see tests.list.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/host/core/calls.h"

static const struct core_test *const groups[] = {
	gate_tests,
	untyped_tests,
	cnode_tests,
	bind_tests,
	vspace_tests,
	irq_tests,
	log_tests,
	teardown_tests,
	restart_tests,
};

static int test_setup(void **state)
{
	(void)state;
	system_start();
	return 0;
}

/* cmocka reports on standard error; the line that counts goes to standard output. */
static bool test_run(const struct core_test *test)
{
	const struct CMUnitTest unit = { test->id, test->function, test_setup, NULL, NULL };
	bool passed = _cmocka_run_group_tests(test->id, &unit, 1, NULL, NULL) == 0;

	printf("%s core.%s %s\n", passed ? "ok" : "not ok", test->id, test->sentence);
	fflush(stdout);
	return passed;
}

/*
 * With an argument: only the tests whose id contains it. With --first: stop at the first failure.
 */
int main(int argc, char **argv)
{
	const char *filter = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
	bool first = argc > 1 && strcmp(argv[1], "--first") == 0;
	int failed = 0;

	/* Each group is one test: its own report would be counted a second time. */
	unsetenv("CMOCKA_MESSAGE_OUTPUT");
	cmocka_set_message_output(CM_OUTPUT_STDOUT);
	for (size_t group = 0; group < sizeof(groups) / sizeof(groups[0]); group++)
		for (const struct core_test *test = groups[group]; test->id; test++)
			if (strstr(test->id, filter) && !test_run(test)) {
				failed++;
				if (first)
					return 1;
			}
	return failed != 0;
}
