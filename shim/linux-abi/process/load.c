/* SPDX-License-Identifier: MIT */
/* The load of the system (process/load.h). */
#include "process/load.h"

#include "lib/clock.h"
#include "process/task.h"
#include "process/usage.h"
#include "time/convert.h"

#define PERIOD (5 * NS_PER_SECOND)
#define ONE (1u << LOAD_BITS)
#define PERIODS_MOST 1000 /* more than that leave nothing of an average of before */

static uint64_t averages[LOAD_PERIODS];
static uint64_t looked_at;   /* the end of the last period, ns */
static uint64_t busy_before; /* what programs had used by the last look, ns */

static uint32_t tasks_count(bool waiting_for_disk)
{
	uint32_t count = 0;

	for (const struct process *process = processes; process; process = process->next)
		for (const struct task *task = process->tasks; task && !process->stopped; task = task->next_in_process)
			count += waiting_for_disk ? task->waits && task->waiting != WAIT_INTERRUPTIBLE : !task->waits;
	return count;
}

uint32_t tasks_running(void)
{
	return tasks_count(false);
}

/* One period in which so many were active, in parts of ONE. */
static void period_pass(uint64_t active)
{
	static const uint32_t kept[LOAD_PERIODS] = {1884, 2014, 2037}; /* of ONE: e to the power of -5 s by the period */

	for (unsigned i = 0; i < LOAD_PERIODS; i++)
		averages[i] = (averages[i] * kept[i] + active * (ONE - kept[i]) + (active >= averages[i] ? ONE - 1 : 0)) / ONE;
}

void load_look(void)
{
	uint64_t now = clock_now(), passed = now - looked_at, periods = passed / PERIOD, used, active;
	struct usage_times times;

	if (!periods)
		return;
	times = usage_all();
	used = times.user_ns + times.system_ns > busy_before ? times.user_ns + times.system_ns - busy_before : 0; /* who has ended unheard takes his with him */
	active = tasks_count(false) * (used < passed ? used * ONE / passed : ONE) + tasks_count(true) * ONE;
	busy_before = times.user_ns + times.system_ns;
	looked_at += periods * PERIOD;
	for (periods = periods < PERIODS_MOST ? periods : PERIODS_MOST; periods; periods--)
		period_pass(active);
}

const uint64_t *load_averages(void)
{
	load_look();
	return averages;
}
