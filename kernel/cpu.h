/* SPDX-License-Identifier: MIT */
/* All state of one processor. GS points here in kernel mode; entry.asm knows the offsets of the first members. */
#pragma once

#include "kernel/thread.h"

enum trace_kind {
#define TRACE(name, a, b) TRACE_##name,
#include "kernel/trace.def"
#undef TRACE
};

#define TRACE_EVENTS 64

/* The last things that a CPU did, for a panic and for gdb to print. */
struct trace {
	uint64_t count; /* of events ever recorded; the next goes to count % TRACE_EVENTS */
	struct trace_event {
		uint64_t kind, a, b;
	} event[TRACE_EVENTS];
};

struct ready_queues {
	uint64_t occupied; /* bit p: queue p may be not empty; 0: it is */
	struct queue queue[PRIORITY_LEVELS];
};

struct cpu {
	struct cpu *self;
	struct thread *current;
	uint64_t user_stack; /* scratch of the system call entry */
	uint64_t stack;      /* top of the kernel stack */
	paddr_t root;           /* the address space that is loaded */
	uint64_t fs_base, gs_base; /* of user mode, as loaded */
	struct thread *fpu_owner;  /* whose state the FPU holds */
	bool fpu_trapped;          /* CR0.TS is set */
	uint64_t switched_at;      /* TSC when the current thread began */
	uint64_t tick;             /* ns: when the turns are looked at next; none while idle */
	struct ready_queues ready;
	uint64_t turn[PRIORITY_LEVELS]; /* TSC: how long the turn of each priority has lasted */
	struct thread idle; /* current when nothing can run; it never can */
	uint32_t number;
	uint32_t tss;          /* here its TSS begins (Intel SDM volume 3, figure 8-11), so that rsp0 is aligned */
	uint64_t rsp0;         /* where a trap from user mode pushes: the end of the current thread's frame */
	uint64_t tss_rest[12]; /* filled in by the loader */
	struct trace trace;
};

_Static_assert(offsetof(struct cpu, current) == 8 && offsetof(struct cpu, user_stack) == 16, "entry.asm: CPU_CURRENT, CPU_USER_STACK");
_Static_assert(offsetof(struct cpu, stack) == 24 && offsetof(struct thread, frame) == 400, "entry.asm: CPU_STACK, FRAME");
_Static_assert(offsetof(struct frame, rax) == 64 && offsetof(struct frame, vector) == 120, "entry.asm: REGISTERS_ALL, FRAME_VECTOR");
_Static_assert(offsetof(struct frame, rip) == 136 && offsetof(struct frame, rsp) == 160, "entry.asm: FRAME_RIP, FRAME_RSP");

extern struct cpu cpus[CPU_MAX];

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/* Remember an event. Every build does; it costs about six instructions, so the fast paths of IPC record none. */
static inline void trace_record(struct cpu *cpu, enum trace_kind kind, uint64_t a, uint64_t b)
{
	cpu->trace.event[cpu->trace.count++ % TRACE_EVENTS] = (struct trace_event){ kind, a, b };
}
