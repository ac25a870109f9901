/* SPDX-License-Identifier: MIT */
/* Clocks and sleeping: clock_gettime(2), gettimeofday(2), time(2), nanosleep(2), clock_nanosleep(2), getitimer(2), setitimer(2), alarm(2), clock_settime(2), settimeofday(2), restart_syscall(2). */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "lib/clock.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "process/usage.h"
#include "signal/send.h"
#include "time/convert.h"
#include "time/cpu_timer.h"
#include "time/interval.h"
#include "vdso/vdso.h"

#define US_PER_SECOND 1000000ull

/* CPU-time clocks of other processes and tasks: ~id << 3 | kind (clock_getcpuclockid(3)). */
#define CPU_CLOCK_TASK 4
#define CPU_CLOCK_KIND 3

static int cpu_clock_read(const struct task *task, int32_t clock, uint64_t *ns)
{
	int32_t id = ~(clock >> 3);
	const struct task *of = id ? task_find(id) : task;

	if ((clock & CPU_CLOCK_KIND) == CPU_CLOCK_KIND || !of)
		return -EINVAL;
	*ns = clock & CPU_CLOCK_TASK ? task_cpu_ns(of) : process_cpu_ns(of->process);
	return 0;
}

/* What a clock says. */
static int clock_read(const struct task *task, int32_t clock, uint64_t *ns)
{
	if (clock < 0)
		return cpu_clock_read(task, clock, ns);
	switch (clock) {
	case LINUX_CLOCK_REALTIME:
	case LINUX_CLOCK_REALTIME_COARSE:
	case LINUX_CLOCK_REALTIME_ALARM:
	case LINUX_CLOCK_TAI:
		*ns = vdso_wall_now();
		return 0;
	case LINUX_CLOCK_MONOTONIC:
	case LINUX_CLOCK_MONOTONIC_RAW:
	case LINUX_CLOCK_MONOTONIC_COARSE:
	case LINUX_CLOCK_BOOTTIME:
	case LINUX_CLOCK_BOOTTIME_ALARM:
		*ns = clock_now();
		return 0;
	case LINUX_CLOCK_PROCESS_CPUTIME_ID:
		*ns = process_cpu_ns(task->process);
		return 0;
	case LINUX_CLOCK_THREAD_CPUTIME_ID:
		*ns = task_cpu_ns(task);
		return 0;
	default:
		return -EINVAL;
	}
}

int64_t linux_clock_gettime(struct task *task, const uint64_t arguments[6])
{
	struct time_value time;
	uint64_t ns;
	int error = clock_read(task, (int32_t)arguments[0], &ns);

	if (error)
		return error;
	time = time_of_ns(ns, NS_PER_SECOND);
	return user_put(task->memory, arguments[1], &time);
}

int64_t linux_clock_getres(struct task *task, const uint64_t arguments[6])
{
	const struct time_value resolution = {0, 1};
	uint64_t ns;
	int error = clock_read(task, (int32_t)arguments[0], &ns);

	if (error || !arguments[1])
		return error;
	return user_put(task->memory, arguments[1], &resolution);
}

int64_t linux_gettimeofday(struct task *task, const uint64_t arguments[6])
{
	struct time_value time = time_of_ns(vdso_wall_now(), US_PER_SECOND);
	const struct linux_timezone zone = {0};

	if (arguments[0] && user_put(task->memory, arguments[0], &time) != 0)
		return -EFAULT;
	return arguments[1] ? user_put(task->memory, arguments[1], &zone) : 0;
}

int64_t linux_time(struct task *task, const uint64_t arguments[6])
{
	int64_t seconds = (int64_t)(vdso_wall_now() / NS_PER_SECOND);

	if (arguments[0] && user_put(task->memory, arguments[0], &seconds) != 0)
		return -EFAULT;
	return seconds;
}

/* Sleeps until a deadline of the monotonic clock. 0 or -ERESTARTSYS. */
static int sleep_until(struct task *task, uint64_t deadline)
{
	int error;

	while ((error = task_wait(task, WAIT_INTERRUPTIBLE, deadline)) == 0)
		;
	return error == -ETIMEDOUT ? 0 : error;
}

/* A relative sleep that a signal has ended: tells what is left of it. It goes on, without a handler, to the same deadline. */
static int64_t sleep_interrupted(struct task *task, uint64_t deadline, uint64_t rest_at)
{
	uint64_t now = clock_now();
	struct time_value rest = time_of_ns(deadline > now ? deadline - now : 0, NS_PER_SECOND);

	task->restart_deadline = deadline;
	if (rest_at && user_put(task->memory, rest_at, &rest) != 0)
		return -EFAULT;
	return -ERESTART_RESTARTBLOCK;
}

