/* SPDX-License-Identifier: MIT */
/* What sockets of AF_UNIX refuse, call by call: files that are none, names that cannot be made or reached, peers that have gone, are full or belong to others, limits, signals in the middle. sockets.c has what they do when all is well. */
#include "waiting.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LARGE (1 << 20)

static char large[LARGE];

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

/* A socket that has a name; a listening one when it is not for datagrams. */
static int server_make(int type, const char *path, int backlog)
{
	struct sockaddr_un address = address_of(path);
	int server = socket(AF_UNIX, type, 0);

	unlink(path);
	if (bind(server, (void *)&address, sizeof(address)) || (type != SOCK_DGRAM && listen(server, backlog)))
		check_print("cannot make %s\n", path);
	return server;
}

static int client_make(int type, const char *path)
{
	struct sockaddr_un address = address_of(path);
	int client = socket(AF_UNIX, type, 0);

	if (connect(client, (void *)&address, sizeof(address)))
		check_print("cannot connect to %s\n", path);
	return client;
}

static void all_close(void)
{
	for (int i = 3; i < 20; i++)
		close(i);
}

static void no_sockets(void)
{
	struct sockaddr_un address = address_of("any");
	struct msghdr message = {0};
	socklen_t length = sizeof(address);
	int value = 1;

	CALL(bind, 99, &address, sizeof(address));
	CALL(bind, 0, &address, sizeof(address));
	CALL(listen, 99, 1);
	CALL(listen, 0, 1);
	CALL(connect, 99, &address, sizeof(address));
	CALL(connect, 0, &address, sizeof(address));
	CALL(accept, 99, NULL, NULL);
	CALL(accept, 0, NULL, NULL);
	CALL(accept4, 99, NULL, NULL, 0);
	CALL(accept4, 0, NULL, NULL, 0);
	CALL(getsockname, 99, &address, &length);
	CALL(getsockname, 0, &address, &length);
	CALL(getpeername, 99, &address, &length);
	CALL(getpeername, 0, &address, &length);
	CALL(sendto, 99, large, 1, 0, NULL, 0);
	CALL(sendto, 0, large, 1, 0, NULL, 0);
	CALL(recvfrom, 99, large, 1, 0, NULL, NULL);
	CALL(recvfrom, 0, large, 1, 0, NULL, NULL);
	CALL(sendmsg, 99, &message, 0);
	CALL(sendmsg, 0, &message, 0);
	CALL(recvmsg, 99, &message, 0);
	CALL(recvmsg, 0, &message, 0);
	CALL(sendmmsg, 99, &message, 1, 0);
	CALL(recvmmsg, 0, &message, 1, 0, NULL);
	CALL(recvmmsg, 0, &message, 1, 0, (&(struct timespec){0, -1}));
	CALL(shutdown, 99, SHUT_RDWR);
	CALL(shutdown, 0, SHUT_RDWR);
	CALL(setsockopt, 99, SOL_SOCKET, SO_PASSCRED, &value, sizeof(value));
	CALL(setsockopt, 0, SOL_SOCKET, SO_PASSCRED, &value, sizeof(value));
	CALL(getsockopt, 99, SOL_SOCKET, SO_PASSCRED, &value, &length);
	CALL(getsockopt, 0, SOL_SOCKET, SO_PASSCRED, &value, &length);
}

static void making(void)
{
	int pair[2];

	CALL(socket, AF_UNIX, 0, 0);
	CALL(socket, AF_UNIX, SOCK_RAW, 0);
	CALL(socket, AF_UNIX, SOCK_RDM, 0);
	CALL(socket, AF_UNIX, SOCK_STREAM, AF_UNIX);
	CALL(socket, AF_UNIX, SOCK_STREAM | 0x10, 0);
	CALL(socketpair, 99, SOCK_STREAM, 0, pair);
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 99, pair);
	CALL(socketpair, AF_UNIX, 99, 0, pair);
	CALL(socketpair, AF_UNIX, SOCK_RDM, 0, pair);
	CALL(socketpair, AF_UNIX, SOCK_STREAM | 0x10, 0, pair);
	all_close();
}

