/* SPDX-License-Identifier: MIT */
/* One processor, made ready for the kernel. */
#pragma once

/* Halts with one line on a processor that the kernel cannot run on. */
void processor_check(void);

/*
 * Sets up segments, traps, control registers, system call entry and FPU of the CPU that runs it, and fills in its struct cpu,
 * number `number`. Takes boot memory.
 */
void processor_init(unsigned number);
