/* SPDX-License-Identifier: MIT */
/* getrlimit(2), setrlimit(2), prlimit64(2); getpriority(2), setpriority(2); sched_*(2) as far as one policy of equals can be told. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "file/descriptors.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "time/cpu_limit.h"

#define LIMITS 16
#define NICE_LEAST (-20)
#define NICE_MOST 19

static void limits_apply(struct process *process)
{
	for (struct task *task = process->tasks; task; task = task->next_in_process) {
		task->memory->size_limit = process->limits[LINUX_RLIMIT_AS][0];
		task->memory->data_limit = process->limits[LINUX_RLIMIT_DATA][0];
		task->memory->locked_limit = process->limits[LINUX_RLIMIT_MEMLOCK][0];
		task->memory->stack_limit = process->limits[LINUX_RLIMIT_STACK][0];
	}
}

static int64_t limit_set(const struct task *task, struct process *process, uint32_t which, const uint64_t wanted[2])
{
	uint64_t *limit;

	if (which >= LIMITS || wanted[0] > wanted[1])
		return -EINVAL;
	limit = process->limits[which];
	if (wanted[1] > limit[1] && !task_may(task, LINUX_CAP_SYS_RESOURCE))
		return -EPERM;
	if (which == LINUX_RLIMIT_NOFILE && wanted[1] > DESCRIPTORS_MAX)
		return -EPERM;
	limit[0] = wanted[0];
	limit[1] = wanted[1];
	limits_apply(process);
	if (which == LINUX_RLIMIT_CPU)
		cpu_limit_watch(process);
	return 0;
}

int64_t linux_getrlimit(struct task *task, const uint64_t arguments[6])
{
	uint32_t which = (uint32_t)arguments[0];
	uint64_t limit[2];

	if (which >= LIMITS)
		return -EINVAL;
	memcpy(limit, task->process->limits[which], sizeof(limit));
	return user_write(task->memory, arguments[1], limit, sizeof(limit));
}

int64_t linux_setrlimit(struct task *task, const uint64_t arguments[6])
{
	uint64_t wanted[2];

	return user_read(task->memory, wanted, arguments[1], sizeof(wanted)) != 0 ? -EFAULT : limit_set(task, task->process, (uint32_t)arguments[0], wanted);
}

/* Whether a task may look at and change another process's limits: all its users and groups are the same, or CAP_SYS_RESOURCE. */
static bool may_limit(const struct task *task, const struct process *process)
{
	const struct task *other = process_task(process);
	const struct credentials *me = task->credentials, *they;

	if (process == task->process || task_may(task, LINUX_CAP_SYS_RESOURCE))
		return true;
	they = other->credentials;
	return me->user == they->user && me->user == they->effective_user && me->user == they->saved_user && me->group == they->group && me->group == they->effective_group &&
	       me->group == they->saved_group;
}

/* What is wanted is read before the process is looked for: that may wait. */
int64_t linux_prlimit64(struct task *task, const uint64_t arguments[6])
{
	uint32_t which = (uint32_t)arguments[1];
	uint64_t wanted[2], old[2];
	const struct task *of;
	int64_t error = 0;

	if (arguments[2] && user_read(task->memory, wanted, arguments[2], sizeof(wanted)) != 0)
		return -EFAULT;
	of = (int32_t)arguments[0] ? task_find((int32_t)arguments[0]) : task;
	if (!of)
		return -ESRCH;
	if (!may_limit(task, of->process))
		return -EPERM;
	if (which >= LIMITS)
		return -EINVAL;
	memcpy(old, of->process->limits[which], sizeof(old));
	if (arguments[2])
		error = limit_set(task, of->process, which, wanted);
	if (error || !arguments[3])
		return error;
	return user_write(task->memory, arguments[3], old, sizeof(old));
}

/* Whether a process is one of those that getpriority and setpriority name. */
static bool is_named(const struct task *task, const struct process *process, int which, uint32_t who)
{
	switch (which) {
	case LINUX_PRIO_PROCESS:
		return process->id == (who ? (int32_t)who : task->process->id);
	case LINUX_PRIO_PGRP:
		return process->group == (who ? (int32_t)who : task->process->group);
	default:
		return process->user == (who ? who : task->credentials->user);
	}
}

int64_t linux_getpriority(struct task *task, const uint64_t arguments[6])
{
	int64_t best = -ESRCH;

	if ((uint32_t)arguments[0] > LINUX_PRIO_USER)
		return -EINVAL;
	for (const struct process *process = processes; process; process = process->next)
		if (!process->zombie && is_named(task, process, (int)arguments[0], (uint32_t)arguments[1]) && 20 - process->nice > best)
			best = 20 - process->nice;
	return best;
}

int64_t linux_setpriority(struct task *task, const uint64_t arguments[6])
{
	int64_t result = -ESRCH, nice = (int32_t)arguments[2];

	if ((uint32_t)arguments[0] > LINUX_PRIO_USER)
		return -EINVAL;
	nice = nice < NICE_LEAST ? NICE_LEAST : nice > NICE_MOST ? NICE_MOST : nice;
	for (struct process *process = processes; process; process = process->next) {
		if (process->zombie || !is_named(task, process, (int)arguments[0], (uint32_t)arguments[1]))
			continue;
		if (!is_same_owner(task, process_task(process)) && !task_may(task, LINUX_CAP_SYS_NICE)) {
			result = -EPERM;
		} else if (nice < process->nice && 20 - nice > (int64_t)process->limits[LINUX_RLIMIT_NICE][0] && !task_may(task, LINUX_CAP_SYS_NICE)) {
			result = -EACCES;
		} else {
			process->nice = (int32_t)nice;
			result = result == -ESRCH ? 0 : result;
		}
	}
	return result;
}

int64_t linux_sched_yield(struct task *task, const uint64_t arguments[6])
{
	(void)arguments;
	host_thread_yield(task->host);
	return 0;
}

int64_t linux_sched_getaffinity(struct task *task, const uint64_t arguments[6])
{
	const uint64_t mask = 1; /* one processor */

	if ((int32_t)arguments[0] && !task_find((int32_t)arguments[0]))
		return -ESRCH;
	if ((uint32_t)arguments[1] < sizeof(mask) || arguments[1] % sizeof(mask))
		return -EINVAL;
	return user_put(task->memory, arguments[2], &mask) != 0 ? -EFAULT : (int64_t)sizeof(mask);
}

int64_t linux_sched_setaffinity(struct task *task, const uint64_t arguments[6])
{
	uint64_t mask = 0;
	const struct task *of = (int32_t)arguments[0] ? task_find((int32_t)arguments[0]) : task;

	if (user_read(task->memory, &mask, arguments[2], (uint32_t)arguments[1] < sizeof(mask) ? (uint32_t)arguments[1] : sizeof(mask)) != 0)
		return -EFAULT;
	if (!of)
		return -ESRCH;
	if (!is_same_owner(task, of) && !task_may(task, LINUX_CAP_SYS_NICE))
		return -EPERM;
	return mask & 1 ? 0 : -EINVAL;
}

int64_t linux_getcpu(struct task *task, const uint64_t arguments[6])
{
	const uint32_t zero = 0;

	if ((arguments[0] && user_put(task->memory, arguments[0], &zero) != 0) || (arguments[1] && user_put(task->memory, arguments[1], &zero) != 0))
		return -EFAULT;
	return 0;
}
