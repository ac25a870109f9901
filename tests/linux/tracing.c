/* SPDX-License-Identifier: MIT */
/* ptrace: what a tracer sees of a program that it runs: stops at calls, signals, events, steps; reading and changing registers and memory; errors of each request. */
#include "waiting.h"

#include <elf.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#define MARK 0x80 /* of a stop at a call: PTRACE_O_TRACESYSGOOD */
#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT)
#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31
#endif

static volatile long word = 0x1122334455667788;
static const long constant = 0x1020304050607080;

static long ask(int request, pid_t process, uintptr_t address, uintptr_t data)
{
	return syscall(SYS_ptrace, request, process, address, data);
}

static uint64_t message_of(pid_t process)
{
	uint64_t message = 0;

	ask(PTRACE_GETEVENTMSG, process, 0, (uintptr_t)&message);
	return message;
}

/* What wait4 says of a stop: "12", "5 mark", "5 event 3". */
static void stop_show(const char *what, int status)
{
	if (!WIFSTOPPED(status))
		check_status(what, status);
	else if (status >> 16)
		SHOW(what, "stopped by %d, event %d", WSTOPSIG(status), status >> 16);
	else
		SHOW(what, "stopped by %d%s", WSTOPSIG(status) & ~MARK, WSTOPSIG(status) & MARK ? ", marked" : "");
}

static int stop_wait(const char *what, pid_t process)
{
	int status = 0;

	if (waitpid(process, &status, __WALL) != process)
		check_print("%s: not there, %s\n", what, check_errno_name(errno));
	else
		stop_show(what, status);
	return status;
}

static void on(int request, pid_t process, int number)
{
	if (ask(request, process, 0, (uintptr_t)number))
		check_print("does not go on: %s\n", check_errno_name(errno));
}

/* A child that wants to be traced and stops itself. */
static pid_t traced_child(void (*body)(void))
{
	pid_t child = fork();

	if (!child) {
		ask(PTRACE_TRACEME, 0, 0, 0);
		kill(getpid(), SIGSTOP);
		body();
		_exit(7);
	}
	stop_wait("begins", child);
	return child;
}

static void end(pid_t child)
{
	int status;

	kill(child, SIGKILL);
	while (waitpid(child, &status, __WALL) == child && WIFSTOPPED(status))
		;
}

static struct user_regs_struct registers_of(pid_t child)
{
	struct user_regs_struct registers = {0};

	if (ask(PTRACE_GETREGS, child, 0, (uintptr_t)&registers))
		check_print("no registers: %s\n", check_errno_name(errno));
	return registers;
}

/* Calls. */

static void some_calls(void)
{
	syscall(SYS_umask, 022);
	syscall(SYS_umask, 077);
	syscall(SYS_getpriority, 99, 0);
	syscall(SYS_close, -5);
}

/* From stop to stop of a program's calls. */
static void calls(void)
{
	pid_t child = traced_child(some_calls);
	int status;

	CALL(ptrace, PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD);
	for (int i = 0; i < 12; i++) {
		struct user_regs_struct registers;
		struct __ptrace_syscall_info info = {0};
		long size;

		on(PTRACE_SYSCALL, child, 0);
		status = stop_wait("call", child);
		if (!WIFSTOPPED(status))
			break;
		registers = registers_of(child);
		SHOW("registers", "orig_rax %ld rax %ld rdi %ld", (long)registers.orig_rax, (long)registers.rax, registers.orig_rax == SYS_umask || registers.orig_rax == SYS_close ? (long)(int)registers.rdi : 0);
		size = ask(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), (uintptr_t)&info);
		SHOW("information", "%ld bytes, op %d, arch %x, message %ld", size, info.op, info.arch, (long)message_of(child));
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
			SHOW("entry", "%ld", (long)info.entry.nr);
		if (info.op == PTRACE_SYSCALL_INFO_EXIT)
			SHOW("exit", "%ld, error %d", (long)info.exit.rval, info.exit.is_error);
		SHOW("where", "%d", info.instruction_pointer == registers.rip && info.stack_pointer == registers.rsp);
	}
	end(child);
}

