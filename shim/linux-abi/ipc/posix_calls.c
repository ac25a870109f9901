/* SPDX-License-Identifier: MIT */
/*
 * The calls of POSIX message queues: mq_open(3), mq_unlink(3), mq_timedsend(3), mq_timedreceive(3), mq_notify(3), mq_getsetattr(2). A queue is an open file; its name, without the slash that the C library takes off, is one of a directory that
 * everybody may write to and in which the sticky bit is set. What the queues of a user can hold together is limited by RLIMIT_MSGQUEUE, as mq_overview(7) counts.
 */
#include "abi/linux/constants.h"
#include "file/asker.h"
#include "file/descriptors.h"
#include "file/place.h"
#include "file/regular.h"
#include "ipc/posix_queue.h"
#include "lib/clock.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/names.h"
#include "process/permission.h"
#include "time/convert.h"
#include "vdso/vdso.h"

#define MESSAGE_ACCOUNT 48    /* what a message and a priority cost besides, as Linux counts: sizes of its structures */
#define PRIORITY_ACCOUNT 48
#define STATE_BYTES 80        /* the size of a queue as a file: what is read from it */

struct posix_limits posix_limits = {.queues = 256, .messages = 10, .messages_default = 10, .bytes = 8192, .bytes_default = 8192};

static struct slab queues = SLAB(struct posix_queue);
static struct posix_queue *all;

static void queue_forsake(struct posix_queue *queue)
{
	struct posix_queue **at = &all;

	if (--queue->users)
		return;
	while (*at != queue)
		at = &(*at)->next;
	*at = queue->next;
	posix_queue_empty(queue);
	slab_return(&queues, queue);
}

static void queue_unlink(struct posix_queue *queue)
{
	queue->named = false;
	queue_forsake(queue);
}

static struct timestamp time_of(uint64_t ns)
{
	return (struct timestamp){.seconds = (int64_t)(ns / NS_PER_SECOND), .nanoseconds = (uint32_t)(ns % NS_PER_SECOND)};
}

static struct attributes attributes_of(const struct posix_queue *queue)
{
	return (struct attributes){
		.inode = queue->inode,
		.mode = MODE_REGULAR | queue->mode,
		.links = queue->named,
		.owner = queue->owner,
		.group = queue->group,
		.size = STATE_BYTES,
		.block_size = PAGE_SIZE,
		.access = time_of(queue->accessed),
		.modify = time_of(queue->modified),
		.change = time_of(queue->modified > queue->created ? queue->modified : queue->created),
	};
}

/* The open file. */

static int queue_attributes(struct description *description, struct attributes *attributes)
{
	*attributes = attributes_of(description->data);
	return 0;
}

static uint32_t queue_poll(struct task *task, struct description *description, struct wait_queue **queue_of_waits)
{
	struct posix_queue *queue = description->data;

	(void)task;
	*queue_of_waits = &queue->polled;
	return (queue->count ? (uint32_t)(LINUX_POLLIN | LINUX_POLLRDNORM) : 0) | (posix_queue_is_full(queue) ? 0 : (uint32_t)(LINUX_POLLOUT | LINUX_POLLWRNORM));
}

/* Adds a name and a number with blanks behind it up to a width. */
static size_t column_put(char *text, size_t at, const char *name, int64_t number, size_t width)
{
	size_t length = strlen(name);

	memcpy(text + at, name, length); /* NOLINT(bugprone-not-null-terminated-result): a part of a line */
	at += length;
	length = (size_t)number_text(number, text + at, STATE_BYTES - at);
	at += length;
	for (; length < width; length++)
		text[at++] = ' ';
	return at;
}

/* What can be read: the state in words (mq_overview(7)). */
static int64_t queue_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	const struct posix_queue *queue = description->data;
	bool told = queue->notice.process;
	char text[STATE_BYTES];
	size_t bytes = column_put(text, 0, "QSIZE:", (int64_t)queue->bytes, 10);
	int64_t put;

	(void)task;
	bytes = column_put(text, bytes, " NOTIFY:", told ? queue->notice.how.notify : 0, 5);
	bytes = column_put(text, bytes, " SIGNO:", told && queue->notice.how.notify == LINUX_SIGEV_SIGNAL ? queue->notice.how.signo : 0, 5);
	bytes = column_put(text, bytes, " NOTIFY_PID:", queue->notice.process, 6);
	text[bytes++] = '\n';
	if (*offset >= bytes)
		return 0;
	put = transfer_put(transfer, text + *offset, bytes - *offset);
	*offset += put > 0 ? (uint64_t)put : 0;
	return put;
}

static int64_t queue_seek(struct task *task, struct description *description, int64_t offset, uint64_t whence)
{
	(void)task;
	return offset_sought(description, offset, whence, STATE_BYTES);
}

