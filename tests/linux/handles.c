/* SPDX-License-Identifier: MIT */
/* What calls about open files refuse: numbers that are none or of another kind, flags, ranges; pipes that are joined, copies, space for files, descriptions of events; and a few calls about processes whose errors the other programs do not reach. */
#include "waiting.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

static char bytes[8192];
static int file, reader, appended, directory, path, ends[2], others[2];

static void open_all(void)
{
	check_file("file", "contents");
	mkdir("directory", 0755);
	file = open("file", O_RDWR);
	reader = open("file", O_RDONLY);
	appended = open("file", O_RDWR | O_APPEND);
	directory = open("directory", O_RDONLY);
	path = open("file", O_PATH);
	(void)!pipe2(ends, O_NONBLOCK);
	(void)!pipe2(others, O_NONBLOCK);
}

static void joining(void)
{
	long far = -1, at = 0;
	struct iovec part = {bytes, 10}, odd = {bytes + 1, 10};

	CALL(splice, 99, NULL, ends[1], NULL, 1, 0);
	CALL(splice, ends[0], NULL, 99, NULL, 1, 0);
	CALL(splice, ends[1], NULL, file, NULL, 1, 0);
	CALL(splice, reader, NULL, ends[0], NULL, 1, 0);
	CALL(splice, file, NULL, reader, NULL, 1, 0);
	CALL(splice, ends[0], NULL, ends[1], NULL, 1, 0);
	CALL(splice, ends[0], &at, file, NULL, 1, 0);
	CALL(splice, file, NULL, ends[1], &at, 1, 0);
	CALL(splice, file, NULL, ends[1], NULL, 1, 0x100);
	CALL(splice, file, &far, ends[1], NULL, 1, 0);
	CALL(splice, ends[0], NULL, others[1], NULL, 1, 0);
	CALL(splice, directory, NULL, ends[1], NULL, 1, 0);
	CALL(splice, path, NULL, ends[1], NULL, 1, 0);
	(void)!write(ends[1], "x", 1);
	CALL(splice, ends[0], NULL, appended, NULL, 1, 0);
	CALL(splice, ends[0], NULL, reader, NULL, 1, 0);
	CALL(tee, 99, ends[1], 1, 0);
	CALL(tee, ends[0], ends[1], 1, 0);
	CALL(tee, file, ends[1], 1, 0);
	CALL(tee, ends[0], file, 1, 0);
	CALL(tee, ends[0], others[1], 1, 0x100);
	CALL(tee, others[0], ends[1], 1, 0);
	CALL(tee, ends[1], others[1], 1, 0);
	CALL(vmsplice, 99, &part, 1, 0);
	CALL(vmsplice, file, &part, 1, 0);
	CALL(vmsplice, ends[1], &part, 1025, 0);
	CALL(vmsplice, ends[1], &part, 1, 0x100);
	CALL(vmsplice, others[0], &part, 1, 2);
	CALL(vmsplice, ends[1], &odd, 1, 8);
	(void)!read(ends[0], bytes, 1);
}

static void copying(void)
{
	int other = open("other", O_RDWR | O_CREAT, 0644), device = open("/dev/zero", O_RDWR), away;
	long at = 0, far = 0x7fffffffffffffff;
	struct rlimit before, limit;

	getrlimit(RLIMIT_FSIZE, &before);
	CALL(copy_file_range, 99, NULL, other, NULL, 1, 0);
	CALL(copy_file_range, file, NULL, 99, NULL, 1, 0);
	CALL(copy_file_range, file, NULL, reader, NULL, 1, 0);
	CALL(copy_file_range, file, NULL, appended, NULL, 1, 0);
	CALL(copy_file_range, file, NULL, other, NULL, 1, 1);
	CALL(copy_file_range, file, &at, file, &at, 1, 0);
	CALL(copy_file_range, directory, NULL, other, NULL, 1, 0);
	CALL(copy_file_range, file, NULL, directory, NULL, 1, 0);
	CALL(copy_file_range, ends[0], NULL, other, NULL, 1, 0);
	CALL(copy_file_range, file, NULL, ends[1], NULL, 1, 0);
	CALL(copy_file_range, device, NULL, other, NULL, 1, 0);
	CALL(copy_file_range, file, &at, other, &far, 8, 0);
	CALL(copy_file_range, path, NULL, other, NULL, 1, 0);
	mkdir("away", 0755);
	(void)!mount("none", "away", "tmpfs", 0, NULL);
	away = open("away/file", O_RDWR | O_CREAT, 0644);
	CALL(copy_file_range, file, NULL, away, NULL, 1, 0);
	close(away);
	CALL(umount2, "away", 4); /* MNT_EXPIRE */
	CALL(umount2, "away", 0);
	signal(SIGXFSZ, SIG_IGN);
	limit = (struct rlimit){100, before.rlim_max};
	setrlimit(RLIMIT_FSIZE, &limit);
	at = 100;
	syscall(SYS_copy_file_range, file, NULL, other, &at, 1, 0);
	at = errno;
	setrlimit(RLIMIT_FSIZE, &before);
	errno = (int)at;
	check_result("copy_file_range", "beyond the limit", -1, 1);
	close(other);
	close(device);
}

