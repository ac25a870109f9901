/* SPDX-License-Identifier: MIT */
/* ptrace of tasks that run already: PTRACE_ATTACH, PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_LISTEN, group stops, threads, ends of tracers, who may wait for what. */
#include "waiting.h"

#include <sched.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#define STACK_BYTES 65536

static long ask(int request, pid_t process, uintptr_t address, uintptr_t data)
{
	return syscall(SYS_ptrace, request, process, address, data);
}

static void stop_show(const char *what, int status)
{
	if (!WIFSTOPPED(status))
		check_status(what, status);
	else
		SHOW(what, "stopped by %d, event %d", WSTOPSIG(status), status >> 16);
}

static void stop_wait(const char *what, pid_t process)
{
	int status = 0;

	if (waitpid(process, &status, __WALL) != process)
		check_print("%s: not there, %s\n", what, check_errno_name(errno));
	else
		stop_show(what, status);
}

static void on(int request, pid_t process, int number)
{
	if (ask(request, process, 0, (uintptr_t)number))
		check_print("does not go on: %s\n", check_errno_name(errno));
}

static void end(pid_t child)
{
	int status;

	kill(child, SIGKILL);
	while (waitpid(child, &status, __WALL) == child && WIFSTOPPED(status))
		;
}

/* State and tracer as /proc tells. */
static void state_show(const char *what, pid_t process)
{
	char path[40], text[1024] = "", *line;
	int file, bytes;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)process);
	file = open(path, O_RDONLY);
	bytes = (int)read(file, text, sizeof(text) - 1);
	close(file);
	text[bytes > 0 ? bytes : 0] = '\0';
	line = strstr(text, "State:");
	SHOW(what, "%.9s, traced by %s", line ? line + 7 : "?", strstr(text, "TracerPid:\t0\n") ? "nobody" : "somebody");
}

static void information_show(pid_t child)
{
	siginfo_t information = {0};

	if (ask(PTRACE_GETSIGINFO, child, 0, (uintptr_t)&information))
		SHOW("information", "%s", check_errno_name(errno));
	else
		SHOW("information", "signal %d code %d", information.si_signo, information.si_code);
}

static void attach(void)
{
	pid_t child = check_sleeper();

	check_sleeps(child);
	CALL(ptrace, PTRACE_ATTACH, child, 0, 0);
	stop_wait("attached", child);
	information_show(child);
	state_show("then", child);
	on(PTRACE_CONT, child, 0);
	check_sleeps(child);
	kill(child, SIGUSR1);
	stop_wait("signal", child);
	CALL(ptrace, PTRACE_DETACH, child, 0, 0);
	check_sleeps(child);
	state_show("detached", child);
	CALL(ptrace, PTRACE_CONT, child, 0, 0);
	kill(child, SIGTERM);
	stop_wait("ends", child);
}

static void detach_with_signal(void)
{
	pid_t child = check_sleeper();

	check_sleeps(child);
	ask(PTRACE_ATTACH, child, 0, 0);
	stop_wait("attached", child);
	CALL(ptrace, PTRACE_DETACH, child, 0, SIGTERM);
	stop_wait("ends", child);
}

/* A stop of the process, seen by who traces it. */
static void group_stop(void)
{
	pid_t child = check_sleeper();

	check_sleeps(child);
	ask(PTRACE_ATTACH, child, 0, 0);
	stop_wait("attached", child);
	on(PTRACE_CONT, child, SIGSTOP);
	stop_wait("group stop", child);
	information_show(child);
	on(PTRACE_CONT, child, 0);
	check_sleeps(child);
	kill(child, SIGCONT);
	stop_wait("continues", child);
	information_show(child);
	on(PTRACE_CONT, child, SIGCONT);
	kill(child, SIGSTOP);
	stop_wait("stops again", child);
	CALL(ptrace, PTRACE_DETACH, child, 0, SIGSTOP);
	{
		int status;

		waitpid(child, &status, WUNTRACED);
		stop_show("for its parent", status);
	}
	state_show("then", child);
	CALL(ptrace, PTRACE_ATTACH, child, 0, 0);
	stop_wait("attached while stopped", child);
	information_show(child);
	end(child);
}

static void seize(void)
{
	pid_t child = check_sleeper();
	int status;

	check_sleeps(child);
	CALL(ptrace, PTRACE_SEIZE, child, 0, PTRACE_O_TRACESYSGOOD);
	check_sleeps(child);
	SHOW("nothing yet", "%d", waitpid(child, &status, WNOHANG | __WALL));
	CALL(ptrace, PTRACE_INTERRUPT, child, 0, 0);
	stop_wait("interrupted", child);
	information_show(child);
	on(PTRACE_CONT, child, 0);
	check_sleeps(child);
	kill(child, SIGSTOP);
	stop_wait("signal", child);
	CALL(ptrace, PTRACE_LISTEN, child, 0, 0);
	on(PTRACE_CONT, child, SIGSTOP);
	stop_wait("group stop", child);
	information_show(child);
	CALL(ptrace, PTRACE_LISTEN, child, 0, 0);
	SHOW("nothing while it listens", "%d", waitpid(child, &status, WNOHANG | __WALL));
	CALL(ptrace, PTRACE_CONT, child, 0, 0);
	kill(child, SIGCONT);
	stop_wait("woken", child);
	on(PTRACE_CONT, child, 0);
	stop_wait("signal", child);
	on(PTRACE_CONT, child, SIGCONT);
	check_sleeps(child);
	CALL(ptrace, PTRACE_INTERRUPT, child, 0, 0);
	stop_wait("interrupted", child);
	CALL(ptrace, PTRACE_DETACH, child, 0, 0);
	kill(child, SIGTERM);
	stop_wait("ends", child);
}

