/* SPDX-License-Identifier: MIT */
/* What must be true of the capability state after every record, whatever was asked before. */
#pragma once

#include <stdbool.h>

/*
 * Walk the whole state of core.h. NULL when all of it is sound, else one sentence that names the
 * first invariant found broken. With `memory` the cleared part of every Untyped is read too (slow).
 * Source: the state descriptions of kernel/core/core.h and teardown.c.
 */
const char *invariants_check(bool memory);
