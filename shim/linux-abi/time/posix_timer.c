/* SPDX-License-Identifier: MIT */
/*
 * timer_create(2), timer_settime(2), timer_gettime(2), timer_getoverrun(2), timer_delete(2).
 *
 * A timer that has expired has one signal pending at most. A periodic one stands still from then on, and goes on when the signal is taken: how many periods have passed in between is its overrun. So the shortest period costs no more
 * than its signals are taken. Where no signal can be pending (it is ignored, or nobody is left to take it), a periodic timer looks again no sooner than IGNORED_STEP_NS later.
 *
 * `deadline` is a time of the timer's clock: of CPU time, or of the monotonic clock, which stands for all others; an absolute time of day is converted when the timer is set.
 */
#include "time/posix_timer.h"

#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "lib/clock.h"
#include "mm/slab.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "process/usage.h"
#include "signal/send.h"
#include "time/convert.h"
#include "time/cpu_timer.h"
#include "vdso/vdso.h"

#define IGNORED_STEP_NS 4000000ull
#define OF_SELF(clock) ((uint32_t)(clock) >> 3 == UINT32_MAX >> 3) /* a CPU clock of the caller: ~0 << 3 | kind */
#define CPU_CLOCK_TASK 4
#define CPU_CLOCK_KIND 3

enum timer_by { BY_TIME, BY_PROCESS, BY_TASK };

struct posix_timer {
	struct timer timer; /* the first member: one is found by the other */
	struct posix_timer *next; /* of the process */
	struct process *process;
	int32_t id;
	int32_t clock;
	enum timer_by by;
	int32_t of;     /* the task whose CPU time it is */
	int32_t notify; /* SIGEV_* */
	int32_t signal;
	int32_t taker;  /* SIGEV_THREAD_ID */
	uint64_t value; /* of the signal */
	bool armed;
	bool pending;   /* its signal is: it stands still */
	uint64_t deadline, period;
	uint64_t overrun, overrun_told;
};

static struct slab timers = SLAB(struct posix_timer);

static uint64_t timer_now(const struct posix_timer *timer)
{
	const struct task *of = timer->by == BY_TASK ? task_find(timer->of) : NULL;

	if (timer->by == BY_PROCESS)
		return process_cpu_ns(timer->process);
	if (timer->by == BY_TASK)
		return of && of->process == timer->process ? task_cpu_ns(of) : 0;
	return clock_now();
}

static void timer_await(struct posix_timer *timer)
{
	if (timer->notify == LINUX_SIGEV_NONE)
		return; /* it is only ever asked */
	if (timer->by == BY_TIME)
		timer_start(&timer->timer, timer->deadline);
	else
		cpu_timer_look(&timer->timer, timer_now(timer), timer->deadline);
}

/* Moves the deadline of a periodic timer behind `now`. Returns the periods that are over. */
static uint64_t timer_forward(struct posix_timer *timer, uint64_t now)
{
	uint64_t periods = now >= timer->deadline ? (now - timer->deadline) / timer->period + 1 : 0;

	timer->deadline += periods * timer->period;
	return periods;
}

/* Sends the signal. Whether it is pending now. */
static bool timer_signal(struct posix_timer *timer)
{
	const struct signal_information information = {.number = timer->signal, .code = LINUX_SI_TIMER, .timer = timer->id, .timer_value = timer->value};
	struct task *taker = timer->notify == LINUX_SIGEV_THREAD_ID ? task_find(timer->taker) : NULL;
	int error = 0;

	if (timer->notify != LINUX_SIGEV_THREAD_ID)
		error = signal_send_process(timer->process, &information);
	else if (taker && taker->process == timer->process)
		error = signal_send_task(taker, &information);
	return !error && signal_timer_pends(timer->process, timer->id);
}

static void posix_timer_expired(struct timer *of)
{
	struct posix_timer *timer = (struct posix_timer *)of;
	uint64_t now = timer_now(timer);

	if (now < timer->deadline) {
		timer_await(timer);
		return;
	}
	timer->overrun = 0;
	timer->armed = timer->period;
	timer->pending = timer_signal(timer);
	if (timer->pending || !timer->period)
		return;
	(void)timer_forward(timer, now + (timer->period < IGNORED_STEP_NS ? IGNORED_STEP_NS : 0));
	timer_await(timer);
}

