/* SPDX-License-Identifier: MIT */
/* seccomp: strict tasks, filters of classic BPF and each of their answers, threads that follow, tracers that are asked; every errno. */
#include "waiting.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>

/* linux/filter.h, linux/seccomp.h, which not every C library has. */
struct instruction {
	uint16_t code;
	uint8_t yes, no;
	uint32_t k;
};
struct program {
	uint16_t count;
	struct instruction *instructions;
};
enum { LOAD = 0x20, LOAD_HALF = 0x28, LOAD_INDEXED = 0x40, LOAD_LENGTH = 0x80, IS = 0x15, ABOVE = 0x25, AND = 0x54, MODULO = 0x94, END = 0x06, END_A = 0x16, STORE = 0x02, LOAD_CELL = 0x60 };
enum { OF_NUMBER = 0, OF_ARCH = 4, OF_ARGUMENT = 16 };
enum { STRICT = 0, FILTER = 1, ACTION_AVAILABLE = 2 };
enum { FOLLOW = 1, LOG = 2, SPECULATE = 4, FOLLOW_OR_ESRCH = 16 };
#define KILL_PROCESS 0x80000000u
#define KILL_THREAD 0u
#define TRAP 0x30000u
#define ERROR 0x50000u
#define NOTIFY 0x7fc00000u
#define TRACE 0x7ff00000u
#define LOGGED 0x7ffc0000u
#define ALLOW 0x7fff0000u

