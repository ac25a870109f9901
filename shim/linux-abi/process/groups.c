/* SPDX-License-Identifier: MIT */
/* Process groups and sessions (process/groups.h): setpgid(2), getpgid(2), getpgrp(2), setsid(2), getsid(2). */
#include "process/groups.h"

#include "abi/linux/constants.h"
#include "terminal/terminal.h"
#include "process/handlers.h"
#include "signal/send.h"

bool group_exists(int32_t group, int32_t session)
{
	for (const struct process *process = processes; process; process = process->next)
		if (process->group == group && process->session == session)
			return true;
	return false;
}

void group_signal(int32_t group, const struct signal_information *information)
{
	for (struct process *process = processes, *next; process; process = next) {
		next = process->next;
		if (process->group == group && !process->zombie)
			(void)signal_send_process(process, information); /* a terminal's signals are no real-time signals */
	}
}

static bool anchors(const struct process *process, int32_t group)
{
	const struct process *parent = process->parent;

	return process->group == group && !process->zombie && parent && parent->id != 1 && parent->session == process->session && parent->group != group;
}

bool group_is_orphaned(const struct process *process)
{
	for (const struct process *other = processes; other; other = other->next)
		if (anchors(other, process->group))
			return false;
	return true;
}

static bool group_has_stopped(int32_t group)
{
	for (const struct process *process = processes; process; process = process->next)
		if (process->group == group && process->stopped)
			return true;
	return false;
}

void session_leave(struct process *process)
{
	if (process->id == process->session && process->terminal)
		terminal_leave(process->terminal, process);
	for (struct process *other = processes; other; other = other->next)
		if (other->session == process->session && other->stopped && other != process && group_is_orphaned(other) && group_has_stopped(other->group)) {
			group_signal(other->group, &(struct signal_information){.number = LINUX_SIGHUP, .code = LINUX_SI_KERNEL});
			group_signal(other->group, &(struct signal_information){.number = LINUX_SIGCONT, .code = LINUX_SI_KERNEL});
		}
}

int64_t linux_setpgid(struct task *task, const uint64_t arguments[6])
{
	int32_t id = (int32_t)arguments[0], group = (int32_t)arguments[1];
	struct process *process = id ? process_find(id) : task->process;

	if (group < 0 || (!group && id < 0))
		return -EINVAL;
	if (!process || (process != task->process && process->parent != task->process))
		return -ESRCH;
	if (process != task->process && process->session != task->process->session)
		return -EPERM;
	if (process != task->process && process->executed)
		return -EACCES;
	if (process->id == process->session)
		return -EPERM;
	if (!group)
		group = process->id;
	if (group != process->id && !group_exists(group, task->process->session))
		return -EPERM;
	process->group = group;
	return 0;
}

static struct process *process_of(const struct task *task, int32_t id)
{
	return id ? process_find(id) : task->process;
}

int64_t linux_getpgid(struct task *task, const uint64_t arguments[6])
{
	const struct process *process = process_of(task, (int32_t)arguments[0]);

	return process ? process->group : -ESRCH;
}

int64_t linux_getpgrp(struct task *task, const uint64_t arguments[6])
{
	(void)arguments;
	return task->process->group;
}

int64_t linux_getsid(struct task *task, const uint64_t arguments[6])
{
	const struct process *process = process_of(task, (int32_t)arguments[0]);

	return process ? process->session : -ESRCH;
}

int64_t linux_setsid(struct task *task, const uint64_t arguments[6])
{
	struct process *process = task->process;

	(void)arguments;
	for (const struct process *other = processes; other; other = other->next)
		if (other->group == process->id)
			return -EPERM;
	process->session = process->group = process->id;
	process->terminal = NULL;
	return process->id;
}
