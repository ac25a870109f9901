/* SPDX-License-Identifier: MIT */
/*
 * Tasks and processes: a *task* is a Linux thread, a *process* a thread group. What clone() shares or copies are structures of their own with a count of users: memory, open files, place in the file tree, actions for signals.
 *
 * A task has a host thread, which runs its program, and, while a system call of it is under way, a fiber, which runs the handler. Its life: made (host thread suspended), living, dying (its exit was decided: it leaves at its next
 * return to the program), dead (a zombie, if it leads its process, until it is waited for).
 */
#pragma once

#include "abi/errno.h"
#include "lib/fiber.h"
#include "mm/memory.h"
#include "process/credentials.h"
#include "process/wait.h"
#include "signal/signal.h"
#include "time/timer.h"

struct descriptors; /* file/descriptors.h */
struct place;       /* file/place.h */
struct posix_timer; /* time/posix_timer.c */
struct semaphore_owner; /* ipc/undo.c */
struct identity; /* process/pidfd.c */
struct process;
struct terminal;
struct core_image; /* core/image.h */
struct traced; /* ptrace/traced.h */
struct call_filter; /* seccomp/filter.h */
struct core_state; /* core/dump.h */

/* Who wants to see the calls of a task: --trace prints them, a tracer stops at them, filters look at them. */
enum watched { WATCHED_BY_LINES = 1, WATCHED_BY_TRACER = 2, WATCHED_BY_FILTER = 4 };

struct task {
	int32_t id; /* as gettid tells */
	struct process *process;
	struct task *next_in_process;
	struct task *next_by_id;
	struct host_thread *host;
	struct memory *memory;
	struct fiber *fiber;  /* that carries out its call; null: its program runs */
	enum wait_kind waiting;
	bool waits;           /* in task_wait() */
	bool woken, timed_out;
	uint64_t switches;    /* how often it has given the processor away to wait */
	bool attention;       /* there is something to do before its program goes on: signals, its end, a stop */
	bool dying;           /* leaves at its next return */
	struct timer timer;   /* of its wait */
	uint64_t call[7];     /* number and arguments of the call under way */
	uint64_t fault_vector, fault_error, fault_address; /* of the last fault that became a signal */
	struct signals signals; /* pending for this task, and its mask */
	struct signal_stack alternate;
	uint64_t saved_mask;  /* of sigsuspend, ppoll, pselect: restored when the call is over */
	bool mask_is_saved;
	uint64_t clear_id_at; /* CLONE_CHILD_CLEARTID, set_tid_address */
	uint64_t robust_list, robust_list_bytes;
	uint64_t started_ns;
	uint64_t system_ticks; /* of the shim's work for it (process/charge.h) */
	uint64_t cpu_before; /* CPU time of its host thread when it got that */
	char name[16]; /* comm */
	uint64_t timer_slack, timer_slack_first; /* prctl(PR_SET_TIMERSLACK), ns; what the task began with; 0: as the first one */
	struct task *vfork_parent; /* waits until this one execs or exits */
	struct wait_queue vfork_done;
	struct descriptors *files;
	struct place *place;
	const struct credentials *credentials;
	struct semaphore_owner *semaphores; /* what its end does to semaphores (ipc/owner.h); null: nothing */
	uint8_t policy;      /* SCHED_*: sched_setscheduler(2) */
	uint8_t real_time;   /* priority of a real-time policy (process/real_time.h); 0: it has none */
	bool policy_resets;  /* SCHED_RESET_ON_FORK: its children have no better niceness than 0, and no real-time policy */
	uint16_t io_priority; /* ioprio_set(2): class and level; 0: none was set */
	uint64_t restart_deadline; /* of nanosleep and the like */
	int (*restart)(struct task *task);
	uint8_t watched; /* enum watched: who wants to see its calls */
	uint8_t filter_mode; /* enum filter_mode (seccomp/filter.h) */
	struct traced *traced; /* by whom it is traced (ptrace/traced.h); null: by nobody */
	struct call_filter *filter; /* the newest of its filters; null: there is none */
	const struct core_state *held; /* it is dying, and waits until the core of its process is written; null: it does not */
};

