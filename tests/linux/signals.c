/* SPDX-License-Identifier: MIT */
/* Signals: actions, masks, what is pending, handlers with their information, restarting, alternate stacks, timers that send them, kill and its relatives, waiting for them. */
#include "waiting.h"

#include <pthread.h>

static volatile sig_atomic_t count, last, code, value, on_stack;
static char stack[65536];

static void counted(int number)
{
	count++;
	last = number;
}

static void informed(int number, siginfo_t *information, void *context)
{
	char here;

	(void)context;
	count++;
	last = number;
	code = information->si_code;
	value = information->si_value.sival_int;
	on_stack = &here >= stack && &here < stack + sizeof(stack);
}

static void forget(void)
{
	count = last = code = value = on_stack = 0;
}

static void actions(void)
{
	struct sigaction action = {.sa_handler = counted}, before;

	CALL(rt_sigaction, SIGUSR1, NULL, NULL, 8);
	CALL(rt_sigaction, SIGUSR1, NULL, NULL, 4);
	CALL(rt_sigaction, 0, NULL, NULL, 8);
	CALL(rt_sigaction, 65, NULL, NULL, 8);
	CALL(rt_sigaction, SIGKILL, NULL, NULL, 8);
	CALL(rt_sigaction, SIGUSR1, BAD_ADDRESS, NULL, 8);
	CALL(rt_sigaction, SIGUSR1, NULL, BAD_ADDRESS, 8);
	SHOW("SIGKILL", "%d", sigaction(SIGKILL, &action, NULL));
	SHOW("SIGSTOP", "%d", sigaction(SIGSTOP, &action, NULL));
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR1, NULL, &before);
	SHOW("action", "%d", before.sa_handler == counted);
	action.sa_flags = (int)SA_RESETHAND;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &before);
	SHOW("once", "%d, then the default: %d", (int)count, before.sa_handler == SIG_DFL);
}

