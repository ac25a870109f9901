/* SPDX-License-Identifier: MIT */
/* Message queues of System V: msgget(2), msgsnd(2), msgrcv(2). ipc/message_queue.h says how tasks wait. */
#include "ipc/message_queue.h"

#include "abi/linux/constants.h"
#include "mm/slab.h"
#include "mm/user.h"
#include "process/handlers.h"

static struct slab queues = SLAB(struct message_queue);

static int64_t queue_make(const struct task *task, int32_t key, uint64_t size, uint32_t flags)
{
	struct message_queue *queue = slab_take(&queues);
	int error;

	(void)size;
	if (!queue)
		return -ENOMEM;
	error = ipc_enter(&message_kind, &queue->identifier, task, key, flags, (uint32_t)ipc_limits[LIMIT_QUEUES]);
	if (error) {
		slab_return(&queues, queue);
		return error;
	}
	queue->last = &queue->first;
	queue->bytes_most = ipc_limits[LIMIT_QUEUE_BYTES];
	queue->changed = ipc_seconds();
	return queue->identifier.id;
}

struct ipc_kind message_kind = {.make = queue_make, .next_id = -1};

int64_t linux_msgget(struct task *task, const uint64_t arguments[6])
{
	return ipc_get(&message_kind, task, (int32_t)arguments[0], 0, (uint32_t)arguments[1]);
}

/* Waiting. */

static void wait_end(struct message_wait **at, int result)
{
	struct message_wait *wait = *at;

	*at = wait->next;
	wait->result = result;
	task_wake(wait->task);
}

static void waits_end(struct message_wait **list, int result)
{
	while (*list)
		wait_end(list, result);
}

/* Waits in a list until it is ended there: with its result, or -ERESTARTNOHAND because of a signal. */
static int message_wait(struct message_wait **list, struct message_wait *wait)
{
	struct message_wait **at = list;
	int error = 0;

	while (*at)
		at = &(*at)->next;
	*at = wait;
	wait->next = NULL;
	wait->result = MESSAGE_WAIT;
	while (wait->result == MESSAGE_WAIT && !error)
		error = task_wait(wait->task, WAIT_INTERRUPTIBLE, NEVER);
	if (wait->result != MESSAGE_WAIT)
		return wait->result; /* the queue may be gone */
	for (at = list; *at != wait;)
		at = &(*at)->next;
	*at = wait->next;
	return -ERESTARTNOHAND;
}

void message_queue_stir(struct message_queue *queue)
{
	waits_end(&queue->receivers, 0);
	waits_end(&queue->senders, 0);
}

void message_queue_remove(struct message_queue *queue)
{
	struct letter *letter;

	waits_end(&queue->receivers, -EIDRM);
	waits_end(&queue->senders, -EIDRM);
	while ((letter = queue->first) != NULL) {
		queue->first = letter->next;
		letter_free(letter);
	}
	ipc_leave(&message_kind, &queue->identifier);
	slab_return(&queues, queue);
}

/* Sending. */

static bool queue_has_room(const struct message_queue *queue, uint64_t bytes)
{
	return bytes + queue->bytes <= queue->bytes_most && queue->count + 1 <= queue->bytes_most;
}

/* Whether a message is of the type that is asked for; MSG_COPY asks otherwise. */
static bool type_matches(int64_t type, uint64_t wanted_flags, int64_t wanted)
{
	if (wanted < 0)
		return type <= (wanted == INT64_MIN ? INT64_MAX : -wanted);
	return !wanted || (wanted_flags & LINUX_MSG_EXCEPT ? type != wanted : type == wanted);
}

/* Gives a message to the first that waits for such a one and has room for it. Who has none is told so, as if the message had lain in the queue. Whether somebody has it now. */
static bool letter_hand_over(struct message_queue *queue, struct letter *letter)
{
	struct message_wait **at = &queue->receivers, *receiver;

	while ((receiver = *at) != NULL) {
		if (!type_matches(letter->number, receiver->flags, receiver->type)) {
			at = &receiver->next;
		} else if (letter->bytes > receiver->room && !(receiver->flags & LINUX_MSG_NOERROR)) {
			wait_end(at, -E2BIG);
		} else {
			receiver->letter = letter;
			queue->last_receiver = receiver->task->process->id;
			queue->received = ipc_seconds();
			wait_end(at, 0);
			return true;
		}
	}
	return false;
}

static void letter_enter(const struct task *task, struct message_queue *queue, struct letter *letter)
{
	queue->last_sender = task->process->id;
	queue->sent = ipc_seconds();
	if (letter_hand_over(queue, letter))
		return;
	letter->next = NULL;
	*queue->last = letter;
	queue->last = &letter->next;
	queue->count++;
	queue->bytes += letter->bytes;
}

