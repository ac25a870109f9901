/* SPDX-License-Identifier: MIT */
/*
 * Signals to the owner of an open file (file/sigio.h). With O_ASYNC there is a waiter in the file's queue, which stays there until the flag or the file goes; each time it is woken, the file's operation `told` says for which events the owner is told,
 * and it is told of each by a signal of its own, as far as who became the owner could have sent one.
 */
#include "file/sigio.h"

#include "abi/linux/structures.h"
#include "mm/slab.h"
#include "mm/user.h"
#include "signal/send.h"

struct sigio {
	struct waiter waiter; /* the first member: one is found by the other */
	struct description *description;
	int32_t number;
};

static struct slab structures = SLAB(struct sigio);

/* What siginfo tells of an event of poll(). That data is urgent is told by SIGURG besides, and so by this signal only if F_SETSIG has named one. */
static const struct reason {
	uint32_t event;
	int32_t code;
	uint32_t band;
} reasons[] = {
	{LINUX_POLLPRI, LINUX_POLL_PRI, LINUX_POLLPRI | LINUX_POLLRDBAND},
	{LINUX_POLLIN, LINUX_POLL_IN, LINUX_POLLIN | LINUX_POLLRDNORM},
	{LINUX_POLLOUT, LINUX_POLL_OUT, LINUX_POLLOUT | LINUX_POLLWRNORM | LINUX_POLLWRBAND},
	{LINUX_POLLHUP, LINUX_POLL_HUP, LINUX_POLLHUP | LINUX_POLLERR},
};

/* sigio_perm of Linux. */
static bool may_tell(const struct file_owner *owner, const struct task *target)
{
	const struct credentials *credentials = target->credentials;

	return !owner->effective_user || owner->effective_user == credentials->saved_user || owner->effective_user == credentials->user || owner->user == credentials->saved_user || owner->user == credentials->user;
}

/* A task, or a process when that is null, to which a signal goes, with what SIGIO's siginfo tells of the file. */
struct told {
	struct process *process;
	struct task *task;
	const struct file_owner *owner;
	int32_t file;
};

static int signal_to(const struct told *told, const struct signal_information *information)
{
	return told->task ? signal_send_task(told->task, information) : signal_send_process(told->process, information);
}

/* The signal that F_SETSIG names, with what has happened; or SIGIO, with nothing, if none is named or its queue is full. Without a reason SIGURG. */
static void target_tell(const struct told *told, const struct reason *reason)
{
	const int32_t number = told->owner->signal;
	bool specific = number == LINUX_SIGILL || number == LINUX_SIGFPE || number == LINUX_SIGSEGV || number == LINUX_SIGBUS || number == LINUX_SIGTRAP || number == LINUX_SIGCHLD || number == LINUX_SIGSYS;
	const struct signal_information plain = {.number = reason ? LINUX_SIGIO : LINUX_SIGURG, .code = LINUX_SI_KERNEL};

	if (!may_tell(told->owner, told->task ? told->task : process_task(told->process)))
		return;
	if (reason && number) {
		const struct signal_information named = {.number = number, .code = specific ? LINUX_SI_SIGIO : reason->code, .band = reason->band, .file = told->file};

		if (!signal_to(told, &named))
			return;
	}
	if (!reason || number || reason->code != LINUX_POLL_PRI)
		(void)signal_to(told, &plain);
}

static void owner_tell(const struct file_owner *owner, int32_t file, const struct reason *reason)
{
	struct told told = {.task = owner->type == LINUX_F_OWNER_TID ? task_find(owner->id) : NULL, .owner = owner, .file = file};

	if (!owner->id)
		return;
	if (told.task) {
		told.process = told.task->process;
		target_tell(&told, reason);
	}
	for (struct process *process = processes; process && owner->type != LINUX_F_OWNER_TID; process = process->next)
		if ((owner->type == LINUX_F_OWNER_PGRP ? process->group : process->id) == owner->id && !process->zombie && process_task(process)) {
			told.process = process;
			target_tell(&told, reason);
		}
}

void owner_tell_urgent(const struct description *description)
{
	owner_tell(&description->owner, 0, NULL);
}

void owner_tell_message(const struct description *description, int32_t number)
{
	static const struct reason reason = {.code = LINUX_POLL_MSG, .band = LINUX_POLLIN | LINUX_POLLRDNORM | LINUX_POLLMSG};

	owner_tell(&description->owner, number, &reason);
}

static void sigio_notified(struct waiter *waiter, uint32_t events)
{
	const struct sigio *sigio = (const struct sigio *)waiter;
	uint32_t told = sigio->description->operations->told(sigio->description, events);

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (told & reasons[i].event)
			owner_tell(&sigio->description->owner, sigio->number, &reasons[i]);
}