/* The deadline of a sleep: the one before, when it is made again after a signal without a handler. */
static int64_t sleep(struct task *task, uint64_t time_at, uint64_t rest_at)
{
	uint64_t deadline = task->restart_deadline;
	int64_t error = deadline ? 0 : deadline_read(task->memory, time_at, &deadline);

	task->restart_deadline = 0;
	if (error)
		return error;
	error = sleep_until(task, deadline);
	return error ? sleep_interrupted(task, deadline, rest_at) : 0;
}

int64_t linux_nanosleep(struct task *task, const uint64_t arguments[6])
{
	return sleep(task, arguments[0], arguments[1]);
}

/* An absolute time of a clock as a deadline of the monotonic one. */
static uint64_t absolute_deadline(const struct task *task, int32_t clock, uint64_t ns)
{
	uint64_t now = 0;

	(void)!clock_read(task, clock, &now); /* it was read before */
	return clock_now() + (ns > now ? ns - now : 0);
}

int64_t linux_clock_nanosleep(struct task *task, const uint64_t arguments[6])
{
	int32_t clock = (int32_t)arguments[0];
	struct time_value time;
	uint64_t ns;

	if (clock_read(task, clock, &ns) != 0)
		return -EINVAL;
	if (clock == LINUX_CLOCK_THREAD_CPUTIME_ID || clock == LINUX_CLOCK_MONOTONIC_RAW || clock == LINUX_CLOCK_REALTIME_COARSE || clock == LINUX_CLOCK_MONOTONIC_COARSE)
		return -EOPNOTSUPP;
	if ((clock == LINUX_CLOCK_REALTIME_ALARM || clock == LINUX_CLOCK_BOOTTIME_ALARM) && !task_may(task, LINUX_CAP_WAKE_ALARM))
		return -EPERM;
	if (!(arguments[1] & LINUX_TIMER_ABSTIME))
		return sleep(task, arguments[2], arguments[3]);
	if (user_get(task->memory, &time, arguments[2]) != 0)
		return -EFAULT;
	if (!time_to_ns(&time, NS_PER_SECOND, &ns))
		return -EINVAL;
	return sleep_until(task, absolute_deadline(task, clock, ns)) ? -ERESTARTNOHAND : 0;
}

/*
 * Interval timers. ITIMER_REAL is a timer of the loop; the other two count CPU time. A periodic one stands still while its signal is pending, as on Linux, and then expires no sooner than INTERVAL_STEP_NS later: between two signals the
 * program comes to something of its own.
 */
#define INTERVAL_STEP_NS 100000ull

static void interval_expired(struct timer *timer)
{
	struct process *process = (struct process *)((char *)timer - offsetof(struct process, interval));

	(void)signal_send_process(process, &(struct signal_information){.number = LINUX_SIGALRM, .code = LINUX_SI_KERNEL});
}

void interval_taken(struct process *process)
{
	uint64_t earliest = clock_now() + INTERVAL_STEP_NS, next = process->interval.deadline + process->interval_ns;

	if (process->interval_ns && !timer_is_started(&process->interval))
		timer_start(&process->interval, next > earliest ? next : earliest);
}

static uint64_t interval_left(const struct process *process)
{
	uint64_t now = clock_now();

	if (!timer_is_started(&process->interval))
		return 0;
	return process->interval.deadline > now ? process->interval.deadline - now : 1000;
}

static void interval_set(struct process *process, uint64_t value, uint64_t interval)
{
	process->interval_ns = interval;
	process->interval.expired = interval_expired;
	if (value)
		timer_start(&process->interval, clock_now() + value);
	else
		timer_stop(&process->interval);
}

int64_t linux_alarm(struct task *task, const uint64_t arguments[6])
{
	uint64_t left = interval_left(task->process);

	interval_set(task->process, (uint32_t)arguments[0] * NS_PER_SECOND, 0);
	return (int64_t)((left + NS_PER_SECOND / 2) / NS_PER_SECOND ? (left + NS_PER_SECOND / 2) / NS_PER_SECOND : left != 0);
}

/* The other two count the CPU time of the process: in user mode alone, or all of it. */
static uint64_t cpu_interval_now(const struct cpu_interval *interval)
{
	return interval == &interval->process->virtual ? process_user_ns(interval->process) : process_cpu_ns(interval->process);
}

