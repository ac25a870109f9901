/* SPDX-License-Identifier: MIT */
/* What calls may return, by their rows in syscalls.def. */
#pragma once

#include "tests/fuzz/linux/grammar.h"

/* Ends the test if a call cannot have that result: no error that a program may see, and nothing that its row says. */
void result_check(const struct grammar_call *call, int64_t result);

/* The name of a call. */
const char *call_name(uint64_t number);
