/* SPDX-License-Identifier: MIT */
/*
 * prctl(2): what a process or a task says about itself. What belongs to a task: its name, its timer slack, its credentials (securebits, the bounding and ambient sets, no_new_privs). What belongs to its process: PDEATHSIG, dumpable,
 * the subreaper. An option of another machine, or of a feature that is not there, is EINVAL, as in Linux.
 */
#include "abi/linux/constants.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/life.h"
#include "process/layout.h"
#include "process/permission.h"
#include "seccomp/filter.h"

#define TSC_ENABLE 1 /* PR_TSC_ENABLE: programs may read the time-stamp counter */
#define CAPABILITY_LAST LINUX_CAP_CHECKPOINT_RESTORE
#define SECURE_LOCKS (LINUX_SECBIT_NOROOT_LOCKED | LINUX_SECBIT_NO_SETUID_FIXUP_LOCKED | LINUX_SECBIT_KEEP_CAPS_LOCKED | LINUX_SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)
#define SECURE_BITS (LINUX_SECBIT_NOROOT | LINUX_SECBIT_NO_SETUID_FIXUP | LINUX_SECBIT_KEEP_CAPS | LINUX_SECBIT_NO_CAP_AMBIENT_RAISE)

/* Puts a changed copy of the task's credentials into force. */
static int64_t credentials_put(struct task *task, const struct credentials *changed)
{
	struct credentials *copy = credentials_copy(changed);

	if (!copy)
		return -ENOMEM;
	credentials_set(task, copy);
	return 0;
}

static int64_t name_set(struct task *task, uint64_t address)
{
	char name[sizeof(task->name)] = {0};
	int64_t length = user_text(task->memory, name, address, sizeof(name) - 1);

	if (length < 0 && length != -ENAMETOOLONG) /* longer ones are cut */
		return length;
	name[sizeof(name) - 1] = '\0';
	memcpy(task->name, name, sizeof(name));
	if (task->id == task->process->id)
		memcpy(task->process->command, name, sizeof(name));
	return 0;
}

static int64_t death_signal_set(struct process *process, uint64_t number)
{
	if (number > SIGNALS)
		return -EINVAL;
	process->death_signal = (int)number;
	return 0;
}

static int64_t dumpable_set(struct process *process, uint64_t value)
{
	if (value > 1)
		return -EINVAL;
	process->dumpable = (uint8_t)value; /* 2 is for the system alone */
	return 0;
}