static void binding(void)
{
	struct sockaddr_un absent = address_of("absent/name"), round = address_of("round/name"), file = address_of("file/name"), taken = address_of("file"), readonly = address_of("readonly/name"), closed = address_of("closed/name"),
			   dot = address_of("."), slash = address_of("new/");
	struct sockaddr_un full;
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t length = sizeof(full);

	check_file("file", "x");
	mkdir("closed", 0700);
	mkdir("readonly", 0755);
	chmod(".", 0755);
	(void)!symlink("round", "round");
	(void)!mount("none", "readonly", "tmpfs", MS_RDONLY, NULL);
	CALL(bind, server, &absent, sizeof(absent));
	CALL(bind, server, &round, sizeof(round));
	CALL(bind, server, &file, sizeof(file));
	CALL(bind, server, &taken, sizeof(taken));
	CALL(bind, server, &readonly, sizeof(readonly));
	CALL(bind, server, &dot, sizeof(dot));
	CALL(bind, server, &slash, sizeof(slash));
	CHILD("in another's directory", { check_become(1000); CALL(bind, server, &closed, sizeof(closed)); CALL(bind, server, &taken, sizeof(taken)); });
	CALL(bind, server, NULL, sizeof(full));
	CALL(bind, server, &full, -1);
	memset(&full, 'n', sizeof(full));
	full.sun_family = AF_UNIX;
	CALL(bind, server, &full, sizeof(full) + 1);
	CALL(bind, server, &full, sizeof(full));
	CALL(getsockname, server, &absent, &length);
	SHOW("a name without an end", "%d bytes", (int)length);
	CALL(bind, server, &full, sizeof(full));
	umount2("readonly", 0);
	close(server);
	server = socket(AF_UNIX, SOCK_STREAM, 0);
	CALL(bind, server, &full, 2);
	length = sizeof(full);
	memset(&full, 0, sizeof(full));
	CALL(getsockname, server, &full, &length);
	SHOW("a name of the system's", "%d bytes, %d first", (int)length, full.sun_path[0]);
	length = (socklen_t)-1;
	CALL(getsockname, server, &full, &length);
	CALL(getsockname, server, BAD_ADDRESS, &(socklen_t){110});
	CALL(getsockname, server, &full, BAD_ADDRESS);
	CALL(getpeername, server, &full, &length);
	all_close();
}

static void listening(void)
{
	int server = socket(AF_UNIX, SOCK_STREAM, 0), packets = server_make(SOCK_DGRAM, "packets", 0), client;
	char byte;

	CALL(listen, packets, 1);
	CALL(listen, server, 1);
	close(server);
	server = server_make(SOCK_STREAM, "server", -1);
	CALL(listen, server, 0);
	client = client_make(SOCK_STREAM, "server");
	CALL(listen, client, 1);
	CALL(getpeername, client, large, (&(socklen_t){-1}));
	CALL(recvfrom, server, &byte, 1, 0, NULL, NULL);
	CALL(sendto, server, &byte, 1, MSG_NOSIGNAL, NULL, 0);
	CALL(read, server, &byte, 1);
	all_close();
}

static void accepting(void)
{
	struct sockaddr_un name;
	socklen_t length = sizeof(name);
	int server = server_make(SOCK_STREAM, "server", 8), packets = server_make(SOCK_DGRAM, "packets", 0), unbound = socket(AF_UNIX, SOCK_STREAM, 0), sequence = server_make(SOCK_SEQPACKET, "sequence", 8);
	struct timeval moment = {0, 20000};

	CALL(accept, packets, NULL, NULL);
	CALL(accept4, packets, NULL, NULL, 0);
	CALL(accept, unbound, NULL, NULL);
	check_interrupts();
	CALL(accept, server, NULL, NULL);
	CALL(accept4, server, NULL, NULL, SOCK_CLOEXEC);
	CALL(accept, sequence, NULL, NULL);
	check_quiet();
	CALL(setsockopt, server, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof(moment));
	CALL(accept, server, NULL, NULL);
	fcntl(server, F_SETFL, O_NONBLOCK);
	CALL(accept, server, NULL, NULL);
	CALL(accept4, server, NULL, NULL, 0);
	client_make(SOCK_STREAM, "server");
	CALL(accept, server, BAD_ADDRESS, &length);
	client_make(SOCK_STREAM, "server");
	CALL(accept4, server, &name, BAD_ADDRESS, 0);
	client_make(SOCK_STREAM, "server");
	length = (socklen_t)-1;
	CALL(accept, server, &name, &length);
	CALL(accept, server, NULL, NULL);
	client_make(SOCK_STREAM, "server");
	CHILD("numbers are used up", {
		struct rlimit few = {3, 3};

		setrlimit(RLIMIT_NOFILE, &few);
		CALL(accept, server, NULL, NULL);
		CALL(accept4, server, NULL, NULL, 0);
	});
	CALL(accept, server, NULL, NULL);
	CALL(shutdown, server, SHUT_RD);
	CALL(accept, server, NULL, NULL);
	all_close();
}

