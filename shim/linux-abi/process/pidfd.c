/* SPDX-License-Identifier: MIT */
/*
 * Processes as open files (process/pidfd.h): pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2), and what clone(CLONE_PIDFD), waitid(P_PIDFD) and poll(2) have to do with them.
 *
 * All open files for one process lead to one *identity*, and the process knows it. Whichever goes first takes itself out.
 */
#include "process/pidfd.h"

#include "file/descriptors.h"
#include "file/description.h"
#include "mm/slab.h"
#include "mm/user.h"
#include "proc/proc.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "signal/send.h"

#define EVENTS_ENDED (LINUX_POLLIN | LINUX_POLLRDNORM)

struct identity {
	struct process *process; /* null: it has been waited for */
	uint32_t users;          /* open files */
	struct wait_queue ended;
};

static struct slab identities = SLAB(struct identity);

static bool has_ended(const struct identity *identity)
{
	return !identity->process || identity->process->zombie;
}

static uint32_t pidfd_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	struct identity *identity = description->data;

	(void)task;
	*queue = &identity->ended;
	return has_ended(identity) ? EVENTS_ENDED : 0;
}

static void pidfd_release(struct description *description)
{
	struct identity *identity = description->data;

	if (--identity->users)
		return;
	if (identity->process)
		identity->process->identity = NULL;
	slab_return(&identities, identity);
}

static const struct description_operations operations = {.kind = "[pidfd]", .poll = pidfd_poll, .release = pidfd_release};

struct description *pidfd_make(struct process *process, uint32_t flags)
{
	struct identity *identity = process && process->identity ? process->identity : slab_take(&identities);
	struct description *description = identity ? description_make(&operations, 0600, LINUX_O_RDWR | flags, FILESYSTEM_ANONYMOUS) : NULL;

	if (!description) {
		if (identity && !identity->users)
			slab_return(&identities, identity);
		return NULL;
	}
	identity->users++;
	description->data = identity;
	if (process)
		pidfd_name(description, process);
	return description;
}

void pidfd_name(struct description *description, struct process *process)
{
	struct identity *identity = description->data;

	identity->process = process;
	process->identity = identity;
}

int pidfd_take(struct task *task, uint64_t number, struct description **description)
{
	int error = descriptor_take(task, number, description);

	if (!error && (*description)->operations != &operations) {
		description_release(*description);
		error = -EBADF;
	}
	return error;
}

struct process *pidfd_process(const struct description *description)
{
	return ((const struct identity *)description->data)->process;
}

int pidfd_find(struct task *task, uint64_t number, struct process **process)
{
	struct description *description;
	int error = pidfd_take(task, number, &description);

	if (error)
		return error;
	*process = pidfd_process(description);
	description_release(description);
	return *process ? 0 : -ESRCH;
}

int pidfd_wait(struct task *task, const struct description *description)
{
	struct identity *identity = description->data;
	struct waiter waiter = {0};
	int error = 0;

	queue_join(&identity->ended, &waiter, task);
	while (!has_ended(identity) && !error)
		error = task_wait(task, WAIT_KILLABLE, NEVER);
	queue_leave(&waiter);
	return error;
}

void pidfd_ended(struct process *process)
{
	if (process->identity)
		queue_wake(&process->identity->ended, EVENTS_ENDED);
}

void pidfd_gone(struct process *process)
{
	if (process->identity)
		process->identity->process = NULL;
}

int64_t linux_pidfd_open(struct task *task, const uint64_t arguments[6])
{
	int32_t id = (int32_t)arguments[0];
	struct process *process = process_find(id);
	struct description *description;

	if ((uint32_t)arguments[1] & ~(uint32_t)LINUX_PIDFD_NONBLOCK || id <= 0)
		return -EINVAL;
	if (!process)
		return task_find(id) ? -EINVAL : -ESRCH; /* a thread that leads none */
	description = pidfd_make(process, (uint32_t)arguments[1]);
	return description ? descriptor_give(task, description, LINUX_O_CLOEXEC) : -ENOMEM;
}

/* Whom a signal is for: a pidfd, or a directory /proc/PID, which does as well here. -EBADF; -ESRCH. */
static int signalled_find(struct task *task, uint64_t number, struct process **process)
{
	struct description *description;
	int error = descriptor_take(task, number, &description);

	if (error)
		return error;
	if (description->operations == &operations)
		*process = pidfd_process(description);
	else if (!description->entry || !proc_is_directory_of(description->entry, process))
		error = -EBADF;
	description_release(description);
	return error || *process ? error : -ESRCH;
}

/* The information that goes with a signal: made up by the caller, or as kill(2) has it. */
static int64_t information_take(struct task *task, uint64_t address, const struct process *to, int number, struct signal_information *information)
{
	if (!address) {
		*information = signal_sent_by(task, number, LINUX_SI_USER);
		return 0;
	}
	if (user_get(task->memory, information, address) != 0)
		return -EFAULT;
	if (information->number != number)
		return -EINVAL;
	return (information->code >= 0 || information->code == LINUX_SI_TKILL) && to != task->process ? -EPERM : 0;
}

int64_t linux_pidfd_send_signal(struct task *task, const uint64_t arguments[6])
{
	int number = (int)arguments[1];
	struct signal_information information;
	struct process *process = NULL;
	int64_t error, found;

	if ((uint32_t)arguments[3])
		return -EINVAL;
	found = signalled_find(task, (uint32_t)arguments[0], &process);
	if (found == -EBADF)
		return found;
	error = information_take(task, arguments[2], process, number, &information);
	if (!error && !found)
		found = signalled_find(task, (uint32_t)arguments[0], &process); /* again: it may have gone while the information was waited for */
	if (error || found)
		return error ? error : found;
	if (number < 0 || number > SIGNALS)
		return -EINVAL;
	if (!may_signal(task, process, number))
		return -EPERM;
	return number ? signal_send_process(process, &information) : 0;
}

int64_t linux_pidfd_getfd(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	struct process *process;
	const struct task *of;
	int error;

	if ((uint32_t)arguments[2])
		return -EINVAL;
	error = pidfd_find(task, (uint32_t)arguments[0], &process);
	if (error)
		return error;
	of = process_task(process);
	if (!of)
		return -ESRCH;
	if (!may_inspect(task, of))
		return -EPERM;
	description = of->files ? descriptor_find(of->files, (uint32_t)arguments[1]) : NULL;
	if (!description)
		return -EBADF;
	description_hold(description);
	return descriptor_give(task, description, LINUX_O_CLOEXEC);
}
