/* SPDX-License-Identifier: MIT */
/*
 * Finds sockets that are lost (net/collect.h). A socket whose open file has as many users as messages that it lies in has no other: it can be received only through the queue in which it lies. So what is in queues of sockets with
 * another user is reached, and what is in queues of what is reached; the rest is lost. Marking waits nowhere; what is lost is taken out of its queue before anything is freed, because freeing may wait.
 */
#include "net/collect.h"

#include "net/socket.h"

/* Calls `see` with each socket that lies in a message of this one's queue. */
static void queue_walk(const struct socket *socket, struct socket **reached, void (*see)(struct socket *socket, struct socket **reached))
{
	for (const struct message *message = socket->first; message; message = message->next)
		for (uint32_t i = 0; message->files && i < message->files->count; i++) {
			struct socket *passed = socket_behind(message->files->files[i]);

			if (passed)
				see(passed, reached);
		}
}

static void passed_count(struct socket *socket, struct socket **reached)
{
	(void)reached;
	socket->passed++;
}

/* Marks a socket, once; `reached` are those whose queues are yet to be looked at. */
static void reach(struct socket *socket, struct socket **reached)
{
	if (socket->reached)
		return;
	socket->reached = true;
	socket->next_reached = *reached;
	*reached = socket;
}

static void all_mark(void)
{
	struct socket *reached = NULL, *socket;

	for (socket = sockets; socket; socket = socket->next) {
		socket->passed = 0;
		socket->reached = false;
	}
	for (socket = sockets; socket; socket = socket->next)
		queue_walk(socket, NULL, passed_count);
	for (socket = sockets; socket; socket = socket->next)
		if (socket->file && socket->file->users > socket->passed)
			reach(socket, &reached);
	while ((socket = reached) != NULL) {
		reached = socket->next_reached;
		queue_walk(socket, &reached, reach);
		for (struct socket *child = socket->pending; child; child = child->next_pending)
			reach(child, &reached);
	}
}

/* Puts everything out of a queue before what is lost already. */
static void queue_take(struct socket *socket, struct message **lost)
{
	if (!socket->first)
		return;
	*socket->end = *lost;
	*lost = socket->first;
	socket->first = NULL;
	socket->end = &socket->first;
	socket->queued = socket->charged = socket->messages = 0;
}

/* Takes everything out of the queues of those that are not marked, and of what waits at them to be accepted. A socket without an open file that nobody waits to accept is one that is being closed. */
static struct message *lost_take(void)
{
	struct message *lost = NULL;

	for (struct socket *socket = sockets; socket; socket = socket->next) {
		if (socket->reached || !socket->passed)
			continue;
		queue_take(socket, &lost);
		for (struct socket *child = socket->pending; child; child = child->next_pending)
			queue_take(child, &lost);
	}
	return lost;
}

/* Frees what is lost now. */
static void lost_free(void)
{
	struct message *lost;

	all_mark();
	lost = lost_take();
	while (lost) {
		struct message *message = lost;

		lost = message->next;
		message_free(message);
	}
}

void sockets_collect(void)
{
	static bool collecting, again; /* who closes a socket while another looks lets that one look once more */

	again = true;
	if (collecting)
		return;
	collecting = true;
	while (again && files_passed()) {
		again = false;
		lost_free();
	}
	collecting = false;
}