static void space(void)
{
	int device = open("/dev/zero", O_RDWR), memory = (int)syscall(SYS_memfd_create, "x", 2);

	CALL(fallocate, 99, 0, 0, 1);
	CALL(fallocate, reader, 0, 0, 1);
	CALL(fallocate, file, 0, -1l, 1);
	CALL(fallocate, file, 0, 0, 0);
	CALL(fallocate, file, 0x100, 0, 1);
	CALL(fallocate, file, 0, 0x7fffffffffffffff, 1);
	CALL(fallocate, file, 2, 0, 1);
	CALL(fallocate, ends[1], 0, 0, 1);
	CALL(fallocate, device, 0, 0, 1);
	CALL(fallocate, directory, 0, 0, 1);
	CALL(fcntl, memory, 1033, 8); /* F_ADD_SEALS, F_SEAL_WRITE */
	CALL(fallocate, memory, 3, 0, 1);
	CALL(fadvise64, 99, 0, 0, 0);
	CALL(fadvise64, file, 0, 0, 9);
	CALL(fadvise64, ends[0], 0, 0, 0);
	CALL(fadvise64, file, 0, -1l, 0);
	CALL(readahead, 99, 0l, 1);
	CALL(readahead, ends[0], 0l, 1);
	CALL(readahead, directory, 0l, 1);
	CALL(readahead, device, 0l, 1);
	CALL(sync_file_range, 99, 0l, 0l, 2);
	CALL(sync_file_range, file, -1l, 0l, 2);
	CALL(sync_file_range, file, 0l, -1l, 2);
	CALL(sync_file_range, file, 0l, 0l, 8);
	CALL(sync_file_range, ends[0], 0l, 0l, 2);
	CALL(sync_file_range, device, 0l, 0l, 2);
	CALL(fsync, ends[0]);
	CALL(fdatasync, ends[0]);
	CALL(fsync, device);
	CALL(fdatasync, device);
	close(device);
	close(memory);
}

static void vectors(void)
{
	struct iovec long_one[2] = {{bytes, 0x7fffffffffffffff}, {bytes, 1}}, part = {bytes, 1};

	CALL(preadv2, file, long_one, 2, 0l, 0l, 0);
	CALL(pwritev2, file, long_one, 2, 0l, 0l, 0);
	CALL(preadv2, file, &part, 1025, 0l, 0l, 0);
	CALL(pwritev2, file, &part, 1025, 0l, 0l, 0);
	CALL(preadv2, file, &part, 1, -2l, 0l, 0);
	CALL(pwritev2, file, &part, 1, -2l, 0l, 0);
	CALL(preadv2, file, &part, 1, 0l, 0l, 0x1000);
	CALL(pwritev2, file, &part, 1, 0l, 0l, 0x1000);
	CALL(preadv2, 99, &part, 1, 0l, 0l, 0);
	CALL(pwritev2, 99, &part, 1, 0l, 0l, 0);
	CALL(preadv2, ends[0], &part, 1, 0l, 0l, 0);
	CALL(pwritev2, ends[1], &part, 1, 0l, 0l, 0);
}