int sigio_switch(struct task *task, struct description *description, uint64_t number, bool on)
{
	struct wait_queue *queue;

	if (!description->operations->told)
		return 0;
	if (!on) {
		sigio_end(description);
		description->flags &= ~(uint32_t)LINUX_FASYNC;
		return 0;
	}
	if (!description->sigio) {
		description->sigio = slab_take(&structures);
		if (!description->sigio)
			return -ENOMEM;
		description->sigio->waiter.notify = sigio_notified;
		description->sigio->description = description;
		(void)description_poll(task, description, &queue);
		queue_join(queue, &description->sigio->waiter, NULL);
	}
	description->sigio->number = (int32_t)number;
	description->flags |= LINUX_FASYNC;
	return 0;
}

void sigio_end(struct description *description)
{
	if (!description->sigio)
		return;
	queue_leave(&description->sigio->waiter);
	slab_return(&structures, description->sigio);
	description->sigio = NULL;
}

/* Who is the owner. */

static void owner_become(const struct task *task, struct file_owner *owner, int32_t id, uint32_t type)
{
	owner->id = id;
	owner->type = type;
	owner->user = task->credentials->user;
	owner->effective_user = task->credentials->effective_user;
}

void owner_become_first(const struct task *task, struct description *description)
{
	if (!description->owner.id)
		owner_become(task, &description->owner, task->process->id, LINUX_F_OWNER_PID);
}

static int64_t owner_set(struct task *task, struct description *description, int32_t who)
{
	if (who == INT32_MIN)
		return -EINVAL;
	if (who && !id_is_used(who < 0 ? -who : who))
		return -ESRCH;
	owner_become(task, &description->owner, who < 0 ? -who : who, who < 0 ? LINUX_F_OWNER_PGRP : LINUX_F_OWNER_PID);
	return 0;
}

static int64_t owner_set_ex(struct task *task, struct description *description, uint64_t address)
{
	struct linux_f_owner_ex owner;

	if (user_get(task->memory, &owner, address))
		return -EFAULT;
	if (owner.type < LINUX_F_OWNER_TID || owner.type > LINUX_F_OWNER_PGRP)
		return -EINVAL;
	if (owner.pid && !id_is_used(owner.pid))
		return -ESRCH;
	owner_become(task, &description->owner, owner.pid, (uint32_t)owner.type);
	return 0;
}

static int32_t owner_get(const struct description *description)
{
	const struct file_owner *owner = &description->owner;

	return owner->type == LINUX_F_OWNER_PGRP ? -owner->id : owner->id;
}

static int64_t owner_get_ex(struct task *task, const struct description *description, uint64_t address)
{
	struct linux_f_owner_ex owner = {.type = (int32_t)description->owner.type, .pid = description->owner.id};

	return user_put(task->memory, address, &owner);
}

static int64_t owner_get_users(struct task *task, const struct description *description, uint64_t address)
{
	uint32_t users[2] = {description->owner.user, description->owner.effective_user};

	return user_put(task->memory, address, &users);
}

static int64_t signal_set(struct description *description, uint64_t number)
{
	if (number > SIGNALS)
		return -EINVAL;
	description->owner.signal = (int32_t)number;
	return 0;
}

int64_t owner_control(struct task *task, struct description *description, uint64_t command, uint64_t argument)
{
	switch (command) {
	case LINUX_F_SETOWN:
		return owner_set(task, description, (int32_t)argument);
	case LINUX_F_GETOWN:
		return owner_get(description);
	case LINUX_F_SETOWN_EX:
		return owner_set_ex(task, description, argument);
	case LINUX_F_GETOWN_EX:
		return owner_get_ex(task, description, argument);
	case LINUX_F_GETOWNER_UIDS:
		return owner_get_users(task, description, argument);
	case LINUX_F_SETSIG:
		return signal_set(description, argument);
	case LINUX_F_GETSIG:
		return description->owner.signal;
	default:
		return -ENOSYS;
	}
}

int64_t owner_ioctl(struct task *task, struct description *description, uint64_t request, uint64_t argument)
{
	int32_t who = owner_get(description);

	switch (request) {
	case LINUX_FIOSETOWN:
	case LINUX_SIOCSPGRP:
		return user_get(task->memory, &who, argument) ? -EFAULT : owner_set(task, description, who);
	case LINUX_FIOGETOWN:
	case LINUX_SIOCGPGRP:
		return user_put(task->memory, argument, &who);
	default:
		return -ENOTTY;
	}
}