/* A tracer that changes what a call is asked for, does, and comes to. */
static void one_call(void)
{
	long result;

	for (;;) {
		errno = 0;
		result = syscall(SYS_umask, 1);
		check_print("the child got %ld %s\n", result, check_errno_name(errno));
	}
}

/* Goes to the entry of the child's next umask(1). */
static struct user_regs_struct entry_of_umask(pid_t child)
{
	struct user_regs_struct registers = {0};
	int status;

	do {
		on(PTRACE_SYSCALL, child, 0);
		waitpid(child, &status, __WALL);
		registers = registers_of(child);
	} while (registers.orig_rax != SYS_umask || (long)registers.rax != -ENOSYS);
	return registers;
}

static void to_exit(pid_t child)
{
	int status;

	on(PTRACE_SYSCALL, child, 0);
	waitpid(child, &status, __WALL);
}

static void changes(void)
{
	pid_t child = traced_child(one_call);
	struct user_regs_struct registers = entry_of_umask(child);

	registers.rdi = 0123;
	CALL(ptrace, PTRACE_SETREGS, child, 0, &registers);
	to_exit(child);
	registers = entry_of_umask(child);
	to_exit(child);
	registers = registers_of(child);
	SHOW("the mask was", "%lo", (long)registers.rax);
	registers.rax = 4321;
	CALL(ptrace, PTRACE_SETREGS, child, 0, &registers);
	registers = entry_of_umask(child);
	registers.orig_rax = SYS_getppid;
	CALL(ptrace, PTRACE_SETREGS, child, 0, &registers);
	to_exit(child);
	registers = registers_of(child);
	SHOW("another call", "%d", (pid_t)registers.rax == getpid());
	SHOW("its number", "%ld", (long)registers.orig_rax);
	registers.rax = 77;
	ask(PTRACE_SETREGS, child, 0, (uintptr_t)&registers);
	entry_of_umask(child);
	CALL(ptrace, PTRACE_POKEUSER, child, offsetof(struct user, regs.orig_rax), -1);
	to_exit(child);
	registers = entry_of_umask(child);
	CALL(ptrace, PTRACE_POKEUSER, child, offsetof(struct user, regs.orig_rax), -1);
	CALL(ptrace, PTRACE_POKEUSER, child, offsetof(struct user, regs.rax), -EXDEV);
	to_exit(child);
	registers = entry_of_umask(child);
	registers.orig_rax = 5000;
	ask(PTRACE_SETREGS, child, 0, (uintptr_t)&registers);
	to_exit(child);
	entry_of_umask(child);
	end(child);
}

/* PTRACE_SYSEMU: calls that the tracer does in the program's place. */
static void emulated(void)
{
	pid_t child = traced_child(one_call);
	struct user_regs_struct registers;

	for (int i = 0; i < 3; i++) {
		on(PTRACE_SYSEMU, child, 0);
		stop_wait("emulated", child);
		registers = registers_of(child);
		if (registers.orig_rax == SYS_umask) {
			registers.rax = 1000 + i;
			ask(PTRACE_SETREGS, child, 0, (uintptr_t)&registers);
		} else {
			SHOW("number", "%ld", (long)registers.orig_rax);
		}
	}
	end(child);
}

/* Signals. */

static volatile int caught;

static void catch(int number)
{
	caught = number;
}

static void raises(void)
{
	signal(SIGUSR1, catch);
	signal(SIGUSR2, catch);
	signal(SIGWINCH, SIG_IGN);
	raise(SIGUSR1);
	check_print("caught %d\n", caught);
	caught = 0;
	raise(SIGUSR1);
	check_print("caught %d\n", caught);
	caught = 0;
	raise(SIGUSR1);
	check_print("caught %d\n", caught);
	raise(SIGWINCH);
	raise(SIGCHLD);
	raise(SIGTERM);
	check_print("alive\n");
	raise(SIGTERM);
}

