/* SPDX-License-Identifier: MIT */
/* Every call of the table, with arguments that mean little: zeros, small numbers, large ones, addresses. So no row is left out, and each of its arguments is written in more than one way. */
#include "calls.h"

#define LAST_OF_STRACE 450

static char words[256] = "/a/path\0and more behind it";

static int is_call(uint64_t number)
{
	return number < 335 || number >= 424;
}

/* The stage itself needs these. */
static int is_ours(uint64_t number)
{
	return number == SYS_exit_group || number == SYS_exit || number == SYS_rt_sigreturn || number == SYS_restart_syscall;
}

static void with_arguments(const uint64_t arguments[6])
{
	static const int64_t results[] = {0, -ENOSYS};

	for (uint64_t number = 0; number <= LAST_OF_STRACE; number++) {
		if (!is_call(number) || is_ours(number))
			continue;
		for (unsigned i = 0; i < sizeof(results) / sizeof(results[0]); i++)
			stage_call(number, arguments, results[i], NULL);
	}
}

void every_call(void)
{
	const uint64_t zeros[6] = {0};
	const uint64_t small[6] = {1, 2, 3, 4, 5, 6};
	const uint64_t ones[6] = {-1, -1, -1, -1, -1, -1};
	const uint64_t addresses[6] = {(uint64_t)words, (uint64_t)words, (uint64_t)words, (uint64_t)words, (uint64_t)words, (uint64_t)words};

	with_arguments(zeros);
	with_arguments(small);
	with_arguments(ones);
	with_arguments(addresses);
}
