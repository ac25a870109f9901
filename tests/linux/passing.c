/* SPDX-License-Identifier: MIT */
/* Sockets in messages of sockets: one that lies in its own queue, two that lie in each other's, one that listens and lies in the queue of who waits to be accepted, and one in another in another. Each time the end of a pipe lies beside them: who reads from the pipe sees its end when they are gone. */
#include "check.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define DEPTH 3000

/* Sends two files from a socket. */
static long files_send(int from, int first, int second)
{
	struct {
		struct cmsghdr head;
		int files[2];
	} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(control.files)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}, .files = {first, second}};
	struct iovec piece = {"x", 1};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

	return syscall(SYS_sendmsg, from, &message, 0);
}

/* Whether all ends for writing have gone; a socket that is closed has Linux look for those that nobody can reach. */
static void end_show(const char *what, int reading)
{
	struct pollfd poll_for = {.fd = reading, .events = POLLIN};
	char byte;

	close(socket(AF_UNIX, SOCK_STREAM, 0));
	poll(&poll_for, 1, 15000);
	SHOW(what, "%d", poll_for.revents == POLLHUP ? (int)read(reading, &byte, 1) : -1);
	close(reading);
}

static void own_queue(int type)
{
	int pair[2], ends[2];

	socketpair(AF_UNIX, type, 0, pair);
	pipe(ends);
	SHOW("sent", "%ld", files_send(pair[1], pair[0], ends[1]));
	close(ends[1]);
	close(pair[0]);
	close(pair[1]);
	end_show("a socket in its own queue", ends[0]);
}

static void each_other(void)
{
	int pair[2], ends[2];

	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
	pipe(ends);
	SHOW("one", "%ld", files_send(pair[0], pair[0], ends[1]));
	SHOW("other", "%ld", files_send(pair[1], pair[1], ends[1]));
	close(ends[1]);
	close(pair[0]);
	close(pair[1]);
	end_show("sockets in each other's queues", ends[0]);
}

/* It is accepted by nobody but who receives the one that listens; before that closes its end, it can. */
static void own_pending(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0listener"};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), ends[2];
	struct pollfd poll_for;

	pipe(ends);
	CALL(bind, listener, &name, sizeof(name));
	CALL(listen, listener, 1);
	CALL(connect, client, &name, sizeof(name));
	SHOW("sent", "%ld", files_send(client, listener, ends[1]));
	close(ends[1]);
	close(socket(AF_UNIX, SOCK_STREAM, 0));
	poll_for = (struct pollfd){.fd = ends[0], .events = POLLIN};
	SHOW("still open", "%d", poll(&poll_for, 1, 100));
	close(listener);
	close(client);
	end_show("one that listens, in the queue of its own connection", ends[0]);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	CALL(connect, client, &name, sizeof(name));
	close(client);
}

/* What can still be reached stays. */
static void reachable(void)
{
	int pair[2], outer[2], ends[2];
	struct pollfd poll_for;

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	socketpair(AF_UNIX, SOCK_STREAM, 0, outer);
	pipe(ends);
	files_send(pair[1], pair[0], ends[1]);
	files_send(outer[1], pair[0], pair[1]);
	close(ends[1]);
	close(pair[0]);
	close(pair[1]);
	close(socket(AF_UNIX, SOCK_STREAM, 0));
	poll_for = (struct pollfd){.fd = ends[0], .events = POLLIN};
	SHOW("still open", "%d", poll(&poll_for, 1, 100));
	close(outer[0]);
	close(outer[1]);
	end_show("and then not", ends[0]);
}

static void nested(void)
{
	int inner, ends[2];

	pipe(ends);
	inner = ends[1];
	for (int i = 0; i < DEPTH; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || files_send(pair[1], inner, inner) != 1)
			SHOW("depth", "%d", i);
		close(inner);
		close(pair[1]);
		inner = pair[0];
	}
	close(inner);
	end_show("sockets in sockets", ends[0]);
}

int main(void)
{
	own_queue(SOCK_STREAM);
	own_queue(SOCK_DGRAM);
	each_other();
	own_pending();
	reachable();
	nested();
	return 0;
}