static void information_show(pid_t child)
{
	siginfo_t information = {0};

	if (ask(PTRACE_GETSIGINFO, child, 0, (uintptr_t)&information))
		SHOW("information", "%s", check_errno_name(errno));
	else
		SHOW("information", "signal %d code %d by %s", information.si_signo, information.si_code, information.si_pid == child ? "itself" : information.si_pid == getpid() ? "the tracer" : information.si_pid ? "another" : "nobody");
}

static void signals(void)
{
	static const int after[] = {0, SIGUSR1, 0, SIGUSR2, SIGWINCH, 0, 0, SIGTERM};
	pid_t child = traced_child(raises);

	for (unsigned i = 0; i < sizeof(after) / sizeof(*after); i++) {
		on(PTRACE_CONT, child, after[i]);
		if (!WIFSTOPPED(stop_wait("signal", child)))
			return;
		information_show(child);
	}
	stop_wait("the end", child);
}

/* Information changed on its way; a signal that was blocked when it was chosen. */
static void informed(int number, siginfo_t *information, void *context)
{
	(void)context;
	check_print("caught %d code %d value %d\n", number, information->si_code, information->si_value.sival_int);
}

static void told(void)
{
	struct sigaction action = {.sa_sigaction = informed, .sa_flags = SA_SIGINFO};
	sigset_t set;

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	check_print("still blocked\n");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void information(void)
{
	pid_t child = traced_child(told);
	siginfo_t changed;

	CALL(ptrace, PTRACE_GETSIGINFO, child, 0, BAD_ADDRESS);
	CALL(ptrace, PTRACE_SETSIGINFO, child, 0, BAD_ADDRESS);
	on(PTRACE_CONT, child, 0);
	stop_wait("signal", child);
	ask(PTRACE_GETSIGINFO, child, 0, (uintptr_t)&changed);
	changed.si_code = SI_QUEUE;
	changed.si_value.sival_int = 4711;
	CALL(ptrace, PTRACE_SETSIGINFO, child, 0, &changed);
	on(PTRACE_CONT, child, SIGUSR1);
	stop_wait("signal", child);
	on(PTRACE_CONT, child, SIGUSR2);
	stop_wait("again", child);
	information_show(child);
	on(PTRACE_CONT, child, SIGUSR2);
	stop_wait("the end", child);
}

static void queues(void)
{
	sigset_t set;
	union sigval value;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (value.sival_int = 10; value.sival_int < 13; value.sival_int++)
		sigqueue(getpid(), SIGRTMIN + 3, value);
	syscall(SYS_tkill, getpid(), SIGUSR1);
	syscall(SYS_tkill, getpid(), SIGUSR2);
	syscall(SYS_getppid);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* What waits to be delivered. */
static void pending(void)
{
	pid_t child = traced_child(queues);
	struct __ptrace_peeksiginfo_args peek = {.nr = 10}, wrong = {.flags = 2, .nr = 1}, negative = {.nr = -1};
	siginfo_t found[10];
	uint64_t mask;
	long count;

	do {
		on(PTRACE_SYSCALL, child, 0);
		waitpid(child, NULL, __WALL);
	} while (registers_of(child).orig_rax != SYS_getppid);
	count = ask(PTRACE_PEEKSIGINFO, child, (uintptr_t)&peek, (uintptr_t)found);
	SHOW("of the thread", "%ld: %d %d", count, found[0].si_signo, found[1].si_signo);
	peek.flags = PTRACE_PEEKSIGINFO_SHARED;
	count = ask(PTRACE_PEEKSIGINFO, child, (uintptr_t)&peek, (uintptr_t)found);
	SHOW("of the process", "%ld: %d %d %d", count, found[0].si_value.sival_int, found[1].si_value.sival_int, found[2].si_value.sival_int);
	peek.off = 2;
	count = ask(PTRACE_PEEKSIGINFO, child, (uintptr_t)&peek, (uintptr_t)found);
	SHOW("the last", "%ld: %d", count, found[0].si_value.sival_int);
	peek.off = 9;
	CALL(ptrace, PTRACE_PEEKSIGINFO, child, &peek, found);
	CALL(ptrace, PTRACE_PEEKSIGINFO, child, &wrong, found);
	CALL(ptrace, PTRACE_PEEKSIGINFO, child, &negative, found);
	CALL(ptrace, PTRACE_PEEKSIGINFO, child, BAD_ADDRESS, found);
	peek.off = 0;
	CALL(ptrace, PTRACE_PEEKSIGINFO, child, &peek, BAD_ADDRESS);
	CALL(ptrace, PTRACE_GETSIGMASK, child, 8, &mask);
	SHOW("mask", "%lx", (long)mask);
	CALL(ptrace, PTRACE_GETSIGMASK, child, 4, &mask);
	CALL(ptrace, PTRACE_GETSIGMASK, child, 8, BAD_ADDRESS);
	CALL(ptrace, PTRACE_SETSIGMASK, child, 16, &mask);
	CALL(ptrace, PTRACE_SETSIGMASK, child, 8, BAD_ADDRESS);
	mask = ~0ul;
	CALL(ptrace, PTRACE_SETSIGMASK, child, 8, &mask);
	CALL(ptrace, PTRACE_GETSIGMASK, child, 8, &mask);
	SHOW("mask", "%lx", (long)mask);
	mask = 0;
	CALL(ptrace, PTRACE_SETSIGMASK, child, 8, &mask);
	on(PTRACE_CONT, child, 0);
	stop_wait("pending", child);
	end(child);
}

/* Events. */

static void makes_children(void)
{
	pid_t child = fork();

	if (!child)
		_exit(1);
	waitpid(child, NULL, 0);
	child = vfork();
	if (!child)
		_exit(2);
	waitpid(child, NULL, 0);
	child = (pid_t)syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
	if (!child)
		_exit(3);
	waitpid(child, NULL, __WALL);
}

/* Every stop of a family, until all have ended. The parent's and the child's come in any order: a child is let go on when its parent has told of it. */
static void events(void)
{
	pid_t child = traced_child(makes_children), other;
	int status;

	CALL(ptrace, PTRACE_SETOPTIONS, child, 0, OPTIONS);
	on(PTRACE_CONT, child, 0);
	while (waitpid(child, &status, __WALL) == child) {
		int event = status >> 16;

		stop_show("parent", status);
		if (!WIFSTOPPED(status))
			break;
		other = (pid_t)message_of(child);
		if (event == PTRACE_EVENT_EXIT)
			SHOW("ends with", "%x", other);
		if (event == PTRACE_EVENT_VFORK_DONE)
			SHOW("vfork done", "%s", other > 0 ? "a child" : "nobody");
		if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
			stop_wait("child", other);
			information_show(other);
			on(PTRACE_CONT, other, 0);
			if (WIFSTOPPED(stop_wait("child", other))) {
				SHOW("child ends with", "%lx", (long)message_of(other));
				on(PTRACE_CONT, other, 0);
				stop_wait("child", other);
			}
		}
		on(PTRACE_CONT, child, WSTOPSIG(status) == SIGCHLD || WSTOPSIG(status) == SIGUSR1 ? 0 : event ? 0 : WSTOPSIG(status));
	}
}

/* execve with and without its event. */
static char self_path[64];

static void executes(void)
{
	char *arguments[] = {self_path, (char *)"executed", NULL}, *environment[] = {NULL};

	execve("/proc/self/exe", arguments, environment);
}

static void exec_with(const char *what, long options)
{
	pid_t child = traced_child(executes);
	struct user_regs_struct registers;

	ask(PTRACE_SETOPTIONS, child, 0, (uintptr_t)options);
	on(PTRACE_CONT, child, 0);
	stop_wait(what, child);
	information_show(child);
	SHOW("former id", "%d", message_of(child) == (uint64_t)child);
	registers = registers_of(child);
	SHOW("registers", "orig_rax %ld rax %ld rbx %ld", (long)registers.orig_rax, (long)registers.rax, (long)registers.rbx);
	on(PTRACE_SYSCALL, child, 0);
	stop_wait("afterwards", child);
	registers = registers_of(child);
	SHOW("registers", "orig_rax %d rax %ld", (int)registers.orig_rax == SYS_execve, (long)registers.rax);
	on(PTRACE_CONT, child, 0);
	stop_wait("the end", child);
}

/* Steps. */

__attribute__((noinline)) static void steps_body(void)
{
	for (;;) {
		syscall(SYS_getppid);
		caught++;
	}
}

static void steps(void)
{
	pid_t child = traced_child(steps_body);
	int moved = 0, calls_seen = 0;
	struct user_regs_struct before = registers_of(child), after;
	siginfo_t information;

	for (int i = 0; i < 2000; i++) {
		int status;

		on(PTRACE_SINGLESTEP, child, 0);
		if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
			stop_show("no step", status);
			return;
		}
		after = registers_of(child);
		moved += after.rip != before.rip;
		if (after.eflags & 0x100)
			SHOW("flags", "%lx", (long)after.eflags);
		ask(PTRACE_GETSIGINFO, child, 0, (uintptr_t)&information);
		if (information.si_code != TRAP_TRACE)
			calls_seen += information.si_code == TRAP_BRKPT;
		before = after;
	}
	SHOW("steps", "moved %d, over calls %s", moved > 1990, calls_seen > 3 ? "some" : "none");
	on(PTRACE_CONT, child, 0);
	end(child);
}

