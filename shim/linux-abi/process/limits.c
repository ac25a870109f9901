/* SPDX-License-Identifier: MIT */
/* getrlimit(2), setrlimit(2), prlimit64(2); getpriority(2), setpriority(2); sched_*(2) as far as one policy of equals can be told. */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"

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

static int64_t limit_set(struct task *task, struct process *process, unsigned which, const uint64_t wanted[2])
{
	uint64_t *limit = process->limits[which];

	if (wanted[0] > wanted[1])
		return -EINVAL;
	if (wanted[1] > limit[1] && !task_may(task, LINUX_CAP_SYS_RESOURCE))
		return -EPERM;
	if (which == LINUX_RLIMIT_NOFILE && wanted[1] > 1048576)
		return -EPERM;
	limit[0] = wanted[0];
	limit[1] = wanted[1];
	limits_apply(process);
	return 0;
}

static int64_t limit_exchange(struct task *task, struct process *process, uint64_t which, uint64_t new_at, uint64_t old_at)
{
	uint64_t old[2], wanted[2];
	int64_t error = 0;

	if ((uint32_t)which >= LIMITS)
		return -EINVAL;
	old[0] = process->limits[(uint32_t)which][0];
	old[1] = process->limits[(uint32_t)which][1];
	if (new_at && user_read(task->memory, wanted, new_at, sizeof(wanted)) != 0)
		return -EFAULT;
	if (new_at)
		error = limit_set(task, process, (unsigned)which, wanted);
	if (!error && old_at && user_write(task->memory, old_at, old, sizeof(old)) != 0)
		error = -EFAULT;
	return error;
}

int64_t linux_getrlimit(struct task *task, const uint64_t arguments[6])
{
	return arguments[1] ? limit_exchange(task, task->process, arguments[0], 0, arguments[1]) : -EFAULT;
}

int64_t linux_setrlimit(struct task *task, const uint64_t arguments[6])
{
	return arguments[1] ? limit_exchange(task, task->process, arguments[0], arguments[1], 0) : -EFAULT;
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

int64_t linux_prlimit64(struct task *task, const uint64_t arguments[6])
{
	struct task *of = (int32_t)arguments[0] ? task_find((int32_t)arguments[0]) : task;

	if (!of)
		return -ESRCH;
	return may_limit(task, of->process) ? limit_exchange(task, of->process, arguments[1], arguments[2], arguments[3]) : -EPERM;
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
		if (task->credentials->effective_user != process->user && !task_may(task, LINUX_CAP_SYS_NICE)) {
			result = -EPERM;
		} else if (nice < process->nice && !task_may(task, LINUX_CAP_SYS_NICE)) {
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
	if (of->process->user != task->credentials->effective_user && !task_may(task, LINUX_CAP_SYS_NICE))
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
