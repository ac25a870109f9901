/* SPDX-License-Identifier: MIT */
/* A process as an open file (pidfd_open(2)): it means that process as long as it is open, also when that has ended, and never a later one with the same number. */
#pragma once

#include "process/task.h"

/* An open file for a process, with one user; `process` null: pidfd_name() tells later which. `flags`: LINUX_PIDFD_NONBLOCK or 0. A null pointer when there is no memory. */
struct description *pidfd_make(struct process *process, uint32_t flags);
void pidfd_name(struct description *description, struct process *process);

/* Takes the open file behind a number of the task's table, as descriptor_take(). -EBADF also when it is no pidfd. */
int pidfd_take(struct task *task, uint64_t number, struct description **description);

/* Whose it is; a null pointer when that process has been waited for. */
struct process *pidfd_process(const struct description *description);

/* The process behind a number of the task's table. 0, -EBADF, or -ESRCH: it has been waited for. */
int pidfd_find(struct task *task, uint64_t number, struct process **process);

/* Waits until the last task of a process has left; a deadly signal ends the wait (-ERESTARTSYS). `description`: as taken. */
int pidfd_wait(struct task *task, const struct description *description);

/* The last task of a process has left; the process is no more. */
void pidfd_ended(struct process *process);
void pidfd_gone(struct process *process);
