/* SPDX-License-Identifier: MIT */
/* Sending and receiving (net/socket.h). A message is filled before it is put into a queue, so nothing waits between the look at the queue and that. */
#include "file/blocking.h"
#include "file/limits.h"
#include "lib/clock.h"
#include "net/filter.h"
#include "net/urgent.h"
#include "vdso/vdso.h"

#define EVENTS_READ (LINUX_POLLIN | LINUX_POLLRDNORM)
#define EVENTS_WRITE (LINUX_POLLOUT | LINUX_POLLWRNORM | LINUX_POLLWRBAND)
#define STREAM_PIECE (8 * PAGE_SIZE) /* of a stream in one message */

static uint64_t deadline_of(uint64_t ns)
{
	return ns ? clock_now() + ns : NEVER;
}

/* A wait's result as the call's: a time that has run out is EAGAIN, and with a time-out no call is made again. */
static int wait_result(int error, uint64_t ns)
{
	return error == -ETIMEDOUT ? -EAGAIN : error == -ERESTARTSYS && ns ? -EINTR : error;
}

/* Sending. */

/* The error that is kept for the next call (0: none); it is told once. */
static int error_take(struct socket *socket)
{
	int error = -socket->error;

	socket->error = 0;
	return error;
}

/* Whether a socket may send to another one (null: to its peer, which has gone). Only streams are told by a signal, and by an error only when they receive, as on Linux. */
static int target_check(struct task *task, struct socket *socket, const struct sending *sending, const struct socket *target)
{
	bool stream = socket_is_stream(socket), cut = socket->state == SOCKET_CUT;

	if (!target && !cut)
		return -ENOTCONN;
	if (!stream && socket->error)
		return error_take(socket);
	if (socket->shut_write || (cut && !socket_is_datagram(socket)) || (stream && target->shut_read)) {
		if (stream && !sending->no_signal)
			task_signal(task, LINUX_SIGPIPE);
		return -EPIPE;
	}
	if (!target) {
		socket->state = SOCKET_UNCONNECTED; /* a datagram's receiver has gone: that is told once */
		return -ECONNREFUSED;
	}
	if (target->closed)
		return -ECONNREFUSED;
	if (!socket_takes_from(target, socket))
		return -EPERM;
	return target->shut_read ? -EPIPE : 0;
}

/* Whom it goes to, held. */
static int target_take(struct task *task, struct socket *socket, const struct sending *sending, struct socket **target)
{
	int error;

	*target = sending->to ? sending->to : socket->peer;
	error = target_check(task, socket, sending, *target);
	if (error || !*target)
		return error ? error : -ENOTCONN;
	socket_hold(*target);
	return 0;
}

/* What a message counts: its memory in Linux, where a small one takes a struct sk_buff and the least allocation for data. */
static uint64_t charge_of(uint64_t bytes)
{
	uint64_t room = 512;

	if (bytes > PAGE_SIZE)
		return bytes + 768;
	while (room < bytes + 320)
		room *= 2;
	return room + 256;
}

/* The number of datagrams matters only for those that come from somebody whom the receiver is not connected to. */
bool socket_is_full(const struct socket *socket, const struct socket *target)
{
	return target->charged >= socket->send_bytes || (socket_is_datagram(socket) && target->peer != socket && target->messages >= DATAGRAMS_MAX);
}

/* Waits until the receiver has room. 0 with it held; or without it (a null pointer) when its filter does not take the message (null: of a stream). As on Linux the filter is asked once the sender may send so much more, before the receiver's queue is looked at. */
static int room_wait(struct task *task, struct socket *socket, const struct sending *sending, struct message *message, struct socket **target)
{
	uint64_t deadline = deadline_of(socket->send_ns);

	for (;;) {
		int error = target_take(task, socket, sending, target);

		if (error)
			return error;
		if (message && (*target)->charged < socket->send_bytes && !filter_passes(*target, message)) {
			socket_release(*target);
			*target = NULL;
			return 0;
		}
		if (!socket_is_full(socket, *target))
			return 0;
		socket->lacked_room = true;
		error = sending->nonblocking ? -EAGAIN : wait_result(queue_wait(&(*target)->queue, task, EVENTS_WRITE, deadline), socket->send_ns);
		socket_release(*target);
		if (error)
			return error;
	}
}