static void events(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct itimerspec time = {{0, 0}, {0, 0}}, odd = {{0, 0}, {0, 1000000000}};
	uint64_t mask = 0;
	int epoll = epoll_create1(0), inner = epoll_create1(0), chain[6], timer;

	CALL(epoll_create, 0);
	CALL(epoll_create, -1);
	CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, file, &event);
	CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, directory, &event);
	CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, epoll, &event);
	CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, inner, &event);
	CALL(epoll_ctl, inner, EPOLL_CTL_ADD, epoll, &event);
	chain[0] = epoll_create1(0);
	for (int i = 1; i < 6; i++) {
		chain[i] = epoll_create1(0);
		CALL(epoll_ctl, chain[i], EPOLL_CTL_ADD, chain[i - 1], &event);
	}
	CALL(epoll_ctl, chain[0], EPOLL_CTL_ADD, ends[0], &event);
	CALL(epoll_pwait2, 99, &event, 1, NULL, NULL, 8);
	CALL(epoll_pwait2, file, &event, 1, NULL, NULL, 8);
	CALL(epoll_pwait2, epoll, &event, 0, NULL, NULL, 8);
	CALL(epoll_pwait2, epoll, &event, 1, NULL, &mask, 7);
	CALL(epoll_pwait2, epoll, &event, 1, (&(struct timespec){0, -1}), NULL, 8);
	check_interrupts();
	CALL(epoll_pwait2, inner, &event, 1, NULL, NULL, 8);
	check_quiet();
	CALL(eventfd2, 0, 0x100);
	CALL(signalfd, 99, &mask, 8);
	CALL(signalfd, file, &mask, 8);
	CALL(signalfd, -1, &mask, 7);
	CALL(signalfd, -1, BAD_ADDRESS, 8);
	CALL(signalfd4, 99, &mask, 8, 0);
	CALL(signalfd4, file, &mask, 8, 0);
	CALL(signalfd4, -1, &mask, 7, 0);
	CALL(signalfd4, -1, &mask, 8, 0x100);
	CALL(timerfd_create, 99, 0);
	CALL(timerfd_create, CLOCK_REALTIME, 0x100);
	CALL(timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0);
	timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	CALL(timerfd_settime, 99, 0, &time, NULL);
	CALL(timerfd_settime, file, 0, &time, NULL);
	CALL(timerfd_settime, timer, 0x100, &time, NULL);
	CALL(timerfd_settime, timer, 0, &odd, NULL);
	CALL(timerfd_settime, timer, 0, BAD_ADDRESS, NULL);
	CALL(timerfd_gettime, 99, &time);
	CALL(timerfd_gettime, file, &time);
	CALL(timerfd_gettime, timer, BAD_ADDRESS);
	CALL(pipe2, others, 0x1);
	for (int i = 0; i < 6; i++)
		close(chain[i]);
	close(epoll);
	close(inner);
	close(timer);
}

static void sets(void)
{
	struct timespec odd = {0, -1};
	struct {
		const void *mask;
		size_t bytes;
	} masked = {bytes, 7};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(60, &set);
	CALL(pselect6, 61, &set, NULL, NULL, NULL, NULL);
	CALL(pselect6, -1, NULL, NULL, NULL, NULL, NULL);
	CALL(pselect6, 0, NULL, NULL, NULL, &odd, NULL);
	CALL(pselect6, 0, NULL, NULL, NULL, NULL, &masked);
	check_interrupts();
	CALL(pselect6, 0, NULL, NULL, NULL, NULL, NULL);
	check_quiet();
	CALL(close_range, 2, 1, 0);
	CALL(close_range, 100, 200, 0x100);
	CALL(getrandom, bytes, 1, 0x100);
	CALL(getrandom, bytes, 1, 6);
	CALL(getrandom, BAD_ADDRESS, 1, 0);
}

static volatile int done;

/* On the alternate stack itself. */
static void on_stack(int number)
{
	(void)number;
	CALL(sigaltstack, (&(stack_t){.ss_sp = bytes, .ss_flags = SS_DISABLE, .ss_size = sizeof(bytes)}), NULL);
	done = 1;
}

