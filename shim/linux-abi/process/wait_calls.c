/* SPDX-License-Identifier: MIT */
/* wait4(2), waitid(2): waiting for children that ended, stopped or went on. */
#include "abi/linux/constants.h"
#include "file/description.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/life.h"
#include "process/pidfd.h"
#include "process/usage.h"
#include "process/wanted.h"
#include "ptrace/stops.h"
#include "signal/send.h"

static bool is_wanted(const struct process *child, const struct wanted *wanted)
{
	bool clone = child->exit_signal != LINUX_SIGCHLD;

	if (!traced_by_parent(child) && !(wanted->options & LINUX___WALL) && clone != !!(wanted->options & LINUX___WCLONE))
		return false;
	if (wanted->kind == WANT_PROCESS)
		return child->id == wanted->id;
	return wanted->kind == WANT_ANY || child->group == wanted->id;
}

/* Whether a child has something to tell, and takes that unless it is only asked (WNOWAIT). */
static bool child_tells(struct process *child, const struct wanted *wanted, struct found *found)
{
	bool keep = wanted->options & LINUX_WNOWAIT;

	found->process = child->id;
	found->user = child->user;
	if (child->zombie && wanted->options & LINUX_WEXITED && (!child->traced || traced_by_parent(child))) {
		found->status = child->exit_status;
		found->code = ended_code(child->exit_status);
		usage_tell(child, true, &found->usage);
		if (!keep) {
			usage_inherit(child->parent, child);
			process_reap(child);
		}
		return true;
	}
	if (child->stopped && !child->stop_reported && wanted->options & LINUX_WSTOPPED && !traced_by_parent(child)) {
		found->status = child->stop_signal << 8 | 0x7f;
		found->code = LINUX_CLD_STOPPED;
		child->stop_reported = !keep;
		usage_tell(child, false, &found->usage);
		return true;
	}
	if (child->continued && wanted->options & LINUX_WCONTINUED) {
		found->status = 0xffff;
		found->code = LINUX_CLD_CONTINUED;
		child->continued = keep;
		usage_tell(child, false, &found->usage);
		return true;
	}
	return false;
}

/* One look: 1 = found, 0 = nothing yet, -ECHILD = there is nobody to wait for. */
static int children_look(struct task *task, const struct wanted *wanted, struct found *found)
{
	struct process *process = task->process;
	bool some = false;

	for (struct process *child = process->children, *next; child; child = next) {
		next = child->sibling;
		if (!is_wanted(child, wanted))
			continue;
		some = true;
		if (child_tells(child, wanted, found))
			return 1;
	}
	if (traced_all && tracees_look(task, wanted, found, &some))
		return 1;
	return some ? 0 : -ECHILD;
}

static int64_t children_wait(struct task *task, const struct wanted *wanted, struct found *found)
{
	struct waiter waiter = {0};
	int error = 0, looked;

	*found = (struct found){0};
	queue_join(&task->process->children_changed, &waiter, task);
	while ((looked = children_look(task, wanted, found)) == 0 && !error && !(wanted->options & LINUX_WNOHANG))
		error = wanted->again ? -EAGAIN : task_wait(task, WAIT_INTERRUPTIBLE, NEVER);
	queue_leave(&waiter);
	return looked ? looked : error;
}

int64_t linux_wait4(struct task *task, const uint64_t arguments[6])
{
	struct wanted wanted = {.kind = WANT_ANY, .options = (uint32_t)arguments[2]};
	int32_t id = (int32_t)arguments[0];
	struct found found;
	int64_t result;

	if (wanted.options & ~(uint64_t)(LINUX_WNOHANG | LINUX_WSTOPPED | LINUX_WCONTINUED | LINUX___WNOTHREAD | LINUX___WCLONE | LINUX___WALL))
		return -EINVAL;
	if (id == INT32_MIN)
		return -ESRCH;
	wanted.options |= LINUX_WEXITED;
	if (id > 0)
		wanted = (struct wanted){WANT_PROCESS, id, wanted.options, false};
	else if (id != -1)
		wanted = (struct wanted){WANT_GROUP, id ? -id : task->process->group, wanted.options, false};
	result = children_wait(task, &wanted, &found);
	if (result <= 0)
		return result;
	if (arguments[1] && user_put(task->memory, arguments[1], &found.status) != 0)
		return -EFAULT;
	if (arguments[3] && user_put(task->memory, arguments[3], &found.usage) != 0)
		return -EFAULT;
	return found.process;
}

