/* SPDX-License-Identifier: MIT */
/* Registers of a task as debuggers see them: struct user_regs_struct, struct user and the register sets of Linux (include/asm/user_64.h, arch/x86/kernel/ptrace.c), of tasks that are stopped for their tracer and of core files. */
#pragma once

#include "abi/call.h"
#include "ptrace/traced.h"

/* struct user_regs_struct */
struct user_registers {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, call, rip, cs, rflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
};
_Static_assert(sizeof(struct user_registers) == 216, "user_regs_struct");

#define FPU_LEGACY_BYTES 512 /* struct user_i387_struct: what FXSAVE writes */

/* What they are of `r` for who stands at `point`. */
struct user_registers user_registers_of(const struct thread_registers *r, const struct trace_point *point);

/* Registers of a stopped task. False, -EIO: there are none, or they cannot be a program's; nothing has changed. */
bool registers_read(const struct traced *traced, struct user_registers *registers);
int registers_write(struct traced *traced, const struct user_registers *registers);

/* Its FPU state as XSAVE writes it, host_fpu_bytes bytes, with the features in the bytes that the processor leaves free. -EINVAL: the processor would not load it. */
bool fpu_read(const struct traced *traced, uint8_t *fpu);
int fpu_write(struct traced *traced, const uint8_t *fpu);

/* What the processor's state is told as: with the features that its length means, in the words that it leaves free. */
void fpu_complete(uint8_t *fpu);

/* A word of struct user: 0 or -EIO. */
int user_area_peek(const struct traced *traced, uint64_t offset, uint64_t *value);
int user_area_poke(struct traced *traced, uint64_t offset, uint64_t value);

/* The trap flag of single steps; clearing it leaves it where the program had set it itself. */
void step_flag_set(struct traced *traced);
void step_flag_clear(struct traced *traced);
