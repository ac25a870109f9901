/* SPDX-License-Identifier: MIT */
/* Samples of calls on signals: handlers, sets, what comes with a signal. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

#include "calls.h"

/* What the call takes: the C library has another structure. */
struct action {
	uint64_t handler, flags, restorer, mask;
};

static void action_samples(void)
{
	struct action caught = {0x401000, SA_RESTART | SA_SIGINFO | 0x04000000, 0x402000, 1 << 1 | 1 << 14}, ignored = {1, 0, 0, 0}, plain = {0, SA_NODEFER | SA_RESETHAND | SA_ONSTACK, 0, UINT64_MAX};

	CALL(0, rt_sigaction, SIGINT, &caught, NULL, 8);
	CALL(0, rt_sigaction, SIGCHLD, NULL, &caught, 8);
	CALL(0, rt_sigaction, SIGPIPE, &ignored, &plain, 8);
	CALL(-EINVAL, rt_sigaction, SIGKILL, &plain, &ignored, 8);
	CALL(-EFAULT, rt_sigaction, SIGRTMIN, NOWHERE, NULL, 8);
	CALL(-EINVAL, rt_sigaction, 32, &ignored, NULL, 4);
	CALL(-EINVAL, rt_sigaction, 64, NULL, NULL, 8);
	CALL(-EINVAL, rt_sigaction, 65, NULL, NULL, 8);
	CALL(-EINVAL, rt_sigaction, 0, NULL, NULL, 8);
}

static void set_samples(void)
{
	uint64_t none = 0, all = UINT64_MAX, some = 1 << 1 | 1 << 9 | 1UL << 31 | 1UL << 33, most = ~(1UL << 8 | 1UL << 18);

	CALL(0, rt_sigprocmask, SIG_BLOCK, &some, &none, 8);
	CALL(0, rt_sigprocmask, SIG_UNBLOCK, &all, &most, 8);
	CALL(0, rt_sigprocmask, SIG_SETMASK, NULL, &all, 8);
	CALL(-EINVAL, rt_sigprocmask, 3, &some, NULL, 8);
	CALL(-EINVAL, rt_sigprocmask, SIG_BLOCK, &some, NULL, 4);
	CALL(0, rt_sigpending, &some, 8);
	CALL(0, rt_sigpending, &some, 4);
	CALL(0, rt_sigpending, &all, 2);
	CALL(-EINTR, rt_sigsuspend, &none, 8);
	CALL(-514, rt_sigsuspend, &some, 8);
	CALL(3, signalfd, -1, &some, 8);
	CALL(3, signalfd4, -1, &some, 8, SFD_CLOEXEC | SFD_NONBLOCK);
	CALL(-514, pause);
}

static void info_samples(void)
{
	static const siginfo_t infos[] = {
		{.si_signo = SIGUSR1, .si_code = SI_USER},
		{.si_signo = SIGUSR1, .si_code = SI_TKILL, .si_errno = 5},
		{.si_signo = 35, .si_code = SI_QUEUE},
		{.si_signo = SIGALRM, .si_code = SI_TIMER},
		{.si_signo = SIGIO, .si_code = SI_SIGIO},
		{.si_signo = SIGIO, .si_code = POLL_IN},
		{.si_signo = SIGCHLD, .si_code = CLD_EXITED},
		{.si_signo = SIGCHLD, .si_code = CLD_KILLED},
		{.si_signo = SIGSEGV, .si_code = SEGV_MAPERR},
		{.si_signo = SIGSEGV, .si_code = 99},
		{.si_signo = SIGBUS, .si_code = BUS_ADRERR},
		{.si_signo = SIGFPE, .si_code = FPE_INTDIV},
		{.si_signo = SIGILL, .si_code = ILL_ILLOPC},
		{.si_signo = SIGTRAP, .si_code = TRAP_BRKPT},
		{.si_signo = SIGTERM, .si_code = SI_KERNEL},
		{.si_signo = 0},
	};
	uint64_t set = 1 << 9;
	struct timespec second = {1, 5};

	for (unsigned i = 0; i < sizeof(infos) / sizeof(infos[0]); i++) {
		siginfo_t info = infos[i];

		CALL(info.si_signo, rt_sigtimedwait, &set, &info, &second, 8);
		memset(&info._sifields, 0x11, 32);
		CALL(0, rt_sigqueueinfo, 1234, SIGUSR2, &info);
	}
	CALL(-EAGAIN, rt_sigtimedwait, &set, NULL, NULL, 8);
	CALL(-EAGAIN, rt_sigtimedwait, &set, NOWHERE, &second, 8);
	CALL(0, rt_tgsigqueueinfo, 1, 2, SIGRTMAX, NULL);
	CALL(0, pidfd_send_signal, 3, SIGTERM, NULL, 0);
}

void signal_samples(void)
{
	stack_t stack = {.ss_sp = (void *)0x7000, .ss_flags = SS_DISABLE, .ss_size = 8192}, automatic = {.ss_flags = SS_ONSTACK | 1U << 31};

	action_samples();
	set_samples();
	info_samples();
	CALL(0, sigaltstack, &stack, NULL);
	CALL(0, sigaltstack, NULL, &automatic);
	CALL(-ENOMEM, sigaltstack, &automatic, &stack);
	CALL(0, kill, -1, SIGTERM);
	CALL(0, kill, 0, 0);
	CALL(-EINVAL, kill, 123, 200);
	CALL(0, tkill, 123, 34);
	CALL(0, tgkill, 123, 124, SIGSTOP);
}
