/* SPDX-License-Identifier: MIT */
/* Out-of-band data of AF_UNIX streams (MSG_OOB): one byte that overtakes, the mark where it lay, SO_OOBINLINE, POLLPRI, SIGURG and SIOCATMARK. */
#include "waiting.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>

#define AT_MARK 0x8905 /* SIOCATMARK */

static int pair[2];
static char bytes[64];

static void pair_make(int type)
{
	socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
}

static void pair_close(void)
{
	close(pair[0]);
	close(pair[1]);
}

static void send_text(const char *text, int flags)
{
	check_print("send \"%s\"%s", text, flags & MSG_OOB ? " urgent" : "");
	check_print(": %ld\n", (long)send(pair[0], text, strlen(text), flags | MSG_NOSIGNAL));
}

/* Receives, and shows what has come. */
static void receive(const char *what, long room, int flags)
{
	long count;

	memset(bytes, 0, sizeof(bytes));
	errno = 0;
	count = syscall(SYS_recvfrom, pair[1], bytes, room, flags, NULL, NULL);
	if (count < 0)
		check_print("%s: %s\n", what, check_errno_name(errno));
	else
		check_print("%s: %ld \"%s\"\n", what, count, bytes);
}

static void state(void)
{
	struct pollfd poll_one = {pair[1], POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND, 0};
	int mark = -1, left = -1, marked = ioctl(pair[1], AT_MARK, &mark), counted = ioctl(pair[1], FIONREAD, &left);

	poll(&poll_one, 1, 0);
	check_print("  mark %d:%d, left %d:%d, poll %x\n", marked, mark, counted, left, (unsigned)poll_one.revents);
}

static void overtaking(void)
{
	pair_make(SOCK_STREAM);
	state();
	receive("nothing urgent", 1, MSG_OOB);
	send_text("hello", MSG_OOB);
	state();
	receive("looked at", 1, MSG_OOB | MSG_PEEK);
	receive("urgent", 10, MSG_OOB);
	state();
	receive("urgent again", 1, MSG_OOB);
	receive("the others", 10, 0);
	state();
	receive("no more", 10, 0);
	send_text("world", MSG_OOB);
	send_text("wide", 0);
	receive("up to the mark", 10, 0);
	state();
	receive("past it", 10, 0);
	state();
	receive("gone with it", 1, MSG_OOB);
	pair_close();
}

static void two_at_once(void)
{
	pair_make(SOCK_STREAM);
	send_text("abc", MSG_OOB);
	send_text("def", MSG_OOB);
	state();
	receive("the first", 10, 0);
	state();
	receive("urgent", 1, MSG_OOB);
	state();
	receive("the rest", 10, 0);
	receive("no more", 10, 0);
	pair_close();
}

static void taken_first(void)
{
	pair_make(SOCK_STREAM);
	send_text("ab", MSG_OOB);
	send_text("cd", 0);
	receive("urgent", 1, MSG_OOB);
	state();
	receive("looked at", 10, MSG_PEEK);
	receive("before", 10, 0);
	state();
	receive("looked at", 10, MSG_PEEK);
	receive("behind", 10, 0);
	state();
	send_text("e", MSG_OOB);
	receive("urgent", 1, MSG_OOB);
	state();
	receive("nothing", 10, 0);
	state();
	send_text("f", MSG_OOB);
	state();
	receive("nothing but the mark", 10, 0);
	state();
	send_text("g", MSG_OOB);
	send_text("h", 0);
	receive("looked at", 10, MSG_PEEK);
	receive("all of it", 10, MSG_WAITALL);
	send_text("i", MSG_OOB);
	receive("urgent", 1, MSG_OOB);
	send_text("jkl", 0);
	receive("looked at", 10, MSG_PEEK);
	state();
	receive("behind the mark", 10, 0);
	receive("behind the mark", 10, 0);
	pair_close();
}

