/* SPDX-License-Identifier: MIT */
/* Sending signals, and what becomes of them before a task takes them (signal(7)). */
#pragma once

#include "process/task.h"

/* To a process as a whole, or to one task. What is ignored is dropped; SIGCONT and the stopping signals cancel each other. 0, or -EAGAIN when a queue of real-time signals is full. */
int signal_send_process(struct process *process, const struct signal_information *information);
int signal_send_task(struct task *task, const struct signal_information *information);

/* What comes with a signal that a task sends by kill(2) or tkill(2). */
struct signal_information signal_sent_by(const struct task *task, int number, int code);

/* A signal that the task has caused itself by what it did: it is delivered even if it is blocked or ignored (then the process ends). */
void signal_force(struct task *task, const struct signal_information *information);

/* Takes the next signal of `wanted` that is pending for the task or its process: its number and information; 0 when there is none. */
int signal_take(struct task *task, uint64_t wanted, struct signal_information *information);

/* What a task could take now. */
static inline uint64_t signals_pending(const struct task *task)
{
	return task->signals.pending | task->process->pending.pending;
}

/* Whether a signal of a timer (timer_create) is pending for a process or one of its tasks. */
bool signal_timer_pends(const struct process *process, int32_t timer);

/* Gives back what is pending. */
void signals_discard(struct signals *signals);

/* Works out anew whether a task has something to look at, after its mask or its pending signals have changed. */
void attention_update(struct task *task);

/* Sets the mask of a task. */
void signals_block(struct task *task, uint64_t mask);

/* What the default action is. */
enum signal_default { DEFAULT_END, DEFAULT_CORE, DEFAULT_IGNORE, DEFAULT_STOP, DEFAULT_CONTINUE };
enum signal_default signal_default(int number);

/* Has the pending signals of a task looked at while its program runs: interrupts that. */
void program_interrupt(struct task *task);

/* Removes what is pending and would now be ignored, after an action has been set to that. */
void signals_ignore(struct process *process, int number);

/* Lets a stopped process go on; stops a process. */
void process_continue(struct process *process);
void process_stop(struct process *process, int number);

/* Signals with information that are pending for all processes of a user: what RLIMIT_SIGPENDING is about. */
uint64_t signals_queued(uint32_t user);
