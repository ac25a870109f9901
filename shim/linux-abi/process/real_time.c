/* SPDX-License-Identifier: MIT */
/*
 * The kernel's priorities of real-time tasks, and what they may use together (process/real_time.h).
 *
 * Priorities are chosen anew for all such tasks when one joins or changes, and when they are held back or let go. Between that the order of those that stay is right, whoever leaves.
 */
#include "process/real_time.h"

#include "lib/clock.h"
#include "process/usage.h"

#define LEVELS (HOST_PRIORITY_MOST - HOST_PRIORITY_FIRST + 1)
#define NS_PER_US 1000
#define STEP_NS 1000000ull /* between two looks at what has been used */

int64_t real_time_runtime_us = 950000, real_time_period_us = 1000000;

static uint32_t members; /* tasks with such a policy */

/* The time that members have run: the sum of what each has, and what is to be added for those that have left, and taken off for what they had when they joined. */
static uint64_t used_by_others;

static struct {
	struct timer timer;
	bool held;             /* until the period ends they are equals of all others */
	uint64_t end;          /* of the period */
	uint64_t used_at_first; /* members_used() when it began */
} period;

/* The priorities that are in use: a bit for each. */
struct used {
	uint64_t bits[2];
};

static struct used priorities_used(void)
{
	struct used used = {{0, 0}};

	for (const struct process *process = processes; process; process = process->next)
		for (const struct task *task = process->tasks; task; task = task->next_in_process)
			used.bits[task->real_time / 64] |= 1ull << task->real_time % 64;
	return used;
}

static uint8_t level_of(const struct used *used, unsigned priority)
{
	unsigned above = 0;

	for (unsigned i = priority + 1; i <= REAL_TIME_MOST; i++)
		above += used->bits[i / 64] >> i % 64 & 1;
	return above < LEVELS ? (uint8_t)(HOST_PRIORITY_MOST - above) : HOST_PRIORITY_FIRST;
}

/* Gives every task its kernel's priority. Without a log that takes records nothing changes: the next time does it. */
static void levels_set(void)
{
	struct used used = priorities_used();

	for (const struct process *process = processes; process && host_may_change(); process = process->next)
		for (const struct task *task = process->tasks; task; task = task->next_in_process)
			if (task->host && task->real_time)
				host_thread_prioritize(task->host, period.held ? HOST_PRIORITY : level_of(&used, task->real_time));
}

static uint64_t members_used(void)
{
	uint64_t sum = used_by_others;

	for (const struct process *process = processes; process; process = process->next)
		for (const struct task *task = process->tasks; task; task = task->next_in_process)
			if (task->host && task->real_time)
				sum += task_user_ns(task);
	return sum;
}

static void period_begin(uint64_t now)
{
	bool held = period.held;

	period.held = false;
	if (held)
		levels_set();
	period.end = now + (uint64_t)real_time_period_us * NS_PER_US;
	period.used_at_first = members_used();
}

/* Looks whether they have used what they may; when not, again when they can have. */
static void looked(struct timer *timer)
{
	uint64_t now = clock_now(), used, budget, next;

	if (now >= period.end || real_time_runtime_us < 0)
		period_begin(now);
	used = members_used() - period.used_at_first;
	budget = real_time_runtime_us < 0 ? UINT64_MAX : (uint64_t)real_time_runtime_us * NS_PER_US;
	next = period.end;
	if (used >= budget && !period.held) {
		period.held = true;
		levels_set();
	} else if (used < budget && budget - used < period.end - now) {
		next = now + (budget - used > STEP_NS ? budget - used : STEP_NS);
	}
	timer_start(timer, next < period.end ? next : period.end);
}

static void member_join(const struct task *task)
{
	used_by_others -= task_user_ns(task);
	if (members++)
		return;
	period.timer.expired = looked;
	period.end = 0;
	timer_start(&period.timer, clock_now());
}

static void member_leave(const struct task *task)
{
	used_by_others += task_user_ns(task);
	if (--members)
		return;
	timer_stop(&period.timer);
	period.held = false;
}

int real_time_set(struct task *task, uint32_t policy, uint32_t priority)
{
	uint8_t before = task->real_time;

	if (!task->host)
		return -ESRCH;
	if ((before || priority) && !host_may_change())
		return -EAGAIN;
	task->policy = (uint8_t)policy;
	task->real_time = (uint8_t)priority;
	if (!before && priority)
		member_join(task);
	if (before && !priority) {
		member_leave(task);
		host_thread_prioritize(task->host, HOST_PRIORITY);
	}
	if (priority && priority != before)
		levels_set();
	return 0;
}

void real_time_inherit(struct task *task, const struct task *parent)
{
	bool resets = parent->policy_resets && parent->real_time;

	task->policy = resets ? LINUX_SCHED_OTHER : parent->policy;
	if (!parent->real_time || resets)
		return;
	task->real_time = parent->real_time;
	member_join(task);
	if (host_may_change())
		host_thread_prioritize(task->host, parent->host->priority);
}

void real_time_leave(struct task *task)
{
	if (task->real_time)
		member_leave(task);
	task->real_time = 0;
}
