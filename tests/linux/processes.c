/* SPDX-License-Identifier: MIT */
/* Processes and what they are: fork, wait, execve, exit, identities, groups and sessions, limits, times, prctl, and time itself. */
#include "waiting.h"

#include <sched.h>
#include <sys/times.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>

static void waiting(void)
{
	int status;
	siginfo_t information;
	pid_t child;

	CALL(wait4, -1, &status, 0, NULL);
	CALL(wait4, 99999, &status, 0, NULL);
	CALL(wait4, -1, &status, 0x100, NULL);
	CHILD("exits", _exit(300));
	CHILD("exits by exit", exit(7));
	child = fork();
	if (!child)
		_exit(9);
	CALL(waitid, P_PID, child, &information, WEXITED | WNOWAIT, NULL);
	SHOW("information", "signal %d code %d status %d", information.si_signo, information.si_code, information.si_status);
	CALL(waitid, P_PID, child, &information, 0, NULL);
	CALL(waitid, 99, child, &information, WEXITED, NULL);
	CALL(wait4, child, BAD_ADDRESS, 0, NULL);
	CALL(wait4, child, &status, 0, NULL);
	child = check_sleeper();
	CALL(wait4, child, &status, WNOHANG, NULL);
	kill(child, SIGKILL);
	check_wait("killed", child);
}

static void executing(void)
{
	char *const none[] = {NULL}, *const one[] = {(char *)"x", NULL};
	char *const shell[] = {(char *)"sh", (char *)"-c", (char *)"exit 11", NULL};

	CALL(execve, "absent", none, none);
	CALL(execve, "", none, none);
	CALL(execve, BAD_ADDRESS, none, none);
	CALL(execve, ".", one, none);
	CALL(execve, "/etc/passwd", one, none);
	CALL(execve, "/bin/sh", BAD_ADDRESS, none);
	CALL(execve, "/bin/sh", one, BAD_ADDRESS);
	CALL(execve, "/etc/passwd/x", one, none);
	check_file("script", "#!/bin/sh\nexit 12\n");
	CALL(execve, "script", one, none);
	chmod("script", 0755);
	CHILD("script", execve("script", one, none));
	CHILD("shell", execve("/bin/sh", shell, none));
	check_file("bad", "#!/absent\n");
	chmod("bad", 0755);
	CALL(execve, "bad", one, none);
	check_file("empty", "");
	chmod("empty", 0755);
	CALL(execve, "empty", one, none);
	check_file("elf", "\177ELF but no more");
	chmod("elf", 0755);
	CALL(execve, "elf", one, none);
	CALL(execveat, AT_FDCWD, "absent", one, none, 0);
	CALL(execveat, 99, "x", one, none, 0);
	CALL(execveat, AT_FDCWD, "script", one, none, 0x40000000);
	CHILD("may not", { check_become(2000); chmod("script", 0700); CALL(execve, "script", one, none); });
}

static void identities(void)
{
	unsigned real, effective, saved;
	int groups[4] = {0};

	SHOW("numbers", "%d %d %d %d", (int)getuid(), (int)geteuid(), (int)getgid(), (int)getegid());
	CALL(getresuid, &real, &effective, &saved);
	CALL(getresuid, BAD_ADDRESS, &effective, &saved);
	CALL(getgroups, -1, NULL);
	CALL(setgroups, 2, ((unsigned[]){5, 6}));
	CALL(getgroups, 0, NULL);
	CALL(getgroups, 1, groups);
	CALL(getgroups, 4, groups);
	CALL(setgroups, 100000, groups);
	CALL(setgroups, 2, BAD_ADDRESS);
	CALL(setgroups, 65536, BAD_ADDRESS);
	CALL(setgroups, 65537, BAD_ADDRESS);
	CHILD("changes", {
		CALL(setuid, -1);
		CALL(setgid, 1000);
		CALL(setresuid, 1000, 1000, 0);
		CALL(setuid, 5);
		CALL(setgid, 0);
		CALL(setgroups, 0, NULL);
	});
	CALL(getpgid, 99999);
	CALL(getsid, 99999);
	CALL(setpgid, 99999, 0);
	CALL(setpgid, 0, -1);
	CALL(setpgid, -1, 0);
	CHILD("leads", {
		GOOD(setsid);
		GOOD(setsid);
		CALL(setpgid, 0, 0);
		SHOW("leader", "%d %d", getpgid(0) == getpid(), getsid(0) == getpid());
	});
	CALL(getpriority, PRIO_PROCESS, 0);
	CALL(getpriority, 99, 0);
	CALL(setpriority, PRIO_PROCESS, 99999, 0);
}

static void limits(void)
{
	struct rlimit limit = {10, 5}, files;
	struct rusage usage;

	CALL(setrlimit, RLIMIT_NOFILE, &limit);
	CALL(setrlimit, 99, &limit);
	CALL(setrlimit, RLIMIT_NOFILE, BAD_ADDRESS);
	CALL(getrlimit, 99, &files);
	CALL(getrlimit, RLIMIT_NOFILE, BAD_ADDRESS);
	CALL(prlimit64, 99999, RLIMIT_NOFILE, NULL, &files);
	CHILD("few files", {
		limit = (struct rlimit){5, 5};
		CALL(setrlimit, RLIMIT_NOFILE, &limit);
		CALL(dup, 0);
		CALL(dup, 0);
		CALL(dup, 0);
		CALL(dup2, 0, 5);
	});
	CHILD("no more than before", {
		check_become(2000);
		limit = (struct rlimit){100, 1 << 20};
		CALL(setrlimit, RLIMIT_NOFILE, &limit);
	});
	CALL(getrusage, RUSAGE_SELF, &usage);
	CALL(getrusage, 99, &usage);
	CALL(getrusage, RUSAGE_SELF, BAD_ADDRESS);
}

