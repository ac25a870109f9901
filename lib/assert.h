/* SPDX-License-Identifier: MIT */
/*
 * Assertions of user programs: for what only a mistake in this program can make false, never for what somebody else sent. A false one prints the
 * condition, its place and a backtrace, and ends the program. The condition must have no side effects.
 */
#pragma once

#define assert(condition) ((condition) ? (void)0 : assertion_failed(#condition, __FILE__, __LINE__))

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line);