/* P_PIDFD: the process that an open file names. */
static int64_t pidfd_wanted(struct task *task, struct wanted *wanted)
{
	struct description *description;
	const struct process *process;
	int error = wanted->id < 0 ? -EINVAL : pidfd_take(task, (uint32_t)wanted->id, &description);

	if (error)
		return error;
	process = pidfd_process(description);
	wanted->kind = WANT_PROCESS;
	wanted->id = process ? process->id : 0; /* nobody's */
	wanted->again = description->flags & LINUX_O_NONBLOCK;
	description_release(description);
	return 0;
}

static int64_t waitid_wanted(struct task *task, const uint64_t arguments[6], struct wanted *wanted)
{
	*wanted = (struct wanted){.kind = WANT_ANY, .id = (int32_t)arguments[1], .options = (uint32_t)arguments[3]};
	if (wanted->options & ~(uint64_t)(LINUX_WNOHANG | LINUX_WNOWAIT | LINUX_WEXITED | LINUX_WSTOPPED | LINUX_WCONTINUED | LINUX___WNOTHREAD | LINUX___WCLONE | LINUX___WALL) ||
	    !(wanted->options & (LINUX_WEXITED | LINUX_WSTOPPED | LINUX_WCONTINUED)))
		return -EINVAL;
	switch ((int)arguments[0]) {
	case LINUX_P_ALL:
		return 0;
	case LINUX_P_PID:
		wanted->kind = WANT_PROCESS;
		return wanted->id > 0 ? 0 : -EINVAL;
	case LINUX_P_PGID:
		wanted->kind = WANT_GROUP;
		if (!wanted->id)
			wanted->id = task->process->group;
		return wanted->id > 0 ? 0 : -EINVAL;
	case LINUX_P_PIDFD:
		return pidfd_wanted(task, wanted);
	default:
		return -EINVAL;
	}
}

int64_t linux_waitid(struct task *task, const uint64_t arguments[6])
{
	struct signal_information information = {0};
	struct wanted wanted;
	struct found found = {0};
	int64_t result = waitid_wanted(task, arguments, &wanted);

	if (!result)
		result = children_wait(task, &wanted, &found);
	if (result < 0)
		return result;
	if (result > 0) {
		information.number = LINUX_SIGCHLD;
		information.code = found.code;
		information.process = found.process;
		information.user = found.user;
		information.status = found.code == LINUX_CLD_EXITED ? found.status >> 8 & 0xff : found.code == LINUX_CLD_STOPPED || found.code == LINUX_CLD_TRAPPED ? found.status >> 8 : found.code == LINUX_CLD_CONTINUED ? LINUX_SIGCONT : found.status & 0x7f;
	}
	if (result > 0 && arguments[4] && user_put(task->memory, arguments[4], &found.usage) != 0)
		return -EFAULT;
	return arguments[2] ? user_put(task->memory, arguments[2], &information) : 0;
}

/* What SIGCHLD says of a change. */
static struct signal_information child_signal(const struct process *child)
{
	struct signal_information information = {.number = child->exit_signal};

	information.process = child->id;
	information.user = child->user;
	if (child->zombie) {
		information.code = ended_code(child->exit_status);
		information.status = ended_status(child->exit_status);
	} else {
		information.number = LINUX_SIGCHLD;
		information.code = child->stopped ? LINUX_CLD_STOPPED : LINUX_CLD_CONTINUED;
		information.status = child->stopped ? child->stop_signal : LINUX_SIGCONT;
	}
	return information;
}

void parent_tell(struct process *process)
{
	struct process *parent = process->parent;
	const struct signal_action *action;
	struct signal_information information = child_signal(process);
	bool unwanted;

	if (!parent || !parent->actions) {
		if (process->zombie)
			process_reap(process);
		return;
	}
	action = &parent->actions->action[LINUX_SIGCHLD - 1];
	unwanted = process->zombie && process->exit_signal == LINUX_SIGCHLD && (action->handler == LINUX_SIG_IGN || action->flags & LINUX_SA_NOCLDWAIT);
	if (information.number && !(process->stopped && action->flags & LINUX_SA_NOCLDSTOP))
		(void)signal_send_process(parent, &information); /* SIGCHLD is no real-time signal: it cannot be refused */
	if (unwanted)
		process_reap(process);
	queue_wake(&parent->children_changed, 0);
}
