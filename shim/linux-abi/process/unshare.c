/* SPDX-License-Identifier: MIT */
/* unshare(2), setns(2): a task gets its own of what it has shared since clone(2). There are no namespaces but the one of each kind that all are in: a new one is refused as by a Linux that was built without them. */
#include "abi/linux/constants.h"
#include "file/description.h"
#include "file/descriptors.h"
#include "file/place.h"
#include "ipc/owner.h"
#include "process/handlers.h"
#include "process/permission.h"

#define NAMESPACES                                                                                                                                                                          \
	(LINUX_CLONE_NEWNS | LINUX_CLONE_NEWCGROUP | LINUX_CLONE_NEWUTS | LINUX_CLONE_NEWIPC | LINUX_CLONE_NEWUSER | LINUX_CLONE_NEWPID | LINUX_CLONE_NEWNET | LINUX_CLONE_NEWTIME)
#define OF_PROCESS (LINUX_CLONE_THREAD | LINUX_CLONE_SIGHAND | LINUX_CLONE_VM)
#define KNOWN (OF_PROCESS | LINUX_CLONE_FS | LINUX_CLONE_FILES | LINUX_CLONE_SYSVSEM | NAMESPACES)

static bool memory_is_own(const struct task *task)
{
	for (const struct process *process = processes; process; process = process->next)
		if (process != task->process && process_task(process) && process_task(process)->memory == task->memory)
			return false;
	return true;
}

/* Threads, actions and memory cannot be unshared: the flags ask whether they are the process's own already. */
static int flags_check(const struct task *task, uint64_t flags)
{
	const struct process *process = task->process;

	if (flags & ~(uint64_t)KNOWN)
		return -EINVAL;
	if (flags & (OF_PROCESS | LINUX_CLONE_NEWUSER) && process->task_count > 1)
		return -EINVAL;
	if (flags & (LINUX_CLONE_SIGHAND | LINUX_CLONE_VM) && process->actions->users > 1)
		return -EINVAL;
	if (flags & LINUX_CLONE_VM && !memory_is_own(task))
		return -EINVAL;
	if (flags & NAMESPACES)
		return flags & LINUX_CLONE_NEWUSER || task_may(task, LINUX_CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
	return 0;
}

static bool place_own(struct task *task)
{
	struct place *own, *shared = task->place;

	if (shared->users == 1)
		return true;
	own = place_copy(shared);
	if (!own)
		return false;
	task->place = own;
	place_release(shared);
	return true;
}

int64_t linux_unshare(struct task *task, const uint64_t arguments[6])
{
	uint64_t flags = arguments[0];
	int error = flags_check(task, flags);

	if (error)
		return error;
	if ((flags & LINUX_CLONE_FS && !place_own(task)) || (flags & LINUX_CLONE_FILES && !files_own(task)))
		return -ENOMEM;
	if (flags & LINUX_CLONE_SYSVSEM)
		semaphore_owner_leave(task);
	return 0;
}

/* No open file here is a namespace. */
int64_t linux_setns(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	int error = descriptor_take(task, (uint32_t)arguments[0], &description);

	if (error)
		return error;
	description_release(description);
	return -EINVAL;
}
