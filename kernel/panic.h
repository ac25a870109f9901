/* SPDX-License-Identifier: MIT */
/* How the kernel stops: by a panic when one of its own invariants is broken, by a halt when init says so. */
#pragma once

struct frame;

/*
 * From entry.asm: a trap in kernel mode that is no interrupt, or one on a stack of its own (NMI, double fault, machine check). Reports it and stops the machine: CPU, thread,
 * registers of the trap, last events, the stack, each line beginning with `panic:`. tools/symbolize makes sense of the words. Nothing that user space does may lead here.
 */
_Noreturn void panic(const struct frame *trap);

/* Prints one line and stops the machine. No invariant of the kernel is broken: something it needs is not there, or init says so. */
_Noreturn void halt(const char *line);
