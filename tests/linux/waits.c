/* SPDX-License-Identifier: MIT */
/* Waiting for children: which, for what, what is told of them and of their use; children whose parent does not want them; those that stop, go on, and that threads or strangers ask for. */
#include "check.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static volatile sig_atomic_t told, told_code, told_status;

static void child_told(int number, siginfo_t *information, void *context)
{
	(void)number, (void)context;
	told++;
	told_code = information->si_code;
	told_status = information->si_status;
}

static void show_information(const siginfo_t *information, pid_t child)
{
	SHOW("information", "signal %d code %d status %d this child %d user %d", information->si_signo, information->si_code, information->si_status, information->si_pid == child, (int)information->si_uid);
}

static void refusals(void)
{
	siginfo_t information = {0};
	int status;
	pid_t child = check_sleeper();

	CALL(wait4, -1, &status, 0x100, NULL);
	CALL(wait4, -1, &status, WEXITED, NULL);
	CALL(wait4, 0x80000000, &status, WNOHANG, NULL);
	CALL(wait4, 1, &status, WNOHANG, NULL);
	CALL(wait4, -99999, &status, WNOHANG, NULL);
	CALL(wait4, 0, &status, WNOHANG, NULL);
	CALL(waitid, P_PID, 0, &information, WEXITED, NULL);
	CALL(waitid, P_PID, -1, &information, WEXITED, NULL);
	CALL(waitid, P_PGID, -1, &information, WEXITED, NULL);
	CALL(waitid, P_PGID, 0, &information, WEXITED | WNOHANG, NULL);
	CALL(waitid, P_PIDFD, 99, &information, WEXITED, NULL);
	CALL(waitid, P_PID, 99999, &information, WEXITED, NULL);
	CALL(waitid, P_ALL, 0, &information, WNOHANG, NULL);
	CALL(waitid, P_ALL, 0, &information, WEXITED | 0x100, NULL);
	memset(&information, 77, sizeof(information));
	CALL(waitid, P_ALL, 0, &information, WEXITED | WNOHANG, NULL);
	SHOW("nobody", "signal %d process %d", information.si_signo, (int)information.si_pid);
	CALL(waitid, P_ALL, 0, BAD_ADDRESS, WEXITED | WNOHANG, NULL);
	kill(child, SIGKILL);
	CALL(waitid, P_PID, child, NULL, WEXITED | WNOWAIT, NULL);
	CALL(waitid, P_PID, child, &information, WEXITED | WNOWAIT, BAD_ADDRESS);
	CALL(waitid, P_PID, child, BAD_ADDRESS, WEXITED, NULL);
	CALL(waitid, P_PID, child, &information, WEXITED, NULL);
}

static void states(void)
{
	siginfo_t information;
	struct rusage usage;
	int status;
	pid_t child = check_sleeper();

	kill(child, SIGSTOP);
	CALL(waitid, P_PID, child, &information, WSTOPPED | WNOWAIT, NULL);
	show_information(&information, child);
	GOOD(wait4, child, &status, WUNTRACED, NULL);
	check_status("stops", status);
	CALL(wait4, child, &status, WUNTRACED | WNOHANG, NULL);
	kill(child, SIGCONT);
	CALL(waitid, P_PID, child, &information, WCONTINUED, NULL);
	show_information(&information, child);
	CALL(wait4, child, &status, WCONTINUED | WNOHANG, NULL);
	kill(child, SIGTERM);
	memset(&usage, 77, sizeof(usage));
	CALL(waitid, P_PID, child, &information, WEXITED, &usage);
	show_information(&information, child);
	SHOW("usage", "%d", usage.ru_utime.tv_sec < 5 && usage.ru_nsignals == 0);
	child = fork();
	if (!child)
		_exit(5);
	memset(&usage, 77, sizeof(usage));
	GOOD(wait4, child, &status, 0, &usage);
	check_status("exits", status);
	SHOW("usage", "%d", usage.ru_utime.tv_sec < 5 && usage.ru_nsignals == 0);
}

