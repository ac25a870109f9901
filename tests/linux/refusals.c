/* SPDX-License-Identifier: MIT */
/* Errors that need more than a wrong argument: a limit that is reached, a filesystem that cannot be written, a file that is in the way, a signal in the middle of a call. What the man pages name and the other programs do not reach. */
#include "waiting.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <termios.h>

#define PAGE 4096

static char page[PAGE];

static void limit_set(int which, unsigned long value)
{
	struct rlimit limit = {value, value};

	setrlimit(which, &limit);
}

/* A pseudo-terminal: its master, and in *slave the other end. */
static int terminal_open(int *slave)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), number = 0, unlock = 0;
	char name[32];

	ioctl(master, TIOCSPTLCK, &unlock);
	ioctl(master, TIOCGPTN, &number);
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	*slave = open(name, O_RDWR | O_NOCTTY);
	return master;
}

/* Who is not in the foreground of his terminal and does not want to be told by SIGTTIN. */
static void background_read(void)
{
	int slave, master = terminal_open(&slave);

	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	CHILD("in the background", { setpgid(0, 0); signal(SIGTTIN, SIG_IGN); CALL(read, slave, page, 1); });
	close(master);
}

static void moving_data(void)
{
	int ends[2], slave, master = terminal_open(&slave), full = open("/dev/full", O_RDWR), sealed = (int)syscall(SYS_memfd_create, "sealed", 2);
	struct iovec part = {page, sizeof(page)};

	CALL(ioctl, slave, TCFLSH, 9);
	close(master);
	CALL(read, slave, page, 0);
	CALL(write, slave, page, 1);
	CALL(ioctl, slave, TCGETS, page);
	close(slave);
	CALL(write, full, page, 1);
	CALL(writev, full, &part, 1);
	CALL(pwrite64, full, page, 1, 0);
	fcntl(sealed, 1033, 8); /* F_ADD_SEALS, F_SEAL_WRITE */
	CALL(write, sealed, page, 1);
	CALL(pwrite64, sealed, page, 1, 0);
	(void)!pipe(ends);
	fcntl(ends[1], F_SETPIPE_SZ, PAGE);
	(void)!write(ends[1], page, PAGE);
	check_interrupts();
	CALL(write, ends[1], page, 1);
	CALL(writev, ends[1], &part, 1);
	check_quiet();
	(void)!read(ends[0], page, PAGE);
	check_interrupts();
	CALL(readv, ends[0], &part, 1);
	CALL(poll, (&(struct pollfd){ends[0], POLLIN, 0}), 1, -1);
	check_quiet();
	close(full);
	close(sealed);
	close(ends[0]);
	close(ends[1]);
}

/* Makes a call while files may have 100 bytes: what this program prints goes to a file too. */
static long when_limited(long number, long first, long second, long third, long fourth)
{
	struct rlimit before, limit;
	long result;
	int error;

	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 100;
	setrlimit(RLIMIT_FSIZE, &limit);
	errno = 0;
	result = syscall(number, first, second, third, fourth);
	error = errno;
	setrlimit(RLIMIT_FSIZE, &before);
	errno = error;
	return result;
}

static void too_large(void)
{
	struct iovec part = {page, 60};
	int file = open("large", O_RDWR | O_CREAT, 0644);

	signal(SIGXFSZ, SIG_IGN);
	check_result("write", "file, page, 60", when_limited(SYS_write, file, (long)page, 60, 0), 1);
	check_result("write", "file, page, 60", when_limited(SYS_write, file, (long)page, 60, 0), 1);
	check_result("write", "file, page, 60", when_limited(SYS_write, file, (long)page, 60, 0), 1);
	check_result("writev", "file, &part, 1", when_limited(SYS_writev, file, (long)&part, 1, 0), 1);
	check_result("pwrite64", "file, page, 1, 100", when_limited(SYS_pwrite64, file, (long)page, 1, 100), 1);
	check_result("ftruncate", "file, 101", when_limited(SYS_ftruncate, file, 101, 0, 0), 1);
	check_result("truncate", "\"large\", 101", when_limited(SYS_truncate, (long)"large", 101, 0, 0), 1);
	signal(SIGXFSZ, SIG_DFL);
	CHILD("told by a signal", when_limited(SYS_pwrite64, file, (long)page, 1, 100));
	close(file);
}

static void opening(void)
{
	int ends[2];

	mkfifo("fifo", 0600);
	check_interrupts();
	CALL(open, "fifo", O_RDONLY);
	check_quiet();
	check_file("roots", "x");
	chmod("roots", 0644);
	CHILD("not the owner", { check_become(1000); CALL(open, "roots", O_RDONLY | O_NOATIME); });
	CHILD("numbers are used up", {
		limit_set(RLIMIT_NOFILE, 3);
		CALL(open, "roots", O_RDONLY);
		CALL(pipe, ends);
		CALL(dup, 0);
		CALL(dup2, 0, 3);
		CALL(socket, 1, 1, 0);
		CALL(fcntl, 0, F_DUPFD, 0);
		CALL(epoll_create1, 0);
		CALL(eventfd2, 0, 0);
		CALL(memfd_create, "x", 0);
		CALL(timerfd_create, 0, 0);
		CALL(inotify_init1, 0);
		CALL(signalfd4, -1, page, 8, 0);
		CALL(socketpair, 1, 1, 0, ends);
	});
}

