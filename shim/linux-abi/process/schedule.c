/* SPDX-License-Identifier: MIT */
/*
 * sched_*(2) but affinity and yielding (process/limits.c), and personality(2). Programs are equals that take turns (SCHED_OTHER), or go before these (process/real_time.h). SCHED_BATCH, SCHED_IDLE and niceness, which are wishes, are kept and told, and
 * have no effect. SCHED_DEADLINE would be a promise that nobody keeps: it is EPERM.
 */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "process/real_time.h"
#include "time/convert.h"

#define TURN_NS 5000000ull /* how long one runs while others want to: the kernel's TIME_SLICE_NS */
#define RESET_ON_FORK 0x40000000 /* SCHED_RESET_ON_FORK */

static struct task *task_named(struct task *task, uint64_t id)
{
	return (int32_t)id ? task_find((int32_t)id) : task;
}

/* Whether niceness is part of a policy. */
static bool policy_is_nice(uint32_t policy)
{
	return policy == LINUX_SCHED_OTHER || policy == LINUX_SCHED_BATCH;
}

/* What a task is to be, as struct sched_attr has it. */
struct wanted {
	bool keep_policy; /* and what its children begin with */
	bool keep_all;    /* policy and niceness */
	bool resets;      /* its children begin without what is better than equal */
	uint32_t policy;
	int64_t priority;
	int64_t nice;
};

/* Whether what is wanted needs CAP_SYS_NICE. */
static bool is_privileged(const struct task *task, const struct task *of, const struct wanted *wanted)
{
	uint64_t most = of->process->limits[LINUX_RLIMIT_RTPRIO][0];

	if (policy_is_nice(wanted->policy) && wanted->nice < of->process->nice && 20 - wanted->nice > (int64_t)of->process->limits[LINUX_RLIMIT_NICE][0])
		return true;
	if (policy_is_real_time(wanted->policy) && wanted->policy != of->policy && !most)
		return true;
	if (policy_is_real_time(wanted->policy) && wanted->priority > of->real_time && (uint64_t)wanted->priority > most)
		return true;
	if (of->policy == LINUX_SCHED_IDLE && wanted->policy != LINUX_SCHED_IDLE && 20 - of->process->nice > (int64_t)of->process->limits[LINUX_RLIMIT_NICE][0])
		return true;
	return !is_same_owner(task, of) || (of->policy_resets && !wanted->resets);
}

static int64_t policy_set(const struct task *task, struct task *of, struct wanted wanted)
{
	int64_t error = 0;

	if (wanted.keep_policy) {
		wanted.policy = of->policy;
		wanted.resets = of->policy_resets;
	}
	if (wanted.policy > LINUX_SCHED_DEADLINE || wanted.policy == LINUX_SCHED_ISO)
		return -EINVAL;
	if (policy_is_real_time(wanted.policy) ? wanted.priority < 1 || wanted.priority > REAL_TIME_MOST : wanted.priority != 0)
		return -EINVAL;
	if (wanted.policy == LINUX_SCHED_DEADLINE)
		return -EPERM;
	if (is_privileged(task, of, &wanted) && !task_may(task, LINUX_CAP_SYS_NICE))
		return -EPERM;
	if (!wanted.keep_all)
		error = real_time_set(of, wanted.policy, (uint32_t)wanted.priority);
	if (error)
		return error;
	of->policy_resets = wanted.resets;
	if (!wanted.keep_all && policy_is_nice(wanted.policy))
		of->process->nice = (int32_t)wanted.nice;
	return 0;
}

int64_t linux_sched_setscheduler(struct task *task, const uint64_t arguments[6])
{
	struct wanted wanted = {.policy = (uint32_t)arguments[1] & ~(uint32_t)RESET_ON_FORK, .resets = arguments[1] & RESET_ON_FORK};
	struct linux_sched_param parameters;
	struct task *of;

	if ((int32_t)arguments[1] < 0 || !arguments[2] || (int32_t)arguments[0] < 0)
		return -EINVAL;
	if (user_get(task->memory, &parameters, arguments[2]) != 0)
		return -EFAULT;
	of = task_named(task, arguments[0]);
	if (!of)
		return -ESRCH;
	wanted.priority = parameters.sched_priority;
	wanted.nice = of->process->nice;
	return policy_set(task, of, wanted);
}

