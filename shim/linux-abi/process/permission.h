/* SPDX-License-Identifier: MIT */
/* What a task may do to other processes. */
#pragma once

#include "process/task.h"

/* Whether a task has a capability (CAP_*: its number) in effect. */
static inline bool task_may(const struct task *task, unsigned capability)
{
	return task->credentials->effective >> capability & 1;
}

/* kill(2): same user, CAP_KILL, or SIGCONT within the session. */
bool may_signal(const struct task *task, const struct process *process, int number);
