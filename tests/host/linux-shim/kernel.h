/* SPDX-License-Identifier: MIT */
/*
 * A model of the kernel for one service on the host, the personality: its objects, the address spaces and threads of Linux processes, and messages. Nothing runs in those threads by itself: whoever drives the model has them touch memory
 * and make calls (program.h).
 *
 * The service runs on a stack of its own until it waits for a message; then the driver goes on, and gives it one. What the service asks of the kernel and may not is told and ends the test (complain).
 */
#pragma once

#include "lib/call.h"
#include "tests/host/harness/requests.h" /* complain() */

#define FPU_BYTES 832 /* of an FPU state: legacy area, header, AVX */

struct model_space;
struct program;

struct model_thread {
	struct thread_registers registers;
	uint8_t fpu[FPU_BYTES];
	struct model_space *space;
	struct program *program;  /* what it does */
	uint64_t badge, cpu_time;
	bool suspended, held;     /* held: by a Reply, until it is answered */
	enum message_kind kind;   /* of the message to be answered */
	struct model_thread *next; /* of all, in the order in which they were made */
	struct model_thread **reply; /* where the Reply remembers it */
};

extern struct model_thread *model_threads; /* all */

static inline bool thread_can_run(const struct model_thread *thread)
{
	return !thread->suspended && !thread->held && thread->space;
}

/* Time in ns, which passes with each kernel call and when the driver says so. */
extern uint64_t model_time;

/* The service. Starts it, on its own stack, and runs it until it waits for the first message. */
void service_begin(void);

/* Until when it waits (ns). UINT64_MAX: for ever; 0: it only looks. */
uint64_t service_deadline(void);

/* Ends its wait, and runs it until it waits again: with a message of a thread, with signals, without anything since the time is over. */
void service_call_of(struct model_thread *thread);
void service_fault_of(struct model_thread *thread, uint64_t vector, uint64_t address, uint64_t error);
void service_signals(uint64_t bits);
void service_timeout(void);

/* Memory of processes. */
enum access { ACCESS_LOAD, ACCESS_STORE, ACCESS_FETCH };

/* The byte at an address of a space, if it may be touched so. Else a null pointer, and *present says whether there is a page. */
uint8_t *space_byte(struct model_space *space, uint64_t address, enum access access, bool *present);

/* Pages in all address spaces of processes; pages that the service sees besides its chunks: stacks of fibers. */
extern uint64_t pages_mapped, pages_shown;

/* What the service finds at its start: the handles of what it was given. */
enum { SLOT_UNTYPED = 2, SLOT_CNODE, SLOT_VSPACE, SLOT_ENDPOINT, SLOT_REPLY, SLOT_SESSIONS };
void kernel_begin(uint64_t memory_bytes);

/* Physical memory, for who saves and restores it (snapshot.c): a file. */
extern int memory_file;
extern uint64_t memory_bytes;
