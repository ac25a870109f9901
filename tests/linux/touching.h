/* SPDX-License-Identifier: MIT */
/* For programs of tests/linux that touch memory which may not be there. */
#pragma once

#include "check.h"

#include <setjmp.h>

static sigjmp_buf check_back;
static volatile sig_atomic_t check_code; /* of the last signal */

static inline void check_faulted(int number, siginfo_t *information, void *context)
{
	(void)number;
	(void)context;
	check_code = information->si_code;
	siglongjmp(check_back, information->si_signo);
}

/* Writes 1 to a byte if `write`, and reads it into *byte: 0, or the signal that this has come to (check_code). */
static inline int check_touch(volatile char *address, int write, int *byte)
{
	struct sigaction action = {.sa_sigaction = check_faulted, .sa_flags = SA_SIGINFO}, before[2];
	int number;

	sigaction(SIGSEGV, &action, &before[0]);
	sigaction(SIGBUS, &action, &before[1]);
	number = sigsetjmp(check_back, 1);
	if (!number) {
		if (write)
			*address = 1;
		*byte = *address;
	}
	sigaction(SIGSEGV, &before[0], NULL);
	sigaction(SIGBUS, &before[1], NULL);
	return number;
}
