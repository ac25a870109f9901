/* SPDX-License-Identifier: MIT */
/* What a wait is for (wait4(2), waitid(2)): children and traced tasks, and which of their changes. */
#pragma once

#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "process/task.h"

/* Which children, and which of their changes. */
struct wanted {
	enum { WANT_ANY, WANT_PROCESS, WANT_GROUP } kind;
	int32_t id;
	uint64_t options; /* WEXITED, WSTOPPED, WCONTINUED, WNOHANG, WNOWAIT, __WALL, __WCLONE */
	bool again;       /* -EAGAIN rather than a wait: a pidfd with PIDFD_NONBLOCK */
};

/* What was found. */
struct found {
	int32_t process;
	uint32_t user;
	int status; /* as wait4 tells it */
	int code;   /* CLD_* */
	struct linux_rusage usage;
};

/* CLD_* of an end, and what siginfo_t tells of it besides. */
static inline int ended_code(int status)
{
	return status & 0x7f ? (status & 0x80 ? LINUX_CLD_DUMPED : LINUX_CLD_KILLED) : LINUX_CLD_EXITED;
}

static inline int ended_status(int status)
{
	return status & 0x7f ? status & 0x7f : status >> 8;
}

/* One look at what a task's process traces: whether something was found; *some: there is something to wait for. */
bool tracees_look(const struct task *task, const struct wanted *wanted, struct found *found, bool *some);