static void connecting(void)
{
	struct sockaddr_un server_name = address_of("server"), first_name = address_of("first"), file = address_of("file"), absent = address_of("absent"), odd = {.sun_family = AF_INET}, below = address_of("file/x"),
			   nowhere = {.sun_family = AF_UNSPEC};
	int server = server_make(SOCK_STREAM, "server", 0), client, late = socket(AF_UNIX, SOCK_STREAM, 0), sequence = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int first = server_make(SOCK_DGRAM, "first", 0), second = server_make(SOCK_DGRAM, "second", 0), third = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct timeval moment = {0, 20000};

	CALL(connect, late, &odd, sizeof(odd));
	CALL(connect, late, &file, sizeof(file));
	CALL(connect, late, &below, sizeof(below));
	CALL(connect, late, &absent, sizeof(absent));
	CALL(connect, late, &nowhere, sizeof(nowhere));
	CALL(connect, late, &absent, 2);
	CALL(connect, late, &absent, -1);
	CALL(connect, sequence, &server_name, sizeof(server_name));
	CALL(connect, server, &server_name, sizeof(server_name));
	client = client_make(SOCK_STREAM, "server");
	CALL(connect, client, &absent, sizeof(absent));
	fcntl(client, F_SETFL, O_NONBLOCK);
	CALL(connect, client, &server_name, sizeof(server_name));
	close(accept(server, NULL, NULL));
	CALL(connect, client, &server_name, sizeof(server_name));
	client_make(SOCK_STREAM, "server");
	check_interrupts();
	CALL(connect, late, &server_name, sizeof(server_name));
	check_quiet();
	CALL(setsockopt, late, SOL_SOCKET, SO_SNDTIMEO, &moment, sizeof(moment));
	CALL(connect, late, &server_name, sizeof(server_name));
	fcntl(late, F_SETFL, O_NONBLOCK);
	CALL(connect, late, &server_name, sizeof(server_name));
	chmod("server", 0700);
	CHILD("another's", { check_become(1000); CALL(connect, late, &server_name, sizeof(server_name)); });
	CALL(connect, second, &first_name, sizeof(first_name));
	CALL(connect, first, (&(struct sockaddr_un){.sun_family = AF_UNIX, .sun_path = "second"}), sizeof(first_name));
	CALL(connect, third, &first_name, sizeof(first_name));
	CALL(sendto, third, "x", 1, 0, &first_name, sizeof(first_name));
	CALL(connect, first, &nowhere, sizeof(nowhere));
	CALL(connect, third, &first_name, sizeof(first_name));
	CALL(connect, third, &nowhere, 2);
	CALL(sendto, third, "x", 1, 0, NULL, 0);
	all_close();
}

/* A receiver that turns to another loses what it has, and who sends to it is told. */
static void turning(void)
{
	struct sockaddr_un first_name = address_of("first"), second_name = address_of("second"), third_name = address_of("third"), nowhere = {.sun_family = AF_UNSPEC};
	int first = server_make(SOCK_DGRAM, "first", 0), second = server_make(SOCK_DGRAM, "second", 0), third = server_make(SOCK_DGRAM, "third", 0), error = 0;
	socklen_t length = sizeof(error);
	struct iovec part = {large, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	char buffer[8];

	CALL(connect, first, &second_name, sizeof(second_name));
	CALL(connect, second, &first_name, sizeof(first_name));
	CALL(sendto, second, "lost", 4, 0, NULL, 0);
	CALL(connect, first, &third_name, sizeof(third_name));
	CALL(recvfrom, first, buffer, 8, MSG_DONTWAIT, NULL, NULL);
	CALL(sendto, second, "x", 1, 0, NULL, 0);
	CALL(sendto, second, "x", 1, 0, NULL, 0);
	CALL(connect, first, &second_name, sizeof(second_name));
	CALL(sendto, second, "lost", 4, 0, NULL, 0);
	CALL(connect, first, &third_name, sizeof(third_name));
	CALL(sendmsg, second, &message, 0);
	CALL(connect, first, &second_name, sizeof(second_name));
	CALL(sendto, second, "lost", 4, 0, NULL, 0);
	CALL(connect, first, &nowhere, sizeof(nowhere));
	CALL(getsockopt, second, SOL_SOCKET, SO_ERROR, &error, &length);
	SHOW("error", "%s", check_errno_name(error));
	CALL(sendto, second, "kept", 4, 0, NULL, 0);
	CALL(connect, first, &third_name, sizeof(third_name));
	CALL(recvfrom, first, buffer, 8, MSG_DONTWAIT, NULL, NULL);
	CALL(connect, third, &first_name, sizeof(first_name));
	CALL(sendto, third, "lost", 4, 0, NULL, 0);
	CALL(connect, first, &second_name, sizeof(second_name));
	CALL(recvfrom, third, buffer, 8, MSG_DONTWAIT, NULL, NULL);
	all_close();
}

static void sending(void)
{
	struct sockaddr_un server_name = address_of("server"), packets_name = address_of("packets"), odd = {.sun_family = AF_INET}, absent = address_of("absent");
	int server = server_make(SOCK_STREAM, "server", 8), lone = socket(AF_UNIX, SOCK_DGRAM, 0), stream = socket(AF_UNIX, SOCK_STREAM, 0), client = client_make(SOCK_STREAM, "server");
	int sequence = socket(AF_UNIX, SOCK_SEQPACKET, 0), pair[2], accepted = accept(server, NULL, NULL);
	struct iovec part = {large, 1}, all = {large, LARGE};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1}, long_one = {.msg_iov = &all, .msg_iovlen = 1};
	char buffer[8];

	server_make(SOCK_DGRAM, "packets", 0);
	chmod("packets", 0600);
	CHILD("another's", {
		check_become(1000);
		message.msg_name = &packets_name;
		message.msg_namelen = sizeof(packets_name);
		CALL(sendto, lone, "x", 1, 0, &packets_name, sizeof(packets_name));
		CALL(sendmsg, lone, &message, 0);
	});
	CALL(sendto, lone, "x", 1, 0, NULL, 0);
	CALL(sendmsg, lone, &message, 0);
	CALL(sendto, stream, "x", 1, MSG_NOSIGNAL, NULL, 0);
	CALL(sendmsg, stream, &message, MSG_NOSIGNAL);
	CALL(sendto, sequence, "x", 1, MSG_NOSIGNAL, NULL, 0);
	CALL(sendto, lone, "x", 1, 0, &odd, sizeof(odd));
	CALL(sendto, lone, "x", 1, 0, &absent, sizeof(absent));
	CALL(sendto, lone, "x", 1, 0, &server_name, sizeof(server_name));
	CALL(sendto, lone, "x", 1, 0, &packets_name, 1);
	CALL(sendto, lone, "x", 1, 0, &packets_name, 200);
	CALL(sendto, lone, "x", 1, 0, &packets_name, -1);
	CALL(sendto, lone, "x", 1, MSG_OOB, &packets_name, sizeof(packets_name));
	CALL(sendto, lone, large, LARGE, 0, &packets_name, sizeof(packets_name));
	CALL(sendto, client, "x", 1, 0, &server_name, sizeof(server_name));
	CALL(sendto, stream, "x", 1, 0, &server_name, sizeof(server_name));
	message.msg_name = &server_name;
	message.msg_namelen = sizeof(server_name);
	CALL(sendmsg, client, &message, 0);
	CALL(sendmsg, stream, &message, 0);
	message.msg_namelen = 200;
	CALL(sendmsg, lone, &message, 0);
	message.msg_namelen = (socklen_t)-1;
	CALL(sendmsg, lone, &message, 0);
	message.msg_name = &packets_name;
	message.msg_namelen = sizeof(packets_name);
	CALL(sendmsg, lone, &message, MSG_OOB);
	long_one.msg_name = &packets_name;
	long_one.msg_namelen = sizeof(packets_name);
	CALL(sendmsg, lone, &long_one, 0);
	message = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_control = large, .msg_controllen = LARGE};
	CALL(sendmsg, client, &message, 0);
	message.msg_controllen = 1u << 31;
	CALL(sendmsg, client, &message, 0);
	message.msg_controllen = 20479;
	CALL(sendmsg, client, &message, 0);
	message.msg_controllen = 20480;
	CALL(sendmsg, client, &message, 0);
	message.msg_control = NULL;
	message.msg_controllen = 8;
	CALL(sendmsg, client, &message, 0);
	message = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
	CALL(shutdown, accepted, SHUT_RD);
	CALL(sendto, client, "x", 1, MSG_NOSIGNAL, NULL, 0);
	CALL(sendmsg, client, &message, MSG_NOSIGNAL);
	CHILD("told by a signal", CALL(sendmsg, client, &message, 0));
	CALL(recvfrom, client, buffer, 8, MSG_DONTWAIT, NULL, NULL);
	all_close();
	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
	CALL(sendto, pair[0], large, LARGE, 0, NULL, 0);
	CALL(sendmsg, pair[0], (&(struct msghdr){.msg_iov = &all, .msg_iovlen = 1}), 0);
	CALL(sendto, pair[0], "x", 1, MSG_OOB, NULL, 0);
	CALL(sendto, pair[0], "x", 1, 0, &server_name, sizeof(server_name));
	all_close();
}

