/* SPDX-License-Identifier: MIT */
/* What a process says about itself and how it is to run: prctl, sched_*, personality, extended attributes that no file has, limits and who may change them. */
#include "check.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>

static void names_and_deaths(void)
{
	char name[17] = "";
	int value = -1;

	CALL(prctl, PR_SET_NAME, "", 0, 0, 0);
	CALL(prctl, PR_GET_NAME, name, 0, 0, 0);
	SHOW("name", "%s.", name);
	CALL(prctl, PR_SET_PDEATHSIG, 65, 0, 0, 0);
	CALL(prctl, PR_SET_PDEATHSIG, -1L, 0, 0, 0);
	CALL(prctl, PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
	CALL(prctl, PR_GET_PDEATHSIG, &value, 0, 0, 0);
	SHOW("signal", "%d", value);
	CALL(prctl, PR_GET_PDEATHSIG, BAD_ADDRESS, 0, 0, 0);
	CALL(prctl, PR_SET_DUMPABLE, 2, 0, 0, 0);
	CALL(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	CALL(prctl, PR_GET_DUMPABLE, 0, 0, 0, 0);
	CALL(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
	CALL(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	CALL(prctl, PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0);
	SHOW("subreaper", "%d", value);
	CHILD("inherits", { int other = 7; prctl(PR_GET_CHILD_SUBREAPER, &other); prctl(PR_GET_PDEATHSIG, &value); SHOW("inherited", "%d %d", other, value); });
}

static void capabilities(void)
{
	CALL(prctl, PR_SET_KEEPCAPS, 2, 0, 0, 0);
	CALL(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	CALL(prctl, PR_GET_KEEPCAPS, 0, 0, 0, 0);
	CALL(prctl, PR_GET_SECUREBITS, 0, 0, 0, 0);
	CALL(prctl, PR_SET_KEEPCAPS, 0, 0, 0, 0);
	CALL(prctl, PR_CAPBSET_READ, 5, 0, 0, 0);
	CALL(prctl, PR_CAPBSET_READ, 100, 0, 0, 0);
	CALL(prctl, PR_CAPBSET_DROP, 5, 0, 0, 0);
	CALL(prctl, PR_CAPBSET_READ, 5, 0, 0, 0);
	CALL(prctl, PR_CAPBSET_DROP, 100, 0, 0, 0);
	CALL(prctl, PR_SET_SECUREBITS, 0x100, 0, 0, 0);
	CALL(prctl, PR_SET_SECUREBITS, 0x30, 0, 0, 0);
	CALL(prctl, PR_SET_SECUREBITS, 0, 0, 0, 0);
	CALL(prctl, PR_SET_KEEPCAPS, 0, 0, 0, 0);
	CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 3, 0, 0);
	CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 3, 0, 0);
	CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, 3, 0, 0);
	CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0);
	CALL(prctl, PR_CAP_AMBIENT, 9, 1, 0, 0);
	CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 300, 0, 0);
	CALL(prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	CALL(prctl, PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CALL(prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
	CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 1);
	CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CALL(prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	CHILD("a user", { check_become(1000); CALL(prctl, PR_CAPBSET_DROP, 3, 0, 0, 0); CALL(prctl, PR_SET_SECUREBITS, 1, 0, 0, 0); CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 3, 0, 0); });
}

static void others(void)
{
	struct utsname name;
	int value = 0;

	CALL(prctl, PR_GET_TIMERSLACK, 0, 0, 0, 0);
	CALL(prctl, PR_SET_TIMERSLACK, 1000, 0, 0, 0);
	CALL(prctl, PR_GET_TIMERSLACK, 0, 0, 0, 0);
	CHILD("begins with its parent's slack", CALL(prctl, PR_SET_TIMERSLACK, 5, 0, 0, 0); CALL(prctl, PR_SET_TIMERSLACK, 0, 0, 0, 0); CALL(prctl, PR_GET_TIMERSLACK, 0, 0, 0, 0));
	CALL(prctl, PR_SET_TIMERSLACK, 0, 0, 0, 0);
	CALL(prctl, PR_GET_TIMERSLACK, 0, 0, 0, 0);
	CALL(arch_prctl, 0x1011, 0); /* ARCH_GET_CPUID, ARCH_SET_CPUID */
	CALL(arch_prctl, 0x1012, 0);
	CALL(arch_prctl, 0x1012, 1);
	CALL(prctl, PR_SET_FPEMU, 0, 0, 0, 0);
	CALL(prctl, PR_GET_UNALIGN, &value, 0, 0, 0);
	CALL(prctl, PR_GET_ENDIAN, &value, 0, 0, 0);
	CALL(personality, -1);
	CALL(personality, 0x40000);
	CALL(personality, 0x20000); /* UNAME26 */
	CALL(uname, &name);
	SHOW("release", "%.6s", name.release);
	CHILD("inherits it", CALL(uname, &name); SHOW("release", "%.6s", name.release));
	CALL(personality, 0);
	CALL(personality, 0xffffffffL);
	CALL(personality, 0);
	CALL(personality, -1);
}

static void scheduling(void)
{
	struct sched_param parameters = {.sched_priority = 0};

	CALL(sched_getparam, 0, BAD_ADDRESS);
	CALL(sched_getparam, 0, &parameters);
	SHOW("priority", "%d", parameters.sched_priority);
	CALL(sched_setscheduler, 0, SCHED_OTHER, &parameters);
	CALL(sched_setscheduler, 0, 77, &parameters);
	CALL(sched_setscheduler, 0, -1, &parameters);
	CALL(sched_setscheduler, 0, SCHED_OTHER, NULL);
	CALL(sched_setscheduler, 0, SCHED_OTHER, BAD_ADDRESS);
	CALL(sched_setscheduler, 99999, SCHED_OTHER, &parameters);
	CALL(sched_setscheduler, -1, SCHED_OTHER, &parameters);
	CALL(sched_setparam, 0, &parameters);
	CALL(sched_setparam, 99999, &parameters);
	CALL(sched_setparam, 0, NULL);
	CALL(sched_setscheduler, 0, SCHED_FIFO, &parameters);
	parameters.sched_priority = 1;
	CALL(sched_setscheduler, 0, SCHED_OTHER, &parameters);
	CALL(sched_setparam, 0, &parameters);
	parameters.sched_priority = 100;
	CALL(sched_setscheduler, 0, SCHED_FIFO, &parameters);
	for (int policy = -1; policy < 8; policy++) {
		CALL(sched_get_priority_max, policy);
		CALL(sched_get_priority_min, policy);
	}
	CHILD("niceness", {
		CALL(setpriority, PRIO_PROCESS, 0, 5);
		CALL(getpriority, PRIO_PROCESS, 0);
		CALL(setpriority, PRIO_PROCESS, 0, 100);
		CALL(getpriority, PRIO_PROCESS, 0);
		CALL(setpriority, PRIO_PROCESS, 0, -100);
		CALL(getpriority, PRIO_PROCESS, 0);
		CHILD("inherited", CALL(getpriority, PRIO_PROCESS, 0));
		check_become(1000);
		CALL(setpriority, PRIO_PROCESS, 0, -20);
		CALL(setpriority, PRIO_PROCESS, 0, 3);
		CALL(setpriority, PRIO_PROCESS, 0, 2);
		CALL(getpriority, PRIO_USER, 1000);
	});
}

/* Limits that are reached, each in a child of its own. */
static void limits(void)
{
	struct rlimit limit = {100, 200};

	for (int which = 0; which < 17; which++) {
		CALL(prlimit64, 0, which, &limit, NULL);
		if (which == RLIMIT_CORE)
			break;
	}
	CALL(getrlimit, RLIMIT_CORE, &limit);
	SHOW("core", "%lu %lu", (unsigned long)limit.rlim_cur, (unsigned long)limit.rlim_max);
	CHILD("small stack", {
		limit = (struct rlimit){64 << 10, 64 << 10};
		CALL(setrlimit, RLIMIT_STACK, &limit);
		for (volatile char *at = (volatile char *)&limit;; at -= 1024)
			*at = 1;
	});
	CHILD("many files", {
		int last = -1;

		limit = (struct rlimit){3000, 4096};
		CALL(setrlimit, RLIMIT_NOFILE, &limit);
		check_file("file", "x");
		for (int file; (file = open("file", O_RDONLY)) >= 0; last = file)
			;
		SHOW("the last of a file", "%d, %s", last, check_errno_name(errno));
		for (int file = 1000; file <= last; file++)
			close(file);
		for (int file; (file = open(".", O_RDONLY | O_DIRECTORY)) >= 0; last = file)
			;
		SHOW("the last of a directory", "%d, %s", last, check_errno_name(errno));
	});
	CHILD("little data", {
		limit = (struct rlimit){1 << 20, 1 << 20};
		CALL(setrlimit, RLIMIT_DATA, &limit);
		CALL(mmap, NULL, 1 << 21, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		GOOD(mmap, NULL, 1 << 21, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		SHOW("brk", "%d", syscall(SYS_brk, 0) == syscall(SYS_brk, syscall(SYS_brk, 0) + (1 << 21)));
	});
}

static volatile sig_atomic_t exceeded;

static void exceed(int number)
{
	(void)number;
	exceeded++;
}

/* Works until there has been a signal. */
static void work(void)
{
	while (!exceeded)
		for (volatile int i = 0; i < 10000; i++)
			;
}

/* RLIMIT_CPU: a signal at the soft limit, which is raised then, the end at the hard one; a child begins anew. */
static void cpu_limit(void)
{
	struct rlimit limit = {2, 1};
	struct timespec used;

	CALL(setrlimit, RLIMIT_CPU, &limit);
	CALL(setrlimit, 99, &limit);
	CALL(setrlimit, 99, BAD_ADDRESS);
	CALL(getrlimit, 99, BAD_ADDRESS);
	CALL(getrlimit, RLIMIT_CPU, BAD_ADDRESS);
	CALL(prlimit64, 999999, 99, BAD_ADDRESS, NULL);
	CALL(prlimit64, 999999, 99, &limit, NULL);
	CALL(prlimit64, 0, 99, &limit, NULL);
	limit = (struct rlimit){1, 1000}; /* far from each other: on a busy machine seconds may pass at once */
	CALL(setrlimit, RLIMIT_CPU, &limit);
	CHILD("inherits it", {
		signal(SIGXCPU, exceed);
		work();
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
		SHOW("half a second at least", "%d", used.tv_sec >= 1 || used.tv_nsec >= 500000000); /* Linux counts for the limit by ticks */
		CALL(getrlimit, RLIMIT_CPU, &limit);
		SHOW("limit", "%d %d", limit.rlim_cur > 1, (int)limit.rlim_max);
		limit = (struct rlimit){1, 1};
		setrlimit(RLIMIT_CPU, &limit); /* the end may come before it can be told what this has answered */
		for (;;)
			exceeded = 0;
	});
	CHILD("without a handler", work());
}

/* RLIMIT_NICE, and who may change whose niceness. */
static void nice_limit(void)
{
	struct rlimit limit = {25, 25};

	CALL(setrlimit, RLIMIT_NICE, &limit);
	syscall(SYS_setresuid, 1000, 1001, 1001);
	CALL(setpriority, PRIO_PROCESS, 0, -5);
	CALL(setpriority, PRIO_PROCESS, 0, -6);
	CALL(setpriority, PRIO_PROCESS, 0, 5);
	CALL(setpriority, PRIO_PROCESS, 0, 0);
	CALL(getpriority, PRIO_PROCESS, 0);
}

/* membarrier: kinds that must be asked for first, what a fork and an exec make of that. */
static void barriers(void)
{
	const int least = 0x7f; /* MEMBARRIER_CMD_* without restartable sequences */

	SHOW("kinds", "%#lx", syscall(SYS_membarrier, 0, 0, 0) & least);
	CALL(membarrier, -1, 0, 0);
	CALL(membarrier, 3, 0, 0);
	CALL(membarrier, 0x400, 0, 0);
	CALL(membarrier, 0, 1, 0);
	CALL(membarrier, 1, 2, 0);
	CALL(membarrier, 8, 1, 0);
	CALL(membarrier, 1, 0, 7);
	CALL(membarrier, 2, 0, 0);
	CALL(membarrier, 4, 0, 0);
	CALL(membarrier, 8, 0, 0);
	CALL(membarrier, 0x20, 0, 0);
	CALL(membarrier, 0x10, 0, 0);
	CALL(membarrier, 8, 0, 0);
	CALL(membarrier, 0x20, 0, 0);
	CALL(membarrier, 0x40, 0, 0);
	CALL(membarrier, 0x20, 0, 0);
	CHILD("inherits what was asked for", CALL(membarrier, 8, 0, 0); CALL(membarrier, 0x20, 0, 0));
}

int main(int count, char **arguments)
{
	if (count > 1 && strcmp(arguments[1], "again") == 0) {
		CALL(membarrier, 8, 0, 0);
		return 0;
	}
	CHILD("barriers", { barriers(); CHILD("executes itself", execl("/proc/self/exe", "controls", "again", NULL)); });
	CHILD("names", names_and_deaths());
	CHILD("capabilities", capabilities());
	CHILD("others", others());
	scheduling();
	CHILD("limits", limits());
	CHILD("CPU time", cpu_limit());
	CHILD("niceness that may be had", nice_limit());
	return 0;
}
