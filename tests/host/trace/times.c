/* SPDX-License-Identifier: MIT */
/* Samples of calls on clocks, timers and scheduling. */
#define _GNU_SOURCE
#include <linux/ioprio.h>
#define sched_param kernel_sched_param /* the C library has it too */
#include <linux/sched/types.h>
#undef sched_param
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>

#include "calls.h"

static void clock_samples(void)
{
	struct timespec time = {5, 999999999}, negative = {-1, -1};
	struct timeval value = {1700000000, 5};
	struct timezone zone = {-60, 1};
	struct timex adjustment = {.modes = ADJ_OFFSET | ADJ_TICK, .status = STA_UNSYNC, .tick = 10000, .time = {1700000000, 5}};
	time_t seconds = 1700000000;

	CALL(1700000000, time, NULL);
	CALL(1700000000, time, &seconds);
	CALL(0, gettimeofday, &value, NULL);
	CALL(0, gettimeofday, &value, &zone);
	CALL(0, settimeofday, &value, &zone);
	CALL(0, clock_gettime, CLOCK_MONOTONIC, &time);
	CALL(-EINVAL, clock_gettime, 99, &time);
	CALL(0, clock_gettime, -6, &time);
	CALL(0, clock_settime, CLOCK_REALTIME, &negative);
	CALL(0, clock_getres, CLOCK_BOOTTIME, NULL);
	CALL(0, nanosleep, &time, NULL);
	CALL(0, nanosleep, &time, &negative);
	CALL(-516, nanosleep, &time, &negative);
	CALL(-EINTR, nanosleep, &time, &negative);
	CALL(0, clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &time, &negative);
	CALL(-516, clock_nanosleep, CLOCK_REALTIME, 0, &time, &negative);
	CALL(-514, clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &time, &negative);
	CALL(5, adjtimex, &adjustment);
	CALL(0, clock_adjtime, CLOCK_REALTIME, &adjustment);
	CALL(-EPERM, adjtimex, &adjustment);
}

static void timer_samples(void)
{
	struct itimerval interval = {{1, 5}, {2, 0}}, old = {{0, 0}, {0, 1}};
	struct itimerspec spec = {{1, 5}, {2, 0}};
	struct sigevent signal = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM}, thread = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1}, none = {.sigev_notify = SIGEV_NONE}, function = {.sigev_notify = SIGEV_THREAD};
	int timer = 3;

	thread.sigev_value.sival_int = 7;
	CALL(0, alarm, 5);
	CALL(0, getitimer, ITIMER_REAL, &old);
	CALL(0, setitimer, ITIMER_VIRTUAL, &interval, &old);
	CALL(-EINVAL, setitimer, 5, NULL, &old);
	CALL(0, timer_create, CLOCK_MONOTONIC, &signal, &timer);
	CALL(0, timer_create, CLOCK_MONOTONIC, &thread, &timer);
	CALL(0, timer_create, CLOCK_MONOTONIC, &none, &timer);
	CALL(0, timer_create, CLOCK_MONOTONIC, &function, &timer);
	CALL(-EINVAL, timer_create, CLOCK_MONOTONIC, NULL, &timer);
	CALL(0, timer_settime, 0, TIMER_ABSTIME, &spec, NULL);
	CALL(0, timer_gettime, 0, &spec);
	CALL(2, timer_getoverrun, 0);
	CALL(0, timer_delete, 0);
	CALL(3, timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	CALL(0, timerfd_settime, 3, TFD_TIMER_ABSTIME, &spec, &spec);
	CALL(0, timerfd_gettime, 3, &spec);
}

static void scheduling_samples(void)
{
	struct sched_param priority = {5};
	struct sched_attr attributes = {.size = sizeof(attributes), .sched_policy = SCHED_RR, .sched_priority = 3, .sched_flags = 1}, kept = {.size = 48, .sched_flags = 0x18}, first = {.size = 0};
	struct timespec slice = {0, 100000000};

	CALL(0, sched_yield);
	CALL(0, sched_setparam, 0, &priority);
	CALL(0, sched_getparam, 0, &priority);
	CALL(0, sched_setscheduler, 0, SCHED_FIFO, &priority);
	CALL(0, sched_getscheduler, 0);
	CALL(3, sched_getscheduler, 0);
	CALL(99, sched_get_priority_max, SCHED_RR);
	CALL(0, sched_rr_get_interval, 0, &slice);
	CALL(0, sched_setattr, 0, &attributes, 0);
	CALL(0, sched_setattr, 0, &kept, 0);
	CALL(0, sched_setattr, 0, &first, 0);
	CALL(-E2BIG, sched_setattr, 0, &attributes, 0);
	CALL(-EFAULT, sched_setattr, 0, NULL, 0);
	CALL(0, sched_getattr, 0, &attributes, sizeof(attributes), 0);
	CALL(0, sched_getattr, 0, &kept, 48, 0);
	CALL(-EINVAL, sched_getattr, 0, &kept, 0, 0);
	CALL(0, ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_BE << 13 | 4);
	CALL(IOPRIO_CLASS_IDLE << 13, ioprio_get, IOPRIO_WHO_PROCESS, 0);
}

void time_samples(void)
{
	clock_samples();
	timer_samples();
	scheduling_samples();
}