static void looking(void)
{
	struct stat status;
	static char name[300], path[5000];

	memset(name, 'n', sizeof(name) - 1);
	memset(path, '/', sizeof(path) - 1);
	mkdir("closed", 0700);
	check_file("closed/file", "x");
	(void)!symlink("round", "round");
	CHILD("may not search", {
		chmod(".", 0755);
		check_become(1000);
		CALL(stat, "closed/file", &status);
		CALL(lstat, "closed/file", &status);
		CALL(access, "closed/file", F_OK);
		CALL(open, "closed/file", O_RDONLY);
	});
	CALL(lstat, "round/x", &status);
	CALL(lstat, name, &status);
	CALL(lstat, path, &status);
	CALL(lstat, "roots/x", &status);
	mkdir("readonly", 0755);
	(void)!mount("none", "readonly", "tmpfs", MS_RDONLY, NULL);
	CALL(access, "readonly", W_OK);
	CALL(access, "readonly", R_OK);
	umount2("readonly", 0);
}

static void sending(void)
{
	int from = open("large", O_RDWR | O_CREAT, 0644), ends[2];
	off_t offset = 0, far = 0x7fffffffffffffff, at = 0x7ffffffffffff000;

	(void)!write(from, page, PAGE);
	(void)!pipe2(ends, O_NONBLOCK);
	CALL(sendfile, 1, ends[0], &offset, 1);
	fcntl(ends[1], F_SETPIPE_SZ, PAGE);
	(void)!write(ends[1], page, PAGE);
	CALL(sendfile, ends[1], from, &offset, 1);
	CALL(sendfile, ends[1], from, &far, 1);
	CALL(sendfile, ends[1], from, &at, PAGE);
	close(from);
	close(ends[0]);
	close(ends[1]);
}

/* Numbers that are not as they should be, in calls whose other errors are reached elsewhere. */
static void numbers(void)
{
	uint64_t set = 0, two[2] = {0, 0};
	struct rlimit limit;
	int ends[2];

	CALL(dup3, 0, 0, 0);
	CALL(dup3, 0, 9, 1);
	CALL(dup3, 99, 9, 0);
	CALL(dup3, 0, 1 << 30, 0);
	CHILD("dup3 beyond the limit", { limit_set(RLIMIT_NOFILE, 5); CALL(dup3, 0, 5, 0); CALL(pipe2, ends, 0); });
	CALL(pipe2, BAD_ADDRESS, 0);
	CALL(pipe2, ends, 0x40000000);
	CALL(sched_get_priority_min, 99);
	CALL(getpgid, -1);
	CALL(getsid, -1);
	CALL(getpriority, PRIO_PROCESS, 99999);
	CALL(setpriority, 99, 0, 0);
	CALL(sched_getparam, -1, two);
	CALL(sched_getparam, 99999, two);
	CALL(sched_getparam, 0, NULL);
	CALL(sched_rr_get_interval, -1, two);
	CALL(sched_rr_get_interval, 99999, two);
	CALL(sched_rr_get_interval, 0, BAD_ADDRESS);
	CALL(sched_getaffinity, 0, 4, two);
	CALL(sched_getaffinity, 0, 12, two);
	CALL(sched_getaffinity, 99999, 128, page);
	CALL(sched_getaffinity, 0, 128, BAD_ADDRESS);
	CALL(sched_setaffinity, 99999, 8, &set);
	CALL(sched_setaffinity, 0, 8, &set);
	CALL(sched_setaffinity, 0, 8, BAD_ADDRESS);
	CALL(prlimit64, 0, 99, NULL, &limit);
	CALL(prlimit64, 0, RLIMIT_NOFILE, BAD_ADDRESS, NULL);
	CALL(prlimit64, 0, RLIMIT_NOFILE, NULL, BAD_ADDRESS);
	CALL(set_robust_list, page, 1);
	CALL(get_robust_list, 99999, two, two + 1);
	CALL(get_robust_list, 0, BAD_ADDRESS, two);
	CALL(get_robust_list, 0, two, BAD_ADDRESS);
	CALL(readahead, 99, 0, 1);
	CALL(fadvise64, 99, 0, 0, 0);
	CALL(fadvise64, 0, 0, 0, 99);
	CALL(close_range, 5, 3, 0);
	CALL(close_range, 100, 200, 99);
	CALL(rt_tgsigqueueinfo, getpid(), 99999, SIGUSR1, page);
	CALL(rt_tgsigqueueinfo, -1, getpid(), SIGUSR1, page);
	CALL(getgroups, -1, page);
	CALL(getcwd, page, 1);
	CALL(mlock2, page, 1, 99);
	CALL(syncfs, 99);
	CALL(memfd_create, "x", 0x100);
	CALL(memfd_create, BAD_ADDRESS, 0);
	CALL(sethostname, page, -1);
	CALL(sethostname, page, 65);
	CALL(sethostname, BAD_ADDRESS, 5);
	CALL(setdomainname, page, 65);
	CALL(setdomainname, BAD_ADDRESS, 5);
	CALL(reboot, 1, 2, 3, NULL);
	CALL(arch_prctl, 99, page);
	CALL(arch_prctl, 0x1003, BAD_ADDRESS);
	CALL(arch_prctl, 0x1002, ODD_ADDRESS);
	CALL(shutdown, 0, 0);
	CALL(rt_sigqueueinfo, 99999, SIGUSR1, page);
	CHILD("plain user", { check_become(1000); CALL(sethostname, "x", 1); CALL(setdomainname, "x", 1); CALL(reboot, 0xfee1dead, 672274793, 0, NULL); CALL(tkill, 1, 0); CALL(tgkill, 1, 1, 0); CALL(rt_sigqueueinfo, 1, 0, page); });
}

