/* SPDX-License-Identifier: MIT */
/* Sockets (net/socket.h): how they begin and end, and what they are as open files. */
#include "net/socket.h"

#include "bpf/program.h"
#include "mm/slab.h"
#include "net/collect.h"
#include "net/options.h"
#include "net/urgent.h"
#include "process/life.h"

struct socket *sockets;

static struct slab slab = SLAB(struct socket);

static void identity_keep(const struct credentials **at, const struct credentials *identity)
{
	const struct credentials *before = *at;

	*at = identity;
	if (identity)
		credentials_hold(identity);
	if (before)
		credentials_release((struct credentials *)before);
}

void socket_own(struct socket *socket, const struct task *task)
{
	socket->owner = credentials_of(task);
	identity_keep(&socket->identity, task->credentials);
}

void socket_own_as(struct socket *socket, const struct socket *other)
{
	socket->owner = other->owner;
	identity_keep(&socket->identity, other->identity);
}

struct socket *socket_make(const struct task *task, uint32_t type)
{
	struct socket *socket = slab_take(&slab);

	if (!socket)
		return NULL;
	*socket = (struct socket){.users = 1, .type = type, .send_bytes = BUFFER_FIRST, .receive_bytes = BUFFER_FIRST, .receive_least = 1, .peek_offset = -1, .network = NETWORK_FIRST, .next = sockets};
	socket_own(socket, task);
	socket->end = &socket->first;
	sockets = socket;
	return socket;
}

void socket_release(struct socket *socket)
{
	struct socket **at = &sockets;

	if (--socket->users)
		return;
	while (*at != socket)
		at = &(*at)->next;
	*at = socket->next;
	if (socket->name)
		name_release(socket->name);
	if (socket->peer_name)
		name_release(socket->peer_name);
	identity_keep(&socket->identity, NULL);
	identity_keep(&socket->peer_identity, NULL);
	if (socket->filter)
		bpf_release(socket->filter);
	slab_return(&slab, socket);
}

static void name_keep(struct socket_name **at, struct socket_name *name)
{
	struct socket_name *before = *at;

	*at = name;
	if (name)
		name_hold(name);
	if (before)
		name_release(before);
}

void sockets_join(struct socket *one, struct socket *other)
{
	one->peer = other;
	other->peer = one;
	one->state = other->state = SOCKET_CONNECTED;
	one->peer_owner = other->owner;
	other->peer_owner = one->owner;
	identity_keep(&one->peer_identity, other->identity);
	identity_keep(&other->peer_identity, one->identity);
	name_keep(&one->peer_name, other->name);
	name_keep(&other->peer_name, one->name);
}

/* Whoever is connected to a socket that goes is cut off; unread data tells it so. */
static void peers_cut(struct socket *socket)
{
	bool unread = socket->first && !(socket_is_stream(socket) && !socket->queued); /* what is left of a byte that was taken out of band is nothing */

	for (struct socket *other = sockets; other; other = other->next) {
		if (other->peer != socket)
			continue;
		other->peer = NULL;
		other->state = SOCKET_CUT;
		if (unread && !socket_is_datagram(other))
			other->error = ECONNRESET;
		queue_wake(&other->queue, 0);
	}
	socket->peer = NULL;
}

void socket_empty(struct socket *socket)
{
	struct message *message = socket->first;

	socket->first = socket->urgent = NULL; /* before anything waits: more may come meanwhile */
	socket->end = &socket->first;
	socket->queued = socket->charged = socket->messages = 0;
	while (message) {
		struct message *next = message->next;

		message_free(message);
		message = next;
	}
}

/* Its open file goes. */
static void socket_close(struct socket *socket)
{
	socket->closed = true;
	socket->shut_read = socket->shut_write = true;
	socket->state = SOCKET_CUT;
	if (socket->name && socket->name->owner == socket) /* an accepted one has its listener's name */
		socket->name->owner = NULL;
	peers_cut(socket);
	while (socket->pending) {
		struct socket *child = socket->pending;

		socket->pending = child->next_pending;
		socket_close(child);
	}
	socket_empty(socket);
	queue_wake(&socket->queue, 0);
	socket_release(socket);
}

static int64_t socket_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct receiving receiving = {.transfer = transfer, .nonblocking = description->flags & LINUX_O_NONBLOCK};
	int64_t done = socket_receive(task, description->data, &receiving);

	(void)offset;
	if (receiving.files)
		files_free(receiving.files);
	if (receiving.from)
		name_release(receiving.from);
	return done;
}