/* A step into a handler. */
static void step_handler(void)
{
	pid_t child = traced_child(raises);
	struct user_regs_struct registers;

	on(PTRACE_CONT, child, 0);
	stop_wait("raised", child);
	on(PTRACE_SINGLESTEP, child, SIGUSR1);
	stop_wait("stepped", child);
	information_show(child);
	registers = registers_of(child);
	SHOW("in the handler", "%d, signal %ld, flags %lx", registers.rip == (uintptr_t)catch, (long)registers.rdi, (long)(registers.eflags & 0x100));
	end(child);
}

/* A breakpoint: the program's text is written, and afterwards as it was. */
__attribute__((noinline)) static long counted(long value)
{
	return value + 5;
}

static void calls_counted(void)
{
	check_print("counted %ld\n", counted(caught));
}

static void breakpoint(void)
{
	pid_t child = traced_child(calls_counted);
	long text = 0;
	uintptr_t at = (uintptr_t)counted;
	struct user_regs_struct registers;

	CALL(ptrace, PTRACE_PEEKTEXT, child, at, &text);
	SHOW("text", "%d", text == *(const long *)at);
	SHOW("poked", "%ld", ask(PTRACE_POKETEXT, child, at, (uintptr_t)((text & ~0xffl) | 0xcc)));
	on(PTRACE_CONT, child, 0);
	stop_wait("breakpoint", child);
	information_show(child);
	registers = registers_of(child);
	SHOW("there", "%d, orig_rax %ld", registers.rip == at + 1, (long)registers.orig_rax);
	ask(PTRACE_POKETEXT, child, at, (uintptr_t)text);
	registers.rip = at;
	registers.rdi = 100;
	CALL(ptrace, PTRACE_SETREGS, child, 0, &registers);
	on(PTRACE_CONT, child, 0);
	stop_wait("the end", child);
	SHOW("own text", "%d", (*(const unsigned char *)at) != 0xcc);
}