/* A peer that takes nothing. */
static void full(void)
{
	int pair[2], type;
	struct iovec part = {large, 1000};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct timeval moment = {0, 20000};

	for (type = SOCK_STREAM; type <= SOCK_SEQPACKET; type += type == SOCK_DGRAM ? SOCK_SEQPACKET - SOCK_DGRAM : 1) {
		SHOW("type", "%d", type);
		socketpair(AF_UNIX, type, 0, pair);
		while (send(pair[0], large, 1000, MSG_DONTWAIT) > 0)
			;
		CALL(sendto, pair[0], large, 1000, MSG_DONTWAIT, NULL, 0);
		CALL(sendmsg, pair[0], &message, MSG_DONTWAIT);
		check_interrupts();
		CALL(sendto, pair[0], large, 1000, 0, NULL, 0);
		CALL(sendmsg, pair[0], &message, 0);
		check_quiet();
		setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &moment, sizeof(moment));
		CALL(sendto, pair[0], large, 1000, 0, NULL, 0);
		close(pair[1]);
		CALL(sendto, pair[0], large, 1000, MSG_NOSIGNAL, NULL, 0);
		CALL(recvfrom, pair[0], large, 1000, MSG_DONTWAIT, NULL, NULL);
		close(pair[0]);
	}
}