static int64_t socket_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct sending sending = {.transfer = transfer, .nonblocking = description->flags & LINUX_O_NONBLOCK, .sender = SENDER_UNKNOWN};

	(void)offset;
	return socket_send(task, description->data, &sending);
}

/* Whether there is room for more at the other side. */
static bool can_write(const struct socket *socket)
{
	const struct socket *peer = socket->peer;

	if (!peer)
		return true; /* a write does not wait: it fails */
	return !socket_is_full(socket, peer);
}

static uint32_t socket_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	struct socket *socket = description->data;
	bool cut = socket->state == SOCKET_CUT && !socket_is_datagram(socket), ended = cut || socket->shut_read;
	uint32_t events = 0;

	(void)task;
	*queue = &socket->queue;
	if (socket->error)
		events |= LINUX_POLLERR;
	if (socket->first || socket->pending || ended)
		events |= LINUX_POLLIN | LINUX_POLLRDNORM;
	if (socket->urgent)
		events |= LINUX_POLLPRI;
	if (ended)
		events |= LINUX_POLLRDHUP;
	if (cut || (socket->shut_read && socket->shut_write) || (!socket_is_datagram(socket) && socket->state == SOCKET_UNCONNECTED))
		events |= LINUX_POLLHUP;
	if (socket->state != SOCKET_LISTENING && can_write(socket))
		events |= LINUX_POLLOUT | LINUX_POLLWRNORM | LINUX_POLLWRBAND;
	return events;
}

/* Of room only after it was wanted and there was none. Without events the other side has left, or something about the connection is new. */
static uint32_t socket_told(const struct description *description, uint32_t events)
{
	struct socket *socket = description->data;
	const struct socket *peer = socket->peer;
	uint32_t told = events & (LINUX_POLLIN | LINUX_POLLPRI);

	if (events & LINUX_POLLOUT && socket->lacked_room && can_write(socket)) {
		socket->lacked_room = false;
		told |= LINUX_POLLOUT;
	}
	if (!events && !socket_is_datagram(socket) && (socket->state == SOCKET_CUT || (peer && peer->shut_read && peer->shut_write)))
		return LINUX_POLLHUP;
	return !events && !socket_is_datagram(socket) && peer && peer->shut_write ? LINUX_POLLIN : told;
}

/* What can be read: all of a stream, the next datagram. Where a stream is. */
static int64_t socket_ioctl(struct task *task, struct description *description, uint64_t request, uint64_t argument)
{
	const struct socket *socket = description->data;
	int32_t count = 0;

	if (request == LINUX_FIONREAD) {
		if (socket->state == SOCKET_LISTENING)
			return -EINVAL;
		count = socket_is_stream(socket) ? (int32_t)socket->queued : socket->first ? (int32_t)socket->first->bytes : 0;
	} else if (request == LINUX_TIOCOUTQ) {
		count = socket->peer ? (int32_t)socket->peer->queued : 0;
	} else if (request == LINUX_SIOCATMARK) {
		if (!socket_is_stream(socket))
			return -EOPNOTSUPP;
		count = urgent_is_next(socket);
	} else {
		return -ENOTTY;
	}
	return user_put(task->memory, argument, &count);
}

static void socket_leave(struct description *description)
{
	struct socket *socket = description->data;

	socket->file = NULL;
	socket_close(socket);
	if (!files_are_freed())
		sockets_collect();
}

static const struct description_operations operations = {
	.kind = "socket",
	.read = socket_read,
	.write = socket_write,
	.poll = socket_poll,
	.told = socket_told,
	.left = sockets_collect, /* it may lie in a message alone now */
	.ioctl = socket_ioctl,
	.release = socket_leave,
};

struct description *socket_open(struct socket *socket, uint32_t flags)
{
	struct description *description = description_make(&operations, MODE_SOCKET | 0777, LINUX_O_RDWR | (flags & LINUX_O_NONBLOCK), FILESYSTEM_SOCKET);

	if (!description) {
		socket_close(socket);
		return NULL;
	}
	description->data = socket;
	socket->file = description;
	return description;
}

struct socket *socket_behind(const struct description *description)
{
	return description->operations == &operations ? description->data : NULL;
}

int64_t socket_call(struct task *task, const uint64_t arguments[6], socket_action *action)
{
	struct description *description;
	int64_t result = descriptor_take(task, (uint32_t)arguments[0], &description);

	if (result)
		return result;
	result = socket_behind(description) ? action(task, description, socket_behind(description), arguments) : -ENOTSOCK;
	description_release(description);
	return result;
}
