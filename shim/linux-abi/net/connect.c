/* SPDX-License-Identifier: MIT */
/* The calls that make and join sockets: socket, socketpair, bind, listen, connect, accept, accept4, shutdown, getsockname, getpeername. */
#include "file/blocking.h"
#include "file/descriptors.h"
#include "lib/clock.h"
#include "net/socket.h"
#include "process/handlers.h"

#define TYPE_FLAGS (LINUX_SOCK_CLOEXEC | LINUX_SOCK_NONBLOCK)
#define BACKLOG_MAX 4096 /* net.core.somaxconn */

/* The type of a new socket. A raw one is a datagram socket, as Linux has it. */
static int type_take(uint32_t domain, uint32_t type, uint32_t protocol, uint32_t *result)
{
	*result = type & ~(uint32_t)TYPE_FLAGS;
	if (type & ~(uint32_t)(TYPE_FLAGS | 0xf) || *result > LINUX_SOCK_PACKET)
		return -EINVAL;
	if (domain != LINUX_AF_UNIX)
		return -EAFNOSUPPORT;
	if (protocol && protocol != LINUX_AF_UNIX)
		return -EPROTONOSUPPORT;
	if (*result == LINUX_SOCK_RAW)
		*result = LINUX_SOCK_DGRAM;
	return *result == LINUX_SOCK_STREAM || *result == LINUX_SOCK_DGRAM || *result == LINUX_SOCK_SEQPACKET ? 0 : -ESOCKTNOSUPPORT;
}

static struct description *socket_make_open(struct task *task, uint32_t type, uint32_t flags, struct socket **socket)
{
	*socket = socket_make(task, type);
	return *socket ? socket_open(*socket, flags) : NULL;
}

int64_t linux_socket(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	struct socket *socket;
	uint32_t type;
	int error = type_take((uint32_t)arguments[0], (uint32_t)arguments[1], (uint32_t)arguments[2], &type);

	if (error)
		return error;
	description = socket_make_open(task, type, (uint32_t)arguments[1], &socket);
	return description ? descriptor_give(task, description, (uint32_t)arguments[1]) : -ENOBUFS;
}

int64_t linux_socketpair(struct task *task, const uint64_t arguments[6])
{
	struct description *pair[2];
	struct socket *sockets_made[2];
	uint32_t type;
	int error = type_take((uint32_t)arguments[0], (uint32_t)arguments[1], (uint32_t)arguments[2], &type);

	if (error)
		return error;
	pair[0] = socket_make_open(task, type, (uint32_t)arguments[1], &sockets_made[0]);
	pair[1] = pair[0] ? socket_make_open(task, type, (uint32_t)arguments[1], &sockets_made[1]) : NULL;
	if (!pair[1]) {
		if (pair[0])
			description_release(pair[0]);
		return -ENOBUFS;
	}
	sockets_join(sockets_made[0], sockets_made[1]);
	return descriptors_give_two(task, pair, (uint32_t)arguments[1], arguments[3]);
}

static int64_t bind(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	char text[NAME_BYTES + 1];
	uint16_t family;
	int64_t length = address_take(task, arguments[1], (uint32_t)arguments[2], text, &family);

	(void)description;
	if (length < 0)
		return length;
	return name_bind(task, socket, text, (uint32_t)length);
}

int64_t linux_bind(struct task *task, const uint64_t arguments[6])
{
	return socket_call(task, arguments, bind);
}

static int64_t listen(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	uint32_t backlog = (uint32_t)arguments[1];

	(void)description;
	if (socket_is_datagram(socket))
		return -EOPNOTSUPP;
	if (!socket->name || (socket->state != SOCKET_UNCONNECTED && socket->state != SOCKET_LISTENING))
		return -EINVAL;
	socket->state = SOCKET_LISTENING;
	socket->backlog = backlog < BACKLOG_MAX ? backlog : BACKLOG_MAX;
	socket_own(socket, task);
	queue_wake(&socket->queue, LINUX_POLLOUT);
	return 0;
}

int64_t linux_listen(struct task *task, const uint64_t arguments[6])
{
	return socket_call(task, arguments, listen);
}

/* Accepting. */