/* Who asked to be told closes the queue: it is not told. */
static void queue_closed(struct description *description, const struct descriptors *by)
{
	struct posix_queue *queue = description->data;

	if (queue->notice.process && queue->notice.table == by)
		queue->notice.process = 0;
}

static void queue_release(struct description *description)
{
	queue_forsake(description->data);
}

static const struct description_operations operations = {
	.kind = "[mqueue]",
	.read = queue_read,
	.poll = queue_poll,
	.seek = queue_seek,
	.attributes = queue_attributes,
	.closed = queue_closed,
	.release = queue_release,
};

/* The queue behind a number, with its description held: -EBADF also when that is something else, or not open for what is wanted. */
static int queue_take(struct task *task, uint64_t number, bool (*open_for)(const struct description *description), struct description **description, struct posix_queue **queue)
{
	if (descriptor_take(task, number, description) != 0)
		return -EBADF;
	if ((*description)->operations == &operations && (!open_for || open_for(*description))) {
		*queue = (*description)->data;
		return 0;
	}
	description_release(*description);
	return -EBADF;
}

/* Names. */

/* Reads a name of one part: -EFAULT, -ENOENT when it is empty, -EACCES when it leads elsewhere, -ENAMETOOLONG. */
static int name_read(struct task *task, char name[PATH_BYTES_MAX], uint64_t address)
{
	int64_t length = user_text(task->memory, name, address, PATH_BYTES_MAX);

	if (length <= 0)
		return length < 0 ? (int)length : -ENOENT;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EACCES;
	for (const char *letter = name; *letter; letter++)
		if (*letter == '/')
			return -EACCES;
	return length > POSIX_NAME_MOST ? -ENAMETOOLONG : 0;
}

static struct posix_queue *name_find(const char *name)
{
	struct posix_queue *queue = all;

	while (queue && !(queue->named && strcmp(queue->name, name) == 0))
		queue = queue->next;
	return queue;
}

/* Making. */

/* Those that have lost their name and are open are counted too, as on Linux. */
static uint64_t queues_count(void)
{
	uint64_t count = 0;

	for (const struct posix_queue *queue = all; queue; queue = queue->next)
		count++;
	return count;
}

/* Whether a queue can be as large as is wanted: -EINVAL, -EOVERFLOW. *account: what it costs. */
static int size_check(const struct task *task, const struct linux_mq_attr *wanted, uint64_t *account)
{
	bool free = task_may(task, LINUX_CAP_SYS_RESOURCE);
	uint64_t messages = (uint64_t)wanted->mq_maxmsg, priorities = messages < POSIX_PRIORITIES ? messages : POSIX_PRIORITIES;

	if (wanted->mq_maxmsg <= 0 || wanted->mq_msgsize <= 0)
		return -EINVAL;
	if (wanted->mq_maxmsg > (free ? POSIX_MESSAGES_EVER : posix_limits.messages) || wanted->mq_msgsize > (free ? POSIX_BYTES_EVER : posix_limits.bytes))
		return -EINVAL;
	*account = messages * ((uint64_t)wanted->mq_msgsize + MESSAGE_ACCOUNT) + priorities * PRIORITY_ACCOUNT;
	return 0;
}

/* What the queues of a user cost together. */
static uint64_t user_account(uint32_t user)
{
	uint64_t bytes = 0;

	for (const struct posix_queue *queue = all; queue; queue = queue->next)
		bytes += queue->payer == user ? queue->account : 0;
	return bytes;
}

/* A queue with a name and no other user: 0 or a negative error number. */
static int queue_make(const struct task *task, const char *name, uint32_t mode, const struct linux_mq_attr *wanted, struct posix_queue **queue)
{
	const struct credentials *who = task->credentials;
	uint64_t account;
	int error = size_check(task, wanted, &account);

	if (queues_count() >= (uint64_t)posix_limits.queues && !task_may(task, LINUX_CAP_SYS_RESOURCE))
		return -ENOSPC;
	if (error)
		return error;
	if (user_account(who->user) + account > task->process->limits[LINUX_RLIMIT_MSGQUEUE][0])
		return -EMFILE;
	*queue = slab_take(&queues);
	if (!*queue)
		return -ENOMEM;
	**queue = (struct posix_queue){
		.next = all,
		.users = 1,
		.named = true,
		.mode = mode & ~task->place->umask & 0777,
		.owner = who->file_user,
		.group = who->file_group,
		.payer = who->user,
		.account = account,
		.count_most = (uint64_t)wanted->mq_maxmsg,
		.bytes_most = (uint64_t)wanted->mq_msgsize,
	};
	memcpy((*queue)->name, name, strlen(name) + 1);
	(*queue)->created = (*queue)->accessed = (*queue)->modified = vdso_wall_now();
	all = *queue;
	return 0;
}

