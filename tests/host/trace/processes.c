/* SPDX-License-Identifier: MIT */
/* Samples of calls that make processes, wait for them, and say what they may do. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "calls.h"

static void clone_samples(void)
{
	struct clone_args thread = {.flags = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_SETTLS | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID, .child_tid = 0x5000, .stack = 0x10000, .stack_size = 0x4000, .tls = 0x7000};
	struct clone_args process = {.exit_signal = SIGCHLD}, cgroup = {.flags = CLONE_INTO_CGROUP | CLONE_PIDFD, .cgroup = 5, .exit_signal = 17};
	int tids[2] = {7, 8};

	thread.parent_tid = cgroup.pidfd = (uint64_t)&tids[1];
	process.set_tid = (uint64_t)tids;
	process.set_tid_size = 2;
	CALL(1234, clone, SIGCHLD, NULL, NULL, NULL, 0);
	CALL(1234, clone, CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD, NULL, NULL, 0x7f0000001000, 0);
	CALL(1234, clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, 0x7000, &tids[0], 0x7f0000001000, 0x7f0000002000);
	CALL(-EAGAIN, clone, CLONE_PIDFD | CLONE_VFORK, 0x7000, &tids[0], NULL, 0);
	CALL(1234, clone, 0, 0x7000, NULL, NULL, 0);
	CALL(1234, clone3, &thread, sizeof(thread));
	CALL(1234, clone3, &process, sizeof(process));
	CALL(1234, clone3, &cgroup, sizeof(cgroup));
	CALL(-EPERM, clone3, &cgroup, sizeof(cgroup));
	CALL(1234, clone3, &process, 64);
	CALL(-EINVAL, clone3, &process, 8);
	CALL(-EFAULT, clone3, NULL, 88);
	CALL(1234, fork);
	CALL(1234, vfork);
	CALL(0, unshare, CLONE_NEWNS | CLONE_FS);
	CALL(0, setns, 3, CLONE_NEWNET);
	CALL(0, set_robust_list, 0x7000, 24);
	CALL(1234, set_tid_address, 0x7000);
	CALL(1234, gettid);
	CALL(1234, getpid);
}

static void exec_samples(void)
{
	char *arguments[] = {"ls", "-l", "a long argument that is cut after thirty-two", "\001", NULL}, *many[40] = {NULL};
	char *variables[] = {"A=1", NULL};

	for (unsigned i = 0; i < 39; i++)
		many[i] = "x";
	CALL(0, execve, "/bin/ls", arguments, variables);
	CALL(-ENOENT, execve, "/bin/ls", many, many);
	CALL(-EFAULT, execve, NULL, NULL, NULL);
	CALL(-EFAULT, execve, "x", NOWHERE, NOWHERE);
	CALL(-ENOEXEC, execve, "x", arguments + 4, arguments + 4);
	CALL(0, execveat, AT_FDCWD, "x", arguments, variables, AT_EMPTY_PATH);
}

static void wait_samples(void)
{
	static const int statuses[] = {0, 0x100, 0xff00, 9, 0x8b, 0x137f, 0x857f, 0xffff};
	struct rusage usage = {.ru_utime = {1, 5}, .ru_maxrss = 1000};
	siginfo_t info = {.si_signo = SIGCHLD, .si_code = CLD_EXITED};
	int status = 0;

	for (unsigned i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		status = statuses[i];
		CALL(1234, wait4, -1, &status, WUNTRACED | WCONTINUED, &usage);
	}
	CALL(0, wait4, -1, &status, WNOHANG, &usage);
	CALL(-ECHILD, wait4, 5, &status, __WALL, &usage);
	CALL(5, wait4, 5, NULL, 0, NULL);
	CALL(0, waitid, P_ALL, 0, &info, WEXITED | WNOWAIT, &usage);
	CALL(0, waitid, P_PID, 123, &info, WEXITED | WSTOPPED, NULL);
	CALL(-ECHILD, waitid, P_PIDFD, 3, &info, WEXITED, &usage);
	CALL(0, getrusage, RUSAGE_SELF, &usage);
	CALL(0, getrusage, RUSAGE_CHILDREN, &usage);
}

static void limit_samples(void)
{
	struct rlimit limit = {8192 * 1024, RLIM_INFINITY}, small = {1024, 1025};
	struct sysinfo info = {.uptime = 5, .loads = {1, 2, 3}, .totalram = 1 << 30, .procs = 9, .mem_unit = 1};
	struct utsname name = {.sysname = "Linux", .nodename = "kozo"};
	struct tms times = {5, 100, 0, 12345};

	CALL(0, getrlimit, RLIMIT_STACK, &limit);
	CALL(0, setrlimit, RLIMIT_NOFILE, &small);
	CALL(0, prlimit64, 0, RLIMIT_AS, &small, &limit);
	CALL(-EINVAL, prlimit64, 0, 99, NULL, &limit);
	CALL(0, sysinfo, &info);
	CALL(0, uname, &name);
	CALL(12345, times, &times);
	CALL(0, getpriority, PRIO_PROCESS, 0);
	CALL(0, setpriority, PRIO_PGRP, 0, -5);
	CALL(0, sethostname, "name", 4);
	CALL(0, setdomainname, "name", 65);
	CALL(4, syslog, 3, "text", 100);
	CALL(-EPERM, syslog, 2, "text", 100);
	CALL(0, syslog, 8, NULL, 4);
	CALL(0, syslog, 10, NULL, 0);
	CALL(0, syslog, 77, NULL, 0);
	CALL(0, reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF);
	CALL(0, reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2C, LINUX_REBOOT_CMD_RESTART2, "text");
}

static void identity_samples(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0}, first = {_LINUX_CAPABILITY_VERSION_1, 5};
	struct __user_cap_data_struct data[2] = {{1 << CAP_KILL | 1 << CAP_CHOWN, UINT32_MAX, 0}, {1 << (CAP_BPF - 32), 0x1ff, 0}};
	gid_t groups[3] = {0, 100, UINT32_MAX};
	uid_t user = 1000;

	CALL(0, getuid);
	CALL(0, setuid, 1000);
	CALL(0, setreuid, -1, 1000);
	CALL(0, setresuid, -1, -1, 0);
	CALL(0, getresuid, &user, &user, &user);
	CALL(0, setfsuid, 5);
	CALL(3, getgroups, 3, groups);
	CALL(3, getgroups, 0, NULL);
	CALL(0, setgroups, 3, groups);
	CALL(0, setgroups, 0, NULL);
	CALL(0, setpgid, 0, 5);
	CALL(5, getsid, 0);
	CALL(5, setsid);
	CALL(0, capget, &header, data);
	CALL(0, capget, &first, data);
	CALL(0, capset, &header, data);
	CALL(-EINVAL, capget, &header, NULL);
	CALL(0, personality, UINT32_MAX);
	CALL(0, personality, 0x0040008);
	CALL(0x0440000, personality, 0);
	CALL(0, arch_prctl, ARCH_SET_FS, 0x7000);
	CALL(0, arch_prctl, ARCH_GET_FS, data);
	CALL(0, arch_prctl, ARCH_GET_CPUID);
	CALL(-EINVAL, arch_prctl, 0x3001, 5);
	CALL(1, kcmp, 1, 2, 0, 3, 4);
	CALL(1, kcmp, 1, 2, 1, 3, 4);
	CALL(7, membarrier, 0, 0, 0);
	CALL(0, membarrier, 8, 1, 3);
}

static void prctl_samples(void)
{
	int value = SIGTERM;

	CALL(0, prctl, PR_SET_NAME, "worker");
	CALL(0, prctl, PR_SET_NAME, "a name of more than fifteen");
	CALL(0, prctl, PR_GET_NAME, "worker");
	CALL(0, prctl, PR_SET_PDEATHSIG, SIGKILL);
	CALL(0, prctl, PR_GET_PDEATHSIG, &value);
	CALL(0, prctl, PR_SET_DUMPABLE, 1);
	CALL(1, prctl, PR_GET_DUMPABLE);
	CALL(0, prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CALL(1, prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	CALL(0, prctl, PR_SET_CHILD_SUBREAPER, 1);
	CALL(0, prctl, PR_GET_CHILD_SUBREAPER, &value);
	CALL(0, prctl, PR_CAPBSET_READ, CAP_KILL);
	CALL(0, prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0);
	CALL(0, prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	CALL(0, prctl, PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_KEEP_CAPS);
	CALL(0x11, prctl, PR_GET_SECUREBITS);
	CALL(0, prctl, PR_SET_TIMERSLACK, 50000);
	CALL(50000, prctl, PR_GET_TIMERSLACK);
	CALL(0, prctl, PR_SET_KEEPCAPS, 1);
	CALL(0, prctl, PR_GET_SECCOMP);
	CALL(0, prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	CALL(0, prctl, PR_SET_VMA, 0, 0x7000, 4096, "name");
	CALL(0, prctl, PR_SET_MM, 1, 0x7000, 0, 0);
	CALL(-EINVAL, prctl, 9999, 1, 2, 3, 4);
	CALL(0, seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NULL);
	CALL(0, seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
}

static void futex_samples(void)
{
	struct timespec second = {1, 0};
	uint32_t word = 0;

	CALL(0, futex, &word, FUTEX_WAIT, 5, NULL);
	CALL(-ETIMEDOUT, futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 5, &second);
	CALL(0, futex, &word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 5, &second);
	CALL(1, futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
	CALL(1, futex, &word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1);
	CALL(1, futex, &word, FUTEX_REQUEUE, 1, 2, &word);
	CALL(1, futex, &word, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 1, 2, &word, 3);
	CALL(1, futex, &word, FUTEX_WAKE_OP, 1, 2, &word, FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_GT, 2));
	CALL(1, futex, &word, FUTEX_WAKE_OP, 1, 2, &word, 0xffffffff);
	CALL(0, futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, 5, &second, NULL, FUTEX_BITSET_MATCH_ANY);
	CALL(0, futex, &word, FUTEX_WAKE_BITSET, 5, NULL, NULL, 3);
	CALL(0, futex, &word, FUTEX_LOCK_PI, 0, &second);
	CALL(0, futex, &word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG);
	CALL(0, futex, &word, FUTEX_TRYLOCK_PI);
	CALL(0, futex, &word, FUTEX_WAIT_REQUEUE_PI, 1, &second, &word);
	CALL(0, futex, &word, FUTEX_LOCK_PI2, 1, NULL);
	CALL(-ENOSYS, futex, &word, 99, 1, NULL, &word, 3);
}

void process_samples(void)
{
	clone_samples();
	exec_samples();
	wait_samples();
	limit_samples();
	identity_samples();
	prctl_samples();
	futex_samples();
}