static void masks(void)
{
	struct sigaction action = {.sa_handler = counted};
	uint64_t set = 1ull << (SIGUSR1 - 1), before = 0, all = ~0ull;

	forget();
	sigaction(SIGUSR1, &action, NULL);
	CALL(rt_sigprocmask, SIG_BLOCK, &set, &before, 8);
	raise(SIGUSR1);
	raise(SIGUSR1);
	SHOW("blocked", "%d", (int)count);
	CALL(rt_sigpending, &before, 8);
	SHOW("pending", "%lx", (unsigned long)before);
	CALL(rt_sigprocmask, SIG_UNBLOCK, &set, NULL, 8);
	SHOW("once", "%d", (int)count);
	CALL(rt_sigprocmask, 99, &set, NULL, 8);
	CALL(rt_sigprocmask, SIG_BLOCK, &set, NULL, 4);
	CALL(rt_sigprocmask, SIG_BLOCK, BAD_ADDRESS, NULL, 8);
	CALL(rt_sigprocmask, SIG_BLOCK, NULL, BAD_ADDRESS, 8);
	CALL(rt_sigprocmask, 99, NULL, NULL, 8);
	CALL(rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
	CALL(rt_sigprocmask, SIG_SETMASK, NULL, &before, 8);
	SHOW("all but two", "%lx", (unsigned long)before);
	all = 0;
	CALL(rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
	CALL(rt_sigpending, BAD_ADDRESS, 8);
	CALL(rt_sigpending, &before, 9);
}

static void information(void)
{
	struct sigaction action = {.sa_sigaction = informed, .sa_flags = SA_SIGINFO};
	siginfo_t own = {.si_signo = SIGUSR2, .si_code = SI_QUEUE, .si_value.sival_int = 77};

	sigaction(SIGUSR2, &action, NULL);
	forget();
	CALL(kill, getpid(), SIGUSR2);
	SHOW("kill", "code %d", (int)code);
	CALL(tgkill, getpid(), getpid(), SIGUSR2);
	SHOW("tgkill", "code %d", (int)code);
	CALL(rt_sigqueueinfo, getpid(), SIGUSR2, &own);
	SHOW("queue", "code %d value %d", (int)code, (int)value);
	own.si_code = SI_USER;
	CALL(rt_sigqueueinfo, 1, SIGUSR2, &own);
	CALL(rt_sigqueueinfo, getpid(), 65, &own);
	CALL(rt_sigqueueinfo, getpid(), SIGUSR2, BAD_ADDRESS);
	SHOW("handled", "%d", (int)count);
}

/* Real-time signals queue, and come by number. */
static void queues(void)
{
	struct sigaction action = {.sa_sigaction = informed, .sa_flags = SA_SIGINFO};
	uint64_t set = 3ull << 33, none = 0;

	forget();
	sigaction(34, &action, NULL);
	CALL(rt_sigaction, 34, NULL, NULL, 8);
	for (int number = 35; number <= 36; number++)
		sigaction(number, &action, NULL);
	set = 7ull << 33;
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
	for (int i = 0; i < 3; i++) {
		siginfo_t own = {.si_code = SI_QUEUE, .si_value.sival_int = i};

		syscall(SYS_rt_sigqueueinfo, getpid(), 36, &own);
		syscall(SYS_rt_sigqueueinfo, getpid(), 35, &own);
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
	SHOW("six of them", "%d, the last was %d with %d", (int)count, (int)last, (int)value);
}

static void *number_tell(void *number)
{
	__atomic_store_n((int *)number, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
	for (;;)
		pause();
	return NULL;
}

/* The number of any task stands for its process. */
static void reached_by_task(void)
{
	siginfo_t own = {.si_code = SI_QUEUE};
	pthread_t thread;
	int task = 0;

	pthread_create(&thread, NULL, number_tell, &task);
	while (!__atomic_load_n(&task, __ATOMIC_ACQUIRE))
		usleep(1000);
	CALL(kill, task, 0);
	CALL(rt_sigqueueinfo, task, 0, &own);
	CALL(kill, -task, 0);
}

static void killing(void)
{
	CALL(kill, getpid(), 0);
	CALL(kill, getpid(), 65);
	CALL(kill, getpid(), -1);
	CHILD("has two tasks", reached_by_task());
	CALL(kill, 99999, 0);
	CALL(kill, -99999, 0);
	CALL(tkill, 0, 0);
	CALL(tkill, -1, 0);
	CALL(tkill, 99999, 0);
	CALL(tgkill, getpid(), 99999, 0);
	CALL(tgkill, 0, getpid(), 0);
	CALL(tgkill, 99999, getpid(), 0);
	CHILD("kills itself", kill(getpid(), SIGKILL));
	CHILD("terminates", raise(SIGTERM));
	CHILD("quits", raise(SIGQUIT));
	CHILD("ignores a child's end", raise(SIGCHLD));
	CHILD("aborts", abort());
	CHILD("may not", { check_become(2000); CALL(kill, 1, 0); CALL(kill, getppid(), SIGTERM); });
}

static void stacks(void)
{
	struct sigaction action = {.sa_sigaction = informed, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)}, small = {.ss_sp = stack, .ss_size = 100}, off = {.ss_flags = SS_DISABLE}, before = {0}, odd = {.ss_sp = stack, .ss_size = sizeof(stack), .ss_flags = 99};

	forget();
	sigaction(SIGUSR1, &action, NULL);
	CALL(sigaltstack, &own, &before);
	SHOW("before", "%d", before.ss_flags);
	raise(SIGUSR1);
	SHOW("on it", "%d", (int)on_stack);
	CALL(sigaltstack, &small, NULL);
	CALL(sigaltstack, &odd, NULL);
	CALL(sigaltstack, BAD_ADDRESS, NULL);
	CALL(sigaltstack, NULL, BAD_ADDRESS);
	CALL(sigaltstack, &off, NULL);
	raise(SIGUSR1);
	SHOW("not on it", "%d", (int)on_stack);
}

static void told(int number)
{
	check_print("handler of %d\n", number);
}

/* SIGUSR1 whose handler's stack cannot be written. on_same: SIGSEGV's handler has the same stack. */
static void without_stack(void (*handler)(int), int on_same)
{
	stack_t bad = {.ss_size = 65536};
	struct sigaction of_fault = {.sa_handler = handler, .sa_flags = on_same ? SA_ONSTACK : 0}, of_user = {.sa_handler = told, .sa_flags = SA_ONSTACK};
	sigset_t blocked;

	bad.ss_sp = mmap(NULL, bad.ss_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&bad, NULL);
	sigaction(SIGSEGV, &of_fault, NULL);
	sigaction(SIGUSR1, &of_user, NULL);
	GOOD(tkill, getpid(), SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	SHOW("blocked afterwards", "%d %d", sigismember(&blocked, SIGUSR1), sigismember(&blocked, SIGSEGV));
}

static void stacks_missing(void)
{
	CHILD("no stack, SIGSEGV handled", without_stack(told, 0));
	CHILD("no stack, SIGSEGV not handled", without_stack(SIG_DFL, 0));
	CHILD("no stack, SIGSEGV ignored", without_stack(SIG_IGN, 0));
	CHILD("no stack for SIGSEGV either", without_stack(told, 1));
}

static void waits(void)
{
	uint64_t set = 1ull << (SIGUSR1 - 1), none = 0;
	struct timespec short_time = {0, 10000000}, bad = {0, -1};
	struct sigaction action = {.sa_handler = counted};
	siginfo_t got;

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
	CALL(rt_sigtimedwait, &set, &got, &short_time, 8);
	raise(SIGUSR1);
	CALL(rt_sigtimedwait, &set, &got, &short_time, 8);
	SHOW("got", "%d", got.si_signo);
	CALL(rt_sigtimedwait, &set, &got, &bad, 8);
	CALL(rt_sigtimedwait, &set, &got, &short_time, 4);
	CALL(rt_sigtimedwait, BAD_ADDRESS, &got, &short_time, 8);
	forget();
	raise(SIGUSR1);
	CALL(rt_sigsuspend, &none, 8);
	SHOW("suspended until", "%d", (int)last);
	CALL(rt_sigsuspend, &none, 4);
	CALL(rt_sigsuspend, BAD_ADDRESS, 8);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
	check_ticks();
	CALL(pause);
	check_quiet();
	SHOW("paused until", "%d", (int)last);
}

/* A handler interrupts a read, or the read is made again: who writes then looks whether we wait, signals, and looks again. */
static void restarts(void)
{
	int ends[2];
	char byte;
	pid_t child;

	for (int restart = 0; restart < 2; restart++) {
		struct sigaction action = {.sa_handler = counted, .sa_flags = restart ? SA_RESTART : 0};

		if (pipe(ends))
			return;
		sigaction(SIGALRM, &action, NULL);
		child = fork();
		if (!child) {
			check_sleeps(getppid());
			kill(getppid(), SIGALRM);
			check_sleeps(getppid());
			_exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
		}
		CALL(read, ends[0], &byte, 1);
		check_wait("writer", child);
		close(ends[0]);
		close(ends[1]);
	}
}

/* So many seconds are left of those: the machine may have stood still in between. */
static int in_time(long left, long of)
{
	return left <= of && left >= of - 40;
}

static void timers(void)
{
	struct itimerval once = {{0, 0}, {100, 0}}, bad = {{0, 0}, {0, 1000000}}, left, none = {{0, 0}, {0, 0}};

	CALL(setitimer, ITIMER_REAL, &once, NULL);
	CALL(getitimer, ITIMER_REAL, &left);
	SHOW("left", "%d", left.it_value.tv_sec >= 60 && left.it_value.tv_sec <= 100);
	SHOW("left to alarm", "%d", in_time((long)syscall(SYS_alarm, 200), 100));
	SHOW("left to another", "%d", in_time((long)syscall(SYS_alarm, 0), 200));
	CALL(alarm, 0);
	CALL(setitimer, ITIMER_REAL, &none, &left);
	CALL(setitimer, 99, &once, NULL);
	CALL(setitimer, ITIMER_REAL, &bad, NULL);
	CALL(setitimer, ITIMER_REAL, BAD_ADDRESS, NULL);
	CALL(setitimer, ITIMER_REAL, &none, BAD_ADDRESS);
	CALL(getitimer, 99, &left);
	CALL(getitimer, ITIMER_REAL, BAD_ADDRESS);
	CALL(getitimer, ITIMER_VIRTUAL, &left);
	CALL(getitimer, ITIMER_PROF, &left);
	CHILD("alarm", { ualarm(10000, 10000); pause(); }); /* again and again: the first one may come before the pause */
}

int main(void)
{
	actions();
	masks();
	information();
	queues();
	killing();
	stacks();
	stacks_missing();
	waits();
	restarts();
	timers();
	return 0;
}