static void message_queue(struct socket *target, struct message *message, bool urgent)
{
	if (target->stamps.wanted)
		message->wall = vdso_wall_now();
	*target->end = message;
	target->end = &message->next;
	target->queued += message->bytes;
	target->charged += message->charge;
	target->messages++;
	if (urgent)
		urgent_come(target, message);
	queue_wake(&target->queue, urgent ? EVENTS_READ | LINUX_POLLPRI : EVENTS_READ);
}

/* A message with what a sending has of it. */
static struct message *message_begin(const struct socket *socket, struct sending *sending)
{
	struct message *message = message_make();

	if (!message)
		return NULL;
	message->sender = sending->sender;
	message->from = socket->name;
	if (message->from)
		name_hold(message->from);
	message->files = sending->files;
	sending->files = NULL;
	return message;
}

/* Names the sender by his real user and group, unless he has done so himself, when one of both sides wants that, or is not there yet and may want it. */
static void sender_name(const struct task *task, const struct socket *socket, const struct socket *target, struct message *message)
{
	if (!message->sender.pid && (socket->passes_credentials || target->passes_credentials || !target->file))
		message->sender = (struct linux_ucred){.pid = task->process->id, .uid = task->credentials->user, .gid = task->credentials->group};
}

/* One message of up to `bytes` bytes. How many, or a negative error number. */
static int64_t piece_send(struct task *task, struct socket *socket, struct sending *sending, uint64_t bytes)
{
	struct message *message = message_begin(socket, sending);
	struct socket *target = NULL;
	int64_t filled = message ? message_fill(message, sending->transfer, bytes) : -ENOBUFS;
	bool stream = socket_is_stream(socket);
	int error = filled < 0 ? (int)filled : !stream && (uint64_t)filled < bytes ? -EFAULT : room_wait(task, socket, sending, stream ? NULL : message, &target);

	if (error || !target) {
		if (message)
			message_free(message);
		return error ? error : filled;
	}
	message->charge = charge_of((uint64_t)filled);
	sender_name(task, socket, target, message);
	message_queue(target, message, sending->urgent && !sending->transfer->left);
	socket_release(target);
	return filled;
}

/* How much of a stream's data goes into the next message: the last byte has one of its own when it is urgent. */
static uint64_t piece_bytes(const struct sending *sending)
{
	uint64_t left = sending->transfer->left, most = sending->urgent && left > 1 ? left - 1 : left;

	return most < STREAM_PIECE ? most : STREAM_PIECE;
}

/* A stream's data, in pieces; what cannot be sent at once is waited for, unless something has been sent and it may not wait. */
static int64_t stream_send(struct task *task, struct socket *socket, struct sending *sending)
{
	uint64_t done = 0;

	do {
		struct socket *target;
		int64_t sent = room_wait(task, socket, sending, NULL, &target); /* before the data is taken: what is taken is sent */

		if (!sent) {
			socket_release(target);
			sent = sending->transfer->left ? piece_send(task, socket, sending, piece_bytes(sending)) : 0;
		}
		if (sent <= 0)
			return done ? (int64_t)done : sent;
		done += (uint64_t)sent;
	} while (sending->transfer->left);
	return (int64_t)done;
}

int64_t socket_send(struct task *task, struct socket *socket, struct sending *sending)
{
	int64_t result;

	if (socket_is_stream(socket))
		result = stream_send(task, socket, sending);
	else if (sending->transfer->left > socket->send_bytes || sending->transfer->left > MESSAGE_BYTES_MAX)
		result = -EMSGSIZE;
	else
		result = piece_send(task, socket, sending, sending->transfer->left);
	if (sending->files)
		files_free(sending->files);
	sending->files = NULL;
	return result;
}

