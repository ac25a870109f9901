/* SPDX-License-Identifier: MIT */
/* What lies in POSIX message queues, who waits, who is told (ipc/posix_queue.h). */
#include "ipc/posix_queue.h"

#include "abi/linux/constants.h"
#include "signal/send.h"
#include "vdso/vdso.h"

#define EVENTS_READ (LINUX_POLLIN | LINUX_POLLRDNORM)
#define EVENTS_WRITE (LINUX_POLLOUT | LINUX_POLLWRNORM)

/* Behind the last that has at least its priority. Most messages have the same. */
static void letter_enter(struct posix_queue *queue, struct letter *letter)
{
	struct letter **at = queue->last && queue->last->number >= letter->number ? &queue->last->next : &queue->first;

	while (*at && (*at)->number >= letter->number)
		at = &(*at)->next;
	letter->next = *at;
	*at = letter;
	if (!letter->next)
		queue->last = letter;
	queue->count++;
	queue->bytes += letter->bytes;
}

static struct letter *letter_take(struct posix_queue *queue)
{
	struct letter *letter = queue->first;

	queue->first = letter->next;
	if (!queue->first)
		queue->last = NULL;
	queue->count--;
	queue->bytes -= letter->bytes;
	return letter;
}

void posix_queue_empty(struct posix_queue *queue)
{
	while (queue->first)
		letter_free(letter_take(queue));
}

/* Takes the oldest out of a list and lets it go on. */
static struct posix_wait *wait_end(struct posix_wait **list)
{
	struct posix_wait *wait = *list;

	*list = wait->next;
	wait->done = true;
	task_wake(wait->task);
	return wait;
}

/* Waits in a list until somebody has done what is waited for. */
static int wait_in(struct posix_wait **list, struct posix_wait *wait, uint64_t deadline)
{
	struct posix_wait **at = list;
	int error = 0;

	while (*at)
		at = &(*at)->next;
	*at = wait;
	while (!wait->done && !error)
		error = task_wait(wait->task, WAIT_INTERRUPTIBLE, deadline);
	if (wait->done)
		return 0;
	for (at = list; *at != wait;)
		at = &(*at)->next;
	*at = wait->next;
	return error;
}

/* The process that wants to know is told that a message has come, and that was all. */
static void notice_give(struct posix_queue *queue, const struct task *sender)
{
	struct process *process = process_find(queue->notice.process);
	const struct signal_information information = {
		.number = queue->notice.how.signo,
		.code = LINUX_SI_MESGQ,
		.process = sender->process->id,
		.user = sender->credentials->user,
		.value = queue->notice.how.value.address,
	};

	queue->notice.process = 0;
	if (process && queue->notice.how.notify == LINUX_SIGEV_SIGNAL && information.number)
		(void)signal_send_process(process, &information); /* a full queue of signals loses it, as on Linux */
}

int posix_queue_send(struct posix_queue *queue, struct task *task, struct letter *letter, uint64_t deadline)
{
	struct posix_wait wait = {.task = task, .letter = letter};

	if (posix_queue_is_full(queue))
		return wait_in(&queue->senders, &wait, deadline);
	queue->modified = vdso_wall_now();
	if (queue->receivers) {
		wait_end(&queue->receivers)->letter = letter;
		return 0;
	}
	letter_enter(queue, letter);
	if (queue->count == 1 && queue->notice.process)
		notice_give(queue, task);
	queue_wake(&queue->polled, EVENTS_READ);
	return 0;
}

int posix_queue_receive(struct posix_queue *queue, struct task *task, struct letter **letter, uint64_t deadline)
{
	struct posix_wait wait = {.task = task};
	int error = 0;

	if (!queue->count) {
		error = wait_in(&queue->receivers, &wait, deadline);
		*letter = wait.letter;
		return error;
	}
	*letter = letter_take(queue);
	queue->accessed = vdso_wall_now();
	if (queue->senders)
		letter_enter(queue, wait_end(&queue->senders)->letter);
	else
		queue_wake(&queue->polled, EVENTS_WRITE);
	return 0;
}
