/* SPDX-License-Identifier: MIT */
/*
 * Waiting: what a task's fiber does until something happens. A *queue* is a place where it happens (a pipe, a child's end, a futex); a *waiter* is a task's interest in one queue. A task may have interest in many (poll).
 * Each wait is declared interruptible (any signal that is not blocked ends it), killable (a fatal one does) or neither.
 *
 *	struct waiter waiter;
 *	queue_join(&pipe->readers, &waiter, task);
 *	while (nothing to read && !error)
 *		error = task_wait(task, WAIT_INTERRUPTIBLE, NEVER);
 *	queue_leave(&waiter);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct task;

struct waiter {
	struct waiter *next, **at; /* in the queue; `at` null: in none */
	struct task *task;
	uint32_t interest; /* of these events; 0: of all */
	bool fired;        /* since it joined */
	/* Called instead of waking the task, if it is not null: for who keeps account (epoll). */
	void (*notify)(struct waiter *waiter, uint32_t events);
};

struct wait_queue {
	struct waiter *first;
};

enum wait_kind { WAIT_INTERRUPTIBLE, WAIT_KILLABLE, WAIT_ALWAYS };

#define NEVER UINT64_MAX /* a deadline that does not come */

void queue_join(struct wait_queue *queue, struct waiter *waiter, struct task *task);
void queue_leave(struct waiter *waiter);

/* The queue goes, and whoever is in it is in none any more: what waits for it waits for nothing. */
void queue_abandon(struct wait_queue *queue);

/* Something happened: wakes all whose interest it is (`events` 0: all), or one of them. Returns how many. */
uint32_t queue_wake(struct wait_queue *queue, uint32_t events);
bool queue_wake_one(struct wait_queue *queue);

/*
 * Waits until a queue that the task has joined wakes it. 0; -ETIMEDOUT at the deadline (lib/clock.h, ns); or, as the kind allows, -ERESTARTSYS because of a signal: the handler undoes what it must and returns that, and the
 * call is made again, or becomes -EINTR, as the signal's action says.
 */
int task_wait(struct task *task, enum wait_kind kind, uint64_t deadline);

/* Ends a task's wait, or the next one that it begins. */
void task_wake(struct task *task);

/* What handlers return to have a call made again after a signal: never seen by programs. The numbers are those inside of Linux. */
#define ERESTARTSYS 512           /* made again when the action has SA_RESTART, else EINTR */
#define ERESTARTNOINTR 513        /* always made again */
#define ERESTARTNOHAND 514        /* made again only when no handler runs */
#define ERESTART_RESTARTBLOCK 516 /* goes on by restart_syscall when no handler runs */