/* Puts a message into a queue, when there is room: 0, and it is the queue's, or a negative error number. */
static int64_t letter_send(struct task *task, uint64_t id, uint64_t flags, struct letter *letter)
{
	struct message_queue *queue = message_queue_of(ipc_find(&message_kind, id));
	int error = queue ? 0 : -EINVAL;

	while (!error) {
		struct message_wait wait = {.task = task};

		error = ipc_may(task, &queue->identifier, IPC_MAY_WRITE);
		if (error)
			break;
		if (queue_has_room(queue, letter->bytes)) {
			letter_enter(task, queue, letter);
			return 0;
		}
		error = flags & LINUX_IPC_NOWAIT ? -EAGAIN : message_wait(&queue->senders, &wait);
	}
	return error;
}

int64_t linux_msgsnd(struct task *task, const uint64_t arguments[6])
{
	uint64_t address = arguments[1], bytes = arguments[2];
	struct letter *letter;
	int64_t type, error;

	if (user_get(task->memory, &type, address) != 0)
		return -EFAULT;
	if (bytes > ipc_limits[LIMIT_MESSAGE_BYTES] || (int32_t)arguments[0] < 0 || type < 1)
		return -EINVAL;
	error = letter_read(&letter, type, task->memory, address + sizeof(type), bytes);
	if (error)
		return error;
	error = letter_send(task, arguments[0], (uint32_t)arguments[3], letter);
	if (error)
		letter_free(letter);
	return error;
}

/* Receiving. */

/* Where the message that is asked for is linked in; a link that is null when there is none. */
static struct letter **letter_find(struct message_queue *queue, uint64_t flags, int64_t type)
{
	struct letter **found = NULL, **at = &queue->first;

	if (flags & LINUX_MSG_COPY) { /* the type is a place in the queue */
		for (int64_t place = 0; *at && place != type; place++)
			at = &(*at)->next;
		return at;
	}
	for (; *at; at = &(*at)->next) {
		if (!type_matches((*at)->number, flags, type) || (found && (*at)->number >= (*found)->number))
			continue;
		if (type >= 0)
			return at;
		found = at; /* of several types the lowest, and of that the first */
	}
	return found ? found : at;
}

static struct letter *letter_take(const struct task *task, struct message_queue *queue, struct letter **at)
{
	struct letter *letter = *at;

	*at = letter->next;
	if (!letter->next)
		queue->last = at;
	queue->count--;
	queue->bytes -= letter->bytes;
	queue->received = ipc_seconds();
	queue->last_receiver = task->process->id;
	waits_end(&queue->senders, 0);
	return letter;
}

/* MSG_COPY: a copy of one that stays. */
static int letter_peek(const struct letter *letter, uint64_t room, struct letter **copy)
{
	if (letter->bytes > room)
		return -EINVAL; /* with MSG_NOERROR: Linux cuts no copies */
	*copy = letter_copy(letter);
	return *copy ? 0 : -ENOMEM;
}

/* Takes what is there, or waits: 0 with a message, or a negative error number. */
static int64_t letter_receive(struct message_queue *queue, struct message_wait *wait)
{
	struct task *task = wait->task;
	int error = 0;

	while (!error && !wait->letter) {
		struct letter **at;

		error = ipc_may(task, &queue->identifier, IPC_MAY_READ);
		if (error)
			break;
		at = letter_find(queue, wait->flags, wait->type);
		if (!*at)
			error = wait->flags & LINUX_IPC_NOWAIT ? -ENOMSG : message_wait(&queue->receivers, wait);
		else if ((*at)->bytes > wait->room && !(wait->flags & LINUX_MSG_NOERROR))
			error = -E2BIG;
		else if (wait->flags & LINUX_MSG_COPY)
			error = letter_peek(*at, wait->room, &wait->letter);
		else
			wait->letter = letter_take(task, queue, at);
	}
	return error;
}

/* Puts a message into a program's buffer: how many bytes of it, or -EFAULT. It is gone in both cases, as on Linux. */
static int64_t letter_deliver(struct task *task, struct letter *letter, uint64_t address, uint64_t room)
{
	int64_t bytes = (int64_t)(letter->bytes < room ? letter->bytes : room);

	if (user_put(task->memory, address, &letter->number) != 0 || letter_write(letter, task->memory, address + sizeof(letter->number), (uint64_t)bytes) != 0)
		bytes = -EFAULT;
	letter_free(letter);
	return bytes;
}

int64_t linux_msgrcv(struct task *task, const uint64_t arguments[6])
{
	struct message_wait wait = {.task = task, .type = (int64_t)arguments[3], .flags = (uint32_t)arguments[4], .room = arguments[2]};
	struct message_queue *queue;
	int64_t error;

	if ((int32_t)arguments[0] < 0 || (int64_t)wait.room < 0)
		return -EINVAL;
	if (wait.flags & LINUX_MSG_COPY && (wait.flags & LINUX_MSG_EXCEPT || !(wait.flags & LINUX_IPC_NOWAIT)))
		return -EINVAL;
	queue = message_queue_of(ipc_find(&message_kind, arguments[0]));
	if (!queue)
		return -EINVAL;
	error = letter_receive(queue, &wait);
	return error ? error : letter_deliver(task, wait.letter, arguments[1], wait.room);
}