static void receiving(void)
{
	int pair[2], lone = socket(AF_UNIX, SOCK_DGRAM, 0), stream = socket(AF_UNIX, SOCK_STREAM, 0), sequence = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct iovec part = {large, 10};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct timeval moment = {0, 20000};

	CALL(recvfrom, stream, large, 1, 0, NULL, NULL);
	CALL(recvmsg, stream, &message, 0);
	CALL(recvfrom, sequence, large, 1, 0, NULL, NULL);
	CALL(recvmsg, sequence, &message, 0);
	CALL(recvfrom, lone, large, 1, MSG_DONTWAIT, NULL, NULL);
	CALL(recvmsg, lone, &message, MSG_DONTWAIT);
	CALL(recvfrom, lone, large, 1, MSG_OOB, NULL, NULL);
	CALL(recvmsg, lone, &message, MSG_OOB);
	message.msg_namelen = (socklen_t)-1;
	message.msg_name = large;
	CALL(recvmsg, lone, &message, MSG_DONTWAIT);
	message.msg_namelen = 0;
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	check_interrupts();
	CALL(recvfrom, pair[0], large, 1, 0, NULL, NULL);
	CALL(recvmsg, pair[0], &message, 0);
	CALL(recvfrom, lone, large, 1, 0, NULL, NULL);
	check_quiet();
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof(moment));
	CALL(recvfrom, pair[0], large, 1, 0, NULL, NULL);
	CALL(recvmsg, pair[0], &message, 0);
	send(pair[1], "text", 4, 0);
	CALL(recvfrom, pair[0], large, 4, MSG_PEEK, large, &(socklen_t){-1});
	CALL(recvfrom, pair[0], large, 4, MSG_PEEK, BAD_ADDRESS, &(socklen_t){8});
	CALL(recvfrom, pair[0], large, 4, MSG_PEEK, large, BAD_ADDRESS);
	CALL(recvfrom, pair[0], BAD_ADDRESS, 4, 0, NULL, NULL);
	CALL(recvfrom, pair[0], large, 10, MSG_DONTWAIT, NULL, NULL);
	send(pair[0], "unread", 6, 0);
	close(pair[1]);
	CALL(recvfrom, pair[0], large, 10, 0, NULL, NULL);
	CALL(recvfrom, pair[0], large, 10, 0, NULL, NULL);
	all_close();
}

static void shutting(void)
{
	int pair[2], stream = socket(AF_UNIX, SOCK_STREAM, 0), lone = socket(AF_UNIX, SOCK_DGRAM, 0);
	char byte;

	CALL(shutdown, stream, SHUT_RD);
	CALL(shutdown, stream, -1);
	CALL(shutdown, stream, 3);
	CALL(recvfrom, stream, &byte, 1, 0, NULL, NULL);
	CALL(shutdown, lone, SHUT_WR);
	CALL(sendto, lone, "x", 1, MSG_NOSIGNAL, NULL, 0);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	CALL(shutdown, pair[0], SHUT_RD);
	CALL(sendto, pair[1], "x", 1, MSG_NOSIGNAL, NULL, 0);
	CALL(recvfrom, pair[0], &byte, 1, 0, NULL, NULL);
	CALL(recvfrom, pair[0], &byte, 1, MSG_DONTWAIT, NULL, NULL);
	CALL(sendto, pair[0], "x", 1, MSG_NOSIGNAL, NULL, 0);
	CALL(shutdown, pair[0], SHUT_WR);
	CHILD("datagrams make no signal", CALL(sendto, pair[0], "x", 1, 0, NULL, 0));
	close(pair[0]);
	close(pair[1]);
	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
	CALL(shutdown, pair[0], SHUT_WR);
	CHILD("packets make no signal", CALL(sendto, pair[0], "x", 1, 0, NULL, 0));
	CALL(recvfrom, pair[1], &byte, 1, 0, NULL, NULL);
	CALL(recvfrom, pair[1], &byte, 1, MSG_DONTWAIT, NULL, NULL);
	CALL(sendto, pair[1], "x", 1, MSG_NOSIGNAL, NULL, 0);
	CALL(recvfrom, pair[0], &byte, 1, 0, NULL, NULL);
	all_close();
}

/* What poll tells of sockets in each state. */
static void poll_show(const char *what, int file)
{
	struct pollfd one = {.fd = file, .events = POLLIN | POLLOUT | POLLRDHUP | POLLPRI};

	(void)poll(&one, 1, 0);
	SHOW(what, "%#x", (unsigned)one.revents);
}

static void polling(void)
{
	static const char *const kinds[] = {"stream", "datagram", "", "", "seqpacket"};
	int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}, pair[2];

	for (int i = 0; i < 3; i++) {
		int lone = socket(AF_UNIX, types[i], 0);

		SHOW("polled", "%s", kinds[types[i] - 1]);
		poll_show("new", lone);
		socketpair(AF_UNIX, types[i], 0, pair);
		poll_show("joined", pair[0]);
		(void)!write(pair[1], "x", 1);
		poll_show("with a byte", pair[0]);
		shutdown(pair[1], SHUT_WR);
		poll_show("the other is shut for writing", pair[0]);
		poll_show("shut for writing", pair[1]);
		shutdown(pair[1], SHUT_RD);
		poll_show("the other is shut", pair[0]);
		poll_show("shut", pair[1]);
		(void)!read(pair[0], large, 10);
		close(pair[1]);
		poll_show("the other has gone", pair[0]);
		socketpair(AF_UNIX, types[i], 0, pair);
		(void)!write(pair[0], "x", 1);
		close(pair[1]);
		poll_show("the other has gone without reading", pair[0]);
		all_close();
	}
}

static void option_show(int file, const char *what, int option)
{
	unsigned char value[64] = {0};
	socklen_t length = sizeof(value);
	long result = getsockopt(file, SOL_SOCKET, option, value, &length);

	if (result)
		SHOW(what, "%s", check_errno_name(errno));
	else
		check_bytes(what, value, (long)length);
}