/* Memory and registers, with their errors. */

static char *pages; /* readable, nothing, shared and readable */

static void pages_make(void)
{
	FILE *file = tmpfile();

	pages = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(pages, 1, 2 * 4096);
	mprotect(pages, 4096, PROT_READ);
	mprotect(pages + 4096, 4096, PROT_NONE);
	ftruncate(fileno(file), 4096);
	mmap(pages + 2 * 4096, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, fileno(file), 0);
}

static void idle(void)
{
	check_print("the child has %lx %lx, %x\n", word, constant, pages[16]);
	pages[16] = 2;
}

#define PEEK(at) CALL(ptrace, PTRACE_PEEKDATA, child, at, &value)

static void memory(void)
{
	pid_t child = traced_child(idle);
	long value = 0;

	PEEK(&word);
	SHOW("value", "%lx", value);
	PEEK((char *)&word + 4);
	PEEK(BAD_ADDRESS);
	PEEK(KERNEL_ADDRESS);
	PEEK(ODD_ADDRESS);
	CALL(ptrace, PTRACE_PEEKDATA, child, &word, BAD_ADDRESS);
	CALL(ptrace, PTRACE_PEEKDATA, child, check_border() - 4, &value);
	CALL(ptrace, PTRACE_POKEDATA, child, &word, 0x5566);
	CALL(ptrace, PTRACE_POKEDATA, child, &constant, 0x7788);
	CALL(ptrace, PTRACE_POKEDATA, child, BAD_ADDRESS, 1);
	CALL(ptrace, PTRACE_POKEDATA, child, KERNEL_ADDRESS, 1);
	CALL(ptrace, PTRACE_POKEDATA, child, pages + 16, 0x6666);
	CALL(ptrace, PTRACE_PEEKDATA, child, pages + 4096, &value);
	SHOW("value", "%lx", value);
	CALL(ptrace, PTRACE_POKEDATA, child, pages + 4096, 0x99);
	CALL(ptrace, PTRACE_PEEKDATA, child, pages + 4096, &value);
	SHOW("value", "%lx", value);
	CALL(ptrace, PTRACE_POKEDATA, child, pages + 2 * 4096, 1);
	SHOW("here", "%lx %lx %x", word, *(const volatile long *)&constant, pages[16]);
	on(PTRACE_CONT, child, 0);
	stop_wait("stores", child);
	information_show(child);
	end(child);
}