static void pending_put(struct socket *listener, struct socket *child)
{
	struct socket **at = &listener->pending;

	while (*at)
		at = &(*at)->next_pending;
	child->next_pending = NULL;
	*at = child;
	listener->pending_count++;
	queue_wake(&listener->queue, LINUX_POLLIN | LINUX_POLLRDNORM);
}

static struct socket *pending_take(struct socket *listener)
{
	struct socket *child = listener->pending;

	if (!child)
		return NULL;
	listener->pending = child->next_pending;
	listener->pending_count--;
	queue_wake(&listener->queue, LINUX_POLLOUT); /* somebody may wait for room to connect */
	return child;
}

static int pending_wait(struct task *task, struct socket *listener, bool nonblocking)
{
	uint64_t deadline = listener->receive_ns ? clock_now() + listener->receive_ns : NEVER;

	while (!listener->pending) {
		int error;

		if (socket_is_datagram(listener))
			return -EOPNOTSUPP;
		if (listener->state != SOCKET_LISTENING || (listener->shut_read && !nonblocking))
			return -EINVAL;
		error = nonblocking ? -EAGAIN : queue_wait(&listener->queue, task, LINUX_POLLIN, deadline);
		if (error)
			return error == -ETIMEDOUT ? -EAGAIN : error;
	}
	return 0;
}

static int64_t accept_finish(struct task *task, struct socket *child, const uint64_t arguments[6], uint32_t flags)
{
	struct socket_name *name = child->peer_name;
	struct description *description;
	int64_t number;
	int error = 0;

	if (name)
		name_hold(name);
	description = socket_open(child, flags);
	number = description ? descriptor_give(task, description, flags) : -ENOBUFS;
	if (number >= 0 && arguments[1])
		error = address_put(task, arguments[1], arguments[2], name);
	if (error)
		(void)descriptor_close(task->files, (uint64_t)number);
	if (name)
		name_release(name);
	return error ? error : number;
}

/* Without a number for it no connection is taken. */
static int64_t accept(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	int error = descriptor_is_free(task) ? pending_wait(task, socket, description->flags & LINUX_O_NONBLOCK) : -EMFILE;

	if (!error && !descriptor_is_free(task)) /* other threads have taken the last meanwhile */
		error = -EMFILE;

	return error ? error : accept_finish(task, pending_take(socket), arguments, (uint32_t)arguments[3]);
}

int64_t linux_accept(struct task *task, const uint64_t arguments[6])
{
	const uint64_t without_flags[6] = {arguments[0], arguments[1], arguments[2]};

	return socket_call(task, without_flags, accept);
}

int64_t linux_accept4(struct task *task, const uint64_t arguments[6])
{
	return (uint32_t)arguments[3] & ~(uint32_t)TYPE_FLAGS ? -EINVAL : socket_call(task, arguments, accept);
}

/* Connecting. */

static int target_check(const struct socket *socket, const struct socket *target)
{
	if (target->type != socket->type)
		return -EPROTOTYPE;
	return !socket_is_datagram(socket) && (target->state != SOCKET_LISTENING || target->shut_read) ? -ECONNREFUSED : 0;
}

/* Waits for room among those that wait to be accepted. */
static int backlog_wait(struct task *task, struct socket *socket, struct socket *listener, bool nonblocking)
{
	uint64_t deadline = socket->send_ns ? clock_now() + socket->send_ns : NEVER;
	int error = target_check(socket, listener);

	while (!error && listener->pending_count > listener->backlog) {
		error = nonblocking ? -EAGAIN : queue_wait(&listener->queue, task, LINUX_POLLOUT, deadline);
		if (!error)
			error = target_check(socket, listener);
	}
	return error == -ETIMEDOUT ? -EAGAIN : error;
}

/* The listener's side of the connection is made here; accept() gives it a number. */
static int stream_connect(struct task *task, struct socket *socket, struct socket *listener, bool nonblocking)
{
	struct socket *child;
	int error = backlog_wait(task, socket, listener, nonblocking);

	if (error)
		return error;
	if (socket->state != SOCKET_UNCONNECTED)
		return socket->state == SOCKET_LISTENING ? -EINVAL : -EISCONN;
	child = socket_make(task, socket->type);
	if (!child)
		return -ENOMEM;
	socket_own_as(child, listener);
	child->name = listener->name;
	name_hold(child->name);
	child->passes_credentials = listener->passes_credentials;
	socket_own(socket, task);
	sockets_join(socket, child);
	pending_put(listener, child);
	queue_wake(&socket->queue, 0);
	return 0;
}