int64_t linux_sched_setparam(struct task *task, const uint64_t arguments[6])
{
	struct linux_sched_param parameters;
	struct task *of;

	if (!arguments[1] || (int32_t)arguments[0] < 0)
		return -EINVAL;
	if (user_get(task->memory, &parameters, arguments[1]) != 0)
		return -EFAULT;
	of = task_named(task, arguments[0]);
	return of ? policy_set(task, of, (struct wanted){.keep_policy = true, .priority = parameters.sched_priority, .nice = of->process->nice}) : -ESRCH;
}

int64_t linux_sched_getscheduler(struct task *task, const uint64_t arguments[6])
{
	const struct task *of = task_named(task, arguments[0]);

	if ((int32_t)arguments[0] < 0)
		return -EINVAL;
	return of ? of->policy | (of->policy_resets ? RESET_ON_FORK : 0) : -ESRCH;
}

#define ATTRIBUTES_LEAST 48 /* SCHED_ATTR_SIZE_VER0 */
#define FLAGS_CLAMP (LINUX_SCHED_FLAG_UTIL_CLAMP_MIN | LINUX_SCHED_FLAG_UTIL_CLAMP_MAX)
#define FLAGS_KNOWN \
	(LINUX_SCHED_FLAG_RESET_ON_FORK | LINUX_SCHED_FLAG_RECLAIM | LINUX_SCHED_FLAG_DL_OVERRUN | LINUX_SCHED_FLAG_KEEP_POLICY | LINUX_SCHED_FLAG_KEEP_PARAMS | FLAGS_CLAMP)

/* Reads struct sched_attr, whose first member is its size. One that is too long or too short is told the right one. */
static int64_t attributes_read(struct task *task, uint64_t address, struct linux_sched_attr *attributes)
{
	const uint32_t known = sizeof(*attributes);
	uint32_t bytes;
	int error;

	if (user_get(task->memory, &bytes, address) != 0)
		return -EFAULT;
	if (!bytes)
		bytes = ATTRIBUTES_LEAST;
	error = bytes < ATTRIBUTES_LEAST ? -E2BIG : user_read_grown(task->memory, attributes, sizeof(*attributes), address, bytes);
	if (error == -E2BIG)
		(void)user_put(task->memory, address, &known); /* the error stays what it is, as on Linux */
	if (!error && attributes->sched_flags & FLAGS_CLAMP && bytes < sizeof(*attributes))
		error = -EINVAL;
	return error;
}

/* The runtime of a deadline fits into the deadline, and that into the period. */
static bool deadline_is_valid(const struct linux_sched_attr *attributes)
{
	uint64_t period = attributes->sched_period ? attributes->sched_period : attributes->sched_deadline;

	return attributes->sched_deadline && attributes->sched_runtime >= 1024 && attributes->sched_runtime <= attributes->sched_deadline && attributes->sched_deadline <= period && !(period >> 63);
}

static int64_t nice_clamp(int64_t nice)
{
	return nice < -20 ? -20 : nice > 19 ? 19 : nice;
}