/* Whether a queue that is there may be opened like this. */
static int queue_check(const struct task *task, const struct posix_queue *queue, uint32_t flags)
{
	static const uint32_t wanted[] = {[LINUX_O_RDONLY] = ACCESS_READ, [LINUX_O_WRONLY] = ACCESS_WRITE, [LINUX_O_RDWR] = ACCESS_READ | ACCESS_WRITE};
	const struct asker asker = asker_of(task);
	const struct attributes attributes = attributes_of(queue);

	if (flags & LINUX_O_CREAT && flags & LINUX_O_EXCL)
		return -EEXIST;
	if ((flags & LINUX_O_ACCMODE) == LINUX_O_ACCMODE)
		return -EINVAL;
	return asker_check(&asker, &attributes, wanted[flags & LINUX_O_ACCMODE]);
}

static int64_t queue_give(struct task *task, struct posix_queue *queue, uint32_t flags)
{
	struct description *description = description_make(&operations, MODE_REGULAR | queue->mode, flags & (LINUX_O_ACCMODE | LINUX_O_NONBLOCK), FILESYSTEM_MEMORY);

	if (!description)
		return -ENFILE;
	if (!queue->inode)
		queue->inode = description->inode;
	description->inode = queue->inode;
	description->data = queue;
	queue->users++;
	return descriptor_give(task, description, LINUX_O_CLOEXEC);
}

static int64_t least(int64_t one, int64_t other)
{
	return one < other ? one : other;
}

int64_t linux_mq_open(struct task *task, const uint64_t arguments[6])
{
	struct linux_mq_attr wanted = {.mq_maxmsg = least(posix_limits.messages, posix_limits.messages_default), .mq_msgsize = least(posix_limits.bytes, posix_limits.bytes_default)};
	uint32_t flags = (uint32_t)arguments[1];
	char name[PATH_BYTES_MAX];
	struct posix_queue *queue;
	int64_t result;
	bool found;
	int error;

	if (arguments[3] && user_get(task->memory, &wanted, arguments[3]) != 0)
		return -EFAULT;
	error = name_read(task, name, arguments[0]);
	if (error)
		return error;
	queue = name_find(name);
	found = queue;
	if (found)
		error = queue_check(task, queue, flags);
	else
		error = flags & LINUX_O_CREAT ? queue_make(task, name, (uint32_t)arguments[2], &wanted, &queue) : -ENOENT;
	if (error)
		return error;
	result = queue_give(task, queue, flags);
	if (result < 0 && !found)
		queue_unlink(queue);
	return result;
}

int64_t linux_mq_unlink(struct task *task, const uint64_t arguments[6])
{
	const struct asker asker = asker_of(task);
	char name[PATH_BYTES_MAX];
	struct posix_queue *queue;
	int error = name_read(task, name, arguments[0]);

	if (error)
		return error;
	queue = name_find(name);
	if (!queue)
		return -ENOENT;
	if (asker.user != queue->owner && asker.user != 0 && !task_may(task, LINUX_CAP_FOWNER))
		return -EPERM; /* the sticky bit of the directory, which is root's */
	queue_unlink(queue);
	return 0;
}

/* Messages. */

/* Reads an absolute time of CLOCK_REALTIME, unless it is a null pointer: -EFAULT, -EINVAL. */
static int deadline_get(struct task *task, uint64_t address, uint64_t *deadline)
{
	struct time_value time;
	uint64_t ns, wall = vdso_wall_now();

	*deadline = NEVER;
	if (!address)
		return 0;
	if (user_get(task->memory, &time, address) != 0)
		return -EFAULT;
	if (!time_to_ns(&time, NS_PER_SECOND, &ns))
		return -EINVAL;
	*deadline = clock_now() + (ns > wall ? ns - wall : 0);
	return 0;
}

static bool is_nonblocking(const struct description *description)
{
	return description->flags & LINUX_O_NONBLOCK;
}

static int64_t message_send(struct task *task, struct description *description, const uint64_t arguments[6], uint64_t deadline)
{
	struct posix_queue *queue = description->data;
	struct letter *letter;
	int error;

	if (arguments[2] > queue->bytes_most)
		return -EMSGSIZE;
	error = letter_read(&letter, (int64_t)(uint32_t)arguments[3], task->memory, arguments[1], arguments[2]);
	if (error)
		return error;
	error = is_nonblocking(description) && posix_queue_is_full(queue) ? -EAGAIN : posix_queue_send(queue, task, letter, deadline);
	if (error)
		letter_free(letter);
	return error;
}

int64_t linux_mq_timedsend(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	struct posix_queue *queue;
	uint64_t deadline;
	int64_t result = deadline_get(task, arguments[4], &deadline);

	if (!result && (uint32_t)arguments[3] >= POSIX_PRIORITIES)
		result = -EINVAL;
	if (!result)
		result = queue_take(task, arguments[0], description_writes, &description, &queue);
	if (result)
		return result;
	result = message_send(task, description, arguments, deadline);
	description_release(description);
	return result;
}

