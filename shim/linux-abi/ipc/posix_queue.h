/* SPDX-License-Identifier: MIT */
/*
 * Message queues of POSIX (mq_overview(7)): what they hold and who waits at them. The calls, with names and permissions, are in ipc/posix_calls.c.
 *
 * Messages lie by priority, those of one priority in the order in which they came. Who sends a message that somebody waits for gives it to him; who takes one from a full queue puts there the message of the first that waits for room. So
 * tasks go on in the order in which they came. One process may ask to be told by a signal when a message comes into the empty queue and nobody waits for it; it is told once.
 *
 * A queue has users: its name, until it is unlinked, and the descriptions of those who have it open.
 */
#pragma once

#include "abi/linux/structures.h"
#include "ipc/letter.h"
#include "process/task.h"

#define POSIX_NAME_MOST 255
#define POSIX_PRIORITIES 32768 /* MQ_PRIO_MAX */

/* /proc/sys/fs/mqueue: queues of all together, messages of a queue and bytes of a message, each for who has no CAP_SYS_RESOURCE; and what a queue has for which nothing is said. */
#define POSIX_MESSAGES_EVER 65536 /* HARD_MSGMAX */
#define POSIX_BYTES_EVER 16777216 /* HARD_MSGSIZEMAX */
extern struct posix_limits {
	int64_t queues, messages, messages_default, bytes, bytes_default;
} posix_limits;

struct descriptors;

struct posix_queue {
	struct posix_queue *next; /* of all */
	uint32_t users;
	bool named;
	char name[POSIX_NAME_MOST + 1];
	uint32_t mode, owner, group;
	uint64_t inode;
	uint64_t created, accessed, modified; /* times, in ns since 1970 */
	uint32_t payer; /* the user on whose account (RLIMIT_MSGQUEUE) it is */
	uint64_t account; /* bytes */
	uint64_t count, bytes, count_most, bytes_most; /* messages, their bytes together; messages at most, bytes of one at most */
	struct letter *first, *last;
	struct posix_wait *receivers, *senders; /* oldest first */
	struct wait_queue polled;
	struct {
		int32_t process; /* 0: nobody wants to be told */
		const struct descriptors *table; /* by which it had the queue open */
		struct linux_sigevent how;
	} notice;
};

/* A task that waits. It lies on the stack of its fiber. */
struct posix_wait {
	struct posix_wait *next;
	struct task *task;
	struct letter *letter; /* what it sends, or was given */
	bool done;
};

/* Puts a message into the queue, or waits until that can be done: 0, and the letter is the queue's or its receiver's; -ETIMEDOUT or -ERESTARTSYS. */
int posix_queue_send(struct posix_queue *queue, struct task *task, struct letter *letter, uint64_t deadline);

/* Takes the first message, or waits for one: 0, -ETIMEDOUT or -ERESTARTSYS. */
int posix_queue_receive(struct posix_queue *queue, struct task *task, struct letter **letter, uint64_t deadline);

/* Frees all messages. */
void posix_queue_empty(struct posix_queue *queue);

static inline bool posix_queue_is_full(const struct posix_queue *queue)
{
	return queue->count == queue->count_most;
}
