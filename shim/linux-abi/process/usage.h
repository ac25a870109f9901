/* SPDX-License-Identifier: MIT */
/* What processes have used (getrusage(2), times(2)). */
#pragma once

#include "abi/linux/structures.h"
#include "process/task.h"

/* CPU time in ns: of a task so far; of a process, of its tasks that live and have ended. In user mode is what its threads run, in system mode what the shim does for it (process/charge.h), and what others do for the shim meanwhile. */
uint64_t task_user_ns(const struct task *task);
uint64_t task_system_ns(const struct task *task);
uint64_t process_user_ns(const struct process *process);
uint64_t process_system_ns(const struct process *process);

/* Of all processes that there are, and of those that they have waited for. */
struct usage_times {
	uint64_t user_ns, system_ns;
};
struct usage_times usage_all(void);

/* Both together. */
uint64_t task_cpu_ns(const struct task *task);
uint64_t process_cpu_ns(const struct process *process);

struct linux_timeval timeval_of(uint64_t ns);

/* What a memory that a process leaves has cost it: faults, and the most that it had. */
void usage_leave_memory(struct process *process, const struct memory *memory);

/* Fills in a struct rusage: of the process and, with `children`, of those it has waited for. */
void usage_tell(const struct process *process, bool children, struct linux_rusage *usage);

/* A parent takes over what a child that it has waited for used. */
void usage_inherit(struct process *parent, const struct process *child);