/* Puts a message and its priority into a program's memory: bytes or -EFAULT. It is gone in both cases, as on Linux. */
static int64_t letter_deliver(struct task *task, struct letter *letter, const uint64_t arguments[6])
{
	uint32_t priority = (uint32_t)letter->number;
	int64_t result = (int64_t)letter->bytes;

	if ((arguments[3] && user_put(task->memory, arguments[3], &priority) != 0) || letter_write(letter, task->memory, arguments[1], letter->bytes) != 0)
		result = -EFAULT;
	letter_free(letter);
	return result;
}

static int64_t message_receive(struct task *task, struct description *description, const uint64_t arguments[6], uint64_t deadline)
{
	struct posix_queue *queue = description->data;
	struct letter *letter;
	int error;

	if (arguments[2] < queue->bytes_most)
		return -EMSGSIZE;
	error = is_nonblocking(description) && !queue->count ? -EAGAIN : posix_queue_receive(queue, task, &letter, deadline);
	return error ? error : letter_deliver(task, letter, arguments);
}

int64_t linux_mq_timedreceive(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	struct posix_queue *queue;
	uint64_t deadline;
	int64_t result = deadline_get(task, arguments[4], &deadline);

	if (!result)
		result = queue_take(task, arguments[0], description_reads, &description, &queue);
	if (result)
		return result;
	result = message_receive(task, description, arguments, deadline);
	description_release(description);
	return result;
}

/* SIGEV_THREAD tells by a socket of AF_NETLINK, whose number is where otherwise a signal's is. There are none: what Linux answers to other files. */
static int thread_notice_refuse(struct task *task, const struct linux_sigevent *how)
{
	struct description *description;
	bool socket;

	if (descriptor_take(task, (uint64_t)(int64_t)how->signo, &description) != 0)
		return -EBADF;
	socket = description_is(description, MODE_SOCKET);
	description_release(description);
	return socket ? -EINVAL : -ENOTSOCK;
}

static int notice_check(struct task *task, const struct linux_sigevent *how)
{
	uint8_t cookie[32]; /* what such a socket would be sent: NOTIFY_COOKIE_LEN */

	switch (how->notify) {
	case LINUX_SIGEV_NONE:
		return 0;
	case LINUX_SIGEV_SIGNAL:
		return how->signo < 0 || how->signo > SIGNALS ? -EINVAL : 0;
	case LINUX_SIGEV_THREAD:
		return user_get(task->memory, &cookie, how->value.address) != 0 ? -EFAULT : thread_notice_refuse(task, how);
	default:
		return -EINVAL;
	}
}

/* A null pointer takes back what the process asked for. */
static int notice_set(const struct task *task, struct posix_queue *queue, const struct linux_sigevent *how)
{
	if (!how) {
		if (queue->notice.process == task->process->id)
			queue->notice.process = 0;
		return 0;
	}
	if (queue->notice.process)
		return -EBUSY;
	queue->notice.process = task->process->id;
	queue->notice.table = task->files;
	queue->notice.how = *how;
	return 0;
}

int64_t linux_mq_notify(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	struct posix_queue *queue;
	struct linux_sigevent how;
	int error = 0;

	if (arguments[1])
		error = user_get(task->memory, &how, arguments[1]) != 0 ? -EFAULT : notice_check(task, &how);
	if (!error)
		error = queue_take(task, arguments[0], NULL, &description, &queue);
	if (error)
		return error;
	error = notice_set(task, queue, arguments[1] ? &how : NULL);
	description_release(description);
	return error;
}

int64_t linux_mq_getsetattr(struct task *task, const uint64_t arguments[6])
{
	struct description *description;
	struct posix_queue *queue;
	struct linux_mq_attr wanted = {0}, told;
	int error = arguments[1] && user_get(task->memory, &wanted, arguments[1]) != 0 ? -EFAULT : 0;

	if (!error && wanted.mq_flags & ~(int64_t)LINUX_O_NONBLOCK)
		error = -EINVAL;
	if (!error)
		error = queue_take(task, arguments[0], NULL, &description, &queue);
	if (error)
		return error;
	told = (struct linux_mq_attr){
		.mq_flags = description->flags & LINUX_O_NONBLOCK,
		.mq_maxmsg = (int64_t)queue->count_most,
		.mq_msgsize = (int64_t)queue->bytes_most,
		.mq_curmsgs = (int64_t)queue->count,
	};
	if (arguments[1])
		description->flags = (description->flags & ~(uint32_t)LINUX_O_NONBLOCK) | (uint32_t)wanted.mq_flags;
	description_release(description);
	return arguments[2] && user_put(task->memory, arguments[2], &told) != 0 ? -EFAULT : 0;
}