int64_t linux_sched_setattr(struct task *task, const uint64_t arguments[6])
{
	struct linux_sched_attr attributes;
	struct wanted wanted;
	struct task *of;
	int64_t error;
	bool keeps;

	if (!arguments[1] || (int32_t)arguments[0] < 0 || (uint32_t)arguments[2])
		return -EINVAL;
	error = attributes_read(task, arguments[1], &attributes);
	if (error)
		return error;
	if ((int32_t)attributes.sched_policy < 0)
		return -EINVAL;
	of = task_named(task, arguments[0]);
	if (!of)
		return -ESRCH;
	keeps = attributes.sched_flags & LINUX_SCHED_FLAG_KEEP_PARAMS;
	wanted = (struct wanted){
		.keep_all = keeps,
		.keep_policy = attributes.sched_flags & LINUX_SCHED_FLAG_KEEP_POLICY,
		.resets = attributes.sched_flags & LINUX_SCHED_FLAG_RESET_ON_FORK,
		.policy = attributes.sched_policy,
		.priority = keeps ? of->real_time : attributes.sched_priority,
		.nice = keeps ? of->process->nice : nice_clamp(attributes.sched_nice),
	};
	if (attributes.sched_flags & ~(uint64_t)FLAGS_KNOWN || (wanted.policy == LINUX_SCHED_DEADLINE && !deadline_is_valid(&attributes)))
		return -EINVAL;
	if (attributes.sched_flags & FLAGS_CLAMP)
		return -EOPNOTSUPP; /* as a Linux without CONFIG_UCLAMP_TASK */
	return policy_set(task, of, wanted);
}

int64_t linux_sched_getattr(struct task *task, const uint64_t arguments[6])
{
	uint32_t bytes = (uint32_t)arguments[2];
	struct linux_sched_attr attributes = {.size = bytes < sizeof(attributes) ? bytes : sizeof(attributes)};
	const struct task *of;

	if (!arguments[1] || (int32_t)arguments[0] < 0 || bytes > PAGE_SIZE || bytes < ATTRIBUTES_LEAST || (uint32_t)arguments[3])
		return -EINVAL;
	of = task_named(task, arguments[0]);
	if (!of)
		return -ESRCH;
	attributes.sched_policy = of->policy;
	attributes.sched_flags = of->policy_resets ? LINUX_SCHED_FLAG_RESET_ON_FORK : 0;
	if (of->real_time)
		attributes.sched_priority = of->real_time;
	else
		attributes.sched_nice = of->process->nice;
	return user_write(task->memory, arguments[1], &attributes, attributes.size);
}

int64_t linux_sched_getparam(struct task *task, const uint64_t arguments[6])
{
	struct linux_sched_param parameters;
	const struct task *of;

	if (!arguments[1] || (int32_t)arguments[0] < 0)
		return -EINVAL;
	of = task_named(task, arguments[0]);
	if (!of)
		return -ESRCH;
	parameters = (struct linux_sched_param){.sched_priority = of->real_time};
	return user_put(task->memory, arguments[1], &parameters);
}

static int64_t priority_limit(uint64_t policy, int64_t real_time)
{
	if (policy > LINUX_SCHED_DEADLINE || policy == LINUX_SCHED_ISO)
		return -EINVAL;
	return policy_is_real_time((uint32_t)policy) ? real_time : 0;
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
	const struct task *of = task_named(task, arguments[0]);
	struct time_value turn;

	if ((int32_t)arguments[0] < 0)
		return -EINVAL;
	if (!of)
		return -ESRCH;
	turn = time_of_ns(of->policy == LINUX_SCHED_FIFO ? 0 : TURN_NS, NS_PER_SECOND); /* 0: it has no end by itself */
	return user_put(task->memory, arguments[1], &turn);
}

/*
 * There is one execution domain, whose numbers say nothing but what uname(2) calls the machine; and no randomness in where things lie, so to ask for none changes nothing. Some flags are about calls that 64-bit programs do not have, on Linux too.
 * What would need other mappings is refused.
 */
#define PERSONALITY_REFUSED (LINUX_ADDR_COMPAT_LAYOUT | LINUX_READ_IMPLIES_EXEC)
int64_t linux_personality(struct task *task, const uint64_t arguments[6])
{
	uint32_t wanted = (uint32_t)arguments[0], old = task->process->personality;

	if (wanted == UINT32_MAX)
		return old;
	if (wanted & PERSONALITY_REFUSED)
		return -EINVAL;
	task->process->personality = wanted;
	return old;
}
