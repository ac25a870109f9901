/* SPDX-License-Identifier: MIT */
/* Pipes and FIFOs, and waiting for many files: pipe, poll, select, ppoll, pselect6, epoll, eventfd. */
#include "waiting.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/uio.h>

static volatile sig_atomic_t arrived;

static void arrive(int number)
{
	arrived = number;
}

static void making(void)
{
	int ends[2];

	CALL(pipe, ends);
	SHOW("numbers", "%d %d", ends[0], ends[1]);
	CALL(pipe, BAD_ADDRESS);
	CALL(pipe, NULL);
	CALL(pipe2, ends, O_CLOEXEC | O_NONBLOCK);
	CALL(fcntl, ends[0], F_GETFD);
	CALL(fcntl, ends[0], F_GETFL);
	CALL(fcntl, ends[1], F_GETFL);
	CALL(pipe2, ends, 1);
	CALL(pipe2, ends, O_DIRECT);
	for (int i = 3; i < 12; i++)
		close(i);
}

static void moving(void)
{
	char buffer[8192];
	int ends[2], waiting = 0;
	struct stat status;

	if (pipe2(ends, O_NONBLOCK))
		return;
	CALL(read, ends[0], buffer, 10);
	CALL(write, ends[1], "hello", 5);
	CALL(ioctl, ends[0], FIONREAD, &waiting);
	SHOW("waiting", "%d", waiting);
	CALL(read, ends[0], buffer, 3);
	CALL(read, ends[0], buffer, 10);
	CALL(read, ends[1], buffer, 1);
	CALL(write, ends[0], "x", 1);
	CALL(write, ends[1], "", 0);
	CALL(write, ends[1], BAD_ADDRESS, 1);
	CALL(fcntl, ends[0], F_GETPIPE_SZ);
	memset(buffer, 'x', sizeof(buffer));
	for (int i = 0; i < 16; i++)
		if (write(ends[1], buffer, 4096) != 4096)
			check_print("the pipe is full after %d pages\n", i);
	CALL(write, ends[1], "x", 1);
	CALL(read, ends[0], buffer, 100);
	CALL(write, ends[1], buffer, 100);
	CALL(read, ends[0], buffer, 4096);
	CALL(write, ends[1], buffer, 8192);
	CALL(fcntl, ends[0], F_SETPIPE_SZ, 1 << 17);
	CALL(fcntl, ends[0], F_SETPIPE_SZ, 4096);
	CALL(fcntl, ends[0], F_SETPIPE_SZ, 1 << 30);
	CALL(fstat, ends[0], &status);
	SHOW("type", "%o", status.st_mode);
	CALL(pread64, ends[0], buffer, 1, 0);
	CALL(ftruncate, ends[1], 0);
	CALL(fsync, ends[1]);
	close(ends[1]);
	while (read(ends[0], buffer, sizeof(buffer)) > 0)
		;
	CALL(read, ends[0], buffer, 1);
	close(ends[0]);
}

static void breaking(void)
{
	int ends[2];

	if (pipe(ends))
		return;
	close(ends[0]);
	CHILD("nobody reads", (void)!write(ends[1], "x", 1));
	signal(SIGPIPE, SIG_IGN);
	CALL(write, ends[1], "x", 1);
	signal(SIGPIPE, SIG_DFL);
	close(ends[1]);
}

/* A reader and a writer that wait for each other. */
static void waiting(void)
{
	static char bulk[300000];
	int ends[2];
	long sum = 0, count;
	pid_t child;

	if (pipe(ends))
		return;
	child = fork();
	if (!child) {
		close(ends[0]);
		memset(bulk, 1, sizeof(bulk));
		_exit(write(ends[1], bulk, sizeof(bulk)) == sizeof(bulk) ? 0 : 1);
	}
	close(ends[1]);
	while ((count = read(ends[0], bulk, 1000)) > 0)
		for (long i = 0; i < count; i++)
			sum += bulk[i];
	SHOW("came through", "%ld", sum);
	check_wait("writer", child);
	close(ends[0]);
}

static void fifos(void)
{
	pid_t child;
	char byte = 0;
	int file;

	CALL(mknod, "fifo", S_IFIFO | 0644, 0);
	CALL(open, "fifo", O_WRONLY | O_NONBLOCK);
	file = (int)CALL(open, "fifo", O_RDONLY | O_NONBLOCK);
	CALL(read, file, &byte, 1);
	close(file);
	child = fork();
	if (!child) {
		file = open("fifo", O_WRONLY);
		_exit(write(file, "f", 1) == 1 ? 0 : 1);
	}
	file = open("fifo", O_RDONLY);
	CALL(read, file, &byte, 1);
	check_bytes("byte", &byte, 1);
	CALL(read, file, &byte, 1);
	check_wait("writer", child);
	close(file);
}

