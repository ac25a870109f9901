/* SPDX-License-Identifier: MIT */
/*
 * Programs that take all that there is of something: processes, threads, files, mappings, memory, signals, timers, segments, locks, names. Each gets Linux's error at Linux's limit; whoever does not take part goes on; and when it is over
 * all is back, which tests/linux/census looks at.
 *
 * usage: bombs [NAME...]      all that two systems can be compared in, or these
 */
#include "check.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>

#define PAGE 4096

static void limit_set(int which, unsigned long value)
{
	struct rlimit limit = {value, value};

	setrlimit(which, &limit);
}

/* What ended a bomb, and how many went before: exact where the limit says so. */
static void ended(const char *what, long count, int plain)
{
	int error = errno;

	if (plain)
		SHOW(what, "%s after %ld", check_errno_name(error), count);
	else
		SHOW(what, "%s after %s", check_errno_name(error), count > 10 ? "many" : "few");
}

/* As many children as there can be, which wait until all are told to end. */
static void children(const char *what, int plain)
{
	long count = 0;
	int ends[2];
	char byte;
	pid_t child;

	(void)!pipe(ends);
	while ((child = fork()) > 0)
		count++;
	if (!child) {
		close(ends[1]);
		(void)!read(ends[0], &byte, 1);
		_exit(0);
	}
	ended(what, count, plain);
	close(ends[1]);
	while (wait(NULL) > 0)
		;
}

static void processes(void)
{
	limit_set(RLIMIT_NPROC, 40);
	check_become(3000);
	children("processes", 1);
}

static void *thread_waits(void *pipe_end)
{
	char byte;

	(void)!read(*(int *)pipe_end, &byte, 1);
	return NULL;
}

static void threads(void)
{
	pthread_t thread[64];
	pthread_attr_t small;
	int ends[2], count = 0;

	(void)!pipe(ends);
	limit_set(RLIMIT_NPROC, 20);
	check_become(3000);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	while (count < 64 && (errno = pthread_create(&thread[count], &small, thread_waits, &ends[0])) == 0)
		count++;
	ended("threads", count, 1);
	close(ends[1]);
	while (count)
		pthread_join(thread[--count], NULL);
}

/* Files of every kind, up to the limit of numbers; then epolls in epolls. */
static void files(void)
{
	static const char *const names[] = {"/dev/null", ".", "many"};
	int pair[2], count = 0;

	check_file("many", "x");
	limit_set(RLIMIT_NOFILE, 300);
	for (;; count++) {
		int file;

		switch (count % 6) {
		case 0:
			file = pipe(pair);
			break;
		case 1:
			file = socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
			break;
		case 2:
			file = eventfd(0, 0);
			break;
		case 3:
			file = epoll_create1(0);
			break;
		case 4:
			file = inotify_init();
			if (file >= 0)
				inotify_add_watch(file, ".", IN_OPEN);
			break;
		default:
			file = open(names[count % 3], O_RDONLY);
		}
		if (file < 0)
			break;
	}
	ended("files", count, 0);
}

static void nested_epolls(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int first = epoll_create1(0), count = 0;

	for (;; count++) {
		int next = epoll_create1(0);

		if (next < 0 || epoll_ctl(next, EPOLL_CTL_ADD, first, &event))
			break;
		first = next;
	}
	ended("epolls in epolls", count, 1);
}

/* Single pages that cannot be joined with their neighbours. */
static void mappings(void)
{
	char *room = mmap(NULL, 70000l * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	long count = 0;

	while (count < 34000 && mprotect(room + count * 2 * PAGE, PAGE, PROT_READ) == 0)
		count++;
	ended("mappings", count, 0);
	errno = 0;
	SHOW("within the limit of Linux", "%d", count > 32000 && count < 33000);
}

static void signals(void)
{
	siginfo_t information = {.si_code = SI_QUEUE};
	sigset_t all;
	int count = 0;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	limit_set(RLIMIT_SIGPENDING, 1000);
	check_become(3000);
	while (syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &information) == 0)
		count++;
	ended("signals", count, 1);
	CALL(kill, getpid(), SIGUSR1);
}

static void timers(void)
{
	int id, count = 0;

	limit_set(RLIMIT_SIGPENDING, 100);
	check_become(3000);
	while (syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id) == 0)
		count++;
	ended("timers", count, 1);
}

static void segments(void)
{
	static int ids[5000];
	int count = 0;

	while (count < 5000 && (ids[count] = shmget(IPC_PRIVATE, PAGE, 0600)) >= 0)
		count++;
	ended("segments", count, 1);
	while (count)
		shmctl(ids[--count], IPC_RMID, NULL);
}

static void locks(void)
{
	int file = open("locked", O_RDWR | O_CREAT, 0644), count = 0;

	while (count < 3000) {
		struct flock lock = {.l_type = F_WRLCK, .l_start = 2 * count, .l_len = 1};

		if (fcntl(file, F_SETLK, &lock))
			break;
		count++;
	}
	ended("locks", count, 1);
}

static void names(void)
{
	char name[32];
	int count = 0;

	while (count < 300) {
		snprintf(name, sizeof(name), "name%d", count);
		close(open(name, O_WRONLY | O_CREAT, 0644));
		count++;
	}
	while (count) {
		snprintf(name, sizeof(name), "name%d", --count);
		unlink(name);
	}
	SHOW("names", "%d are left", count);
}

/* Sockets that are on their way through themselves: nobody but a search can find that they are lost. */
static void sockets_in_flight(void)
{
	for (int i = 0; i < 50; i++) {
		int pair[2];
		struct iovec part = {(void *)"x", 1};
		union {
			struct cmsghdr head;
			char bytes[CMSG_SPACE(sizeof(pair))];
		} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(pair)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
			break;
		memcpy(CMSG_DATA(&control.head), pair, sizeof(pair));
		if (sendmsg(pair[0], &message, 0) != 1)
			break;
		close(pair[0]);
		close(pair[1]);
	}
	close(socket(AF_UNIX, SOCK_STREAM, 0)); /* when one is closed, lost ones are looked for */
	SHOW("sockets in flight", "%d", errno);
}

/* All memory: somebody is chosen, and that is who takes it. Only with a name: it would take long on a large machine. */
static void memory(void)
{
	CHILD("takes all memory", {
		for (;;) {
			char *more = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			for (long at = 0; more != MAP_FAILED && at < 1 << 20; at += PAGE)
				more[at] = 1;
		}
	});
}

/* All tasks that there can be, for a root without limits. Only with a name. */
static void tasks(void)
{
	children("tasks", 0);
}

static const struct bomb {
	const char *name;
	void (*run)(void);
	int compared;
} bombs[] = {{"processes", processes, 1}, {"threads", threads, 1}, {"files", files, 1}, {"epolls", nested_epolls, 1}, {"mappings", mappings, 1}, {"signals", signals, 1}, {"timers", timers, 1}, {"segments", segments, 1},
	     {"locks", locks, 1}, {"names", names, 1}, {"in-flight", sockets_in_flight, 1}, {"memory", memory, 0}, {"tasks", tasks, 0}};

int main(int count, char **words)
{
	chmod(".", 0777);
	for (size_t i = 0; i < sizeof(bombs) / sizeof(bombs[0]); i++) {
		int wanted = count == 1 && bombs[i].compared;

		for (int word = 1; word < count; word++)
			wanted |= strcmp(words[word], bombs[i].name) == 0;
		if (wanted)
			CHILD(bombs[i].name, bombs[i].run());
	}
	return 0;
}