static void stacks(void)
{
	static char room[65536];
	struct sigaction action = {.sa_handler = on_stack, .sa_flags = SA_ONSTACK};

	sigaltstack(&(stack_t){.ss_sp = room, .ss_size = sizeof(room)}, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
	SHOW("the handler ran", "%d", done);
	CALL(sigaltstack, (&(stack_t){.ss_sp = room, .ss_flags = 0x100, .ss_size = sizeof(room)}), NULL);
	CALL(sigaltstack, (&(stack_t){.ss_sp = room, .ss_size = 100}), NULL);
}

/* Signals that find the queue full, and their target gone. */
static void queues(void)
{
	siginfo_t information = {.si_code = SI_QUEUE};
	sigset_t set;
	pid_t child = fork();

	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	CALL(rt_sigqueueinfo, child, SIGUSR1, &information);
	CALL(rt_tgsigqueueinfo, child, child, SIGUSR1, &information);
	CALL(rt_sigqueueinfo, getpid(), 99, &information);
	CALL(rt_tgsigqueueinfo, getpid(), 0, SIGUSR1, &information);
	CALL(rt_tgsigqueueinfo, 1, getpid(), SIGUSR1, &information);
	CHILD("a queue that is full", {
		check_become(2000);
		setrlimit(RLIMIT_SIGPENDING, (&(struct rlimit){1, 1}));
		sigfillset(&set);
		sigprocmask(SIG_BLOCK, &set, NULL);
		CALL(rt_sigqueueinfo, getpid(), 40, &information);
		CALL(rt_sigqueueinfo, getpid(), 40, &information);
		CALL(rt_tgsigqueueinfo, getpid(), getpid(), 41, &information);
	});
	information.si_code = SI_USER;
	CALL(rt_sigqueueinfo, 1, SIGUSR1, &information);
	CALL(rt_tgsigqueueinfo, 1, 1, SIGUSR1, &information);
	CHILD("another user", {
		check_become(1000);
		information.si_code = SI_QUEUE;
		CALL(rt_sigqueueinfo, 1, 0, &information);
		CALL(rt_tgsigqueueinfo, 1, 1, 0, &information);
	});
}

static const char *const again_words[] = {"handles", "again", NULL};

/* A child that has executed something: its parent may not move it to another group any more. */
static void groups(void)
{
	int told[2];
	pid_t child;
	char letter;

	(void)!pipe(told);
	child = fork();
	if (!child) {
		dup2(told[1], 50);
		execve("/proc/self/exe", (char *const *)again_words, NULL);
		_exit(1);
	}
	(void)!read(told[0], &letter, 1);
	CALL(setpgid, child, child);
	CALL(setpgid, child, -1);
	CALL(setpgid, 1, 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CALL(setpgid, child, 0);
	CHILD("of a session", { setsid(); CALL(setpgid, 0, 0); });
	CALL(getgroups, -1, NULL);
	syscall(SYS_setgroups, 1, (&(unsigned){5}));
	CALL(getgroups, 1, BAD_ADDRESS);
	CALL(reboot, 1, 2, 3, NULL);
	CALL(reboot, 0xfee1dead, 672274793, 0xa1b2c3d4, BAD_ADDRESS); /* LINUX_REBOOT_CMD_RESTART2 */
	CHILD("as many processes as may be", {
		setrlimit(RLIMIT_NPROC, (&(struct rlimit){1, 1}));
		check_become(3000);
		CALL(fork);
	});
	CHILD("another user", { check_become(1000); CALL(reboot, 0xfee1dead, 672274793, 0, NULL); });
	CALL(sched_getscheduler, -1);
	CALL(sched_getscheduler, child);
	CALL(gettimeofday, BAD_ADDRESS, NULL);
	CALL(waitid, 9, 0, NULL, WEXITED, NULL);
	CALL(waitid, P_ALL, 0, NULL, 0, NULL);
	CALL(waitid, P_ALL, 0, NULL, WEXITED, NULL);
	CALL(get_robust_list, child, bytes, bytes);
	CALL(get_robust_list, -1, bytes, bytes);
}

/* Memory that may be locked up to a limit, or not at all. */
static void locks(void)
{
	char *pages = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CALL(mlock2, pages, 4096, 0x100);
	CALL(mlock2, ~4095ul, 8192, 0);
	CALL(mlock2, BAD_ADDRESS, 4096, 0);
	CALL(munlock, BAD_ADDRESS, 4096);
	CALL(munlock, ~4095ul, 8192);
	CALL(mlockall, 0);
	CALL(mlockall, 0x100);
	CALL(mlockall, 4);
	CHILD("a limit of one page", {
		setrlimit(RLIMIT_MEMLOCK, (&(struct rlimit){4096, 4096}));
		check_become(1000);
		CALL(mlock2, pages, 8192, 0);
		CALL(mlockall, 1);
		setrlimit(RLIMIT_MEMLOCK, (&(struct rlimit){0, 0}));
		CALL(mlock2, pages, 4096, 0);
		CALL(mlockall, 1);
	});
	munmap(pages, 8 * 4096);
}

int main(int count, char **words)
{
	if (count > 1) {
		(void)!write(50, words[1], 1);
		for (;;)
			pause();
	}
	open_all();
	joining();
	copying();
	space();
	vectors();
	events();
	sets();
	stacks();
	queues();
	groups();
	locks();
	return 0;
}