static void polling(void)
{
	int ends[2];
	struct pollfd polled[3];

	if (pipe(ends))
		return;
	polled[0] = (struct pollfd){ends[0], POLLIN, 0};
	polled[1] = (struct pollfd){ends[1], POLLOUT, 0};
	polled[2] = (struct pollfd){99, POLLIN, 0};
	CALL(poll, polled, 1, 0);
	CALL(poll, polled, 2, -1);
	SHOW("events", "%x %x", polled[0].revents, polled[1].revents);
	CALL(poll, polled, 3, 0);
	SHOW("events of no file", "%x", polled[2].revents);
	polled[2].fd = -1;
	CALL(poll, polled, 3, 0);
	SHOW("events of -1", "%x", polled[2].revents);
	CALL(poll, NULL, 0, 0);
	CALL(poll, NULL, 1, 0);
	CALL(poll, BAD_ADDRESS, 1, 0);
	CALL(poll, polled, 1000000, 0);
	CALL(poll, polled, 1, 20);
	(void)!write(ends[1], "x", 1);
	CALL(poll, polled, 1, -1);
	SHOW("readable", "%x", polled[0].revents);
	close(ends[1]);
	CALL(poll, polled, 1, -1);
	SHOW("hung up", "%x", polled[0].revents);
	CALL(ppoll, polled, 1, &((struct timespec){0, 1000000000}), NULL, 8);
	CALL(ppoll, polled, 1, &((struct timespec){-1, 0}), NULL, 8);
	CALL(ppoll, polled, 1, BAD_ADDRESS, NULL, 8);
	CALL(ppoll, polled, 1, NULL, polled, 4);
	close(ends[0]);
	if (pipe(ends))
		return;
	polled[0] = (struct pollfd){ends[1], POLLOUT, 0};
	close(ends[0]);
	CALL(poll, polled, 1, -1);
	SHOW("writer alone", "%x", polled[0].revents);
	close(ends[1]);
}

static void selecting(void)
{
	struct timeval none = {0, 0}, bad = {-1, 0};
	int ends[2];
	fd_set reads, writes;

	if (pipe(ends))
		return;
	FD_ZERO(&reads);
	FD_ZERO(&writes);
	FD_SET(ends[0], &reads);
	FD_SET(ends[1], &writes);
	CALL(select, 10, &reads, &writes, NULL, &none);
	SHOW("sets", "%d %d", !!FD_ISSET(ends[0], &reads), !!FD_ISSET(ends[1], &writes));
	(void)!write(ends[1], "x", 1);
	FD_SET(ends[0], &reads);
	CALL(select, 10, &reads, NULL, NULL, NULL);
	CALL(select, 0, NULL, NULL, NULL, &none);
	CALL(select, -1, NULL, NULL, NULL, &none);
	CALL(select, 10, BAD_ADDRESS, NULL, NULL, &none);
	CALL(select, 10, &reads, NULL, NULL, &bad);
	CALL(select, 10, &reads, NULL, NULL, BAD_ADDRESS);
	FD_SET(60, &reads);
	CALL(select, 61, &reads, NULL, NULL, &none);
	CALL(pselect6, 10, NULL, NULL, NULL, &((struct timespec){0, 1000}), NULL);
	CALL(pselect6, 10, NULL, NULL, NULL, &((struct timespec){0, 1000000000}), NULL);
	close(ends[0]);
	close(ends[1]);
}

static void interrupted(void)
{
	struct sigaction action = {.sa_handler = arrive};
	int ends[2];
	char byte;

	if (pipe(ends))
		return;
	sigaction(SIGALRM, &action, NULL);
	check_ticks();
	CALL(poll, NULL, 0, 60000);
	CALL(read, ends[0], &byte, 1);
	CALL(select, 0, NULL, NULL, NULL, &((struct timeval){60, 0}));
	check_quiet();
	SHOW("signal", "%d", (int)arrived);
	close(ends[0]);
	close(ends[1]);
}