#define OPTION(file, option) option_show(file, #option, option)
#define SET(file, option, value)                                                                                                                  \
	do {                                                                                                                                      \
		check_result("setsockopt", #file ", " #option ", " #value, setsockopt(file, SOL_SOCKET, option, &(int){value}, sizeof(int)), 1);  \
		option_show(file, #option, option);                                                                                               \
	} while (0)

static void options(void)
{
	int pair[2], value = 0;
	socklen_t length = (socklen_t)-1;
	struct timeval odd = {0, 1000000}, back = {-1, 0};

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	CALL(setsockopt, pair[0], SOL_SOCKET, 9999, &value, 4);
	CALL(setsockopt, pair[0], 99, 1, &value, 4);
	CALL(getsockopt, pair[0], 99, 1, &value, &(socklen_t){4});
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_TYPE, &value, 4);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_PEERCRED, &value, 4);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_KEEPALIVE, &value, -1);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_LINGER, &value, 4);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_RCVTIMEO, &odd, sizeof(odd));
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_RCVTIMEO, &odd, 4);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_RCVTIMEO, &back, sizeof(back));
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_KEEPALIVE, &value, &length);
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_KEEPALIVE, &value, BAD_ADDRESS);
	length = 2;
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_TYPE, &value, &length);
	OPTION(pair[0], SO_ACCEPTCONN);
	OPTION(pair[0], SO_DOMAIN);
	OPTION(pair[0], SO_PROTOCOL);
	OPTION(pair[0], SO_ERROR);
	OPTION(pair[0], SO_RCVTIMEO);
	OPTION(pair[0], SO_LINGER);
	OPTION(pair[0], SO_SNDLOWAT);
	SET(pair[0], SO_BROADCAST, 5);
	SET(pair[0], SO_DEBUG, 1);
	SET(pair[0], SO_DONTROUTE, 1);
	SET(pair[0], SO_KEEPALIVE, 1);
	SET(pair[0], SO_OOBINLINE, 1);
	SET(pair[0], SO_REUSEADDR, 3);
	SET(pair[0], SO_REUSEPORT, 1);
	SET(pair[0], SO_PRIORITY, 6);
	SET(pair[0], SO_PRIORITY, 7);
	SET(pair[0], SO_RCVLOWAT, 4);
	SET(pair[0], SO_RCVLOWAT, 0);
	SET(pair[0], SO_RCVLOWAT, -1);
	SET(pair[0], SO_SNDBUF, 10000);
	SET(pair[0], SO_SNDBUF, 1);
	SET(pair[0], SO_SNDBUF, 1 << 30);
	SET(pair[0], SO_RCVBUF, 1);
	SET(pair[0], SO_RCVBUF, -1);
	SET(pair[0], SO_SNDBUFFORCE, 1 << 20);
	OPTION(pair[0], SO_SNDBUF);
	SET(pair[0], SO_RCVBUFFORCE, 1 << 20);
	OPTION(pair[0], SO_RCVBUF);
	SET(pair[0], SO_PASSCRED, 2);
	SET(pair[0], SO_PASSSEC, 1);
	SET(pair[0], SO_PEEK_OFF, 2);
	SET(pair[0], SO_MARK, 9);
	SET(pair[0], SO_TIMESTAMP, 1);
	SET(pair[0], SO_TIMESTAMP, 0);
	SET(pair[0], SO_TIMESTAMPNS, 1);
	SET(pair[0], SO_TIMESTAMPNS, 0);
	SET(pair[0], SO_RXQ_OVFL, 1);
	SET(pair[0], SO_LOCK_FILTER, 1);
	SET(pair[0], SO_BUSY_POLL, 1);
	SET(pair[0], SO_NO_CHECK, 1);
	CHILD("plain user", {
		check_become(1000);
		SET(pair[1], SO_SNDBUFFORCE, 1 << 20);
		SET(pair[1], SO_RCVBUFFORCE, 1 << 20);
		SET(pair[1], SO_DEBUG, 1);
		SET(pair[1], SO_MARK, 1);
		SET(pair[1], SO_PRIORITY, 7);
	});
	all_close();
}

/* Options that a C library may not know yet. */
enum { BPF_EXTENSIONS = 48, CNX_ADVICE = 53, MEMINFO = 55, NAPI_ID = 56, COOKIE = 57, PEERGROUPS = 59, ZEROCOPY = 60, TXTIME = 61, BINDTOIFINDEX = 62, TIMESTAMP_NEW = 63, TIMESTAMPNS_NEW = 64, TIMESTAMPING_NEW = 65,
	RCVTIMEO_NEW = 66, PREFER_BUSY_POLL = 69, BUSY_POLL_BUDGET = 70, NETNS_COOKIE = 71, BUF_LOCK = 72, RESERVE_MEM = 73, TXREHASH = 74, RCVMARK = 75 };

