/* SPDX-License-Identifier: MIT */
/* Waiting (process/wait.h). A task's `woken` remembers a wake-up that came before its wait, so none is lost. */
#include "process/wait.h"

#include "lib/clock.h"
#include "process/charge.h"

void queue_join(struct wait_queue *queue, struct waiter *waiter, struct task *task)
{
	waiter->task = task;
	waiter->fired = false;
	waiter->next = queue->first;
	if (waiter->next)
		waiter->next->at = &waiter->next;
	waiter->at = &queue->first;
	queue->first = waiter;
}

void queue_leave(struct waiter *waiter)
{
	if (!waiter->at)
		return;
	*waiter->at = waiter->next;
	if (waiter->next)
		waiter->next->at = waiter->at;
	waiter->at = NULL;
}

void queue_abandon(struct wait_queue *queue)
{
	while (queue->first)
		queue_leave(queue->first);
}

static void waiter_fire(struct waiter *waiter, uint32_t events)
{
	waiter->fired = true;
	if (waiter->notify)
		waiter->notify(waiter, events);
	else
		task_wake(waiter->task);
}

uint32_t queue_wake(struct wait_queue *queue, uint32_t events)
{
	uint32_t count = 0;

	for (struct waiter *waiter = queue->first, *next; waiter; waiter = next) {
		next = waiter->next;
		if (events && waiter->interest && !(events & waiter->interest))
			continue;
		waiter_fire(waiter, events);
		count++;
	}
	return count;
}

/* The one that has waited longest: the last in the list. */
bool queue_wake_one(struct wait_queue *queue)
{
	struct waiter *oldest = NULL;

	for (struct waiter *waiter = queue->first; waiter; waiter = waiter->next)
		if (!waiter->fired)
			oldest = waiter;
	if (oldest)
		waiter_fire(oldest, 0);
	return oldest != NULL;
}

void task_wake(struct task *task)
{
	task->woken = true;
	if (task->waits)
		fiber_wake(task->fiber);
}

static void timer_expired(struct timer *timer)
{
	struct task *task = (struct task *)((char *)timer - offsetof(struct task, timer));

	task->timed_out = true;
	if (task->waits)
		fiber_wake(task->fiber);
}

/* Why a task does not wait (any longer); 1 when it does. */
static int wait_result(struct task *task, enum wait_kind kind)
{
	if (task->woken)
		return 0;
	if (kind != WAIT_ALWAYS && task->dying)
		return -ERESTARTSYS;
	if (kind == WAIT_INTERRUPTIBLE && task->attention)
		return -ERESTARTSYS;
	return task->timed_out ? -ETIMEDOUT : 1;
}

int task_wait(struct task *task, enum wait_kind kind, uint64_t deadline)
{
	int result;

	task->timed_out = false;
	if (deadline != NEVER)
		timer_start(&task->timer, deadline);
	task->timer.expired = timer_expired;
	task->waiting = kind;
	while ((result = wait_result(task, kind)) == 1) {
		task->waits = true;
		task->switches++;
		charge_end();
		fiber_wait();
		if (charge_chance())
			charge_begin(task);
		task->waits = false;
	}
	timer_stop(&task->timer);
	task->woken = false;
	return result;
}