/* prctl(PR_SET_DUMPABLE): who may look into a process, and to whom a core of it belongs. */
enum dumpable { DUMPABLE_NOT = 0, DUMPABLE_USER = 1, DUMPABLE_ROOT = 2 };

struct process {
	int32_t id; /* of the leader */
	uint64_t serial; /* no two processes that ever were have the same */
	struct process *parent;
	struct process *children, *sibling;
	struct task *tasks; /* the leader first, while it lives */
	uint32_t task_count;
	int32_t group, session;
	struct terminal *terminal; /* controlling */
	struct signal_actions *actions;
	struct signals pending;    /* for any task of it */
	struct wait_queue children_changed; /* somebody of its own ended, stopped or went on */
	struct wait_queue signal_arrived;   /* one that all tasks block: for sigtimedwait and signalfd */
	struct process *next; /* of all */
	bool exiting;      /* exit_group or a fatal signal: all tasks are dying */
	bool zombie;
	bool stopped, stop_reported, continued; /* what wait4 has yet to tell */
	bool executed;     /* has called execve: setpgid of a child is refused then */
	int stop_signal;
	int exit_status;   /* as wait4 tells it */
	int exit_signal;   /* to the parent */
	uint8_t dumpable; /* enum dumpable */
	uint16_t core_filter; /* enum core_filter (core/image.h) */
	struct core_image *core; /* that is being written; null: none is */
	bool child_subreaper;
	int32_t made_by; /* the task that called fork or the like: who traces it if it wants to be traced */
	struct traced *traced; /* of its leader, also when that has ended; null: it is not traced */
	int death_signal;  /* prctl(PR_SET_PDEATHSIG) */
	uint64_t user_ns, system_ns, switches; /* CPU time and waits of its ended tasks */
	uint64_t children_user_ns, children_system_ns; /* of its waited-for children */
	uint64_t children_minor, children_major, children_resident, children_switches;
	uint32_t user; /* real user, also when no task is left */
	uint64_t faults_minor, faults_major, resident_most;
	uint64_t limits[16][2]; /* RLIMIT_*: soft, hard */
	struct timer interval; /* ITIMER_REAL */
	uint64_t interval_ns;
	struct timer cpu_limit; /* RLIMIT_CPU */
	struct cpu_interval {
		struct timer timer; /* the first member: one is found by the other */
		struct process *process;
		uint64_t due, interval; /* of the process's CPU time, ns */
		int signal;
	} virtual, profile; /* ITIMER_VIRTUAL, ITIMER_PROF */
	struct posix_timer *timers;
	uint32_t timer_count;
	int32_t timer_last; /* the number of the next one */
	struct identity *identity; /* by which open files name it; null: none does */
	char command[16];
	char executable[256]; /* path, for /proc/self/exe; longer ones are cut */
	int16_t oom_adjustment; /* -1000 .. 1000 */
	int32_t nice;
	uint32_t personality; /* personality(2) */
};

/* The slack of a task's timers, ns. A deadline here is never rounded, which no slack forbids. */
#define TIMER_SLACK_NS 50000 /* what Linux begins with */
static inline uint64_t timer_slack_of(const struct task *task)
{
	return task->timer_slack ? task->timer_slack : TIMER_SLACK_NS;
}

/* The task with an id, the process with an id; null pointers when there is none. */
struct task *task_find(int32_t id);
struct process *process_find(int32_t id);

/* The process with that number, or with a task of that number: for calls that take either. */
struct process *process_reached(int32_t id);

/* Whether a number is in use, by a task or as the name of a process, a group or a session that has not ended. */
bool id_is_used(int32_t id);

#define PROCESS_IDS_MAX 32768   /* kernel.pid_max */
extern int64_t process_id_last; /* kernel.ns_last_pid: the next number that is given is above it */

/* All processes, by `next`. */
extern struct process *processes;
extern uint32_t task_count;

/* The leader of a process, or any task that it has left. */
static inline struct task *process_task(const struct process *process)
{
	return process->tasks;
}

/* A handler's result when there is nothing to answer: the task has ended, or its registers have been replaced. */
#define RESULT_NONE INT64_MIN
#define RESULT_REGISTERS (INT64_MIN + 1)

typedef int64_t linux_call(struct task *task, const uint64_t arguments[6]);
