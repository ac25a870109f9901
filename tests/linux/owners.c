/* SPDX-License-Identifier: MIT */
/* Owners of open files, and the signals that tell them what has happened there: F_SETOWN and its like, F_SETSIG, O_ASYNC, FIOASYNC. */
#include "check.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/inotify.h>
#include <sys/socket.h>

#ifndef F_SETOWN_EX
#define F_SETOWN_EX 15
#define F_GETOWN_EX 16
#endif
#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS 17
#endif
#ifndef F_SETSIG
#define F_SETSIG 10
#define F_GETSIG 11
#endif

struct owner {
	int type, pid;
};

/* Takes what has been sent: signals are blocked, so they are there when the call that has caused them is done. The file that is told is one of two. */
static void told(const char *what, int first)
{
	const struct timespec none = {0};
	siginfo_t information;
	sigset_t all;
	int number;

	sigfillset(&all);
	sigdelset(&all, SIGCHLD);
	check_print("%s:", what);
	while ((number = sigtimedwait(&all, &information, &none)) > 0) {
		if (number == SIGIO && information.si_code == SI_KERNEL)
			check_print(" [SIGIO]");
		else
			check_print(" [%d: code %d, band %lx, %s]", number == SIGIO ? 0 : number - SIGRTMIN, information.si_code, information.si_band, information.si_fd == first ? "first" : "second");
	}
	check_print("\n");
}

static void owners(int file)
{
	struct owner owner = {0};
	unsigned users[2] = {9, 9};

	CALL(fcntl, file, F_GETOWN);
	GOOD(fcntl, file, F_SETOWN, getpid());
	SHOW("owner", "%d", fcntl(file, F_GETOWN) == getpid());
	CALL(fcntl, file, F_SETOWN, 1 << 30);
	CALL(fcntl, file, F_SETOWN, -(1 << 30));
	CALL(fcntl, file, F_SETOWN, 0x80000000);
	CALL(fcntl, file, F_GETOWN_EX, &owner);
	SHOW("type", "%d, %d", owner.type, owner.pid == getpid());
	CALL(fcntl, file, F_GETOWN_EX, BAD_ADDRESS);
	CALL(fcntl, file, F_SETOWN_EX, BAD_ADDRESS);
	owner.type = 3;
	CALL(fcntl, file, F_SETOWN_EX, &owner);
	owner.type = 2;
	owner.pid = getpgrp();
	CALL(fcntl, file, F_SETOWN_EX, &owner);
	SHOW("group", "%d", syscall(SYS_fcntl, file, F_GETOWN) == -getpgrp());
	owner.type = 0;
	owner.pid = getpid();
	CALL(fcntl, file, F_SETOWN_EX, &owner);
	owner.pid = 1 << 30;
	CALL(fcntl, file, F_SETOWN_EX, &owner);
	CALL(fcntl, file, F_GETOWNER_UIDS, users);
	SHOW("users", "%u %u", users[0], users[1]);
	CALL(fcntl, file, F_GETOWNER_UIDS, BAD_ADDRESS);
	CALL(fcntl, file, F_SETSIG, 65);
	CALL(fcntl, file, F_SETSIG, -1);
	CALL(fcntl, file, F_GETSIG);
	CALL(fcntl, file, F_SETSIG, SIGUSR1);
	CALL(fcntl, file, F_GETSIG);
	CALL(fcntl, file, F_SETSIG, 0);
	CALL(fcntl, file, F_SETOWN, 0);
	CALL(fcntl, file, F_GETOWN);
}

static void flags(void)
{
	int file = open("file", O_RDWR | O_CREAT | O_ASYNC, 0644), on = 1, pipe_ends[2];

	CALL(fcntl, file, F_SETFL, O_ASYNC);
	SHOW("of a plain file", "%x", fcntl(file, F_GETFL) & O_ASYNC);
	CALL(ioctl, file, FIOASYNC, &on);
	on = 0;
	CALL(ioctl, file, FIOASYNC, &on);
	close(file);
	file = open("file", O_RDWR);
	CALL(fcntl, file, F_SETFL, O_ASYNC);
	SHOW("of a plain file", "%x", fcntl(file, F_GETFL) & O_ASYNC);
	on = 1;
	CALL(ioctl, file, FIOASYNC, &on);
	CALL(ioctl, file, FIOASYNC, BAD_ADDRESS);
	CALL(ioctl, file, FIOGETOWN, &on);
	(void)!pipe(pipe_ends);
	CALL(ioctl, pipe_ends[0], FIOASYNC, &on);
	SHOW("of a pipe", "%x", fcntl(pipe_ends[0], F_GETFL) & O_ASYNC);
	CALL(fcntl, pipe_ends[0], F_SETFL, 0);
	SHOW("of a pipe", "%x", fcntl(pipe_ends[0], F_GETFL) & O_ASYNC);
	CALL(ioctl, pipe_ends[0], FIOGETOWN, &on);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	close(file);
}