/* Receiving. */

/* What a call is about: the first message, or when it only looks, the one that SO_PEEK_OFF has come to, and in *skip how far. A null pointer: there is none yet. */
static struct message *message_wanted(const struct socket *socket, const struct receiving *receiving, uint64_t *skip)
{
	struct message *message = receiving->peeks && socket_is_stream(socket) ? urgent_look_past(socket) : socket->first;

	*skip = receiving->peeks && socket->peek_offset > 0 ? (uint64_t)socket->peek_offset : 0;
	while (message && *skip && *skip >= message->bytes - message->taken) {
		*skip -= message->bytes - message->taken;
		message = message->next;
	}
	return message;
}

/* So many bytes have been looked at, or taken away. */
static void peek_offset_move(struct socket *socket, bool peeks, uint64_t bytes)
{
	int64_t offset = socket->peek_offset, moved = peeks ? offset + (int64_t)bytes : offset > (int64_t)bytes ? offset - (int64_t)bytes : 0;

	if (offset >= 0)
		socket->peek_offset = moved < INT32_MAX ? (int32_t)moved : INT32_MAX;
}

/* Tells senders that there is room. */
static void room_told(struct socket *socket)
{
	queue_wake(&socket->queue, EVENTS_WRITE);
	for (struct socket *other = socket_is_datagram(socket) ? sockets : socket->peer; other; other = socket_is_datagram(socket) ? other->next : NULL)
		if (other->peer == socket)
			queue_wake(&other->queue, EVENTS_WRITE);
}

/* Whether a call is about to take the first of a stream's data. */
static bool begins_stream(const struct socket *socket, const struct receiving *receiving)
{
	return socket_is_stream(socket) && !receiving->peeks && !receiving->begun;
}

/* Whether there is nothing to wait for: 1 when there is a message, 0 at the end, -EAGAIN while neither, or another error number. A datagram socket that was shut has an end for those who wait only. */
static int message_look(struct socket *socket, const struct receiving *receiving)
{
	uint64_t skip;

	if (!socket_is_datagram(socket) && (socket->state == SOCKET_UNCONNECTED || socket->state == SOCKET_LISTENING))
		return socket_is_stream(socket) ? -EINVAL : -ENOTCONN;
	if (!socket_is_stream(socket) && socket->error)
		return error_take(socket);
	if (begins_stream(socket, receiving) && urgent_pass(socket))
		room_told(socket);
	if (message_wanted(socket, receiving, &skip))
		return 1;
	if (socket->error)
		return error_take(socket);
	if (socket_is_datagram(socket))
		return socket->shut_read && !receiving->nonblocking ? 0 : -EAGAIN;
	return socket->shut_read || socket->state == SOCKET_CUT ? 0 : -EAGAIN;
}

/* 1 when there is a message; 0 at the end. */
static int message_wait(struct task *task, struct socket *socket, const struct receiving *receiving)
{
	uint64_t deadline = deadline_of(socket->receive_ns);

	for (;;) {
		int error = message_look(socket, receiving);

		if (error != -EAGAIN || receiving->nonblocking)
			return error;
		fiber_unlock(&socket->reading);
		error = wait_result(queue_wait(&socket->queue, task, EVENTS_READ, deadline), socket->receive_ns);
		fiber_lock(&socket->reading);
		if (error)
			return error;
	}
}

void socket_drop_first(struct socket *socket)
{
	struct message *message = socket->first;

	socket->first = message->next;
	if (!socket->first)
		socket->end = &socket->first;
	if (socket->urgent == message)
		socket->urgent = NULL;
	socket->messages--;
	socket->charged -= message->charge;
	message_free(message);
}