static void in_line(void)
{
	int on = 1;

	pair_make(SOCK_STREAM);
	setsockopt(pair[1], SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
	send_text("abc", MSG_OOB);
	send_text("def", 0);
	state();
	receive("urgent", 1, MSG_OOB);
	receive("looked at", 10, MSG_PEEK);
	receive("up to the mark", 10, 0);
	state();
	receive("looked at", 10, MSG_PEEK);
	receive("with it", 10, 0);
	state();
	pair_close();
}

/* No byte, no room, other kinds, the ends. */
static void refused(void)
{
	struct sockaddr_un name = {AF_UNIX, "name"};

	pair_make(SOCK_STREAM);
	CALL(sendto, pair[0], "", 0, MSG_OOB, NULL, 0);
	CALL(sendto, pair[0], "x", 1, MSG_OOB, &name, sizeof(name));
	CALL(sendto, pair[0], BAD_ADDRESS, 1, MSG_OOB, NULL, 0);
	CALL(sendto, pair[0], "x", 1, MSG_OOB, NULL, 0);
	CALL(recvfrom, pair[1], BAD_ADDRESS, 1, MSG_OOB | MSG_PEEK, NULL, NULL);
	CALL(recvfrom, pair[1], BAD_ADDRESS, 1, MSG_OOB, NULL, NULL);
	CALL(recvfrom, pair[1], bytes, 1, MSG_OOB, NULL, NULL);
	CALL(sendto, pair[0], "x", 1, MSG_OOB, NULL, 0);
	CALL(recvfrom, pair[1], bytes, 0, MSG_OOB, NULL, NULL);
	CALL(recvfrom, pair[1], bytes, 1, MSG_OOB, NULL, NULL);
	shutdown(pair[1], SHUT_RD);
	CALL(sendto, pair[0], "x", 1, MSG_OOB | MSG_NOSIGNAL, NULL, 0);
	pair_close();
	pair_make(SOCK_STREAM);
	send_text("last", MSG_OOB);
	close(pair[0]);
	receive("after the end", 10, 0);
	receive("urgent after the end", 1, MSG_OOB);
	receive("the end", 10, 0);
	CALL(sendto, pair[1], "x", 1, MSG_OOB | MSG_NOSIGNAL, NULL, 0);
	close(pair[1]);
	pair_make(SOCK_STREAM);
	send_text("x", MSG_OOB);
	close(pair[1]);
	CALL(recvfrom, pair[0], bytes, 1, 0, NULL, NULL);
	close(pair[0]);
	pair_make(SOCK_STREAM);
	send_text("x", MSG_OOB);
	receive("urgent", 1, MSG_OOB);
	state();
	close(pair[1]);
	CALL(recvfrom, pair[0], bytes, 1, 0, NULL, NULL);
	close(pair[0]);
	pair_make(SOCK_DGRAM);
	CALL(sendto, pair[0], "x", 1, MSG_OOB, NULL, 0);
	CALL(recvfrom, pair[1], bytes, 1, MSG_OOB, NULL, NULL);
	CALL(ioctl, pair[1], AT_MARK, bytes);
	CALL(ioctl, pair[1], TIOCGWINSZ, bytes);
	pair_close();
	pair_make(SOCK_SEQPACKET);
	CALL(sendto, pair[0], "x", 1, MSG_OOB, NULL, 0);
	CALL(recvfrom, pair[1], bytes, 1, MSG_OOB, NULL, NULL);
	pair_close();
	pair[1] = socket(AF_UNIX, SOCK_STREAM, 0);
	CALL(sendto, pair[1], "x", 1, MSG_OOB, NULL, 0);
	CALL(recvfrom, pair[1], bytes, 1, MSG_OOB, NULL, NULL);
	CALL(ioctl, pair[1], AT_MARK, bytes);
	CALL(ioctl, pair[1], AT_MARK, BAD_ADDRESS);
	close(pair[1]);
}

static void messages(void)
{
	struct iovec part = {bytes, 10};
	struct sockaddr_un from;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

	pair_make(SOCK_STREAM);
	memcpy(CMSG_DATA(&control.head), &(int){0}, sizeof(int));
	part.iov_len = 1;
	message.msg_name = NULL;
	message.msg_namelen = 0;
	CALL(sendmsg, pair[0], &message, MSG_OOB);
	message.msg_name = &from;
	message.msg_namelen = sizeof(from);
	part.iov_len = 10;
	CALL(recvmsg, pair[1], &message, MSG_OOB);
	SHOW("flags", "%x, name %d, control %ld", (unsigned)message.msg_flags, (int)message.msg_namelen, (long)message.msg_controllen);
	message.msg_controllen = sizeof(control);
	CALL(recvmsg, pair[1], &message, MSG_OOB);
	CALL(recvmsg, pair[1], &message, 0);
	send_text("ab", MSG_OOB);
	CALL(readv, pair[1], &part, 1);
	CALL(readv, pair[1], &part, 1);
	pair_close();
}

static volatile int told[3], reason;

static void tell(int number, siginfo_t *information, void *context)
{
	(void)context;
	told[number == SIGURG ? 0 : number == SIGIO ? 1 : 2]++;
	if (number == SIGUSR1)
		reason = information->si_code;
}

static void show_told(const char *what)
{
	SHOW(what, "SIGURG %d, SIGIO %d, SIGUSR1 %d, the last of code %d", told[0], told[1], told[2], reason);
	memset((void *)told, 0, sizeof(told));
	reason = 0;
}

static void signals(void)
{
	struct sigaction action = {.sa_sigaction = tell, .sa_flags = SA_SIGINFO};

	sigaction(SIGURG, &action, NULL);
	sigaction(SIGIO, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	pair_make(SOCK_STREAM);
	send_text("x", MSG_OOB);
	show_told("nobody is the owner");
	fcntl(pair[1], F_SETOWN, getpid());
	send_text("x", 0);
	show_told("not urgent");
	send_text("x", MSG_OOB);
	show_told("urgent");
	fcntl(pair[1], 10, SIGUSR1); /* F_SETSIG */
	send_text("x", MSG_OOB);
	show_told("another signal, not asynchronous");
	fcntl(pair[1], F_SETFL, O_NONBLOCK | O_ASYNC);
	send_text("x", MSG_OOB);
	show_told("another signal, asynchronous");
	fcntl(pair[1], 10, 0);
	send_text("x", MSG_OOB);
	show_told("asynchronous");
	fcntl(pair[1], F_SETFL, O_NONBLOCK);
	CHILD("a child", {
		fcntl(pair[1], F_SETOWN, getpid());
		send_text("x", MSG_OOB);
		show_told("the child");
	});
	fcntl(pair[1], F_SETOWN, -getpgrp());
	send_text("x", MSG_OOB);
	show_told("a group");
	pair_close();
}

static void waiting(void)
{
	struct epoll_event event = {EPOLLPRI | EPOLLET, {0}};
	int epoll = epoll_create1(0);
	fd_set set;

	pair_make(SOCK_STREAM);
	CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, pair[1], &event);
	CALL(epoll_wait, epoll, &event, 1, 0);
	send_text("x", 0);
	CALL(epoll_wait, epoll, &event, 1, 0);
	send_text("x", MSG_OOB);
	CALL(epoll_wait, epoll, &event, 1, 0);
	CALL(epoll_wait, epoll, &event, 1, 0);
	FD_ZERO(&set);
	FD_SET(pair[1], &set);
	CALL(select, pair[1] + 1, NULL, NULL, &set, (&(struct timeval){0}));
	receive("urgent", 1, MSG_OOB);
	FD_SET(pair[1], &set);
	CALL(select, pair[1] + 1, NULL, NULL, &set, (&(struct timeval){0}));
	pair_close();
	close(epoll);
}

static void peeking(void)
{
	int offset = 0;

	pair_make(SOCK_STREAM);
	setsockopt(pair[1], SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset));
	send_text("abc", MSG_OOB);
	send_text("def", 0);
	receive("looked at", 1, MSG_PEEK);
	receive("looked at", 10, MSG_PEEK);
	receive("looked at", 1, MSG_PEEK);
	receive("taken", 10, 0);
	receive("taken", 10, 0);
	pair_close();
	pair_make(SOCK_STREAM);
	send_text("abc", MSG_OOB);
	send_text("def", 0);
	receive("looked at, up to the mark", 10, MSG_PEEK);
	pair_close();
}

/* Who waits for data goes past the mark, and waits on; MSG_WAITALL does not go past one that comes behind data. */
static void reading_on(void)
{
	pid_t child;

	pair_make(SOCK_STREAM);
	fcntl(pair[1], F_SETFL, 0);
	send_text("x", MSG_OOB);
	WAITING_CHILD(child, receive("what came behind", 10, 0); receive("all, up to the mark", 3, MSG_WAITALL));
	send_text("y", 0);
	check_sleeps(child);
	send_text("ab", MSG_OOB);
	check_end("reader", child);
	pair_close();
}

int main(void)
{
	overtaking();
	two_at_once();
	taken_first();
	in_line();
	refused();
	messages();
	signals();
	waiting();
	peeking();
	reading_on();
	return 0;
}
