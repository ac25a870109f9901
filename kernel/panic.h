/* SPDX-License-Identifier: MIT */
/* How the kernel stops: by a panic when one of its own invariants is broken, by a halt when init says so. */
#pragma once

struct frame;

/*
 * Reports a broken invariant and stops the machine: reason, CPU, thread, entry reason, registers, last events, the stack, each line
 * beginning with `panic:`. tools/symbolize makes sense of the words. Nothing that user space does may lead here.
 */
_Noreturn void panic(const char *reason);

/* As panic(), with the registers of a trap in kernel mode (from `message` to `ss`) instead of the current thread's. */
_Noreturn void panic_trap(const char *reason, const struct frame *trap);

/* Prints one line and stops the machine. No invariant of the kernel is broken: something it needs is not there, or init says so. */
_Noreturn void halt(const char *line);

/* A broken kernel invariant panics; `invariant` says what should have held. The condition has no side effects. */
#define PANIC_UNLESS(condition, invariant) \
	(__builtin_expect(!!(condition), 1) ? (void)0 : panic(__FILE__ ": broken invariant: " invariant))
