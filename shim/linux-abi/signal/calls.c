/* SPDX-License-Identifier: MIT */
/* System calls about signals: sigaction(2), sigprocmask(2), sigreturn(2), sigaltstack(2), sigpending(2), sigsuspend(2), sigwaitinfo(2), rt_sigqueueinfo(2), kill(2), tkill(2), pause(2). */
#include "abi/linux/constants.h"
#include "lib/clock.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/life.h"
#include "process/permission.h"
#include "signal/frame.h"
#include "signal/send.h"
#include "time/convert.h"

#define SET_BYTES 8
#define STACK_BYTES_LEAST 2048 /* MINSIGSTKSZ */
#define ACTION_FLAGS                                                                                                                                                  \
	(LINUX_SA_NOCLDSTOP | LINUX_SA_NOCLDWAIT | LINUX_SA_SIGINFO | LINUX_SA_RESTORER | LINUX_SA_ONSTACK | LINUX_SA_RESTART | LINUX_SA_NODEFER | LINUX_SA_RESETHAND)

static bool number_is_valid(uint64_t number)
{
	return number >= 1 && number <= SIGNALS;
}

int64_t linux_rt_sigaction(struct task *task, const uint64_t arguments[6])
{
	struct signal_action *action, old, new;
	uint64_t number = (uint32_t)arguments[0];

	if (arguments[3] != SET_BYTES || !number_is_valid(number))
		return -EINVAL;
	action = &task->process->actions->action[number - 1];
	old = *action;
	if (arguments[1]) {
		if (user_get(task->memory, &new, arguments[1]) != 0)
			return -EFAULT;
		if (SIGNAL_BIT(number) & SIGNALS_UNBLOCKABLE)
			return -EINVAL;
		new.flags &= ACTION_FLAGS;
		new.mask &= ~SIGNALS_UNBLOCKABLE;
		*action = new;
		signals_ignore(task->process, (int)number);
	}
	return arguments[2] ? user_put(task->memory, arguments[2], &old) : 0;
}

int64_t linux_rt_sigprocmask(struct task *task, const uint64_t arguments[6])
{
	uint64_t old = task->signals.blocked, set;

	if (arguments[3] != SET_BYTES)
		return -EINVAL;
	if (arguments[1]) {
		if (user_get(task->memory, &set, arguments[1]) != 0)
			return -EFAULT;
		switch ((int)arguments[0]) {
		case LINUX_SIG_BLOCK:
			signals_block(task, old | set);
			break;
		case LINUX_SIG_UNBLOCK:
			signals_block(task, old & ~set);
			break;
		case LINUX_SIG_SETMASK:
			signals_block(task, set);
			break;
		default:
			return -EINVAL;
		}
	}
	return arguments[2] ? user_put(task->memory, arguments[2], &old) : 0;
}

int64_t linux_rt_sigreturn(struct task *task, const uint64_t arguments[6])
{
	(void)arguments;
	if (task->traced)
		host_thread_stop(task->host); /* until its tracer has seen the end of the call */
	if (!frame_pop(task)) {
		signal_force(task, &(struct signal_information){.number = LINUX_SIGSEGV, .code = LINUX_SI_KERNEL});
		return 0;
	}
	return call_end_resumed(task);
}

int64_t linux_sigaltstack(struct task *task, const uint64_t arguments[6])
{
	struct signal_stack old = task->alternate, new;
	const struct thread_image *image = host_thread_read(task->host, STATE_REGISTERS);
	uint64_t rsp = image ? image->registers.rsp : 0;
	bool inside = rsp > old.address && rsp - old.address <= old.bytes;

	if (arguments[0]) {
		if (user_get(task->memory, &new, arguments[0]) != 0)
			return -EFAULT;
		if (inside)
			return -EPERM;
		if (new.flags & ~(uint32_t)(LINUX_SS_DISABLE | LINUX_SS_ONSTACK | LINUX_SS_AUTODISARM))
			return -EINVAL;
		if (new.flags & LINUX_SS_DISABLE)
			new = (struct signal_stack){.flags = LINUX_SS_DISABLE};
		else if (new.bytes < STACK_BYTES_LEAST)
			return -ENOMEM;
		task->alternate = new;
	}
	if (!arguments[1])
		return 0;
	if (!old.bytes)
		old.flags = LINUX_SS_DISABLE;
	else if (inside)
		old.flags |= LINUX_SS_ONSTACK;
	old.padding = 0;
	return user_put(task->memory, arguments[1], &old);
}

