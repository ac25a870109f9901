/* SPDX-License-Identifier: MIT */
/* Waiting for one thing that happens to one open file. */
#pragma once

#include "process/task.h"

/* Waits until the queue is woken for one of `events` (LINUX_POLL*; 0: any). Whoever calls it looks anew at what it waits for, before and after. 0, -ERESTARTSYS, or -ETIMEDOUT at the deadline. */
static inline int queue_wait(struct wait_queue *queue, struct task *task, uint32_t events, uint64_t deadline)
{
	struct waiter waiter = {.interest = events};
	int error;

	queue_join(queue, &waiter, task);
	error = task_wait(task, WAIT_INTERRUPTIBLE, deadline);
	queue_leave(&waiter);
	return error;
}