#define PROGRAM(name, ...)                           \
	struct instruction name##_code[] = {__VA_ARGS__}; \
	struct program name = {sizeof(name##_code) / sizeof(*name##_code), name##_code}

/* One call is answered, all others are allowed. */
#define ONE(name, number, answer) PROGRAM(name, {LOAD, 0, 0, OF_NUMBER}, {IS, 0, 1, number}, {END, 0, 0, answer}, {END, 0, 0, ALLOW})

static void filter_join(uint32_t number, uint32_t answer)
{
	ONE(filter, number, answer);

	if (syscall(SYS_seccomp, FILTER, 0, &filter))
		check_print("no filter: %s\n", check_errno_name(errno));
}

static void strict(void)
{
	CHILD("strict, writes and ends", CALL(seccomp, STRICT, 0, NULL); syscall(SYS_exit, 3));
	CHILD("strict, asks", CALL(prctl, PR_SET_SECCOMP, 1); syscall(SYS_getpid); check_print("alive\n"));
	CHILD("strict, ends its group", syscall(SYS_seccomp, STRICT, 0, NULL); syscall(SYS_exit_group, 3));
	CALL(seccomp, STRICT, 1, NULL);
	CALL(seccomp, STRICT, 0, BAD_ADDRESS);
	CHILD("filtered", filter_join(SYS_getppid, ALLOW); CALL(seccomp, STRICT, 0, NULL));
}

static void trapped(int number, siginfo_t *information, void *context)
{
	(void)context;
	check_print("signal %d code %d errno %d call %d arch %x\n", number, information->si_code, information->si_errno, information->si_syscall, information->si_arch);
}

static void trap(void)
{
	struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO};

	sigaction(SIGSYS, &action, NULL);
	filter_join(SYS_umask, TRAP | 77);
	SHOW("result", "%ld", syscall(SYS_umask, 022));
	signal(SIGSYS, SIG_IGN);
	syscall(SYS_umask, 022);
	check_print("alive\n");
}

static void killed(uint32_t answer)
{
	signal(SIGSYS, SIG_IGN);
	filter_join(SYS_umask, answer);
	syscall(SYS_umask, 022);
	check_print("alive\n");
}

static void answers(void)
{
	CHILD("errno", filter_join(SYS_umask, ERROR | EXDEV); CALL(umask, 022));
	CHILD("errno 0", filter_join(SYS_umask, ERROR); CALL(umask, 022));
	CHILD("errno beyond", filter_join(SYS_umask, ERROR | 0xffff); SHOW("umask", "%ld %d", syscall(SYS_umask, 022), errno));
	CHILD("trap", trap());
	CHILD("thread", killed(KILL_THREAD));
	CHILD("process", killed(KILL_PROCESS));
	CHILD("unknown", killed(0x12340000));
	CHILD("trace without a tracer", filter_join(SYS_umask, TRACE | 5); CALL(umask, 022));
	CHILD("notify without a listener", filter_join(SYS_umask, NOTIFY); CALL(umask, 022));
	CHILD("logged", filter_join(SYS_umask, LOGGED); CALL(umask, 022); CALL(umask, 022));
	CHILD("the strictest", filter_join(SYS_umask, ERROR | EXDEV); filter_join(SYS_umask, ERROR | EPERM); filter_join(SYS_umask, ALLOW); CALL(umask, 022));
	CHILD("strictness", filter_join(SYS_umask, TRAP); filter_join(SYS_umask, ERROR | EPERM); syscall(SYS_umask, 022));
	CHILD("inherited", filter_join(SYS_umask, ERROR | EXDEV); CHILD("child", CALL(umask, 022)));
}

/* What a program can look at. */
static void looks(void)
{
	PROGRAM(argument, {LOAD, 0, 0, OF_NUMBER}, {IS, 0, 2, SYS_lseek}, {LOAD, 0, 0, OF_ARGUMENT + 12}, {IS, 1, 0, 0x7788}, {END, 0, 0, ALLOW}, {END, 0, 0, ERROR | E2BIG});
	PROGRAM(arch, {LOAD, 0, 0, OF_ARCH}, {IS, 1, 0, 0xc000003e}, {END, 0, 0, KILL_PROCESS}, {LOAD_LENGTH, 0, 0, 0}, {IS, 0, 1, 64}, {END, 0, 0, ALLOW}, {END, 0, 0, KILL_PROCESS});
	PROGRAM(counted, {LOAD, 0, 0, OF_NUMBER}, {IS, 1, 0, SYS_umask}, {END, 0, 0, ALLOW}, {LOAD, 0, 0, OF_ARGUMENT}, {STORE, 0, 0, 3}, {LOAD_CELL, 0, 0, 3}, {AND, 0, 0, 0xff}, {0x44, 0, 0, ERROR}, {END_A, 0, 0, 0});

	CHILD("arguments", CALL(seccomp, FILTER, 0, &argument); CALL(lseek, -1, 0x778800000000, 0); CALL(lseek, -1, 1, 0x7788); CALL(lseek, -1, 0x77880000000000, 0));
	CHILD("arch", CALL(seccomp, FILTER, 0, &arch); CALL(umask, 022));
	CHILD("computed", CALL(seccomp, FILTER, 0, &counted); CALL(umask, EBUSY); CALL(umask, 0x300 | ENOSPC));
}

#define REFUSED(name, ...) PROGRAM(name, __VA_ARGS__); CALL(seccomp, FILTER, 0, &name)

static void refusals(void)
{
	struct instruction end = {END, 0, 0, ALLOW};
	static struct instruction many[4096];
	struct program none = {0, &end}, huge = {4097, many}, nowhere = {1, BAD_ADDRESS}, most = {4096, many}, fine = {1, &end};
	uint32_t action = ALLOW, unknown = 0x12340000;

	REFUSED(half, {LOAD_HALF, 0, 0, 0}, end);
	REFUSED(odd, {LOAD, 0, 0, 2}, end);
	REFUSED(beyond, {LOAD, 0, 0, 64}, end);
	REFUSED(indexed, {LOAD_INDEXED, 0, 0, 0}, end);
	REFUSED(modulo, {MODULO, 0, 0, 2}, end);
	REFUSED(endless, {LOAD, 0, 0, 0});
	REFUSED(jump, {IS, 9, 0, 0}, end);
	REFUSED(cell, {LOAD_CELL, 0, 0, 2}, end);
	REFUSED(code, {0xffff, 0, 0, 0}, end);
	CALL(seccomp, FILTER, 0, &none);
	CALL(seccomp, FILTER, 0, &huge);
	CALL(seccomp, FILTER, 0, &nowhere);
	CALL(seccomp, FILTER, 0, BAD_ADDRESS);
	CALL(seccomp, FILTER, 0, NULL);
	CALL(seccomp, FILTER, 1 << 9, &fine);
	CALL(seccomp, 77, 0, NULL);
	CALL(seccomp, ACTION_AVAILABLE, 0, &action);
	CALL(seccomp, ACTION_AVAILABLE, 0, &unknown);
	CALL(seccomp, ACTION_AVAILABLE, 1, &action);
	CALL(seccomp, ACTION_AVAILABLE, 0, BAD_ADDRESS);
	CALL(prctl, PR_SET_SECCOMP, 0, 0, 0, 0);
	CALL(prctl, PR_SET_SECCOMP, 3, 0, 0, 0);
	CALL(prctl, PR_SET_SECCOMP, 2, BAD_ADDRESS, 0, 0);
	CALL(prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
	CHILD("mode", CALL(prctl, PR_SET_SECCOMP, 2, &fine, 0, 0); CALL(prctl, PR_GET_SECCOMP, 0, 0, 0, 0));
	CHILD("a stranger", check_become(1000); CALL(seccomp, FILTER, 0, &fine); CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); CALL(seccomp, FILTER, 0, &fine));
	for (unsigned i = 0; i < 4096; i++)
		many[i] = end;
	CHILD("too many", for (int i = 0; i < 9; i++) CALL(seccomp, FILTER, LOG | SPECULATE, &most));
}

static void status_show(void)
{
	char text[2048] = "", *line;
	int file = open("/proc/self/status", O_RDONLY);
	ssize_t bytes = read(file, text, sizeof(text) - 1);

	close(file);
	line = bytes > 0 ? strstr(text, "Seccomp:") : NULL;
	check_bytes("status", line ? line : "", line ? strstr(line, "Spec") ? strstr(line, "Spec") - line : strstr(line, "Cpus") - line : 0);
}

/* Threads. */
static char stack[65536];
static volatile int ready, go;

static int follower(void *argument)
{
	if (argument)
		filter_join(SYS_getuid, ALLOW);
	__atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
		sched_yield();
	CALL(umask, 022);
	go = 2;
	syscall(SYS_exit, 0);
	return 0;
}

static void threads(bool stray)
{
	ONE(filter, SYS_umask, ERROR | EXDEV);
	int thread = clone(follower, stack + sizeof(stack), CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, stray ? stack : NULL);

	while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
		sched_yield();
	if (stray) {
		SHOW("the stray", "%d", syscall(SYS_seccomp, FILTER, FOLLOW, &filter) == thread);
		CALL(seccomp, FILTER, FOLLOW | FOLLOW_OR_ESRCH, &filter);
	} else {
		CALL(seccomp, FILTER, FOLLOW, &filter);
	}
	go = 1;
	while (go != 2)
		sched_yield();
}

static int refused_thread(void *argument)
{
	(void)argument;
	filter_join(SYS_umask, KILL_THREAD);
	ready = 2;
	syscall(SYS_umask, 022);
	check_print("alive\n");
	return 0;
}

/* One thread is ended, the other goes on. */
static void thread_killed(void)
{
	static volatile int id = 1;

	clone(refused_thread, stack + sizeof(stack), CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID, NULL, NULL, NULL, &id);
	while (ready != 2 || id)
		sched_yield();
	check_print("the other goes on\n");
}

/* A tracer that is asked. */
static void asks(void)
{
	syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	filter_join(SYS_umask, TRACE | 44);
	CALL(umask, 022);
	CALL(umask, 022);
	CALL(umask, 022);
}

static void traced(void)
{
	pid_t child = fork();
	int status;
	uint64_t message;

	if (!child) {
		asks();
		_exit(0);
	}
	waitpid(child, &status, 0);
	syscall(SYS_ptrace, PTRACE_SETOPTIONS, child, 0, 1 << 7);
	syscall(SYS_ptrace, PTRACE_CONT, child, 0, 0);
	for (int i = 0; waitpid(child, &status, 0) == child && WIFSTOPPED(status); i++) {
		syscall(SYS_ptrace, PTRACE_GETEVENTMSG, child, 0, &message);
		SHOW("asked", "signal %d event %d message %d", WSTOPSIG(status), status >> 16, (int)message);
		if (i == 1)
			syscall(SYS_ptrace, PTRACE_POKEUSER, child, offsetof(struct user, regs.orig_rax), -1);
		if (i == 1)
			syscall(SYS_ptrace, PTRACE_POKEUSER, child, offsetof(struct user, regs.rax), -EBUSY);
		if (i == 2)
			syscall(SYS_ptrace, PTRACE_POKEUSER, child, offsetof(struct user, regs.orig_rax), SYS_lseek);
		syscall(SYS_ptrace, PTRACE_CONT, child, 0, 0);
	}
	check_status("asked", status);
}

int main(void)
{
	umask(022);
	strict();
	answers();
	looks();
	refusals();
	CHILD("status", status_show(); filter_join(SYS_umask, ALLOW); filter_join(SYS_umask, ALLOW); status_show());
	CHILD("threads", threads(false));
	CHILD("a stray", threads(true));
	CHILD("one thread", thread_killed());
	traced();
	return 0;
}