static void spins(void)
{
	for (;;)
		;
}

#define USER(member) offsetof(struct user, member)

static void registers(void)
{
	pid_t child = traced_child(spins);
	struct user_regs_struct all = registers_of(child), part = {0};
	struct user_fpregs_struct fpu;
	struct iovec set = {&part, sizeof(part)}, some = {&part, 24}, more = {&part, 4096}, odd = {&part, 12}, nowhere = {BAD_ADDRESS, sizeof(part)}, fpu_set = {&fpu, sizeof(fpu)}, fpu_part = {&fpu, 64};
	uint64_t value = 0;

	SHOW("segments", "%lx %lx %lx %lx %lx %lx", (long)all.cs, (long)all.ss, (long)all.ds, (long)all.es, (long)all.fs, (long)all.gs);
	CALL(ptrace, PTRACE_GETREGSET, child, NT_PRSTATUS, &set);
	SHOW("set", "%zu bytes, %d", set.iov_len, !memcmp(&part, &all, sizeof(all)));
	CALL(ptrace, PTRACE_GETREGSET, child, NT_PRSTATUS, &some);
	CALL(ptrace, PTRACE_GETREGSET, child, NT_PRSTATUS, &more);
	SHOW("cut", "%zu %zu", some.iov_len, more.iov_len);
	CALL(ptrace, PTRACE_GETREGSET, child, NT_PRSTATUS, &odd);
	CALL(ptrace, PTRACE_GETREGSET, child, NT_PRSTATUS, &nowhere);
	CALL(ptrace, PTRACE_GETREGSET, child, NT_PRSTATUS, BAD_ADDRESS);
	CALL(ptrace, PTRACE_GETREGSET, child, 0x4444, &set);
	CALL(ptrace, PTRACE_SETREGSET, child, 0x4444, &set);
	CALL(ptrace, PTRACE_SETREGSET, child, NT_PRSTATUS, BAD_ADDRESS);
	CALL(ptrace, PTRACE_SETREGSET, child, NT_PRSTATUS, &nowhere);
	CALL(ptrace, PTRACE_SETREGSET, child, NT_PRSTATUS, &set);
	part.r15 = 0x1515;
	some.iov_len = 8;
	CALL(ptrace, PTRACE_SETREGSET, child, NT_PRSTATUS, &some);
	SHOW("r15", "%lx", (long)registers_of(child).r15);
	CALL(ptrace, PTRACE_GETREGS, child, 0, BAD_ADDRESS);
	CALL(ptrace, PTRACE_SETREGS, child, 0, BAD_ADDRESS);
	CALL(ptrace, PTRACE_GETFPREGS, child, 0, &fpu);
	SHOW("mxcsr", "%x, control %x", fpu.mxcsr, fpu.cwd);
	fpu.xmm_space[0] = 0x12345678;
	CALL(ptrace, PTRACE_SETFPREGS, child, 0, &fpu);
	memset(&fpu, 0, sizeof(fpu));
	CALL(ptrace, PTRACE_GETREGSET, child, NT_FPREGSET, &fpu_set);
	SHOW("xmm0", "%x", fpu.xmm_space[0]);
	CALL(ptrace, PTRACE_SETREGSET, child, NT_FPREGSET, &fpu_part);
	CALL(ptrace, PTRACE_SETREGSET, child, NT_FPREGSET, &fpu_set);
	fpu.mxcsr = 0xffff0000;
	CALL(ptrace, PTRACE_SETFPREGS, child, 0, &fpu);
	CALL(ptrace, PTRACE_GETFPREGS, child, 0, BAD_ADDRESS);
	CALL(ptrace, PTRACE_SETFPREGS, child, 0, BAD_ADDRESS);
	fpu_part.iov_len = 64;
	CALL(ptrace, PTRACE_SETREGSET, child, NT_X86_XSTATE, &fpu_part);
	CALL(ptrace, PTRACE_PEEKUSER, child, USER(regs.rsp), &value);
	SHOW("rsp", "%d", value == all.rsp);
	CALL(ptrace, PTRACE_PEEKUSER, child, USER(u_debugreg[7]), &value);
	SHOW("dr7", "%lx", (long)value);
	CALL(ptrace, PTRACE_PEEKUSER, child, USER(u_debugreg[6]), &value);
	CALL(ptrace, PTRACE_PEEKUSER, child, USER(magic), &value);
	CALL(ptrace, PTRACE_PEEKUSER, child, 4, &value);
	CALL(ptrace, PTRACE_PEEKUSER, child, -8, &value);
	CALL(ptrace, PTRACE_PEEKUSER, child, 928, &value);
	CALL(ptrace, PTRACE_PEEKUSER, child, 0, BAD_ADDRESS);
	CALL(ptrace, PTRACE_POKEUSER, child, USER(regs.rbx), 0xbbbb);
	SHOW("rbx", "%lx", (long)registers_of(child).rbx);
	CALL(ptrace, PTRACE_POKEUSER, child, USER(regs.cs), 0);
	CALL(ptrace, PTRACE_POKEUSER, child, USER(regs.cs), 0x10);
	CALL(ptrace, PTRACE_POKEUSER, child, USER(regs.fs_base), 0x8000000000000000);
	CALL(ptrace, PTRACE_POKEUSER, child, USER(regs.eflags), 0x3202 | 1);
	SHOW("flags", "%lx", (long)registers_of(child).eflags);
	CALL(ptrace, PTRACE_POKEUSER, child, USER(u_debugreg[4]), 1);
	CALL(ptrace, PTRACE_POKEUSER, child, USER(u_debugreg[7]), 0);
	CALL(ptrace, PTRACE_POKEUSER, child, USER(magic), 1);
	CALL(ptrace, PTRACE_POKEUSER, child, 3, 1);
	CALL(ptrace, PTRACE_POKEUSER, child, 928, 1);
	CALL(ptrace, 30, child, &value, 0x1003);
	CALL(ptrace, 30, child, 0x7000, 0x1002);
	SHOW("fs base", "%lx", (long)registers_of(child).fs_base);
	CALL(ptrace, 30, child, 0x8000000000000000, 0x1002);
	CALL(ptrace, 30, child, &value, 0x4242);
	CALL(ptrace, 30, child, BAD_ADDRESS, 0x1004);
	end(child);
}