/* What comes with the first message. Peeking gets files of its own. */
static void ancillary_take(struct message *message, struct receiving *receiving)
{
	receiving->sender = message->sender;
	receiving->has_sender = true;
	receiving->wall = message->wall;
	if (message->from && !receiving->from) {
		receiving->from = message->from;
		name_hold(message->from);
	}
	if (!message->files)
		return;
	receiving->files = receiving->peeks ? files_copy(message->files) : message->files;
	if (!receiving->peeks)
		message->files = NULL;
}

/* May bytes of a message follow what has been received of a stream in one call? Not across files, nor other senders when these are told. */
static bool may_follow(const struct socket *socket, const struct message *message, const struct receiving *receiving)
{
	if (message->files || receiving->files)
		return false;
	return !socket->passes_credentials || (message->sender.pid == receiving->sender.pid && message->sender.uid == receiving->sender.uid && message->sender.gid == receiving->sender.gid);
}

/* One datagram, cut to the room that there is. One that cannot be put down is lost, as on Linux. */
static int64_t datagram_receive(struct socket *socket, struct receiving *receiving)
{
	uint64_t skip;
	struct message *message = message_wanted(socket, receiving, &skip);
	int64_t done = message_put(message, skip, receiving->transfer);

	if (done >= 0) {
		ancillary_take(message, receiving);
		receiving->whole = message->bytes - skip;
		receiving->cut = (uint64_t)done < receiving->whole;
		peek_offset_move(socket, receiving->peeks, receiving->peeks ? (uint64_t)done : message->bytes);
	}
	if (!receiving->peeks) {
		socket->queued -= message->bytes;
		socket_drop_first(socket);
		room_told(socket);
	}
	return done;
}

/* What is there of a stream now, as far as it belongs together. `before`: bytes of this call. */
static int64_t stream_take(struct socket *socket, struct receiving *receiving, uint64_t before)
{
	uint64_t done = 0, skip;
	struct message *message = message_wanted(socket, receiving, &skip);

	while (message && receiving->transfer->left && (!(before + done) || may_follow(socket, message, receiving))) {
		bool first = !(before + done);
		int64_t put;

		if (!first && urgent_stops(socket, message, receiving->peeks))
			break;
		put = message_put(message, skip, receiving->transfer);
		skip = 0;
		if (put < 0)
			return done ? (int64_t)done : put;
		if (first || receiving->peeks == false)
			ancillary_take(message, receiving);
		done += (uint64_t)put;
		peek_offset_move(socket, receiving->peeks, (uint64_t)put);
		if (receiving->peeks) {
			message = message->next;
			continue;
		}
		message->taken += (uint32_t)put;
		socket->queued -= (uint64_t)put;
		if (message->taken == message->bytes)
			socket_drop_first(socket);
		message = socket->first;
	}
	return (int64_t)done;
}

static int64_t stream_receive(struct task *task, struct socket *socket, struct receiving *receiving)
{
	uint64_t done = 0, least = receiving->waits_for_all || receiving->transfer->left < socket->receive_least ? receiving->transfer->left : socket->receive_least;
	int64_t result;

	do {
		result = message_wait(task, socket, receiving);
		if (result > 0)
			result = stream_take(socket, receiving, done);
		if (result > 0) {
			done += (uint64_t)result;
			receiving->begun = true;
			room_told(socket);
		}
	} while (result > 0 && done < least && !receiving->peeks && !receiving->files);
	return done ? (int64_t)done : result;
}

int64_t socket_receive(struct task *task, struct socket *socket, struct receiving *receiving)
{
	int64_t result;

	fiber_lock(&socket->reading);
	if (receiving->urgent) {
		result = urgent_receive(socket, receiving);
	} else if (socket_is_stream(socket)) {
		result = receiving->transfer->left || socket->first ? stream_receive(task, socket, receiving) : 0;
	} else {
		result = message_wait(task, socket, receiving);
		if (result > 0)
			result = datagram_receive(socket, receiving);
	}
	fiber_unlock(&socket->reading);
	return result;
}
