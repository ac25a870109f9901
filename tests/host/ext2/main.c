/* SPDX-License-Identifier: MIT */
/*
 * Tests of servers/ext2: images made by mke2fs are read and compared with the directory that they were made from; what is written is compared with a real Linux directory that the same operations are done in, and judged
 * by e2fsck. After every test `e2fsck -fn` must find nothing. Which file has which test: tests.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests.h"

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_unlinked),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_marked),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_failing),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_unsealed),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_read_ahead),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_access_noted),
		cmocka_unit_test(test_nameless),
		cmocka_unit_test(test_made_nameless),
		cmocka_unit_test(test_xattrs),
		cmocka_unit_test(test_xattrs_foreign),
		cmocka_unit_test(test_xattrs_shared),
		cmocka_unit_test(test_xattrs_full),
		cmocka_unit_test(test_differential),
		cmocka_unit_test(test_power_cuts),
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_memory_damage),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	shell("rm -rf %s", work_directory());
	return failed;
}