/* Those that would matter on a network. */
static void network_options(void)
{
	int pair[2], time[2] = {CLOCK_MONOTONIC, 1};
	socklen_t length = 4;
	long rate = 1l << 40;
	unsigned char value[64];

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	SET(pair[0], SO_BSDCOMPAT, 1);
	SET(pair[0], SO_WIFI_STATUS, 1);
	SET(pair[0], SO_NOFCS, 1);
	SET(pair[0], SO_SELECT_ERR_QUEUE, 1);
	SET(pair[0], SO_INCOMING_CPU, 3);
	OPTION(pair[1], SO_INCOMING_CPU);
	OPTION(pair[0], BPF_EXTENSIONS);
	SET(pair[0], CNX_ADVICE, 1);
	OPTION(pair[0], NAPI_ID);
	OPTION(pair[0], MEMINFO);
	SET(pair[0], BINDTOIFINDEX, -1);
	SET(pair[0], BINDTOIFINDEX, 99);
	OPTION(pair[0], SO_BINDTODEVICE);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_BINDTODEVICE, "", 0);
	OPTION(pair[0], BINDTOIFINDEX);
	OPTION(pair[0], SO_BINDTODEVICE);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_BINDTODEVICE, "none", 5);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_BINDTODEVICE, BAD_ADDRESS, 5);
	OPTION(pair[0], SO_MAX_PACING_RATE);
	SET(pair[0], SO_MAX_PACING_RATE, 5);
	SET(pair[0], SO_MAX_PACING_RATE, -1);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_MAX_PACING_RATE, &rate, 8);
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_MAX_PACING_RATE, value, &length);
	check_bytes("at most", value, length);
	SET(pair[0], ZEROCOPY, 1);
	SET(pair[0], TXTIME, 1);
	CALL(setsockopt, pair[0], SOL_SOCKET, TXTIME, time, 8);
	OPTION(pair[0], TXTIME);
	time[1] = 4;
	CALL(setsockopt, pair[0], SOL_SOCKET, TXTIME, time, 8);
	SET(pair[0], PREFER_BUSY_POLL, 1);
	SET(pair[0], BUSY_POLL_BUDGET, 65535);
	SET(pair[0], BUSY_POLL_BUDGET, 65536);
	SET(pair[0], BUSY_POLL_BUDGET, -1);
	OPTION(pair[1], BUF_LOCK);
	SET(pair[1], BUF_LOCK, 4);
	SET(pair[1], BUF_LOCK, 1);
	SET(pair[1], SO_RCVBUF, 10000);
	OPTION(pair[1], BUF_LOCK);
	OPTION(pair[0], RESERVE_MEM);
	SET(pair[0], RESERVE_MEM, -1);
	SET(pair[0], RESERVE_MEM, 4096);
	OPTION(pair[0], TXREHASH);
	SET(pair[0], TXREHASH, 0);
	SET(pair[0], TXREHASH, -1);
	SET(pair[0], TXREHASH, 2);
	SET(pair[0], RCVMARK, 1);
	OPTION(pair[0], NETNS_COOKIE);
	CALL(getsockopt, pair[0], SOL_SOCKET, COOKIE, value, &(socklen_t){7});
	CALL(getsockopt, pair[0], SOL_SOCKET, COOKIE, value, &(socklen_t){9});
	CHILD("plain user", {
		check_become(1000);
		SET(pair[1], RCVMARK, 1);
		SET(pair[1], PREFER_BUSY_POLL, 1);
		SET(pair[1], PREFER_BUSY_POLL, 0);
		SET(pair[1], BUSY_POLL_BUDGET, 9);
		SET(pair[1], BINDTOIFINDEX, 7);
		SET(pair[1], BINDTOIFINDEX, 8);
		time[0] = CLOCK_TAI;
		time[1] = 0;
		CALL(setsockopt, pair[1], SOL_SOCKET, TXTIME, time, 8);
	});
	all_close();
}

/* Time stamps by all their options; which of them a message comes with. */
static void stamp_options(void)
{
	int pair[2], flags[2] = {0x18, 0};
	char data[4], control[256];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	SET(pair[0], TIMESTAMP_NEW, 1);
	OPTION(pair[0], SO_TIMESTAMP);
	SET(pair[0], TIMESTAMPNS_NEW, 1);
	OPTION(pair[0], TIMESTAMP_NEW);
	SET(pair[0], SO_TIMESTAMPNS, 1);
	OPTION(pair[0], TIMESTAMPNS_NEW);
	SET(pair[0], SO_TIMESTAMPNS, 0);
	OPTION(pair[0], RCVTIMEO_NEW);
	SET(pair[0], SO_TIMESTAMPING, 0x10000);
	SET(pair[0], SO_TIMESTAMPING, 0x1000);
	SET(pair[0], SO_TIMESTAMPING, 0x1800);
	SET(pair[0], SO_TIMESTAMPING, 0x8000);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_TIMESTAMPING, BAD_ADDRESS, 8);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_TIMESTAMPING, flags, 8);
	OPTION(pair[0], SO_TIMESTAMPING);
	for (int step = 0; step < 4; step++) {
		struct iovec vector = {data, sizeof(data)};
		struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};

		if (step)
			SET(pair[0], step == 1 ? SO_TIMESTAMP : step == 2 ? SO_TIMESTAMPNS : TIMESTAMPNS_NEW, 1);
		(void)!write(pair[1], "x", 1);
		CALL(recvmsg, pair[0], &message, 0);
		for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each))
			SHOW("comes with", "%d, %d bytes", each->cmsg_type, (int)each->cmsg_len);
	}
	all_close();
}