static void names(void)
{
	char name[17] = "";
	struct utsname system;

	CALL(prctl, PR_SET_NAME, "a-name-that-is-too-long");
	CALL(prctl, PR_GET_NAME, name);
	SHOW("name", "%s", name);
	CALL(prctl, PR_SET_NAME, BAD_ADDRESS);
	CALL(prctl, PR_GET_NAME, BAD_ADDRESS);
	CALL(prctl, 9999, 0);
	CALL(prctl, PR_SET_DUMPABLE, 9);
	CALL(prctl, PR_GET_DUMPABLE);
	CALL(prctl, PR_SET_PDEATHSIG, 99);
	CALL(prctl, PR_SET_PDEATHSIG, SIGTERM);
	CALL(uname, &system);
	SHOW("machine", "%s %s", system.sysname, system.machine);
	CALL(uname, BAD_ADDRESS);
	CALL(sched_yield);
	CALL(sched_getscheduler, 0);
	CALL(sched_getscheduler, 99999);
	CALL(sched_getscheduler, -1);
	CALL(sched_get_priority_max, SCHED_FIFO);
	CALL(sched_get_priority_max, 99);
}

static void clocks(void)
{
	struct timespec now, then, left = {0, 0}, bad = {0, 1000000000}, negative = {-1, 0}, little = {0, 1000000};

	CALL(clock_gettime, CLOCK_MONOTONIC, &now);
	CALL(clock_gettime, CLOCK_REALTIME, &then);
	SHOW("later than 2020", "%d", then.tv_sec > 1577836800);
	CALL(clock_gettime, 99, &now);
	CALL(clock_gettime, CLOCK_MONOTONIC, BAD_ADDRESS);
	CALL(clock_getres, CLOCK_MONOTONIC, &now);
	CALL(clock_getres, 99, &now);
	CALL(nanosleep, &little, NULL);
	CALL(nanosleep, &bad, NULL);
	CALL(nanosleep, &negative, NULL);
	CALL(nanosleep, BAD_ADDRESS, NULL);
	CALL(nanosleep, &little, BAD_ADDRESS);
	clock_gettime(CLOCK_MONOTONIC, &now);
	CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &little, &left);
	clock_gettime(CLOCK_MONOTONIC, &then);
	SHOW("slept", "%d", (then.tv_sec - now.tv_sec) * 1000000000 + then.tv_nsec - now.tv_nsec >= 1000000);
	CALL(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &now, NULL);
	CALL(clock_nanosleep, 99, 0, &little, NULL);
	CALL(clock_settime, CLOCK_MONOTONIC, &now);
	CALL(clock_settime, CLOCK_REALTIME, &bad);
	CALL(gettimeofday, BAD_ADDRESS, NULL);
	GOOD(time, NULL);
	GOOD(times, NULL);
}

/* Calls, or counts, until times() tells of some ticks in that mode. */
static void spend(int calls)
{
	time_t end = check_seconds() + CHECK_PATIENCE;
	struct tms before, now;

	times(&before);
	do {
		for (volatile int i = 0; i < 100000; i++)
			if (calls)
				syscall(SYS_getppid);
		times(&now);
	} while ((calls ? now.tms_stime - before.tms_stime : now.tms_utime - before.tms_utime) < 2 && check_seconds() < end);
	SHOW(calls ? "in system mode" : "in user mode", "%d", (calls ? now.tms_stime - before.tms_stime : now.tms_utime - before.tms_utime) >= 2);
}

/* CPU time by mode, and the most memory, of a process and of the children that it has waited for. */
static void usage(void)
{
	const size_t much = 24 << 20;
	struct rusage self, children;
	struct timespec all;
	struct tms now;

	spend(1);
	spend(0);
	getrusage(RUSAGE_SELF, &self);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &all);
	SHOW("getrusage", "%d %d", self.ru_utime.tv_sec || self.ru_utime.tv_usec, self.ru_stime.tv_sec || self.ru_stime.tv_usec);
	SHOW("both together", "%d", (all.tv_sec + 1) * 1000000 + all.tv_nsec / 1000 >= (self.ru_utime.tv_sec + self.ru_stime.tv_sec) * 1000000 + self.ru_utime.tv_usec + self.ru_stime.tv_usec);
	CHILD("which spends", {
		times(&now);
		SHOW("begins without children", "%d", (int)now.tms_cstime);
		spend(1);
	});
	times(&now);
	SHOW("of children", "%d", now.tms_cstime >= 2);
	getrusage(RUSAGE_CHILDREN, &children);
	SHOW("children", "%d, %d", children.ru_stime.tv_sec || children.ru_stime.tv_usec, children.ru_maxrss > 0 && children.ru_maxrss < (long)(much >> 10));
	CHILD("whose child has much", CHILD("which has much", memset(mmap(NULL, much, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, much)));
	getrusage(RUSAGE_CHILDREN, &children);
	SHOW("the most of all of them", "%d", children.ru_maxrss >= (long)(much >> 10));
	getrusage(RUSAGE_SELF, &self);
	SHOW("its own", "%d", self.ru_maxrss > 0 && self.ru_maxrss < (long)(much >> 10));
}

int main(void)
{
	waiting();
	executing();
	identities();
	limits();
	names();
	clocks();
	usage();
	return 0;
}