static void watch(int file, int number)
{
	fcntl(file, F_SETOWN, getpid());
	if (number)
		syscall(SYS_fcntl, file, F_SETSIG, number);
	fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_ASYNC | O_NONBLOCK);
}

static void pipes(void)
{
	int ends[2];
	char byte;

	(void)!pipe(ends);
	watch(ends[0], 0);
	(void)!write(ends[1], "x", 1);
	told("a byte", ends[0]);
	(void)!write(ends[1], "x", 1);
	told("another", ends[0]);
	(void)!read(ends[0], &byte, 1);
	told("one is read", ends[0]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	(void)!write(ends[1], "x", 1);
	told("not any more", ends[0]);
	watch(ends[0], SIGRTMIN + 1);
	watch(ends[1], SIGRTMIN + 2);
	(void)!write(ends[1], "x", 1);
	told("with its number", ends[0]);
	(void)!read(ends[0], &byte, 1);
	told("the writer", ends[0]);
	watch(ends[0], SIGIO);
	(void)!write(ends[1], "x", 1);
	told("SIGIO by its number", ends[0]);
	close(ends[1]);
	told("the writer leaves", ends[0]);
	close(ends[0]);
	told("the end", ends[0]);
}

static void sockets(void)
{
	static char block[4096];
	int ends[2], on = 1;
	char byte;

	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	watch(ends[0], SIGRTMIN + 1);
	(void)!write(ends[1], "x", 1);
	told("a byte", ends[0]);
	(void)!read(ends[0], &byte, 1);
	told("is read", ends[0]);
	while (write(ends[0], block, sizeof(block)) > 0)
		;
	told("filled", ends[0]);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (read(ends[1], block, sizeof(block)) > 0)
		;
	told("emptied", ends[0]);
	on = -getpgrp();
	CALL(ioctl, ends[0], SIOCSPGRP, &on);
	CALL(ioctl, ends[0], SIOCGPGRP, &on);
	SHOW("the group", "%d", on == -getpgrp());
	on = getpid();
	CALL(ioctl, ends[0], FIOSETOWN, &on);
	shutdown(ends[1], SHUT_WR);
	told("shut for writing", ends[0]);
	close(ends[1]);
	told("closed", ends[0]);
	close(ends[0]);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
	watch(ends[0], 0);
	(void)!write(ends[1], "x", 1);
	told("a datagram", ends[0]);
	close(ends[0]);
	close(ends[1]);
}

static void others(void)
{
	int queue = inotify_init1(IN_NONBLOCK), master = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0, number = -1, slave;
	struct pollfd line;
	char name[32];

	inotify_add_watch(queue, ".", IN_CREATE);
	watch(queue, SIGRTMIN + 3);
	close(creat("made", 0600));
	told("inotify", queue);
	close(queue);
	ioctl(master, TIOCSPTLCK, &zero);
	ioctl(master, TIOCGPTN, &number);
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	slave = open(name, O_RDWR | O_NOCTTY);
	line = (struct pollfd){.fd = slave, .events = POLLIN};
	watch(slave, SIGRTMIN + 4);
	(void)!write(master, "a", 1); /* not yet a line */
	(void)!write(master, "b\n", 2);
	poll(&line, 1, -1); /* it gets there when the system has time for it; the signal comes first */
	told("a line", slave);
	close(slave);
	close(master);
}

/* Users between whom no signals are. */
static void strangers(void)
{
	int ends[2];

	(void)!pipe(ends);
	CHILD("becomes another user", {
		watch(ends[0], 0);
		check_become(2000);
		fcntl(ends[0], F_SETOWN, getpid());
		(void)!write(ends[1], "x", 1);
		told("its own", ends[0]);
		CALL(fcntl, ends[0], F_SETOWN, getppid());
		(void)!write(ends[1], "x", 1);
	});
	told("of a stranger", ends[0]);
	fcntl(ends[0], F_SETOWN, -getpgrp());
	(void)!write(ends[1], "x", 1);
	told("to the group", ends[0]);
}

int main(void)
{
	sigset_t all;
	int ends[2];

	setpgid(0, 0);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	(void)!pipe(ends);
	owners(ends[0]);
	flags();
	pipes();
	sockets();
	others();
	strangers();
	return 0;
}