/* waitid and SIGCHLD. */
static volatile int told_code, told_status;

static void told(int number, siginfo_t *information, void *context)
{
	(void)number;
	(void)context;
	told_code = information->si_code;
	told_status = information->si_status;
}

static void waitings(void)
{
	pid_t child = check_sleeper();
	struct sigaction action = {.sa_sigaction = told, .sa_flags = SA_SIGINFO | SA_RESTART};
	siginfo_t information = {0};

	check_sleeps(child);
	sigaction(SIGCHLD, &action, NULL);
	ask(PTRACE_ATTACH, child, 0, 0);
	GOOD(waitid, P_PID, child, &information, WSTOPPED | WNOWAIT, NULL);
	SHOW("waitid", "code %d status %d", information.si_code, information.si_status);
	SHOW("SIGCHLD", "code %d status %d", told_code, told_status);
	GOOD(waitid, P_ALL, 0, &information, WEXITED | WNOHANG, NULL);
	SHOW("WEXITED too", "code %d status %d", information.si_code, information.si_status);
	memset(&information, 0, sizeof(information));
	GOOD(waitid, P_PID, child, &information, WSTOPPED | WNOHANG, NULL);
	SHOW("once", "%d", information.si_pid);
	on(PTRACE_CONT, child, SIGKILL);
	GOOD(waitid, P_PID, child, &information, WEXITED, NULL);
	SHOW("waitid", "code %d status %d", information.si_code, information.si_status);
	signal(SIGCHLD, SIG_DFL);
}

/* Threads: made under a tracer, and their ends. */
static char stack[STACK_BYTES];

static int thread_body(void *argument)
{
	(void)argument;
	syscall(SYS_exit, 5);
	return 0;
}

static void threads(void)
{
	pid_t child = fork(), thread = 0;
	int status;
	uint64_t message = 0;

	if (!child) {
		ask(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		clone(thread_body, stack + sizeof(stack), CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL);
		for (;;)
			pause();
	}
	stop_wait("begins", child);
	ask(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACECLONE);
	on(PTRACE_CONT, child, 0);
	stop_wait("clone", child);
	ask(PTRACE_GETEVENTMSG, child, 0, (uintptr_t)&message);
	thread = (pid_t)message;
	stop_wait("the thread", thread);
	on(PTRACE_CONT, child, 0);
	on(PTRACE_CONT, thread, 0);
	waitpid(thread, &status, __WALL);
	stop_show("the thread", status);
	CALL(wait4, thread, &status, __WALL, NULL);
	check_sleeps(child);
	kill(child, SIGTERM);
	stop_wait("signal", child);
	on(PTRACE_CONT, child, SIGTERM);
	stop_wait("ends", child);
}

/* Another's child: its parent sees its end when its tracer has. */
static void others_child(void)
{
	pid_t child = check_sleeper(), tracer;
	int go[2], status;
	char byte;

	check_sleeps(child);
	pipe(go);
	tracer = fork();
	if (!tracer) {
		ask(PTRACE_SEIZE, child, 0, 0);
		kill(child, SIGTERM);
		stop_wait("signal, for its tracer", child);
		on(PTRACE_CONT, child, SIGTERM);
		GOOD(waitid, P_PID, child, NULL, WEXITED | WNOWAIT, NULL);
		write(go[1], "x", 1);
		pause();
	}
	read(go[0], &byte, 1);
	SHOW("not yet", "%d", waitpid(child, &status, WNOHANG));
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
	stop_wait("ends", child);
}

/* The tracer ends: what becomes of who was traced. */
static void tracer_ends(const char *what, long options, bool stopped)
{
	pid_t child = check_sleeper(), tracer;

	check_sleeps(child);
	tracer = fork();
	if (!tracer) {
		ask(PTRACE_SEIZE, child, 0, (uintptr_t)options);
		if (stopped) {
			ask(PTRACE_INTERRUPT, child, 0, 0);
			waitpid(child, NULL, __WALL);
		}
		_exit(0);
	}
	waitpid(tracer, NULL, 0);
	if (!options) {
		check_sleeps(child);
		state_show(what, child);
		kill(child, SIGTERM);
	}
	stop_wait(what, child);
}

/* Who may be traced by whom. */
static void rights(void)
{
	pid_t child = check_sleeper();

	check_become(1000);
	CALL(ptrace, PTRACE_ATTACH, child, 0, 0);
	CALL(ptrace, PTRACE_ATTACH, 1, 0, 0);
	CALL(ptrace, PTRACE_SEIZE, child, 0, 1 << 21);
	child = check_sleeper();
	CALL(ptrace, PTRACE_ATTACH, child, 0, 0); /* who has changed its user cannot be looked into */
	end(child);
	prctl(PR_SET_DUMPABLE, 1);
	child = check_sleeper();
	CALL(ptrace, PTRACE_ATTACH, child, 0, 0);
	stop_wait("an own child", child);
	end(child);
	_exit(0);
}

int main(void)
{
	attach();
	detach_with_signal();
	group_stop();
	seize();
	waitings();
	threads();
	others_child();
	tracer_ends("it goes on", 0, false);
	tracer_ends("it is let go", 0, true);
	tracer_ends("it is killed", PTRACE_O_EXITKILL, false);
	CHILD("rights", rights());
	return 0;
}
