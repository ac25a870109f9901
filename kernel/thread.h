/* SPDX-License-Identifier: MIT */
/*
 * A Thread as the machine knows it, and the queues in which it waits.
 *
 * State and suspension are independent: a thread runs when its state is THREAD_RUNNABLE and `stopped` is 0. A runnable, unstopped thread is either the current one of a
 * CPU or in its ready queue; a waiting one is in exactly the place that its state names:
 *	SENDING		the queue of an Endpoint
 *	RECEIVING	the queue of an Endpoint, with `reply` armed, or of a Notification
 *	REPLY		`reply`, whose caller it is
 *	COMMIT		a queue of the ring (schedule.c)
 *	FAULTED		nowhere
 * Everything here is under the kernel lock.
 */
#pragma once

#include "kernel/arch/x86_64/machine.h"
#include "kernel/core/core.h"

/*
 * Registers of a thread while it is not running, in the order in which entry.asm stores them. The last five words are where the processor itself pushes them: the top of
 * the frame is the stack pointer that it loads on an interrupt from user mode.
 */
struct frame {
	uint64_t message[MESSAGE_REGISTER_WORDS]; /* rdx r10 r8 r9 rbx rbp r13 r14 */
	uint64_t rax, rdi, rsi, r12, r15, r11, rcx;
	uint64_t vector; /* of the last entry; VECTOR_SYSCALL: leave by sysret, which loses rcx and r11 */
	uint64_t error;
	uint64_t rip, cs, rflags, rsp, ss;
};
#define VECTOR_SYSCALL 0x100
#define SYSCALL_BYTES 2 /* length of the instruction: going back over it executes the call again */

#define RFLAGS_ALWAYS 0x202 /* of user mode: interrupts are on, and bit 1 reads as 1 */

#define STOPPED_SUSPENDED 1 /* by SUSPEND, and from its creation to the first RESUME */
#define STOPPED_NO_SPACE 2  /* no VSpace is bound */
#define STOPPED_DESTROYED 4

struct queue {
	struct thread *head, *tail;
	struct queue *limbo; /* the object is destroyed: the next such queue whose waiters are to be woken (effects.c) */
};

struct thread {
	struct thread_core core;
	struct frame frame __attribute__((aligned(16)));
	uint64_t fs_base, gs_base;
	uint8_t state;   /* enum thread_state */
	uint8_t stopped; /* STOPPED_* */
	uint8_t kind;    /* SENDING, REPLY: the enum message_kind of what it sent; else, while it waits: MESSAGE_SEND */
	uint8_t grant;   /* SENDING: its capability has GRANT */
	uint8_t records; /* COMMIT: for how many it waits */
	bool timed;      /* in the deadline heap */
	uint64_t badge;  /* SENDING: of the capability that it sends with */
	struct queue *queue; /* the one that it is in: where it waits, or ready queue; NULL: none */
	struct thread *next, *prev;
	struct reply *reply;
	uint64_t deadline; /* ns */
	struct thread *heap_left, *heap_right, **heap_link; /* its children, and what points to it */
	uint64_t cpu_time;      /* ticks of the TSC */
	uint64_t fault_address; /* of the last page fault */
	uint64_t batch_done;    /* entries of an interrupted map batch that are done */
	struct fpu_image fpu;
};
_Static_assert(sizeof(struct thread) <= 4096, "the size of a Thread is an ABI constant");
_Static_assert((offsetof(struct thread, frame) + sizeof(struct frame)) % 16 == 0, "the processor aligns the stack before it pushes");

struct endpoint {
	struct queue queue; /* all wait to send, or all to receive */
};
_Static_assert(sizeof(struct endpoint) <= 64, "ABI constant");

struct notification {
	struct notification_core core;
	struct queue queue; /* waiting to receive */
	uint64_t bits;
};
_Static_assert(sizeof(struct notification) <= 64, "ABI constant");

struct reply {
	struct thread *thread; /* the caller to be answered (REPLY), or who waits with this Reply armed (RECEIVING); NULL: neither */
};

static inline bool thread_can_run(const struct thread *thread)
{
	return thread->state == THREAD_RUNNABLE && !thread->stopped;
}

/* The message page of a thread; NULL when none is bound. */
static inline struct message_page *thread_page(const struct thread *thread)
{
	const struct slot *slot = &thread->core.slot[THREAD_MESSAGE];

	return slot->type == OBJECT_REGION ? core_pointer(DIRECT_MAP_BASE + slot->object) : NULL;
}

/* Put a thread that is in no queue at the end of this one, or make it the first (ipc.c). */
void queue_insert(struct queue *queue, struct thread *thread, bool first);

/* Take a thread out of the queue that it is in. */
void queue_remove(struct thread *thread);

/*
 * Replace all registers by `registers`, sanitised: user segments, arithmetic flags only, canonical addresses; a wait ends. ERR_ARGUMENT (nothing changed) when an
 * address is not canonical.
 */
must_check enum error thread_registers_load(struct thread *thread, const struct thread_registers *registers);
