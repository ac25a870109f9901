/* SPDX-License-Identifier: MIT */
/* Limits of CPU time (time/cpu_limit.h): when the next one is reached, and what a process that has reached it is sent. */
#include "time/cpu_limit.h"

#include "abi/linux/constants.h"
#include "process/usage.h"
#include "signal/send.h"
#include "time/convert.h"
#include "time/cpu_timer.h"

#define LONGEST_NS (UINT64_MAX / 4) /* no process comes to as much */

static uint64_t ns_of(uint64_t seconds)
{
	return seconds < LONGEST_NS / NS_PER_SECOND ? seconds * NS_PER_SECOND : LONGEST_NS;
}

static void limit_tell(struct process *process, int signal)
{
	(void)signal_send_process(process, &(struct signal_information){.number = signal, .code = LINUX_SI_KERNEL}); /* no real-time signal: there is room */
}

static void looked(struct timer *timer)
{
	struct process *process = (struct process *)((char *)timer - offsetof(struct process, cpu_limit));
	uint64_t *limit = process->limits[LINUX_RLIMIT_CPU], now = process_cpu_ns(process);

	if (now >= ns_of(limit[1])) {
		limit_tell(process, LINUX_SIGKILL);
		return;
	}
	if (now >= ns_of(limit[0])) {
		limit_tell(process, LINUX_SIGXCPU);
		limit[0]++; /* as Linux has it, and getrlimit tells it */
	}
	cpu_limit_watch(process);
}

void cpu_limit_watch(struct process *process)
{
	uint64_t soft = process->limits[LINUX_RLIMIT_CPU][0];

	process->cpu_limit.expired = looked;
	if (soft == UINT64_MAX)
		timer_stop(&process->cpu_limit);
	else
		cpu_timer_look(&process->cpu_limit, process_cpu_ns(process), ns_of(soft));
}

void cpu_limit_end(struct process *process)
{
	timer_stop(&process->cpu_limit);
}
