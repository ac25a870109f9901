/* SPDX-License-Identifier: MIT */
/*
 * Message queues of System V (msgget(2), msgsnd(2), msgrcv(2), msgctl(2)).
 *
 * Messages lie in the order in which they came. A task that waits for one stands in a list, the oldest first: who sends a message that somebody waits for gives it to him and not to the queue. A task that waits for room stands in another list
 * and looks itself when something was taken. When the queue is removed all that wait get EIDRM.
 */
#pragma once

#include "ipc/limits.h"
#include "ipc/letter.h"

struct message_queue {
	struct ipc_identifier identifier;
	struct letter *first, **last; /* messages; `last` is where the next one is linked in */
	uint64_t count, bytes, bytes_most;
	int64_t sent, received, changed; /* times, in seconds */
	int32_t last_sender, last_receiver; /* processes */
	struct message_wait *receivers; /* oldest first */
	struct message_wait *senders;
};

/* A task that waits at a queue. It lies on the stack of the task's fiber. */
struct message_wait {
	struct message_wait *next;
	struct task *task;
	int64_t type; /* of a receiver, as it was asked for */
	uint64_t flags;
	uint64_t room;
	struct letter *letter; /* what it was given */
	int result;            /* MESSAGE_WAIT; 0: it has a message, or is to look again; or a negative error number */
};
#define MESSAGE_WAIT 1

extern struct ipc_kind message_kind;

static inline struct message_queue *message_queue_of(struct ipc_identifier *identifier)
{
	return (struct message_queue *)identifier;
}

/* All who wait look again: rights or room have changed. */
void message_queue_stir(struct message_queue *queue);

/* The queue goes, with its messages; waits end with -EIDRM. */
void message_queue_remove(struct message_queue *queue);
