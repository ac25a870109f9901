/* SPDX-License-Identifier: MIT */
/*
 * Threads whose every register has a known value when something happens to them: registers.asm loads a set of values, lets the event happen, and stores what
 * the registers are afterwards.
 *
 * The sets are static data, so each address space has its own; the parent reaches them through a window when it runs the code in another space, or directly in
 * its own. One thread of a space at a time may use them, but the FPU set belongs to whoever runs fpu_* in it.
 */
#pragma once

#include "abi/call.h"

/* General registers and RFLAGS; rip and the bases are not used. */
extern struct thread_registers registers_in, registers_out;

/* x87 control word, MXCSR, one x87 value and the vector registers. `wide` says that the upper halves (AVX) are in use. */
struct fpu_values {
	uint64_t wide;
	uint32_t mxcsr, control;
	uint64_t x87;            /* an integer that is loaded as a value */
	uint64_t vector[16][4];  /* 128 bits without AVX, else 256 */
};
extern struct fpu_values fpu_in, fpu_out;

/* Where fault_event writes. */
#define REGISTERS_FAULT_ADDRESS 0x70000000

/* Load registers_in, let the event happen, store registers_out, return. */
void registers_syscall(void);  /* `syscall` */
void registers_fault(void);    /* a store to REGISTERS_FAULT_ADDRESS */
void registers_spin(void);     /* an endless loop, until its RIP is set to registers_spin_end */
extern char registers_spin_loop[], registers_spin_end[];

/* The same with fpu_in and fpu_out around a function; the FPU is not touched in between. */
void fpu_load(void);
void fpu_store(void);

/* Whether the processor and the kernel let programs use AVX. */
bool fpu_has_avx(void);
