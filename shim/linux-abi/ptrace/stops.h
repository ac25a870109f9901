/* SPDX-License-Identifier: MIT */
/*
 * Where traced tasks stop (ptrace(2)): what the rest of the personality calls when something happens to a task that its tracer may want to see. All of them take a task that nobody traces as well, unless they say so, and may wait.
 */
#pragma once

#include "ptrace/traced.h"

/* Before and after a system call of a traced task. `false`: the call is not carried out, and *result is what it comes to. */
bool traced_call_begin(struct task *task, int64_t *result);
void traced_call_end(struct task *task, int64_t *result);

/* The end of a call that has replaced the registers: execve (`executed`) or sigreturn. The host thread is stopped. */
void traced_call_end_replaced(struct task *task, bool executed);

/* A signal that has been taken, of a traced task. False: the tracer has taken it away. Result and `call` as in signals_handle(). */
bool traced_signal(struct task *task, struct signal_information *information, int64_t *result, bool *call);

/* The stop that is due (traced->trap). */
void traced_trap(struct task *task, int64_t *result, bool *call);

/* Ends single steps for a handler that is about to be entered: whether there were any. Then the handler's first instruction is a stop. Neither waits but the second. */
bool traced_step_end(struct task *task);
void traced_handler_entered(struct task *task);

/* An event with its message, if the tracer wants it. */
void traced_event(struct task *task, enum trace_event event, uint64_t message);

/* A filter leaves a call to the tracer, with its word. Whether the call is to be made; if not, *result is what it comes to. */
bool traced_filtered(struct task *task, uint32_t message, int64_t *result);

/* execve has succeeded; `id` is the number that the task had before. */
void traced_exec(struct task *task, int32_t id);

/* A task is about to leave. */
void traced_exit(struct task *task, int64_t result, bool call);

/* A new task of a parent: traced from its beginning if its parent's tracer wants that. The event that the parent is to tell when the child runs; 0: none. Does not wait. */
int traced_child(struct task *parent, struct task *child, uint64_t flags, int exit_signal);

/* A task, a process has left; a SIGKILL comes for a process that ends already; an execve has given a task another number. Do not wait. */
void traced_task_left(struct task *task);
void traced_process_left(struct process *process);
void traced_cut(const struct process *process);
void traced_renamed(struct task *task);

/* Who traces a task's process leader does so from the process's own parent: then the parent hears of its stops as its tracer, and of its end as both. */
bool traced_by_parent(const struct process *process);

/* All traced tasks of a process are to look at a stop of the process, or at its end. Does not wait. */
void traced_group_changed(struct process *process);