static struct posix_timer *timer_find(const struct process *process, uint64_t id)
{
	struct posix_timer *timer = process->timers;

	while (timer && timer->id != (int32_t)id)
		timer = timer->next;
	return timer;
}

void posix_timer_taken(struct process *process, struct signal_information *information)
{
	struct posix_timer *timer = timer_find(process, (uint64_t)information->timer);

	if (!timer || !timer->pending)
		return;
	timer->pending = false;
	if (timer->armed) {
		uint64_t periods = timer_forward(timer, timer_now(timer));

		timer->overrun += periods ? periods - 1 : 0;
		timer_await(timer);
	}
	timer->overrun_told = timer->overrun > INT32_MAX ? INT32_MAX : timer->overrun;
	information->overrun = (int32_t)timer->overrun_told;
}

void posix_timers_end(struct process *process)
{
	struct posix_timer *timer;

	while ((timer = process->timers) != NULL) {
		process->timers = timer->next;
		timer_stop(&timer->timer);
		slab_return(&timers, timer);
	}
	process->timer_count = process->timer_last = 0;
}

/* Which clock a timer is by. */
static int clock_choose(const struct task *task, struct posix_timer *timer)
{
	int32_t clock = timer->clock;

	timer->of = task->id;
	if (clock == LINUX_CLOCK_PROCESS_CPUTIME_ID || clock == LINUX_CLOCK_THREAD_CPUTIME_ID || (clock < 0 && OF_SELF(clock) && (clock & CPU_CLOCK_KIND) != CPU_CLOCK_KIND)) {
		timer->by = clock == LINUX_CLOCK_THREAD_CPUTIME_ID || (clock < 0 && clock & CPU_CLOCK_TASK) ? BY_TASK : BY_PROCESS;
		return 0;
	}
	switch (clock) {
	case LINUX_CLOCK_REALTIME:
	case LINUX_CLOCK_MONOTONIC:
	case LINUX_CLOCK_BOOTTIME:
	case LINUX_CLOCK_TAI:
		timer->by = BY_TIME;
		return 0;
	case LINUX_CLOCK_REALTIME_ALARM: /* a machine that never sleeps need not be woken */
	case LINUX_CLOCK_BOOTTIME_ALARM:
		timer->by = BY_TIME;
		return task_may(task, LINUX_CAP_WAKE_ALARM) ? 0 : -EPERM;
	case LINUX_CLOCK_MONOTONIC_RAW:
	case LINUX_CLOCK_REALTIME_COARSE:
	case LINUX_CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/* What a timer does when it expires, as the program says it. */
static int notice_choose(const struct task *task, struct posix_timer *timer, const struct linux_sigevent *event)
{
	const struct task *taker;

	timer->notify = event->notify;
	timer->signal = event->signo;
	timer->value = *(const uint64_t *)&event->value;
	switch (event->notify) {
	case LINUX_SIGEV_NONE:
		return 0;
	case LINUX_SIGEV_THREAD_ID:
		taker = task_find(event->thread);
		if (!taker || taker->process != task->process)
			return -EINVAL;
		timer->taker = event->thread;
		break;
	case LINUX_SIGEV_SIGNAL:
	case LINUX_SIGEV_THREAD: /* the library's business */
		break;
	default:
		return -EINVAL;
	}
	return event->signo >= 1 && event->signo <= SIGNALS ? 0 : -EINVAL;
}

static int timer_describe(struct task *task, const uint64_t arguments[6], struct posix_timer *timer)
{
	struct linux_sigevent event;
	int error;

	timer->clock = (int32_t)arguments[0];
	timer->process = task->process;
	timer->timer.expired = posix_timer_expired;
	if (arguments[1] && user_get(task->memory, &event, arguments[1]) != 0)
		return -EFAULT;
	error = clock_choose(task, timer);
	if (error)
		return error;
	if (task->process->timer_count >= task->process->limits[LINUX_RLIMIT_SIGPENDING][0])
		return -EAGAIN;
	timer->id = task->process->timer_last;
	task->process->timer_last = timer->id == INT32_MAX ? 0 : timer->id + 1;
	if (arguments[1])
		return notice_choose(task, timer, &event);
	timer->notify = LINUX_SIGEV_SIGNAL;
	timer->signal = LINUX_SIGALRM;
	timer->value = (uint64_t)timer->id;
	return 0;
}

int64_t linux_timer_create(struct task *task, const uint64_t arguments[6])
{
	struct posix_timer described = {0}, *timer;
	int error = timer_describe(task, arguments, &described);

	if (!error && user_put(task->memory, arguments[2], &described.id) != 0)
		error = -EFAULT;
	if (error)
		return error;
	timer = slab_take(&timers);
	if (!timer)
		return -EAGAIN;
	*timer = described;
	timer->next = task->process->timers;
	task->process->timers = timer;
	task->process->timer_count++;
	return 0;
}

/* What is left, and the period. A timer that has expired and is to go on tells its next time. */
static struct linux_itimerspec timer_value(struct posix_timer *timer)
{
	uint64_t now = timer_now(timer), left = 0;

	if (timer->armed && timer->period && (timer->pending || timer->notify == LINUX_SIGEV_NONE))
		timer->overrun += timer_forward(timer, now);
	if (timer->armed)
		left = timer->deadline > now ? timer->deadline - now : timer->notify != LINUX_SIGEV_NONE;
	return (struct linux_itimerspec){
		.it_interval = {.tv_sec = (int64_t)(timer->period / NS_PER_SECOND), .tv_nsec = (int64_t)(timer->period % NS_PER_SECOND)},
		.it_value = {.tv_sec = (int64_t)(left / NS_PER_SECOND), .tv_nsec = (int64_t)(left % NS_PER_SECOND)},
	};
}

int64_t linux_timer_gettime(struct task *task, const uint64_t arguments[6])
{
	struct posix_timer *timer = timer_find(task->process, arguments[0]);
	struct linux_itimerspec value;

	if (!timer)
		return -EINVAL;
	value = timer_value(timer);
	return user_put(task->memory, arguments[1], &value);
}

static bool ns_of(const struct linux_timespec *time, uint64_t *ns)
{
	return time_to_ns(&(struct time_value){time->tv_sec, time->tv_nsec}, NS_PER_SECOND, ns);
}

static void timer_set(struct posix_timer *timer, uint64_t first, uint64_t period, bool absolute)
{
	uint64_t now = timer_now(timer), wall = vdso_wall_now();

	timer_stop(&timer->timer);
	timer->pending = false;
	timer->overrun = timer->overrun_told = 0;
	timer->period = first ? period : 0;
	timer->armed = first;
	if (!first)
		return;
	if (!absolute)
		timer->deadline = now + first;
	else if (timer->by == BY_TIME && (timer->clock == LINUX_CLOCK_REALTIME || timer->clock == LINUX_CLOCK_TAI || timer->clock == LINUX_CLOCK_REALTIME_ALARM))
		timer->deadline = first > wall ? now + (first - wall) : now > wall - first ? now - (wall - first) : 0; /* periods that are over count */
	else
		timer->deadline = first;
	timer_await(timer);
}

int64_t linux_timer_settime(struct task *task, const uint64_t arguments[6])
{
	struct linux_itimerspec value, old;
	struct posix_timer *timer;
	uint64_t first, period;

	if (!arguments[2])
		return -EINVAL;
	if (user_get(task->memory, &value, arguments[2]) != 0)
		return -EFAULT;
	if (!ns_of(&value.it_value, &first) || !ns_of(&value.it_interval, &period))
		return -EINVAL;
	timer = timer_find(task->process, arguments[0]); /* not before: reading may wait */
	if (!timer)
		return -EINVAL;
	old = timer_value(timer);
	timer_set(timer, first, period, arguments[1] & LINUX_TIMER_ABSTIME);
	return arguments[3] ? user_put(task->memory, arguments[3], &old) : 0;
}

int64_t linux_timer_getoverrun(struct task *task, const uint64_t arguments[6])
{
	const struct posix_timer *timer = timer_find(task->process, arguments[0]);

	return timer ? (int64_t)timer->overrun_told : -EINVAL;
}

int64_t linux_timer_delete(struct task *task, const uint64_t arguments[6])
{
	struct posix_timer **at = &task->process->timers, *timer;

	while (*at && (*at)->id != (int32_t)arguments[0])
		at = &(*at)->next;
	timer = *at;
	if (!timer)
		return -EINVAL;
	*at = timer->next;
	task->process->timer_count--;
	timer_stop(&timer->timer);
	slab_return(&timers, timer);
	return 0;
}
