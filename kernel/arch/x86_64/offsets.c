/* SPDX-License-Identifier: MIT */
/* Holds entry.inc and the structures of C to each other: a changed member fails the build here. */
#include "kernel/cpu.h"

#define OFFSET(type, member, value) _Static_assert(offsetof(type, member) == (value), "entry.inc: " #member)

OFFSET(struct cpu, current, 8);
OFFSET(struct cpu, user_stack, 16);
OFFSET(struct cpu, stack, 24);
OFFSET(struct cpu, pending, 32);
OFFSET(struct thread, frame.message, 400);
OFFSET(struct thread, frame.rax, 464);
OFFSET(struct thread, frame.rdi, 472);
OFFSET(struct thread, frame.rsi, 480);
OFFSET(struct thread, frame.r12, 488);
OFFSET(struct thread, frame.r15, 496);
OFFSET(struct thread, frame.r11, 504);
OFFSET(struct thread, frame.rcx, 512);
OFFSET(struct thread, frame.vector, 520);
OFFSET(struct thread, frame.rip, 536);
OFFSET(struct thread, frame.rflags, 552);
OFFSET(struct thread, frame.rsp, 560);