/* Who may, and what is refused. */
static void refusals(void)
{
	pid_t child = check_sleeper(), traced = traced_child(spins);

	CALL(ptrace, PTRACE_ATTACH, 99999, 0, 0);
	CALL(ptrace, PTRACE_ATTACH, -1, 0, 0);
	CALL(ptrace, PTRACE_ATTACH, getpid(), 0, 0);
	CALL(ptrace, PTRACE_SEIZE, getpid(), 0, 0);
	CALL(ptrace, PTRACE_SEIZE, child, 1, 0);
	CALL(ptrace, PTRACE_SEIZE, child, 0, 1 << 30);
	CALL(ptrace, PTRACE_ATTACH, traced, 0, 0);
	CALL(ptrace, PTRACE_SEIZE, traced, 0, 0);
	CALL(ptrace, PTRACE_CONT, child, 0, 0);
	CALL(ptrace, PTRACE_CONT, 99999, 0, 0);
	CALL(ptrace, PTRACE_INTERRUPT, child, 0, 0);
	CALL(ptrace, PTRACE_INTERRUPT, traced, 0, 0);
	CALL(ptrace, PTRACE_KILL, child, 0, 0);
	CALL(ptrace, PTRACE_LISTEN, traced, 0, 0);
	CALL(ptrace, PTRACE_CONT, traced, 0, 65);
	CALL(ptrace, PTRACE_DETACH, traced, 0, 65);
	CALL(ptrace, PTRACE_SETOPTIONS, traced, 0, 1 << 10);
	CALL(ptrace, 21, traced, 0, 1 << 10);
	CALL(ptrace, PTRACE_GETEVENTMSG, traced, 0, BAD_ADDRESS);
	CALL(ptrace, PTRACE_GET_SYSCALL_INFO, traced, 88, BAD_ADDRESS);
	CALL(ptrace, PTRACE_GET_SYSCALL_INFO, traced, 0, BAD_ADDRESS);
	CALL(ptrace, 4242, traced, 0, 0);
	CALL(ptrace, -1, traced, 0, 0);
	CHILD("a stranger", check_become(1000); CALL(ptrace, PTRACE_ATTACH, child, 0, 0); CALL(ptrace, PTRACE_SEIZE, child, 0, 0));
	CHILD("not its tracer", CALL(ptrace, PTRACE_CONT, traced, 0, 0); CALL(ptrace, PTRACE_ATTACH, traced, 0, 0));
	CHILD("twice", CALL(ptrace, PTRACE_TRACEME); CALL(ptrace, PTRACE_TRACEME));
	on(PTRACE_CONT, traced, 0);
	CALL(ptrace, PTRACE_CONT, traced, 0, 0);
	CALL(ptrace, PTRACE_KILL, traced, 0, 0);
	stop_wait("killed", traced);
	CALL(ptrace, PTRACE_CONT, traced, 0, 0);
	end(child);
}

int main(int count, char **arguments)
{
	static const struct {
		const char *name;
		void (*body)(void);
	} subjects[] = {
		{"calls", calls}, {"changes", changes}, {"emulated", emulated}, {"signals", signals}, {"information", information}, {"pending", pending}, {"events", events}, {"steps", steps},
		{"step_handler", step_handler}, {"breakpoint", breakpoint}, {"memory", memory}, {"registers", registers}, {"refusals", refusals},
	};

	if (count > 1 && !strcmp(arguments[1], "executed"))
		return 9;
	prctl(PR_SET_NAME, "tracing");
	pages_make();
	for (unsigned i = 0; i < sizeof(subjects) / sizeof(*subjects); i++) {
		if (count > 1 && strcmp(arguments[1], subjects[i].name))
			continue;
		check_print("-- %s\n", subjects[i].name);
		subjects[i].body();
	}
	check_print("-- exec\n");
	exec_with("exec", 0);
	exec_with("exec with its event", PTRACE_O_TRACEEXEC);
	return 0;
}
