/* SPDX-License-Identifier: MIT */
/* Backtraces by frame pointers: the runtime and its programs are compiled with them, and the outermost frame of a thread has the pointer 0. */
#pragma once

#include "abi/types.h"

#include <stddef.h>

#define BACKTRACE_MAX 32

/*
 * Collects return addresses, innermost first, from the frame at `frame`, at most `max`; returns how many. Only frames between `low` and `high` (both in bytes, the
 * stack's bounds) are read, each further out than the one before: a damaged stack ends the walk, it does not fault.
 */
size_t backtrace_walk(vaddr_t frame, vaddr_t low, vaddr_t high, vaddr_t *addresses, size_t max);

/* Prints the running thread's backtrace, an address in brackets a line, which tools/symbolize resolves. */
void backtrace_print(void);