static int64_t keep_capabilities_set(struct task *task, uint64_t value)
{
	struct credentials changed = *task->credentials;

	if (value > 1)
		return -EINVAL;
	if (changed.secure_bits & LINUX_SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	changed.secure_bits = value ? changed.secure_bits | LINUX_SECBIT_KEEP_CAPS : changed.secure_bits & ~(uint32_t)LINUX_SECBIT_KEEP_CAPS;
	return credentials_put(task, &changed);
}

/* A bit that is locked cannot be changed, a lock cannot be opened; each lock is the bit above what it locks. */
static int64_t secure_bits_set(struct task *task, uint64_t bits)
{
	struct credentials changed = *task->credentials;
	uint64_t locked = changed.secure_bits & SECURE_LOCKS, fixed = locked | locked >> 1;

	if (bits & ~(uint64_t)(SECURE_BITS | SECURE_LOCKS) || (bits ^ changed.secure_bits) & fixed || !task_may(task, LINUX_CAP_SETPCAP))
		return -EPERM;
	changed.secure_bits = (uint32_t)bits;
	return credentials_put(task, &changed);
}

static int64_t bounding_drop(struct task *task, uint64_t capability)
{
	struct credentials changed = *task->credentials;

	if (!task_may(task, LINUX_CAP_SETPCAP))
		return -EPERM;
	if (capability > CAPABILITY_LAST)
		return -EINVAL;
	changed.bounding &= ~(1ull << capability);
	return credentials_put(task, &changed);
}

static int64_t ambient_raise(struct task *task, uint64_t bit)
{
	struct credentials changed = *task->credentials;

	if (!(changed.permitted & changed.inheritable & bit) || changed.secure_bits & LINUX_SECBIT_NO_CAP_AMBIENT_RAISE)
		return -EPERM;
	changed.ambient |= bit;
	return credentials_put(task, &changed);
}

static int64_t ambient_lower(struct task *task, uint64_t bits)
{
	struct credentials changed = *task->credentials;

	changed.ambient &= ~bits;
	return credentials_put(task, &changed);
}

static int64_t ambient_control(struct task *task, const uint64_t arguments[6])
{
	uint64_t what = arguments[1], capability = arguments[2];

	if (arguments[3] || arguments[4])
		return -EINVAL;
	if (what == LINUX_PR_CAP_AMBIENT_CLEAR_ALL)
		return capability ? -EINVAL : ambient_lower(task, ~0ull);
	if (capability > CAPABILITY_LAST)
		return -EINVAL;
	switch (what) {
	case LINUX_PR_CAP_AMBIENT_IS_SET:
		return task->credentials->ambient >> capability & 1;
	case LINUX_PR_CAP_AMBIENT_RAISE:
		return ambient_raise(task, 1ull << capability);
	case LINUX_PR_CAP_AMBIENT_LOWER:
		return ambient_lower(task, 1ull << capability);
	default:
		return -EINVAL;
	}
}

static int64_t privileges_forgo(struct task *task, const uint64_t arguments[6])
{
	struct credentials changed = *task->credentials;

	if (arguments[1] != 1 || arguments[2] || arguments[3] || arguments[4])
		return -EINVAL;
	changed.no_new_privileges = true;
	return credentials_put(task, &changed);
}

static int64_t filter_set(struct task *task, const uint64_t arguments[6])
{
	if (arguments[1] == LINUX_SECCOMP_MODE_STRICT)
		return call_filter_strict(task);
	return arguments[1] == LINUX_SECCOMP_MODE_FILTER ? call_filter_add(task, 0, arguments[2]) : -EINVAL;
}

/* Options that set something. `known` is false for others. */
static int64_t option_set(struct task *task, const uint64_t arguments[6], bool *known)
{
	struct process *process = task->process;

	switch ((int32_t)arguments[0]) {
	case LINUX_PR_SET_NAME:
		return name_set(task, arguments[1]);
	case LINUX_PR_SET_PDEATHSIG:
		return death_signal_set(process, arguments[1]);
	case LINUX_PR_SET_DUMPABLE:
		return dumpable_set(process, arguments[1]);
	case LINUX_PR_SET_KEEPCAPS:
		return keep_capabilities_set(task, arguments[1]);
	case LINUX_PR_SET_SECUREBITS:
		return secure_bits_set(task, arguments[1]);
	case LINUX_PR_CAPBSET_DROP:
		return bounding_drop(task, arguments[1]);
	case LINUX_PR_SET_NO_NEW_PRIVS:
		return privileges_forgo(task, arguments);
	case LINUX_PR_SET_SECCOMP:
		return filter_set(task, arguments);
	case LINUX_PR_SET_CHILD_SUBREAPER:
		process->child_subreaper = arguments[1];
		return 0;
	case LINUX_PR_SET_TSC: /* to forbid reading the time-stamp counter is not built */
		return arguments[1] == TSC_ENABLE ? 0 : -EINVAL;
	case LINUX_PR_SET_MM:
		return layout_set(task, arguments[1], arguments[2], arguments[3], arguments[4]);
	case LINUX_PR_SET_TIMERSLACK:
		task->timer_slack = (int64_t)arguments[1] > 0 ? arguments[1] : task->timer_slack_first;
		return 0;
	default:
		*known = false;
		return -EINVAL;
	}
}

/* A number that is told at an address. */
static int64_t tell(struct task *task, uint64_t address, int32_t value)
{
	return user_put(task->memory, address, &value);
}

static int64_t option_get(struct task *task, const uint64_t arguments[6])
{
	const struct credentials *credentials = task->credentials;
	bool rest = arguments[1] || arguments[2] || arguments[3] || arguments[4];

	switch ((int32_t)arguments[0]) {
	case LINUX_PR_GET_NAME:
		return user_put(task->memory, arguments[1], &task->name);
	case LINUX_PR_GET_PDEATHSIG:
		return tell(task, arguments[1], task->process->death_signal);
	case LINUX_PR_GET_DUMPABLE:
		return task->process->dumpable;
	case LINUX_PR_GET_KEEPCAPS:
		return !!(credentials->secure_bits & LINUX_SECBIT_KEEP_CAPS);
	case LINUX_PR_GET_SECUREBITS:
		return credentials->secure_bits;
	case LINUX_PR_CAPBSET_READ:
		return arguments[1] > CAPABILITY_LAST ? -EINVAL : (int64_t)(credentials->bounding >> arguments[1] & 1);
	case LINUX_PR_GET_NO_NEW_PRIVS:
		return rest ? -EINVAL : credentials->no_new_privileges;
	case LINUX_PR_GET_SECCOMP:
		return task->filter_mode;
	case LINUX_PR_GET_CHILD_SUBREAPER:
		return tell(task, arguments[1], task->process->child_subreaper);
	case LINUX_PR_GET_TIMERSLACK:
		return (int64_t)timer_slack_of(task);
	case LINUX_PR_GET_TSC:
		return tell(task, arguments[1], TSC_ENABLE);
	case LINUX_PR_GET_TIMING:
		return 0; /* PR_TIMING_STATISTICAL */
	case LINUX_PR_CAP_AMBIENT:
		return ambient_control(task, arguments);
	default:
		return -EINVAL;
	}
}

int64_t linux_prctl(struct task *task, const uint64_t arguments[6])
{
	bool known = true;
	int64_t result = option_set(task, arguments, &known);

	return known ? result : option_get(task, arguments);
}
