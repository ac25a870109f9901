/* SPDX-License-Identifier: MIT */
/* Sockets of the family AF_UNIX: socket, bind, listen, accept, connect, pairs, send and receive with control messages, shutdown, names, options. */
#include "check.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

static void making(void)
{
	int pair[2];

	CALL(socket, AF_UNIX, SOCK_STREAM, 0);
	CALL(socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CALL(socket, AF_UNIX, SOCK_SEQPACKET, 0);
	CALL(socket, AF_UNIX, 99, 0);
	CALL(socket, AF_UNIX, SOCK_STREAM, 99);
	CALL(socket, 99, SOCK_STREAM, 0);
	CALL(socket, -1, SOCK_STREAM, 0);
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, BAD_ADDRESS);
	for (int i = 3; i < 16; i++)
		close(i);
}

static void streams(void)
{
	char buffer[16] = "";
	int pair[2], waiting = 0;

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	CALL(sendto, pair[0], "hello", 5, 0, NULL, 0);
	CALL(ioctl, pair[1], FIONREAD, &waiting);
	SHOW("waiting", "%d", waiting);
	CALL(recvfrom, pair[1], buffer, 3, MSG_PEEK, NULL, NULL);
	CALL(recvfrom, pair[1], buffer, 16, 0, NULL, NULL);
	CALL(recvfrom, pair[1], buffer, 16, MSG_DONTWAIT, NULL, NULL);
	CALL(sendto, pair[0], BAD_ADDRESS, 5, 0, NULL, 0);
	CALL(sendto, 99, "x", 1, 0, NULL, 0);
	CALL(sendto, 1, "x", 1, 0, NULL, 0);
	CALL(write, pair[0], "abc", 3);
	CALL(read, pair[1], buffer, 16);
	CALL(lseek, pair[0], 0, SEEK_SET);
	CALL(shutdown, pair[0], 99);
	CALL(shutdown, pair[0], SHUT_WR);
	CALL(sendto, pair[0], "x", 1, MSG_NOSIGNAL, NULL, 0);
	CALL(recvfrom, pair[1], buffer, 16, 0, NULL, NULL);
	CALL(shutdown, 99, SHUT_RD);
	CALL(shutdown, 1, SHUT_RD);
	close(pair[1]);
	CALL(recvfrom, pair[0], buffer, 16, 0, NULL, NULL);
	CHILD("nobody reads", syscall(SYS_write, pair[0], "x", 1));
	close(pair[0]);
}

static void names(void)
{
	struct sockaddr_un address = address_of("socket"), absent = address_of("absent"), odd = {.sun_family = 99}, got;
	socklen_t length = sizeof(got);
	int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), packets = socket(AF_UNIX, SOCK_DGRAM, 0), accepted;
	char buffer[8] = "";
	struct stat status;

	CALL(listen, server, 5);
	CALL(connect, client, &absent, sizeof(absent));
	CALL(bind, server, &odd, sizeof(odd));
	CALL(bind, server, BAD_ADDRESS, sizeof(address));
	CALL(bind, server, &address, 1);
	CALL(bind, server, &address, 200);
	CALL(bind, 99, &address, sizeof(address));
	CALL(bind, 1, &address, sizeof(address));
	CALL(bind, server, &address, sizeof(address));
	CALL(bind, server, &address, sizeof(address));
	CALL(stat, "socket", &status);
	SHOW("type", "%o", status.st_mode & S_IFMT);
	CALL(open, "socket", O_RDONLY);
	CALL(connect, client, &address, sizeof(address));
	CALL(listen, server, 5);
	CALL(accept4, server, NULL, NULL, 0x10);
	CALL(connect, packets, &address, sizeof(address));
	CALL(connect, client, &address, sizeof(address));
	CALL(connect, client, &address, sizeof(address));
	CALL(connect, client, &address, 1);
	CALL(connect, client, BAD_ADDRESS, sizeof(address));
	accepted = (int)CALL(accept, server, &got, &length);
	SHOW("peer's name", "%d bytes", (int)length);
	CALL(accept, client, NULL, NULL);
	CALL(accept, 99, NULL, NULL);
	CALL(accept, 1, NULL, NULL);
	length = sizeof(got);
	CALL(getsockname, server, &got, &length);
	SHOW("name", "%s", got.sun_path);
	CALL(getpeername, server, &got, &length);
	CALL(getpeername, accepted, BAD_ADDRESS, &length);
	CALL(write, client, "hi", 2);
	CALL(read, accepted, buffer, 8);
	unlink("socket");
	CALL(connect, packets, &address, sizeof(address));
	for (int i = 3; i < 16; i++)
		close(i);
	address = (struct sockaddr_un){.sun_family = AF_UNIX, .sun_path = "\0hidden"};
	server = socket(AF_UNIX, SOCK_STREAM, 0);
	CALL(bind, server, &address, 9);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	CALL(bind, client, &address, 9);
	CALL(listen, server, 1);
	CALL(connect, client, &address, 9);
	close(server);
	close(client);
}