int64_t linux_rt_sigpending(struct task *task, const uint64_t arguments[6])
{
	uint64_t set = signals_pending(task) & task->signals.blocked;

	if (arguments[1] > SET_BYTES)
		return -EINVAL;
	return user_write(task->memory, arguments[0], &set, arguments[1]);
}

/* Sets the mask until the call is over. */
static void mask_exchange(struct task *task, uint64_t mask)
{
	if (!task->mask_is_saved)
		task->saved_mask = task->signals.blocked;
	task->mask_is_saved = true;
	signals_block(task, mask);
}

int64_t signals_block_for_call(struct task *task, uint64_t address, uint64_t bytes)
{
	uint64_t mask;

	if (!address)
		return 0;
	if (bytes != SET_BYTES)
		return -EINVAL;
	if (user_get(task->memory, &mask, address) != 0)
		return -EFAULT;
	mask_exchange(task, mask);
	return 0;
}

int64_t linux_rt_sigsuspend(struct task *task, const uint64_t arguments[6])
{
	uint64_t set;

	if (arguments[1] != SET_BYTES)
		return -EINVAL;
	if (user_get(task->memory, &set, arguments[0]) != 0)
		return -EFAULT;
	mask_exchange(task, set);
	while (task_wait(task, WAIT_INTERRUPTIBLE, NEVER) == 0)
		;
	return -ERESTARTNOHAND;
}

int64_t linux_pause(struct task *task, const uint64_t arguments[6])
{
	(void)arguments;
	while (task_wait(task, WAIT_INTERRUPTIBLE, NEVER) == 0)
		;
	return -ERESTARTNOHAND;
}

