/* SPDX-License-Identifier: MIT */
/* What a task may do to other processes. */
#pragma once

#include "process/task.h"

/* Whether a task has a capability (CAP_*: its number) in effect. */
static inline bool task_may(const struct task *task, unsigned capability)
{
	return task->credentials->effective >> capability & 1;
}

/* Whether a task's user is another one's, real or effective: what scheduling asks for. */
static inline bool is_same_owner(const struct task *task, const struct task *of)
{
	uint32_t user = task->credentials->effective_user;

	return of->credentials->user == user || of->credentials->effective_user == user;
}

/* kill(2): same user, CAP_KILL, or SIGCONT within the session. */
bool may_signal(const struct task *task, const struct process *process, int number);

/* Whether a task may look into another one and change it (ptrace(2), PTRACE_MODE_ATTACH_REALCREDS): all its users and groups are the task's own, it may be dumped and has no capability more; or CAP_SYS_PTRACE. */
bool may_inspect(const struct task *task, const struct task *of);

/* The same by the identity that files ask for (PTRACE_MODE_READ_FSCREDS): what /proc tells of others. */
bool may_look(const struct task *task, const struct task *of);