/* A datagram socket sends to another one from now on, or to nobody. What it has received before is lost, and who sends to it alone is told. */
static void peer_change(struct socket *socket, struct socket *peer)
{
	struct socket *before = socket->peer;

	socket->peer = peer;
	socket->state = peer ? SOCKET_CONNECTED : SOCKET_UNCONNECTED;
	if (!before || before == peer)
		return;
	socket_hold(before);
	fiber_lock(&socket->reading); /* nobody is at the first message */
	if (socket->first) {
		socket_empty(socket);
		if (before->peer == socket && !before->closed)
			before->error = ECONNRESET;
	}
	fiber_unlock(&socket->reading);
	queue_wake(&socket->queue, LINUX_POLLOUT);
	queue_wake(&before->queue, 0);
	socket_release(before);
}

/* From now on it sends to that one, and takes from that one only. */
static int datagram_connect(struct socket *socket, struct socket *target)
{
	int error = target_check(socket, target);

	if (error)
		return error;
	if (!socket_takes_from(target, socket))
		return -EPERM;
	if (target->name)
		name_hold(target->name);
	if (socket->peer_name)
		name_release(socket->peer_name);
	socket->peer_name = target->name;
	peer_change(socket, target);
	return 0;
}

static int datagram_disconnect(struct socket *socket)
{
	if (!socket_is_datagram(socket))
		return -EINVAL;
	if (socket->peer_name)
		name_release(socket->peer_name);
	socket->peer_name = NULL;
	peer_change(socket, NULL);
	return 0;
}

static int64_t connect(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	uint32_t bytes = (uint32_t)arguments[2];
	char text[NAME_BYTES + 1];
	struct socket *target;
	uint16_t family;
	int64_t length = address_take(task, arguments[1], bytes, text, &family);
	int error;

	if (length == -EINVAL && family == LINUX_AF_UNSPEC && bytes >= sizeof(family))
		return datagram_disconnect(socket);
	if (length < 0)
		return length;
	error = name_find(task, text, (uint32_t)length, &target);
	if (error)
		return error;
	error = socket_is_datagram(socket) ? datagram_connect(socket, target) : stream_connect(task, socket, target, description->flags & LINUX_O_NONBLOCK);
	socket_release(target);
	return error;
}

int64_t linux_connect(struct task *task, const uint64_t arguments[6])
{
	return socket_call(task, arguments, connect);
}

/* The rest. */

static void ends_shut(struct socket *socket, bool read, bool write)
{
	socket->shut_read |= read;
	socket->shut_write |= write;
	queue_wake(&socket->queue, 0);
}

static int64_t shut(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	uint32_t how = (uint32_t)arguments[1];

	(void)task, (void)description;
	if (how > LINUX_SHUT_RDWR)
		return -EINVAL;
	ends_shut(socket, how != LINUX_SHUT_WR, how != LINUX_SHUT_RD);
	if (socket->peer && !socket_is_datagram(socket))
		ends_shut(socket->peer, how != LINUX_SHUT_RD, how != LINUX_SHUT_WR);
	return 0;
}

int64_t linux_shutdown(struct task *task, const uint64_t arguments[6])
{
	return socket_call(task, arguments, shut);
}

static int64_t own_name_tell(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	(void)description;
	return address_put(task, arguments[1], arguments[2], socket->name);
}

int64_t linux_getsockname(struct task *task, const uint64_t arguments[6])
{
	return socket_call(task, arguments, own_name_tell);
}

static int64_t peer_name_tell(struct task *task, const struct description *description, struct socket *socket, const uint64_t arguments[6])
{
	(void)description;
	return socket->peer ? address_put(task, arguments[1], arguments[2], socket->peer_name) : -ENOTCONN;
}

int64_t linux_getpeername(struct task *task, const uint64_t arguments[6])
{
	return socket_call(task, arguments, peer_name_tell);
}
