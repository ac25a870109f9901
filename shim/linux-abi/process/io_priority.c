/* SPDX-License-Identifier: MIT */
/*
 * ioprio_set(2), ioprio_get(2): wishes about the order of requests to disks. They are kept and told, as a Linux keeps them whose disks are served without a scheduler that looks at them: the requests of all are equals.
 * A task for which none was set has what its niceness stands for.
 */
#include "abi/linux/constants.h"
#include "process/handlers.h"
#include "process/permission.h"

#define CLASS_SHIFT 13 /* IOPRIO_CLASS_SHIFT */
#define LEVEL 7        /* the bits of the level; those between them and the class are hints to the device */
#define NICE_SHARE 5   /* levels of niceness that are one of these */

static uint32_t class_of(uint32_t priority)
{
	return priority >> CLASS_SHIFT;
}

/* Whether a task may ask for this, and whether it makes sense. */
static int priority_check(const struct task *task, uint32_t priority)
{
	switch (class_of(priority)) {
	case LINUX_IOPRIO_CLASS_RT:
		if (!task_may(task, LINUX_CAP_SYS_ADMIN) && !task_may(task, LINUX_CAP_SYS_NICE))
			return -EPERM;
		return 0;
	case LINUX_IOPRIO_CLASS_BE:
	case LINUX_IOPRIO_CLASS_IDLE:
		return 0;
	case LINUX_IOPRIO_CLASS_NONE:
		return priority & LEVEL ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

/* What a task is served by: of two, the lesser goes first. */
static uint32_t priority_effective(const struct task *of)
{
	uint32_t class = of->policy == LINUX_SCHED_IDLE ? LINUX_IOPRIO_CLASS_IDLE : of->real_time ? LINUX_IOPRIO_CLASS_RT : LINUX_IOPRIO_CLASS_BE;

	return class_of(of->io_priority) != LINUX_IOPRIO_CLASS_NONE ? of->io_priority : class << CLASS_SHIFT | (uint32_t)(of->process->nice + 20) / NICE_SHARE;
}

/* Whether a process is one of those that are named: a group of 0 is the caller's, a user of 0 is root, as Linux takes it in spite of its man page. */
static bool is_named(const struct task *task, const struct process *process, uint32_t which, int32_t who)
{
	if (process->zombie)
		return false;
	if (which == LINUX_IOPRIO_WHO_PGRP)
		return process->group == (who ? who : task->process->group);
	return process->user == (uint32_t)who;
}

static int64_t priority_set(const struct task *task, struct task *of, uint32_t priority)
{
	uint32_t user = of->credentials->user;

	if (user != task->credentials->effective_user && user != task->credentials->user && !task_may(task, LINUX_CAP_SYS_NICE))
		return -EPERM;
	of->io_priority = (uint16_t)priority;
	return 0;
}

int64_t linux_ioprio_set(struct task *task, const uint64_t arguments[6])
{
	uint32_t which = (uint32_t)arguments[0], priority = (uint32_t)arguments[2];
	int32_t who = (int32_t)arguments[1];
	int64_t result = priority_check(task, priority);

	if (result)
		return result;
	if (which == LINUX_IOPRIO_WHO_PROCESS) {
		struct task *of = who ? task_find(who) : task;

		return of ? priority_set(task, of, priority) : -ESRCH;
	}
	if (which != LINUX_IOPRIO_WHO_PGRP && which != LINUX_IOPRIO_WHO_USER)
		return -EINVAL;
	result = -ESRCH;
	for (struct process *process = processes; process; process = process->next)
		for (struct task *of = is_named(task, process, which, who) ? process->tasks : NULL; of; of = of->next_in_process) {
			result = priority_set(task, of, priority);
			if (result)
				return result;
		}
	return result;
}

int64_t linux_ioprio_get(struct task *task, const uint64_t arguments[6])
{
	uint32_t which = (uint32_t)arguments[0];
	int32_t who = (int32_t)arguments[1];
	int64_t best = -ESRCH;

	if (which == LINUX_IOPRIO_WHO_PROCESS) {
		const struct task *of = who ? task_find(who) : task;

		return of ? of->io_priority : -ESRCH;
	}
	if (which != LINUX_IOPRIO_WHO_PGRP && which != LINUX_IOPRIO_WHO_USER)
		return -EINVAL;
	for (const struct process *process = processes; process; process = process->next)
		for (const struct task *of = is_named(task, process, which, who) ? process->tasks : NULL; of; of = of->next_in_process)
			if (best < 0 || priority_effective(of) < best)
				best = priority_effective(of);
	return best;
}
