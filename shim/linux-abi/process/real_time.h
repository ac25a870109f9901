/* SPDX-License-Identifier: MIT */
/*
 * Real-time policies (sched(7)): SCHED_FIFO and SCHED_RR. A task that has one runs before all that have none, and before those of a lower priority, whenever it can: it has a priority of the kernel above theirs (mm/host.h), below every service's.
 *
 * The kernel has fewer priorities for this than Linux: those of Linux that are in use get one each, from the highest down; only when there are more than that do the lowest of them share one. Tasks of one priority take turns whether they are
 * SCHED_RR or SCHED_FIFO.
 *
 * So that a program that never waits leaves the others something, all of them together get real_time_runtime_us of each real_time_period_us (/proc/sys/kernel/sched_rt_*); for the rest of the period they take turns with the others.
 */
#pragma once

#include "abi/linux/constants.h"
#include "process/task.h"

#define REAL_TIME_MOST 99 /* priorities are from 1 to that; 0 is that of a task without such a policy */

static inline bool policy_is_real_time(uint32_t policy)
{
	return policy == LINUX_SCHED_FIFO || policy == LINUX_SCHED_RR;
}

/* Microseconds; the first is -1 when there is no limit. */
extern int64_t real_time_runtime_us, real_time_period_us;

/* Gives a task a policy (SCHED_*) and a priority that go together. 0; -EAGAIN: the log of authority can take nothing now; -ESRCH: it is ending. */
int real_time_set(struct task *task, uint32_t policy, uint32_t priority);

/* A new task has its parent's policy, unless that resets (SCHED_RESET_ON_FORK). */
void real_time_inherit(struct task *task, const struct task *parent);

/* A task ends: before it gives its host thread back. */
void real_time_leave(struct task *task);