static void datagrams(void)
{
	struct sockaddr_un one = address_of("one"), two = address_of("two"), got = {0};
	socklen_t length = sizeof(got);
	int first = socket(AF_UNIX, SOCK_DGRAM, 0), second = socket(AF_UNIX, SOCK_DGRAM, 0);
	char buffer[16] = "";

	bind(first, (void *)&one, sizeof(one));
	bind(second, (void *)&two, sizeof(two));
	CALL(sendto, first, "packet", 6, 0, &two, sizeof(two));
	CALL(sendto, first, "second", 6, 0, &two, sizeof(two));
	CALL(recvfrom, second, buffer, 3, 0, &got, &length);
	SHOW("from", "%s", got.sun_path);
	CALL(recvfrom, second, buffer, 3, MSG_TRUNC, NULL, NULL);
	CALL(recvfrom, second, buffer, 3, MSG_DONTWAIT, NULL, NULL);
	CALL(sendto, first, "x", 1, 0, NULL, 0);
	CALL(connect, first, &two, sizeof(two));
	CALL(sendto, first, "", 0, 0, NULL, 0);
	CALL(recvfrom, second, buffer, 3, 0, NULL, NULL);
	close(second);
	CALL(sendto, first, "x", 1, 0, NULL, 0);
	close(first);
}

/* A file goes to a child and comes back as another number. */
static void rights(void)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	char byte = 'f';
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.bytes)};
	int pair[2], file, bad = 99;

	check_file("passed", "contents");
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	file = open("passed", O_RDONLY);
	memcpy(CMSG_DATA(&control.head), &file, sizeof(file));
	CALL(sendmsg, pair[0], &message, 0);
	close(file);
	memset(&control, 0, sizeof(control));
	CALL(recvmsg, pair[1], &message, 0);
	memcpy(&file, CMSG_DATA(&control.head), sizeof(file));
	SHOW("came as", "%d", file);
	CALL(read, file, &(char[8]){0}, 8);
	memcpy(CMSG_DATA(&control.head), &bad, sizeof(bad));
	CALL(sendmsg, pair[0], &message, 0);
	CALL(sendmsg, pair[0], BAD_ADDRESS, 0);
	CALL(recvmsg, pair[1], BAD_ADDRESS, 0);
	for (int i = 3; i < 10; i++)
		close(i);
}

static void options(void)
{
	struct ucred who = {0};
	socklen_t length = sizeof(int);
	int pair[2], value = 0;

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_TYPE, &value, &length);
	SHOW("type", "%d", value);
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_ERROR, &value, &length);
	CALL(getsockopt, pair[0], SOL_SOCKET, 9999, &value, &length);
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_TYPE, BAD_ADDRESS, &length);
	CALL(getsockopt, 99, SOL_SOCKET, SO_TYPE, &value, &length);
	CALL(getsockopt, 1, SOL_SOCKET, SO_TYPE, &value, &length);
	length = sizeof(who);
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_PEERCRED, &who, &length);
	SHOW("peer", "%d %u", who.pid == getpid(), who.uid);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_PASSCRED, &(int){1}, 4);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_PASSCRED, &(int){1}, 1);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_PASSCRED, BAD_ADDRESS, 4);
	close(pair[0]);
	close(pair[1]);
}

/* Sends a byte, then lets the other side ask who it was. */
static void sender_show(const char *when, int from, int to)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control = {0};
	char byte = 's';
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.bytes)};
	struct ucred who = {0};

	send(from, &byte, 1, 0);
	setsockopt(to, SOL_SOCKET, SO_PASSCRED, &(int){1}, 4);
	recvmsg(to, &message, 0);
	memcpy(&who, CMSG_DATA(&control.head), sizeof(who));
	check_print("%s: %s, %u, %u\n", when, !who.pid ? "nobody" : who.pid == getpid() ? "this process" : "another", who.uid, who.gid);
}

static void senders(void)
{
	struct sockaddr_un address = {AF_UNIX, "senders"};
	int pair[2], server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), accepted;

	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	sender_show("neither side asks", pair[0], pair[1]);
	setresuid(1000, 0, 0);
	setresgid(100, 0, 0);
	sender_show("the receiver asks", pair[0], pair[1]);
	setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &(int){1}, 4);
	setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &(int){0}, 4);
	sender_show("the sender asks", pair[0], pair[1]);
	setresgid(0, 0, 0);
	setresuid(0, 0, 0);
	bind(server, (void *)&address, sizeof(address));
	listen(server, 1);
	connect(client, (void *)&address, sizeof(address));
	send(client, "x", 1, 0);
	accepted = accept(server, NULL, NULL);
	sender_show("not accepted yet", client, accepted);
	sender_show("accepted", client, accepted);
	close(accepted);
	close(client);
	close(server);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	making();
	streams();
	names();
	datagrams();
	rights();
	options();
	senders();
	return 0;
}
