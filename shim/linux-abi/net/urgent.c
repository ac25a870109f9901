/* SPDX-License-Identifier: MIT */
/* Out-of-band data of streams (net/urgent.h). */
#include "net/urgent.h"

#include "file/sigio.h"

static bool is_in_line(const struct socket *socket)
{
	return socket_has_option(socket, LINUX_SO_OOBINLINE);
}

static bool is_passed(const struct socket *socket, const struct message *message)
{
	return urgent_is_taken(message) || (message == socket->urgent && !is_in_line(socket));
}

struct message *urgent_look_past(const struct socket *socket)
{
	struct message *message = socket->first;

	while (message && is_passed(socket, message))
		message = message->next;
	return message;
}

bool urgent_pass(struct socket *socket)
{
	bool any = false;

	while (socket->first && is_passed(socket, socket->first)) {
		socket->queued -= socket->first->bytes - socket->first->taken;
		socket_drop_first(socket);
		any = true;
	}
	if (urgent_is_next(socket))
		socket->urgent = NULL; /* in line: an ordinary byte from now on */
	return any;
}

bool urgent_stops(struct socket *socket, const struct message *message, bool peeks)
{
	if (message == socket->urgent)
		return true;
	if (peeks || !urgent_is_taken(message))
		return false;
	socket_drop_first(socket);
	return true;
}

void urgent_come(struct socket *socket, struct message *message)
{
	socket->urgent = message;
	if (socket->file)
		owner_tell_urgent(socket->file);
}

int64_t urgent_receive(struct socket *socket, struct receiving *receiving)
{
	struct message *message = socket->urgent;
	int64_t put;

	if (!message || is_in_line(socket))
		return -EINVAL;
	if (!receiving->peeks)
		socket->urgent = NULL;
	put = message_put(message, 0, receiving->transfer);
	if (!receiving->peeks) {
		message->taken = message->bytes; /* whether or not there was room for it */
		socket->queued--;
	}
	return put < 0 ? put : 1;
}
