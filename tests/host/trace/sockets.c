/* SPDX-License-Identifier: MIT */
/* Samples of calls on sockets: addresses, options, messages. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "calls.h"

static struct sockaddr_un path = {AF_UNIX, "/tmp/socket"}, hidden = {AF_UNIX, "\0hidden"};
static struct sockaddr_in internet = {.sin_family = AF_INET};

static void make_samples(void)
{
	int pair[2] = {3, 4};

	CALL(3, socket, AF_UNIX, SOCK_STREAM, 0);
	CALL(3, socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CALL(3, socket, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	CALL(-EAFNOSUPPORT, socket, 77, 9, 1);
	CALL(3, socket, AF_NETLINK, SOCK_RAW, 0);
	CALL(0, socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
	CALL(-EMFILE, socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
	internet.sin_port = htons(80);
	internet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CALL(0, bind, 3, &path, sizeof(path));
	CALL(0, bind, 3, &path, 2);
	CALL(0, bind, 3, &path, 5);
	CALL(0, bind, 3, &hidden, 9);
	CALL(0, connect, 3, &internet, sizeof(internet));
	CALL(-EINVAL, connect, 3, &internet, 1);
	CALL(-EFAULT, connect, 3, NULL, 16);
	CALL(0, listen, 3, 5);
	CALL(0, shutdown, 3, SHUT_RDWR);
}

static void length_write(void)
{
	*(int *)stage_memory = 7;
}

static void name_samples(void)
{
	int *length = (int *)stage_memory;

	*length = 110;
	CALL(4, accept, 3, &path, length);
	*length = 16;
	CALL_DURING(length_write, 4, accept, 3, &path, length);
	*length = 16;
	CALL_DURING(length_write, 4, accept4, 3, &hidden, length, SOCK_CLOEXEC);
	CALL(4, accept, 3, NULL, NULL);
	CALL(-EAGAIN, accept, 3, &path, length);
	CALL(-EFAULT, accept, 3, &path, NOWHERE);
	*length = 16;
	CALL(0, getsockname, 3, &internet, length);
	CALL(0, getpeername, 3, &internet, length);
}

static void option_samples(void)
{
	int one = 1, *length = (int *)stage_memory;
	struct linger linger = {1, 5};
	struct ucred credentials = {10, 1000, -1};

	CALL(0, setsockopt, 3, SOL_SOCKET, SO_REUSEADDR, &one, 4);
	CALL(0, setsockopt, 3, SOL_SOCKET, SO_LINGER, &linger, 8);
	CALL(0, setsockopt, 3, SOL_SOCKET, 999, "bytes", 5);
	*length = 4;
	CALL(0, getsockopt, 3, SOL_SOCKET, SO_TYPE, &one, length);
	CALL(0, getsockopt, 3, SOL_SOCKET, SO_ERROR, &one, length);
	one = ECONNREFUSED;
	CALL(0, getsockopt, 3, SOL_SOCKET, SO_ERROR, &one, length);
	*length = 12;
	CALL(0, getsockopt, 3, SOL_SOCKET, SO_PEERCRED, &credentials, length);
	CALL(-ENOPROTOOPT, getsockopt, 3, SOL_SOCKET, SO_PEERCRED, &credentials, length);
	CALL_DURING(length_write, 0, getsockopt, 3, SOL_SOCKET, 77, "abcdefg", length);
}

static void data_samples(void)
{
	int *length = (int *)stage_memory;

	CALL(5, sendto, 3, "hello", 5, MSG_NOSIGNAL, NULL, 0);
	CALL(5, sendto, 3, "hello", 5, MSG_DONTWAIT | MSG_EOR, &path, sizeof(path));
	CALL(5, recvfrom, 3, "hello", 64, MSG_PEEK, NULL, NULL);
	*length = 110;
	CALL(5, recvfrom, 3, "hello", 64, 0, &path, length);
	CALL(-EAGAIN, recvfrom, 3, "hello", 64, 0, &path, length);
}

/* A message with files and credentials beside it. */
struct beside {
	struct cmsghdr rights;
	int fds[2];
	struct cmsghdr credentials;
	struct ucred who;
	int pad;
};

static void message_samples(void)
{
	static struct beside beside = {{CMSG_LEN(8), SOL_SOCKET, SCM_RIGHTS}, {5, 6}, {CMSG_LEN(12), SOL_SOCKET, SCM_CREDENTIALS}, {1, 2, 3}, 0};
	struct iovec vector[2] = {{"first", 5}, {"second", 6}};
	struct msghdr plain = {.msg_iov = vector, .msg_iovlen = 2}, full = {.msg_name = &path, .msg_namelen = sizeof(path), .msg_iov = vector, .msg_iovlen = 1, .msg_control = &beside, .msg_controllen = sizeof(beside), .msg_flags = MSG_CMSG_CLOEXEC};
	struct msghdr odd = {.msg_control = (void *)NOWHERE, .msg_controllen = 64}, other = full;
	struct cmsghdr strange = {sizeof(strange), SOL_IP, 3}, broken = {3, SOL_SOCKET, 99};
	struct mmsghdr several[2] = {{plain, 5}, {full, 3}};
	struct timespec second = {1, 0};

	CALL(11, sendmsg, 3, &plain, 0);
	CALL(5, sendmsg, 3, &full, MSG_NOSIGNAL);
	CALL(-EFAULT, sendmsg, 3, NULL, 0);
	CALL(-EFAULT, sendmsg, 3, &odd, 0);
	CALL(7, recvmsg, 3, &plain, 0);
	CALL(5, recvmsg, 3, &full, MSG_CMSG_CLOEXEC);
	CALL(-EAGAIN, recvmsg, 3, &full, 0);
	other.msg_control = &strange;
	other.msg_controllen = sizeof(strange);
	CALL(5, recvmsg, 3, &other, 0);
	other.msg_control = &broken;
	CALL(5, recvmsg, 3, &other, 0);
	other.msg_controllen = 3;
	CALL(5, recvmsg, 3, &other, 0);
	CALL(2, sendmmsg, 3, several, 2, 0);
	CALL(1, sendmmsg, 3, several, 2, 0);
	CALL(-EPIPE, sendmmsg, 3, several, 2, 0);
	CALL(2, recvmmsg, 3, several, 2, MSG_WAITFORONE, &second);
	CALL(1, recvmmsg, 3, several, 2, 0, NULL);
	CALL(0, recvmmsg, 3, several, 2, 0, NULL);
	CALL(-EAGAIN, recvmmsg, 3, several, 2, 0, &second);
}

void socket_samples(void)
{
	make_samples();
	name_samples();
	option_samples();
	data_samples();
	message_samples();
}