static void interrupted(void)
{
	uint64_t none = 0;
	struct timespec long_time = {5, 0};
	fd_set nothing;
	siginfo_t information;
	struct epoll_event event;
	pid_t child = check_sleeper();
	int queue = epoll_create1(0);

	FD_ZERO(&nothing);
	check_interrupts();
	CALL(rt_sigtimedwait, &none, NULL, &long_time, 8);
	CALL(ppoll, NULL, 0, &long_time, NULL, 8);
	CALL(pselect6, 0, NULL, NULL, NULL, NULL, NULL);
	CALL(epoll_wait, queue, &event, 1, -1);
	CALL(epoll_pwait, queue, &event, 1, -1, NULL, 8);
	CALL(waitid, P_PID, child, &information, WEXITED, NULL);
	CALL(wait4, child, NULL, 0, NULL);
	check_quiet();
	CALL(epoll_wait, queue, BAD_ADDRESS, 1, 0);
	CALL(epoll_pwait, queue, &event, 0, 0, NULL, 8);
	CALL(epoll_pwait, 99, &event, 1, 0, NULL, 8);
	CALL(epoll_pwait, queue, &event, 1, 0, BAD_ADDRESS, 8);
	CALL(pselect6, -1, NULL, NULL, NULL, NULL, NULL);
	close(queue);
	kill(child, SIGKILL);
	check_wait("waited for", child);
}

static void memory(void)
{
	char *pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(pages + 3 * PAGE, PAGE);
	CALL(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE, open("roots", O_RDONLY), 0x7ffffffffffff000);
	CALL(mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE, 3, 0xfffffffffffff000);
	close(3);
	CALL(msync, pages, 4 * PAGE, MS_SYNC);
	CALL(mlock, pages, PAGE);
	CALL(msync, pages, PAGE, MS_INVALIDATE);
	CALL(madvise, pages, PAGE, MADV_DONTNEED);
	CALL(munlock, pages, PAGE);
	CALL(mprotect, pages, 4 * PAGE, PROT_READ);
	CALL(mlock, pages, 4 * PAGE);
	CALL(madvise, pages, 4 * PAGE, MADV_NORMAL);
	CHILD("may lock little", {
		limit_set(RLIMIT_MEMLOCK, PAGE);
		check_become(1000);
		CALL(mmap, NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
		CALL(mlock, pages, PAGE);
		CALL(mlock, pages + PAGE, PAGE);
		CALL(mremap, pages, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0);
		CALL(mlockall, MCL_CURRENT);
	});
	CHILD("may lock nothing", { limit_set(RLIMIT_MEMLOCK, 0); check_become(1000); CALL(mlock, pages, PAGE); CALL(mlockall, MCL_FUTURE); });
	CHILD("is full", {
		limit_set(RLIMIT_AS, 1 << 20);
		CALL(mmap, NULL, 1 << 21, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CALL(mremap, pages, PAGE, 1 << 21, MREMAP_MAYMOVE, 0);
	});
	munmap(pages, 3 * PAGE);
}

static void segments(void)
{
	int segment = shmget(IPC_PRIVATE, PAGE, 0600);
	struct shmid_ds status;

	CHILD("another's", {
		check_become(1000);
		CALL(shmat, segment, NULL, 0);
		CALL(shmctl, segment, IPC_STAT, &status);
		CALL(shmctl, segment, IPC_RMID, NULL);
		CALL(shmctl, segment, IPC_SET, &status);
	});
	CALL(shmctl, segment, IPC_RMID, NULL);
	CALL(shmat, segment, NULL, 0);
	CALL(shmctl, segment, IPC_STAT, &status);
}

int main(void)
{
	CALL(umask, 022);
	moving_data();
	CHILD("of a session of its own", background_read());
	too_large();
	opening();
	looking();
	sending();
	numbers();
	interrupted();
	memory();
	segments();
	return 0;
}
