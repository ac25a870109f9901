/* SPDX-License-Identifier: MIT */
/* Timers: those of timer_create with their signals, overruns and targets; descriptors of timers; interval timers by real and by CPU time; sleeping by clocks. Times are compared with wide margins, for both systems run in emulation. */
#include "waiting.h"

#include <poll.h>
#include <sys/timerfd.h>

#define MILLISECOND 1000000L

static volatile sig_atomic_t count, overrun, code, value, identity;

static void expired(int number, siginfo_t *information, void *context)
{
	(void)number, (void)context;
	count++;
	code = information->si_code;
	overrun = information->si_overrun > overrun ? information->si_overrun : overrun; /* the most: on a busy machine the next signal may come at once */
	identity = information->si_timerid;
	value = information->si_value.sival_int;
}

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / MILLISECOND;
}

/* Sleeps so long although signals come. */
static void nap(long duration)
{
	long end = milliseconds() + duration;

	while (milliseconds() < end) {
		struct timespec little = {0, MILLISECOND};

		nanosleep(&little, NULL);
	}
}

/* Works until a signal has come. */
static void work(void)
{
	long end = milliseconds() + CHECK_PATIENCE * 1000;

	while (!count && milliseconds() < end)
		for (volatile int i = 0; i < 100000; i++)
			;
}

static struct itimerspec after(long value_ms, long interval_ms)
{
	return (struct itimerspec){.it_value = {value_ms / 1000, value_ms % 1000 * MILLISECOND}, .it_interval = {interval_ms / 1000, interval_ms % 1000 * MILLISECOND}};
}

static void refusals(void)
{
	struct sigevent event = {.sigev_notify = 9, .sigev_signo = SIGUSR1};
	struct itimerspec bad = {.it_value = {0, 1000000000}}, negative = {.it_value = {-1, 0}}, once = after(30, 0), told;
	int id = -1;

	CALL(timer_create, 99, NULL, &id);
	CALL(timer_create, CLOCK_MONOTONIC_RAW, NULL, &id);
	CALL(timer_create, CLOCK_MONOTONIC, BAD_ADDRESS, &id);
	CALL(timer_create, CLOCK_MONOTONIC, NULL, BAD_ADDRESS);
	CALL(timer_create, CLOCK_MONOTONIC, &event, &id);
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = 0;
	CALL(timer_create, CLOCK_MONOTONIC, &event, &id);
	event.sigev_signo = 65;
	CALL(timer_create, CLOCK_MONOTONIC, &event, &id);
	CALL(timer_gettime, 77, &told);
	CALL(timer_delete, 77);
	CALL(timer_getoverrun, 77);
	CALL(timer_settime, 77, 0, &once, NULL);
	CALL(timer_create, CLOCK_MONOTONIC, NULL, &id);
	CALL(timer_gettime, id, BAD_ADDRESS);
	CALL(timer_settime, id, 0, NULL, NULL);
	CALL(timer_settime, id, 0, BAD_ADDRESS, NULL);
	CALL(timer_settime, id, 0, &bad, NULL);
	CALL(timer_settime, id, 0, &negative, NULL);
	CALL(timer_settime, id, 0, &once, BAD_ADDRESS);
	CALL(timer_delete, id);
	CALL(timer_delete, id);
}

static void once_and_again(void)
{
	struct itimerspec once = after(30, 0), periodic = after(20, 20), told;
	sigset_t set;
	int id = -1, before;

	count = 0;
	CALL(timer_create, CLOCK_MONOTONIC, NULL, &id);
	CALL(timer_settime, id, 0, &once, &told);
	SHOW("before", "%ld %ld", (long)told.it_value.tv_sec, told.it_value.tv_nsec);
	CALL(timer_gettime, id, &told);
	SHOW("armed", "%d", told.it_value.tv_nsec <= 30 * MILLISECOND);
	nap(100);
	SHOW("once", "%d, code %d, overrun %d, own value %d", (int)count, (int)code, (int)overrun, value == id);
	CALL(timer_gettime, id, &told);
	SHOW("then", "%ld", told.it_value.tv_nsec);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	count = overrun = 0;
	CALL(timer_settime, id, 0, &periodic, NULL);
	nap(210);
	before = count;
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	SHOW("blocked", "%d, then there were overruns: %d", before, overrun >= 5);
	CALL(timer_delete, id);
	nap(30);
	count = 0;
	nap(60);
	SHOW("deleted", "%d", (int)count);
}

/* A task as the target, absolute times, and nobody told. */
static void targets(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 42};
	struct itimerspec absolute = {0}, told;
	int id = -1;

	((int *)&event)[4] = 1; /* sigev_notify_thread_id, which musl does not name */
	CALL(timer_create, CLOCK_REALTIME, &event, &id);
	((int *)&event)[4] = (int)syscall(SYS_gettid);
	CALL(timer_create, CLOCK_REALTIME, &event, &id);
	clock_gettime(CLOCK_REALTIME, &absolute.it_value);
	absolute.it_value.tv_sec -= 100;
	count = 0;
	CALL(timer_settime, id, TIMER_ABSTIME, &absolute, NULL);
	nap(20);
	SHOW("in the past", "%d with %d, of this timer: %d", (int)count, (int)value, identity == id);
	CALL(timer_delete, id);
	event.sigev_notify = SIGEV_NONE;
	CALL(timer_create, CLOCK_MONOTONIC, &event, &id);
	absolute = after(30, 50);
	count = 0;
	CALL(timer_settime, id, 0, &absolute, NULL);
	nap(60);
	CALL(timer_gettime, id, &told);
	SHOW("nobody is told", "%d, left %d", (int)count, told.it_value.tv_nsec > 0 && told.it_value.tv_nsec <= 50 * MILLISECOND);
	CHILD("has no timers of its parent", CALL(timer_delete, id));
	CALL(timer_delete, id);
}

