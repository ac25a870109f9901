/* SPDX-License-Identifier: MIT */
/* How tasks and processes begin and end. */
#pragma once

#include "process/task.h"

/* The first process, number 1, without a program: its memory is empty, no file is open. A null pointer when there is no memory. */
struct task *process_first(void);

/* A child of a process, of the same kind: the leader of a session of its own, as root, with nothing of its parent's. */
struct task *process_child(struct process *parent);

/* What clone(2) was asked for. */
#define ID_MAX 32768 /* kernel.pid_max */

struct clone_request {
	uint64_t flags; /* CLONE_*, without the signal */
	int exit_signal;
	uint64_t stack;  /* 0: the parent's */
	uint64_t thread_pointer;
	uint64_t parent_id_at, child_id_at;
	uint64_t pidfd_at; /* CLONE_PIDFD */
	int32_t id; /* that the task is to have, and nothing has yet; 0: any */
};

/* Makes a task as clone does and lets it run. Its id, or a negative error number. Waits for the child with CLONE_VFORK. */
int64_t task_clone(struct task *parent, const struct clone_request *request);

/* Decides the end of a whole process: `status` is what wait4 tells. Each of its tasks leaves at its next return. Of one that ends already a SIGKILL cuts its core short. */
void process_end(struct process *process, int status);

/* The end of a task, in its own fiber, at its return: gives everything back. The task is gone afterwards. */
void task_leave(struct task *task);

/* Ends all tasks of the process but this one, and waits for that: for execve. 0 or -ERESTARTSYS. This one is the leader afterwards. */
int process_single(struct task *task);

/* Has a task look at what there is for it (attention): wakes it, or interrupts its program. */
void task_notice(struct task *task);

/* Tells the parent that something about a process has changed (SIGCHLD, wait4). */
void parent_tell(struct process *process);

/* Removes a zombie. */
void process_reap(struct process *process);

/* Credentials: a copy that may be changed; a user more, a user less. */
struct credentials *credentials_copy(const struct credentials *credentials);
void credentials_hold(const struct credentials *credentials);
void credentials_release(const struct credentials *credentials);

/* Puts new credentials in the place of a task's, with one user. */
void credentials_set(struct task *task, struct credentials *credentials);
