/* SPDX-License-Identifier: MIT */
/*
 * sched_*(2) but affinity and yielding (process/limits.c), and personality(2). All programs are equals that take turns: that is SCHED_OTHER, which may be asked for and is what one is told. A real-time policy would be a promise that
 * nobody keeps: it is EPERM; a policy that Linux may be built without is EINVAL, as there.
 */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "time/convert.h"

#define TURN_NS 5000000ull /* how long one runs while others want to: the kernel's TIME_SLICE_NS */
#define REAL_TIME_MOST 99
#define RESET_ON_FORK 0x40000000 /* SCHED_RESET_ON_FORK: children begin as equals anyway */

static const struct task *task_named(const struct task *task, uint64_t id)
{
	return (int32_t)id ? task_find((int32_t)id) : task;
}

static bool is_real_time(uint64_t policy)
{
	return policy == LINUX_SCHED_FIFO || policy == LINUX_SCHED_RR;
}

/* Whether a policy with a priority is one that there is, and may be set. */
static int64_t policy_check(const struct task *task, const struct task *of, uint64_t policy, int64_t priority)
{
	if (policy > LINUX_SCHED_DEADLINE || policy == LINUX_SCHED_ISO)
		return -EINVAL;
	if (is_real_time(policy) ? priority < 1 || priority > REAL_TIME_MOST : priority != 0)
		return -EINVAL;
	if (policy == LINUX_SCHED_BATCH || policy == LINUX_SCHED_IDLE)
		return -EINVAL;
	if (policy != LINUX_SCHED_OTHER)
		return -EPERM;
	if (of->process->user != task->credentials->effective_user && !task_may(task, LINUX_CAP_SYS_NICE))
		return -EPERM;
	return 0;
}

int64_t linux_sched_setscheduler(struct task *task, const uint64_t arguments[6])
{
	uint64_t policy = (uint32_t)arguments[1] & ~(uint32_t)RESET_ON_FORK;
	struct linux_sched_param parameters;
	const struct task *of;

	if ((int32_t)arguments[1] < 0 || !arguments[2] || (int32_t)arguments[0] < 0)
		return -EINVAL;
	if (user_get(task->memory, &parameters, arguments[2]) != 0)
		return -EFAULT;
	of = task_named(task, arguments[0]);
	return of ? policy_check(task, of, policy, parameters.sched_priority) : -ESRCH;
}

int64_t linux_sched_setparam(struct task *task, const uint64_t arguments[6])
{
	struct linux_sched_param parameters;
	const struct task *of;

	if (!arguments[1] || (int32_t)arguments[0] < 0)
		return -EINVAL;
	if (user_get(task->memory, &parameters, arguments[1]) != 0)
		return -EFAULT;
	of = task_named(task, arguments[0]);
	return of ? policy_check(task, of, LINUX_SCHED_OTHER, parameters.sched_priority) : -ESRCH;
}

int64_t linux_sched_getscheduler(struct task *task, const uint64_t arguments[6])
{
	if ((int32_t)arguments[0] < 0)
		return -EINVAL;
	return task_named(task, arguments[0]) ? LINUX_SCHED_OTHER : -ESRCH;
}

int64_t linux_sched_getparam(struct task *task, const uint64_t arguments[6])
{
	const struct linux_sched_param parameters = {0};

	if (!arguments[1] || (int32_t)arguments[0] < 0)
		return -EINVAL;
	return task_named(task, arguments[0]) ? user_put(task->memory, arguments[1], &parameters) : -ESRCH;
}

static int64_t priority_limit(uint64_t policy, int64_t real_time)
{
	if (policy > LINUX_SCHED_DEADLINE || policy == LINUX_SCHED_ISO)
		return -EINVAL;
	return is_real_time(policy) ? real_time : 0;
}

int64_t linux_sched_get_priority_max(struct task *task, const uint64_t arguments[6])
{
	(void)task;
	return priority_limit((uint32_t)arguments[0], REAL_TIME_MOST);
}

int64_t linux_sched_get_priority_min(struct task *task, const uint64_t arguments[6])
{
	(void)task;
	return priority_limit((uint32_t)arguments[0], 1);
}

int64_t linux_sched_rr_get_interval(struct task *task, const uint64_t arguments[6])
{
	const struct time_value turn = time_of_ns(TURN_NS, NS_PER_SECOND);

	if ((int32_t)arguments[0] < 0)
		return -EINVAL;
	return task_named(task, arguments[0]) ? user_put(task->memory, arguments[1], &turn) : -ESRCH;
}

/* There is one execution domain, and no randomness in where things lie: to ask for none changes nothing, but is remembered. */
int64_t linux_personality(struct task *task, const uint64_t arguments[6])
{
	uint32_t wanted = (uint32_t)arguments[0], old = task->process->personality;

	if (wanted == UINT32_MAX)
		return old;
	if (wanted & ~(uint32_t)LINUX_ADDR_NO_RANDOMIZE)
		return -EINVAL;
	task->process->personality = wanted;
	return old;
}