static void by_cpu_time(void)
{
	struct itimerspec once = after(30, 0);
	struct itimerval little = {{0, 0}, {0, 20000}}, none = {{0, 0}, {0, 0}}, told;
	int id = -1;

	CALL(timer_create, CLOCK_PROCESS_CPUTIME_ID, NULL, &id);
	count = 0;
	CALL(timer_settime, id, 0, &once, NULL);
	work();
	SHOW("of the process", "%d", (int)count);
	CALL(timer_delete, id);
	CALL(timer_create, CLOCK_THREAD_CPUTIME_ID, NULL, &id);
	count = 0;
	CALL(timer_settime, id, 0, &once, NULL);
	work();
	SHOW("of the thread", "%d", (int)count);
	CALL(timer_delete, id);
	CALL(setitimer, ITIMER_VIRTUAL, &little, NULL);
	count = 0;
	work();
	SHOW("virtual", "%d", (int)count);
	CALL(setitimer, ITIMER_VIRTUAL, &none, &told);
	CALL(setitimer, ITIMER_PROF, &little, NULL);
	count = 0;
	work();
	SHOW("profile", "%d", (int)count);
	CALL(setitimer, 3, &little, NULL);
	CALL(setitimer, -1, NULL, NULL);
}

/* A period of a microsecond must not keep the system from anything. */
static void tiny_periods(void)
{
	struct itimerval tiny = {{0, 1}, {0, 1}}, none = {{0, 0}, {0, 0}}, told;

	count = 0;
	CALL(setitimer, ITIMER_REAL, &tiny, NULL);
	nap(30);
	CALL(getitimer, ITIMER_REAL, &told);
	SHOW("period", "%ld", (long)told.it_interval.tv_usec);
	CALL(setitimer, ITIMER_REAL, &none, NULL);
	SHOW("came", "%d", count > 1);
}

static void descriptors(void)
{
	struct itimerspec once = after(20, 0), periodic = after(10, 10), bad = {.it_value = {0, -1}}, told;
	uint64_t times = 0;
	int file;

	CALL(timerfd_create, 99, 0);
	CALL(timerfd_create, CLOCK_MONOTONIC, 1);
	CALL(timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0);
	file = (int)CALL(timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	CALL(fcntl, file, F_GETFD);
	CALL(read, file, &times, 8);
	CALL(read, file, &times, 7);
	CALL(write, file, &times, 8);
	CALL(lseek, file, 0, SEEK_SET);
	CALL(timerfd_settime, 99, 0, &once, NULL);
	CALL(timerfd_settime, 1, 0, &once, NULL);
	CALL(timerfd_settime, file, 0, &bad, NULL);
	CALL(timerfd_settime, file, 99, &once, NULL);
	CALL(timerfd_settime, file, 0, BAD_ADDRESS, NULL);
	CALL(timerfd_settime, file, 0, &once, BAD_ADDRESS);
	CALL(timerfd_settime, file, 0, &once, &told);
	CALL(poll, (&(struct pollfd){file, POLLIN, 0}), 1, -1);
	CALL(read, file, &times, 8);
	SHOW("expired", "%ld", (long)times);
	CALL(timerfd_settime, file, 0, &periodic, NULL);
	nap(100);
	CALL(read, file, BAD_ADDRESS, 8);
	nap(50);
	CALL(read, file, &times, 8);
	SHOW("expired again", "%d", times >= 3);
	CALL(timerfd_gettime, file, &told);
	SHOW("interval", "%ld", told.it_interval.tv_nsec);
	CALL(timerfd_gettime, file, BAD_ADDRESS);
	CALL(timerfd_gettime, 1, &told);
	CALL(timerfd_gettime, 99, &told);
	close(file);
}

static void sleeps(void)
{
	struct timespec little = {0, 20 * MILLISECOND}, bad = {0, 1000000000}, left = {0, 0}, long_time = {100, 0};

	CALL(clock_nanosleep, CLOCK_REALTIME, 0, &little, NULL);
	CALL(clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &left, NULL);
	CALL(clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &little, NULL);
	CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &bad, NULL);
	CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, BAD_ADDRESS, NULL);
	CALL(clock_nanosleep, -1, 0, &little, NULL);
	check_ticks();
	CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &long_time, &left);
	SHOW("left", "%d", left.tv_sec > 0 && left.tv_sec < 100);
	CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &long_time, BAD_ADDRESS);
	left = (struct timespec){0, 0};
	CALL(nanosleep, &long_time, &left);
	SHOW("left of it", "%d", left.tv_sec > 0 && left.tv_sec < 100);
	check_quiet();
	CALL(clock_getres, CLOCK_REALTIME, BAD_ADDRESS);
	CALL(clock_getres, CLOCK_REALTIME, NULL);
	CALL(clock_gettime, -1, &left);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = expired, .sa_flags = SA_SIGINFO};
	static const int signals[] = {SIGALRM, SIGUSR1, SIGVTALRM, SIGPROF};

	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
	sigaction(SIGRTMIN, &action, NULL);
	refusals();
	once_and_again();
	targets();
	by_cpu_time();
	tiny_periods();
	descriptors();
	sleeps();
	return 0;
}