/* Waits for one of a set of blocked signals. With no time for that it only looks: no other signal interrupts it then. */
static int take_wait(struct task *task, uint64_t set, uint64_t deadline, struct signal_information *information)
{
	struct waiter waiter = {0};
	int number, error = 0;

	queue_join(&task->process->signal_arrived, &waiter, task);
	while (!(number = signal_take(task, set, information)) && !error)
		error = deadline <= clock_now() ? -ETIMEDOUT : task_wait(task, WAIT_INTERRUPTIBLE, deadline);
	queue_leave(&waiter);
	if (number)
		return number;
	return error == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

int64_t linux_rt_sigtimedwait(struct task *task, const uint64_t arguments[6])
{
	struct signal_information information;
	uint64_t set, deadline = NEVER;
	int64_t error = 0;
	int number;

	if (arguments[3] != SET_BYTES)
		return -EINVAL;
	if (user_get(task->memory, &set, arguments[0]) != 0)
		return -EFAULT;
	if (arguments[2])
		error = deadline_read(task->memory, arguments[2], &deadline);
	if (error)
		return error;
	number = take_wait(task, set & ~SIGNALS_UNBLOCKABLE, deadline, &information);
	if (number > 0 && arguments[1] && user_put(task->memory, arguments[1], &information) != 0)
		return -EFAULT;
	return number;
}

struct signal_information signal_sent_by(const struct task *task, int number, int code)
{
	struct signal_information information = {.number = number, .code = code};

	information.process = task->process->id;
	information.user = task->credentials->user;
	return information;
}

/* To one process, if it is allowed; number 0 only asks. */
static int send_to(struct task *task, struct process *process, int number, int code)
{
	struct signal_information information = signal_sent_by(task, number, code);

	if (!may_signal(task, process, number))
		return -EPERM;
	return number ? signal_send_process(process, &information) : 0;
}

/* kill(2) of more than one process: of a group, or (0) of all but the first and one's own. */
static int64_t send_to_many(struct task *task, int32_t group, int number)
{
	int64_t result = -ESRCH;
	int error;

	for (struct process *process = processes; process; process = process->next) {
		if (group ? process->group != group : process->id == 1 || process == task->process)
			continue;
		error = send_to(task, process, number, LINUX_SI_USER);
		if (result != 0)
			result = error;
	}
	return group || result != -EPERM ? result : 0; /* for whom nobody may be told, all have been */
}

int64_t linux_kill(struct task *task, const uint64_t arguments[6])
{
	int32_t id = (int32_t)arguments[0];
	uint64_t number = (uint32_t)arguments[1];
	struct process *process;

	if (number > SIGNALS)
		return -EINVAL;
	if (id == -1)
		return send_to_many(task, 0, (int)number);
	if (id == INT32_MIN)
		return -ESRCH;
	if (id <= 0)
		return send_to_many(task, id ? -id : task->process->group, (int)number);
	process = process_reached(id);
	return process ? send_to(task, process, (int)number, LINUX_SI_USER) : -ESRCH;
}

static int64_t send_to_task(struct task *task, int32_t process, int32_t id, uint64_t number, const struct signal_information *information)
{
	struct task *to = task_find(id);

	if (id <= 0 || number > SIGNALS)
		return -EINVAL;
	if (!to || (process && to->process->id != process))
		return -ESRCH;
	if (!may_signal(task, to->process, (int)number))
		return -EPERM;
	return number ? signal_send_task(to, information) : 0;
}

int64_t linux_tkill(struct task *task, const uint64_t arguments[6])
{
	struct signal_information information = signal_sent_by(task, (int)arguments[1], LINUX_SI_TKILL);

	return send_to_task(task, 0, (int32_t)arguments[0], (uint32_t)arguments[1], &information);
}

int64_t linux_tgkill(struct task *task, const uint64_t arguments[6])
{
	struct signal_information information = signal_sent_by(task, (int)arguments[2], LINUX_SI_TKILL);

	if ((int32_t)arguments[0] <= 0)
		return -EINVAL;
	return send_to_task(task, (int32_t)arguments[0], (int32_t)arguments[1], (uint32_t)arguments[2], &information);
}

/* Reads the information that a process makes up. Only what the kernel itself never says, unless it is to itself. */
static int64_t information_read(struct task *task, uint64_t address, int32_t to, uint64_t number, struct signal_information *information)
{
	if (user_get(task->memory, information, address) != 0)
		return -EFAULT;
	information->number = (int32_t)number;
	if ((information->code >= 0 || information->code == LINUX_SI_TKILL) && to != task->id)
		return -EPERM;
	return 0;
}

int64_t linux_rt_sigqueueinfo(struct task *task, const uint64_t arguments[6])
{
	struct signal_information information;
	struct process *process = process_reached((int32_t)arguments[0]);
	int64_t error = information_read(task, arguments[2], (int32_t)arguments[0], (uint32_t)arguments[1], &information);

	if (error)
		return error;
	if ((uint32_t)arguments[1] > SIGNALS)
		return -EINVAL;
	if (!process)
		return -ESRCH;
	if (!may_signal(task, process, (int)arguments[1]))
		return -EPERM;
	return information.number ? signal_send_process(process, &information) : 0;
}

int64_t linux_rt_tgsigqueueinfo(struct task *task, const uint64_t arguments[6])
{
	struct signal_information information;
	int64_t error = user_get(task->memory, &information, arguments[3]);

	if (!error && ((int32_t)arguments[0] <= 0 || (int32_t)arguments[1] <= 0))
		error = -EINVAL;
	if (!error)
		error = information_read(task, arguments[3], (int32_t)arguments[1], (uint32_t)arguments[2], &information);
	return error ? error : send_to_task(task, (int32_t)arguments[0], (int32_t)arguments[1], (uint32_t)arguments[2], &information);
}