static void cpu_interval_expired(struct timer *timer)
{
	struct cpu_interval *interval = (struct cpu_interval *)timer;
	uint64_t now = cpu_interval_now(interval);

	if (now < interval->due) {
		cpu_timer_look(timer, now, interval->due);
		return;
	}
	if (interval->interval) {
		interval->due += ((now - interval->due) / interval->interval + 1) * interval->interval;
		cpu_timer_look(timer, now, interval->due);
	}
	(void)signal_send_process(interval->process, &(struct signal_information){.number = interval->signal, .code = LINUX_SI_KERNEL});
}

static struct cpu_interval *cpu_interval_of(struct process *process, uint64_t which)
{
	return which == LINUX_ITIMER_VIRTUAL ? &process->virtual : &process->profile;
}

static uint64_t cpu_interval_left(const struct cpu_interval *interval)
{
	uint64_t now;

	if (!timer_is_started(&interval->timer))
		return 0;
	now = cpu_interval_now(interval);
	return interval->due > now ? interval->due - now : 1000;
}

static void cpu_interval_set(struct process *process, uint64_t which, uint64_t value, uint64_t period)
{
	struct cpu_interval *interval = cpu_interval_of(process, which);
	uint64_t now;

	timer_stop(&interval->timer);
	interval->timer.expired = cpu_interval_expired;
	interval->process = process;
	now = cpu_interval_now(interval);
	interval->signal = which == LINUX_ITIMER_VIRTUAL ? LINUX_SIGVTALRM : LINUX_SIGPROF;
	interval->interval = period;
	interval->due = now + value;
	if (value)
		cpu_timer_look(&interval->timer, now, interval->due);
}

static int64_t interval_tell(struct task *task, uint64_t which, uint64_t address)
{
	struct process *process = task->process;
	bool real = which == LINUX_ITIMER_REAL;
	uint64_t period = real ? process->interval_ns : cpu_interval_of(process, which)->interval;
	uint64_t left = real ? interval_left(process) : cpu_interval_left(cpu_interval_of(process, which));
	struct time_value values[2] = {time_of_ns(period, US_PER_SECOND), time_of_ns(left, US_PER_SECOND)};

	return user_write(task->memory, address, values, sizeof(values));
}

int64_t linux_getitimer(struct task *task, const uint64_t arguments[6])
{
	if ((uint32_t)arguments[0] > LINUX_ITIMER_PROF)
		return -EINVAL;
	return interval_tell(task, (uint32_t)arguments[0], arguments[1]);
}

int64_t linux_setitimer(struct task *task, const uint64_t arguments[6])
{
	struct time_value values[2] = {{0, 0}, {0, 0}};
	uint64_t interval, value, which = (uint32_t)arguments[0];
	int64_t error = 0;

	if (arguments[1] && user_read(task->memory, values, arguments[1], sizeof(values)) != 0)
		return -EFAULT;
	if (which > LINUX_ITIMER_PROF || !time_to_ns(&values[0], US_PER_SECOND, &interval) || !time_to_ns(&values[1], US_PER_SECOND, &value))
		return -EINVAL;
	if (arguments[2])
		error = interval_tell(task, which, arguments[2]);
	if (error)
		return error;
	if (which == LINUX_ITIMER_REAL)
		interval_set(task->process, value, interval);
	else
		cpu_interval_set(task->process, which, value, interval);
	return 0;
}

/* Setting clocks. The time of day is platform's, which the personality can only read: nobody here has the right, whatever his capabilities. */
int64_t linux_clock_settime(struct task *task, const uint64_t arguments[6])
{
	struct time_value time;
	uint64_t ns;

	if ((int32_t)arguments[0] != LINUX_CLOCK_REALTIME)
		return -EINVAL;
	if (user_get(task->memory, &time, arguments[1]) != 0)
		return -EFAULT;
	return time_to_ns(&time, NS_PER_SECOND, &ns) ? -EPERM : -EINVAL;
}

int64_t linux_settimeofday(struct task *task, const uint64_t arguments[6])
{
	struct time_value time = {0, 0};
	struct linux_timezone zone;
	uint64_t ns;

	if (!arguments[0] && !arguments[1])
		return task_may(task, LINUX_CAP_SYS_TIME) ? 0 : -EPERM;
	if (arguments[0] && user_get(task->memory, &time, arguments[0]) != 0)
		return -EFAULT;
	if (!time_to_ns(&time, US_PER_SECOND, &ns))
		return -EINVAL;
	if (arguments[1] && user_get(task->memory, &zone, arguments[1]) != 0)
		return -EFAULT;
	return -EPERM;
}

/* Calls that go on after a signal are made anew with what is left of them; nothing is ever left for this one. */
int64_t linux_restart_syscall(struct task *task, const uint64_t arguments[6])
{
	(void)task, (void)arguments;
	return -EINTR;
}
