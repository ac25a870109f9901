/* SPDX-License-Identifier: MIT */
/* vfs on the host: against Linux, with deaths between any two calls of its tree, mounts and referrals, and requests that no honest client makes. Run under ASan and UBSan. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "linux.h"
#include "system.h"

#define SEEDS 8
#define ACTIONS 6000

/* In a child, whose root is an empty directory. The exit status says how it went. */
static int linux_run(unsigned seed, bool deaths)
{
	char directory[] = "/dev/shm/kozo-vfs-XXXXXX";
	const char *wrong;

	if (!mkdtemp(directory) || chdir(directory) != 0 || chroot(directory) != 0)
		return 2;
	umask(0);
	wrong = linux_compare(seed, deaths ? ACTIONS / 4 : ACTIONS, deaths);
	if (wrong)
		printf("# seed %u: %s\n", seed, wrong);
	fflush(stdout);
	return wrong ? 1 : 0;
}

static void linux_runs(bool deaths)
{
	if (geteuid() != 0)
		skip();
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		pid_t child;
		int status;

		fflush(stdout);
		child = fork();
		if (child == 0)
			_exit(linux_run(seed, deaths));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(system("rm -rf /dev/shm/kozo-vfs-*"), 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static void test_linux(void **state)
{
	(void)state;
	linux_runs(false);
}

static void test_linux_with_deaths(void **state)
{
	(void)state;
	linux_runs(true);
}

/* What is cached is not asked for again: a second stat asks the tree for the attributes alone, and whether a name is there, not at all. */
static void test_cache(void **state)
{
	static struct system system;
	struct path_request stat = {.label = VFS_STAT, .path = "/a/b/c", .word6 = RESULT_AT};

	(void)state;
	system_make(&system);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_MKDIR, .path = "/a", .mode = 0755}, NULL), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_MKDIR, .path = "/a/b", .mode = 0755}, NULL), 0);
	assert_int_equal(request_send(&system, &(struct path_request){.label = VFS_MKDIR, .path = "/a/b/c", .mode = 0755}, NULL), 0);
	assert_int_equal(request_send(&system, &stat, NULL), 0);
	system.calls = 0;
	assert_int_equal(request_send(&system, &stat, NULL), 0);
	assert_int_equal(system.calls, 1);
	stat.path = "/a/b/none";
	assert_int_equal(request_send(&system, &stat, NULL), -ENOENT);
	system.calls = 0;
	assert_int_equal(request_send(&system, &stat, NULL), -ENOENT);
	assert_int_equal(system.calls, 0);
	system_free(&system);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_linux),
		cmocka_unit_test(test_linux_with_deaths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
