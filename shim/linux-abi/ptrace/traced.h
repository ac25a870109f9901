/* SPDX-License-Identifier: MIT */
/*
 * Tasks that are traced (ptrace(2)). A *record* says of one task who traces it and how. It exists from PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_SEIZE or a traced parent's fork on, until the tracer detaches, ends, or has been told of the task's end.
 *
 * A traced task runs, or it is *stopped* for its tracer: in its fiber, in the middle of what it was doing, of which `point` tells. A stop is told once (wait4), and the tracer ends it. While it lasts registers and memory of the task are the tracer's to read
 * and to write; written registers are the host thread's at once, which is why nobody answers the task's message any more (it is stopped, and run again at the end).
 *
 * A task that has ended leaves its record behind: `ended` for a thread, the process's own record for its leader. Everything here runs in the one thread of the shim; what a request knew of a record before something waited it looks up anew.
 */
#pragma once

#include "process/task.h"

enum trace_options {
	TRACE_CALLS_MARKED = 0x1, /* PTRACE_O_TRACESYSGOOD */
	TRACE_EXIT_KILL = 0x100000,
	TRACE_SUSPEND_FILTERS = 0x200000,
	TRACE_OPTIONS = 0x3000ff,
};

/* PTRACE_EVENT_*: number n is asked for by option bit n. */
enum trace_event { EVENT_FORK = 1, EVENT_VFORK = 2, EVENT_CLONE = 3, EVENT_EXEC = 4, EVENT_VFORK_DONE = 5, EVENT_EXIT = 6, EVENT_SECCOMP = 7, EVENT_STOP = 128 };

enum trace_resume { RESUME_TO_SIGNAL, RESUME_TO_CALL, RESUME_ONE_STEP, RESUME_EMULATED, RESUME_EMULATED_STEP };

/* Where a task stands that is stopped: on the stack of its fiber, to be read and changed by its tracer. */
struct trace_point {
	bool in_call;
	uint64_t number; /* of the call: orig_rax; UINT64_MAX: none, also for who is in a call and is not to make it, or not again */
	int64_t result;  /* rax of who is in a call */
};

struct traced {
	struct traced *next; /* of all */
	struct task *tracer;
	struct task *task; /* null: it has left */
	struct process *process; /* null: its own end is all that is left of a thread */
	int32_t id;
	uint32_t user;
	uint32_t options; /* enum trace_options, and a bit for each event */
	bool seized;
	bool capable; /* the tracer had CAP_SYS_PTRACE when it began */
	uint8_t resumed; /* enum trace_resume: what it runs up to */
	bool stopped, listening;
	bool trap;    /* it is to stop when it comes by: a group stop, PTRACE_INTERRUPT, SIGCONT */
	bool steps, steps_itself; /* the trap flag is set by the tracer; it was set by the program before */
	bool given_up; /* nobody traces it any more: its stop ends, and then the record */
	bool cut;     /* a SIGKILL has come while it stood at its end */
	bool ended;
	int code;     /* what wait4 tells of the stop, 8 bits lower; 0: it has; afterwards the signal with which it goes on */
	int why;      /* CLD_TRAPPED, CLD_STOPPED */
	int status;   /* of who has ended, as wait4 tells it */
	uint64_t message; /* PTRACE_GETEVENTMSG */
	struct signal_information information; /* PTRACE_GETSIGINFO */
	bool informed;
	struct trace_point *point;
};

/* All records, by `next`. */
extern struct traced *traced_all;

/* Makes a record and joins task and tracer. A null pointer when there is no memory. */
struct traced *traced_join(struct task *task, struct task *tracer, uint32_t options, bool seized);

/* Ends a record: the task goes on untraced, with the signal in `code` if it was stopped. */
void traced_leave(struct traced *traced);

/* The same of a process whose end its tracer has been told: now it is its parent's to be told. */
void traced_process_untraced(struct process *process);

/* The last of a stop, by who stood in it: gives the record back if nobody traces the task any more. */
void traced_end_stop(struct traced *traced);

/* Lets a stopped task go on. */
void traced_resume(struct traced *traced, enum trace_resume how, int number);

/* Tells the tracer of a stop or an end: SIGCHLD, and wait4. */
void tracer_tell(const struct traced *traced, int why, int status);

/* Whether a number is still that of a thread whose tracer has yet to hear of its end. */
bool traced_id_is_used(int32_t id);