static void groups(void)
{
	pid_t child = check_sleeper(), leader = check_sleeper();
	int status;

	setpgid(leader, leader);
	CALL(wait4, -leader, &status, WNOHANG, NULL);
	CALL(wait4, 0, &status, WNOHANG, NULL);
	kill(child, SIGKILL);
	CALL(wait4, -leader, &status, WNOHANG, NULL);
	GOOD(wait4, 0, &status, 0, NULL);
	CALL(wait4, 0, &status, WNOHANG, NULL);
	kill(leader, SIGKILL);
	GOOD(wait4, -leader, &status, 0, NULL);
	CALL(wait4, -1, &status, 0, NULL);
}

static void signals(void)
{
	struct sigaction action = {.sa_sigaction = child_told, .sa_flags = SA_SIGINFO | SA_RESTART}, no_stop = action, ignored = {.sa_handler = SIG_IGN}, no_wait = action, plain = {.sa_handler = SIG_DFL};
	int status;
	pid_t child;

	sigaction(SIGCHLD, &action, NULL);
	CHILD("tells", _exit(6));
	SHOW("told", "%d code %d status %d", (int)told, (int)told_code, (int)told_status);
	no_stop.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &no_stop, NULL);
	told = 0;
	child = check_sleeper();
	kill(child, SIGSTOP);
	GOOD(wait4, child, &status, WUNTRACED, NULL);
	SHOW("not told of stops", "%d", (int)told);
	kill(child, SIGKILL);
	check_wait("killed while stopped", child);
	SHOW("told of the end", "%d code %d", (int)told, (int)told_code);
	sigaction(SIGCHLD, &ignored, NULL);
	child = fork();
	if (!child)
		_exit(0);
	CALL(wait4, child, &status, 0, NULL);
	no_wait.sa_flags |= SA_NOCLDWAIT;
	sigaction(SIGCHLD, &no_wait, NULL);
	told = 0;
	child = fork();
	if (!child)
		_exit(0);
	CALL(wait4, child, &status, 0, NULL);
	SHOW("told all the same", "%d", (int)told);
	sigaction(SIGCHLD, &plain, NULL);
}

/* Children that were made with another signal than SIGCHLD. */
static void clones(void)
{
	int status;
	pid_t child = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, 0);

	if (!child)
		_exit(8);
	syscall(SYS_waitid, P_PID, child, NULL, WEXITED | WNOWAIT | __WCLONE, NULL);
	CALL(wait4, -1, &status, WNOHANG, NULL);
	GOOD(wait4, -1, &status, __WCLONE, NULL);
	check_status("without a signal", status);
	signal(SIGUSR1, SIG_IGN); /* before there is a child that may end at once */
	child = (pid_t)syscall(SYS_clone, SIGUSR1, NULL, NULL, NULL, 0);
	if (!child)
		_exit(9);
	GOOD(wait4, child, &status, __WALL, NULL);
	check_status("with SIGUSR1", status);
}

/* A child whose parent ends goes to the next one that has said that it takes such. */
static void orphans(void)
{
	int status, ends[2];
	pid_t parent, grandchild = 0;

	(void)!pipe(ends);
	CALL(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	parent = fork();
	if (!parent) {
		grandchild = fork();
		if (!grandchild) {
			while (getppid() == 1)
				;
			usleep(50000);
			_exit(7);
		}
		_exit(write(ends[1], &grandchild, sizeof(grandchild)) < 0);
	}
	check_wait("parent", parent);
	(void)!read(ends[0], &grandchild, sizeof(grandchild));
	SHOW("adopted", "%d", waitpid(-1, &status, 0) == grandchild);
	check_status("grandchild", status);
	CALL(prctl, PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

int main(void)
{
	refusals();
	states();
	groups();
	signals();
	clones();
	orphans();
	return 0;
}
