/* SPDX-License-Identifier: MIT */
/* What processes have used (getrusage(2), times(2)). */
#pragma once

#include "abi/linux/structures.h"
#include "process/task.h"

/* CPU time of a task so far, of its tasks that live and have ended, in ns. All of it counts as time in user mode: what the shim does for a task is the shim's. */
uint64_t task_cpu_ns(const struct task *task);
uint64_t process_cpu_ns(const struct process *process);

/* Fills in a struct rusage: of the process and, with `children`, of those it has waited for. */
void usage_tell(const struct process *process, bool children, struct linux_rusage *usage);

/* A parent takes over what a child that it has waited for used. */
void usage_inherit(struct process *parent, const struct process *child);