static void epolls(void)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = 42}, got[4];
	int ends[2], epoll;

	if (pipe(ends))
		return;
	CALL(epoll_create, 0);
	CALL(epoll_create1, 1);
	epoll = (int)CALL(epoll_create1, EPOLL_CLOEXEC);
	CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, ends[0], &event);
	CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, ends[0], &event);
	CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, epoll, &event);
	CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, 99, &event);
	CALL(epoll_ctl, 99, EPOLL_CTL_ADD, ends[0], &event);
	CALL(epoll_ctl, epoll, 99, ends[0], &event);
	CALL(epoll_ctl, epoll, EPOLL_CTL_DEL, ends[1], &event);
	CALL(epoll_ctl, epoll, EPOLL_CTL_MOD, ends[1], &event);
	CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, ends[1], BAD_ADDRESS);
	CALL(epoll_ctl, ends[0], EPOLL_CTL_ADD, ends[1], &event);
	CALL(epoll_wait, epoll, got, 4, 0);
	(void)!write(ends[1], "x", 1);
	CALL(epoll_wait, epoll, got, 4, -1);
	SHOW("got", "%x of %d", got[0].events, (int)got[0].data.u64);
	CALL(epoll_wait, epoll, got, 4, 0);
	event.events = EPOLLIN | EPOLLET;
	CALL(epoll_ctl, epoll, EPOLL_CTL_MOD, ends[0], &event);
	CALL(epoll_wait, epoll, got, 4, 0);
	CALL(epoll_wait, epoll, got, 4, 0);
	event.events = EPOLLIN | EPOLLONESHOT;
	CALL(epoll_ctl, epoll, EPOLL_CTL_MOD, ends[0], &event);
	CALL(epoll_wait, epoll, got, 4, 0);
	CALL(epoll_wait, epoll, got, 4, 0);
	CALL(epoll_wait, epoll, got, 0, 0);
	CALL(epoll_wait, epoll, got, -1, 0);
	CALL(epoll_wait, epoll, BAD_ADDRESS, 4, 0);
	CALL(epoll_wait, ends[0], got, 4, 0);
	CALL(epoll_wait, 99, got, 4, 0);
	CALL(epoll_ctl, epoll, EPOLL_CTL_DEL, ends[0], NULL);
	CALL(read, epoll, got, 4);
	for (int i = 3; i < 12; i++)
		close(i);
}

static void counters(void)
{
	uint64_t value = 5, most = UINT64_MAX;
	int counter = (int)CALL(eventfd2, 3, EFD_NONBLOCK);

	CALL(read, counter, &value, 8);
	SHOW("value", "%d", (int)value);
	CALL(read, counter, &value, 8);
	CALL(write, counter, &value, 8);
	CALL(write, counter, &value, 4);
	CALL(write, counter, &most, 8);
	CALL(read, counter, &value, 4);
	CALL(eventfd2, 0, 1 << 30);
	close(counter);
	counter = (int)CALL(eventfd2, 2, EFD_SEMAPHORE | EFD_NONBLOCK);
	CALL(read, counter, &value, 8);
	SHOW("one of a semaphore", "%d", (int)value);
	close(counter);
}

/* What calls that move data between files do when a pipe is full, empty or one of packets. */
static void splicing(void)
{
	static char bytes[32 * 4096] __attribute__((aligned(4096)));
	struct iovec all = {bytes, sizeof(bytes)}, little = {bytes, 2 * 4096};
	int ends[2], file = open("long", O_RDWR | O_CREAT | O_TRUNC, 0600);

	(void)!write(file, bytes, sizeof(bytes));
	lseek(file, 0, SEEK_SET);
	(void)!pipe(ends);
	CALL(vmsplice, ends[0], &all, 1, SPLICE_F_NONBLOCK);
	CALL(vmsplice, ends[1], &all, 1, SPLICE_F_NONBLOCK);
	CALL(vmsplice, ends[1], &all, 1, SPLICE_F_NONBLOCK);
	CALL(read, ends[0], bytes, 4096);
	CALL(vmsplice, ends[1], &little, 1, SPLICE_F_NONBLOCK);
	CALL(vmsplice, ends[0], &little, 1, SPLICE_F_NONBLOCK);
	CALL(splice, file, NULL, ends[1], NULL, sizeof(bytes), SPLICE_F_NONBLOCK);
	CALL(lseek, file, 0, SEEK_CUR);
	CALL(splice, file, NULL, ends[1], NULL, sizeof(bytes), SPLICE_F_NONBLOCK);
	CALL(lseek, file, 0, SEEK_CUR);
	CALL(vmsplice, 99, &little, 1, 0);
	CALL(vmsplice, file, &little, 1, 0);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	CALL(vmsplice, ends[1], &little, 1, 0);
	CALL(splice, file, NULL, ends[1], NULL, 1, 0);
	CALL(lseek, file, 0, SEEK_CUR);
	signal(SIGPIPE, SIG_DFL);
	close(ends[1]);
	(void)!pipe(ends);
	CALL(vmsplice, ends[1], &all, 1, 0); /* what fits, without waiting for the rest */
	close(ends[0]);
	close(ends[1]);
	(void)!pipe2(ends, O_DIRECT);
	CALL(vmsplice, ends[1], &little, 1, 0);
	CALL(read, ends[0], bytes, sizeof(bytes)); /* plain bytes, in a pipe whose writes are packets */
	close(ends[0]);
	close(ends[1]);
	close(file);
}

int main(void)
{
	making();
	moving();
	breaking();
	waiting();
	fifos();
	polling();
	selecting();
	interrupted();
	splicing();
	epolls();
	counters();
	return 0;
}
