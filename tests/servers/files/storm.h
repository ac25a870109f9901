/* SPDX-License-Identifier: MIT */
/* What the tests of files do while servers are killed: rounds of operations of which each must be done exactly once. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Carries out a round of writes, appends, renames, exclusive creations and removals in a directory, which round 0 makes, and compares with what must be there. `place` has at most 40 bytes. A null pointer, or what is wrong. */
/* The error number of the operation that was wrong, if it told one. */
extern int storm_error;

const char *storm_round(const char *place, uint64_t round);
