/* SPDX-License-Identifier: MIT */
/* The end of a program whose assertion failed (lib/assert.h). */
#include "lib/assert.h"

#include "lib/backtrace.h"
#include "lib/console.h"

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line)
{
	print("assertion failed: %s (%s:%u)\n", condition, file, (uint64_t)line);
	backtrace_print();
	debug_exit(DEBUG_EXIT_FAILED);
}