/* Who the peer is, by its groups and its name. */
static void peer_options(void)
{
	int pair[2], single = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "named"};
	unsigned char value[128];
	unsigned groups[3] = {7, 5, 9};
	socklen_t length = 4;

	OPTION(single, PEERGROUPS);
	OPTION(single, SO_PEERNAME);
	OPTION(single, SO_PEERSEC);
	CALL(setgroups, 3, groups);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	CALL(getsockopt, pair[0], SOL_SOCKET, PEERGROUPS, value, &length);
	SHOW("needed", "%d", (int)length);
	OPTION(pair[0], PEERGROUPS);
	length = 12;
	CALL(getsockopt, pair[0], SOL_SOCKET, PEERGROUPS, BAD_ADDRESS, &length);
	CALL(setgroups, 0, NULL);
	OPTION(pair[1], PEERGROUPS);
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_PEERNAME, value, &(socklen_t){2});
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_PEERNAME, value, &(socklen_t){3});
	bind(single, (struct sockaddr *)&name, sizeof(name.sun_family) + 6);
	listen(single, 1);
	pair[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(pair[0], (struct sockaddr *)&name, sizeof(name.sun_family) + 6);
	length = 8;
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_PEERNAME, value, &length);
	check_bytes("its name", value, (long)length);
	CALL(getsockopt, pair[0], SOL_SOCKET, SO_PEERNAME, value, &(socklen_t){9});
	OPTION(pair[0], PEERGROUPS);
	unlink("named");
	all_close();
}

/* What has been read by looking is counted by SO_PEEK_OFF. */
static void peeking(void)
{
	int pair[2], type;

	for (type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		char buffer[16] = "";

		socketpair(AF_UNIX, type, 0, pair);
		setsockopt(pair[0], SOL_SOCKET, SO_PEEK_OFF, &(int){1}, 4);
		(void)!write(pair[1], "abcdef", 6);
		(void)!write(pair[1], "ghi", 3);
		CALL(recvfrom, pair[0], buffer, 2, MSG_PEEK, NULL, NULL);
		check_bytes("peeked", buffer, 2);
		OPTION(pair[0], SO_PEEK_OFF);
		CALL(recvfrom, pair[0], buffer, 8, MSG_PEEK, NULL, NULL);
		check_bytes("peeked on", buffer, 8);
		OPTION(pair[0], SO_PEEK_OFF);
		CALL(recvfrom, pair[0], buffer, 3, 0, NULL, NULL);
		OPTION(pair[0], SO_PEEK_OFF);
		CALL(recvfrom, pair[0], buffer, 3, MSG_PEEK | MSG_DONTWAIT, NULL, NULL);
		close(pair[0]);
		close(pair[1]);
	}
}

/* Which control messages come with what is received; a time's value differs each time. */
static void controls_show(int file)
{
	char control[128], byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};

	CALL(recvmsg, file, &message, 0);
	for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head))
		SHOW("control", "type %d, %ld bytes", head->cmsg_type, (long)head->cmsg_len);
}

static void stamps(void)
{
	int pair[2], type;

	for (type = SOCK_STREAM; type <= SOCK_SEQPACKET; type += type == SOCK_DGRAM ? SOCK_SEQPACKET - SOCK_DGRAM : 1) {
		socketpair(AF_UNIX, type, 0, pair);
		(void)!write(pair[1], "early", 1);
		SET(pair[0], SO_TIMESTAMP, 1);
		SET(pair[0], SO_PASSCRED, 1);
		(void)!write(pair[1], "x", 1);
		controls_show(pair[0]);
		controls_show(pair[0]);
		SET(pair[0], SO_TIMESTAMPNS, 1);
		OPTION(pair[0], SO_TIMESTAMP);
		(void)!write(pair[1], "x", 1);
		controls_show(pair[0]);
		SET(pair[0], SO_TIMESTAMP, 0);
		OPTION(pair[0], SO_TIMESTAMPNS);
		(void)!write(pair[1], "x", 1);
		controls_show(pair[0]);
		close(pair[0]);
		close(pair[1]);
	}
}

/* SO_RCVLOWAT: a stream is waited for until so much is there. */
static void low_water(void)
{
	struct timeval moment = {0, 50000};
	char buffer[16];
	int pair[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	setsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, &(int){4}, 4);
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof(moment));
	(void)!write(pair[1], "ab", 2);
	poll_show("less than is wanted", pair[0]);
	CALL(recvfrom, pair[0], buffer, 8, 0, NULL, NULL);
	(void)!write(pair[1], "abc", 3);
	CALL(recvfrom, pair[0], buffer, 2, 0, NULL, NULL);
	CALL(recvfrom, pair[0], buffer, 8, MSG_DONTWAIT, NULL, NULL);
	CHILD("writes in parts", {
		for (int i = 0; i < 3; i++) {
			(void)!write(pair[1], "xy", 2);
			usleep(10000);
		}
	});
	CALL(recvfrom, pair[0], buffer, 6, 0, NULL, NULL);
	all_close();
}

int main(void)
{
	umask(022);
	no_sockets();
	making();
	binding();
	listening();
	accepting();
	connecting();
	turning();
	sending();
	full();
	receiving();
	shutting();
	polling();
	options();
	network_options();
	stamp_options();
	peer_options();
	peeking();
	stamps();
	low_water();
	return 0;
}
