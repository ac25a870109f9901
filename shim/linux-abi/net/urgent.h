/* SPDX-License-Identifier: MIT */
/*
 * Out-of-band data of streams (MSG_OOB). The byte is a message of its own in the receiver's queue, where it marks a place; socket->urgent is that message as long as nobody has taken the byte, and the next urgent byte makes it an ordinary one.
 *
 * A call that receives stops at a mark. One that begins at a mark goes past it: an urgent byte that nobody asked for is thrown away, unless SO_OOBINLINE makes it part of the stream. A byte that was taken leaves its message behind, with
 * nothing in it: a mark still, but not for who only looks.
 */
#pragma once

#include "net/socket.h"

/* A message whose byte was taken out of band. */
static inline bool urgent_is_taken(const struct message *message)
{
	return message->taken == message->bytes;
}

/* Whether what is received in one call ends before this message. The mark of a byte that was taken is then gone; who only looks goes past it. */
bool urgent_stops(struct socket *socket, const struct message *message, bool peeks);

/* Whether the stream is at the mark (SIOCATMARK). */
static inline bool urgent_is_next(const struct socket *socket)
{
	return socket->first && socket->first == socket->urgent;
}

/* Marks that a call which looks begins at: where it goes on; a null pointer when nothing lies behind. */
struct message *urgent_look_past(const struct socket *socket);

/* Marks that a call which takes data away begins at: the queue begins behind them. Whether there were any. May wait: files are released. */
bool urgent_pass(struct socket *socket);

/* A message that has been put into the queue is urgent: owners of the open file are told by SIGURG. */
void urgent_come(struct socket *socket, struct message *message);

/* Receives the urgent byte. 1, or -EINVAL, -EFAULT. May wait; under socket->reading. */
int64_t urgent_receive(struct socket *socket, struct receiving *receiving);
