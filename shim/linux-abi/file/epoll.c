/* SPDX-License-Identifier: MIT */
/*
 * Interest lists (epoll(7)). An *item* is a file that an epoll watches; it has a waiter in the file's queue, which puts the item on the epoll's list of those that may be ready. A wait looks at the items of that list only.
 *
 * An item is on the list from the moment that something has happened until a look finds nothing (level-triggered), or until it has been reported (edge-triggered, one-shot). It goes when its file is released or it is deleted; the
 * file is not held by it. Each file knows its items.
 */
#include "file/epoll.h"

#include "file/descriptors.h"
#include "file/description.h"
#include "lib/clock.h"
#include "mm/slab.h"
#include "process/handlers.h"
#include "time/convert.h"

#define ALWAYS (LINUX_EPOLLERR | LINUX_EPOLLHUP)
#define FLAGS ((uint32_t)LINUX_EPOLLET | LINUX_EPOLLONESHOT | LINUX_EPOLLWAKEUP | LINUX_EPOLLEXCLUSIVE)
#define WITH_EXCLUSIVE (LINUX_EPOLLIN | LINUX_EPOLLOUT | LINUX_EPOLLERR | LINUX_EPOLLHUP | LINUX_EPOLLWAKEUP | (uint32_t)LINUX_EPOLLET | LINUX_EPOLLEXCLUSIVE)
#define NESTING_MAX 4
#define WATCHES_MOST (1 << 18)
#define BUCKETS 64

struct item {
	struct waiter waiter; /* the first member: one is found by the other */
	struct epoll *epoll;
	struct description *description;
	uint32_t number;
	uint32_t events; /* with flags; 0 after a one-shot event */
	uint32_t data[2];
	struct item *next;         /* with the same hash */
	struct item *next_of_file; /* of the same description */
	struct item *next_ready, **ready_at; /* `ready_at` null: not on the list */
};

struct epoll {
	struct epoll *next; /* of all */
	uint32_t user, count; /* who has made it; its items */
	struct wait_queue queue;
	struct item *ready, **ready_end;
	struct item *buckets[BUCKETS];
};

static struct slab epolls = SLAB(struct epoll), items = SLAB(struct item);
static struct epoll *all;
static int64_t items_count; /* of all */
int64_t epoll_watches_most = WATCHES_MOST;
static const struct description_operations operations;

/* Whether a user may watch one more file. */
static bool may_watch(uint32_t user)
{
	int64_t count = 0;

	if (items_count < epoll_watches_most)
		return true;
	for (const struct epoll *epoll = all; epoll; epoll = epoll->next)
		if (epoll->user == user)
			count += epoll->count;
	return count < epoll_watches_most;
}

static void ready_put(struct item *item)
{
	struct epoll *epoll = item->epoll;

	if (item->ready_at)
		return;
	item->next_ready = NULL;
	item->ready_at = epoll->ready_end;
	*epoll->ready_end = item;
	epoll->ready_end = &item->next_ready;
}

static void ready_take(struct item *item)
{
	if (!item->ready_at)
		return;
	*item->ready_at = item->next_ready;
	if (item->next_ready)
		item->next_ready->ready_at = item->ready_at;
	else
		item->epoll->ready_end = item->ready_at;
	item->ready_at = NULL;
}

static void item_notified(struct waiter *waiter, uint32_t events)
{
	struct item *item = (struct item *)waiter;

	(void)events;
	if (!item->events)
		return;
	ready_put(item);
	queue_wake(&item->epoll->queue, LINUX_POLLIN | LINUX_POLLRDNORM);
}

static struct item **bucket_of(struct epoll *epoll, uint32_t number)
{
	return &epoll->buckets[number % BUCKETS];
}

static struct item *item_find(struct epoll *epoll, uint32_t number, const struct description *description)
{
	struct item *item = *bucket_of(epoll, number);

	while (item && (item->number != number || item->description != description))
		item = item->next;
	return item;
}

static void item_remove(struct item *item)
{
	struct item **at = bucket_of(item->epoll, item->number), **of_file = &item->description->watched;

	queue_leave(&item->waiter);
	ready_take(item);
	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
	while (*of_file != item)
		of_file = &(*of_file)->next_of_file;
	*of_file = item->next_of_file;
	item->epoll->count--;
	items_count--;
	slab_return(&items, item);
}

void epoll_forget(struct description *description)
{
	while (description->watched)
		item_remove(description->watched);
}

int epoll_find(const struct description *epoll, uint32_t number, uint32_t offset, const struct description **found)
{
	const struct item *item;

	if (epoll->operations != &operations)
		return -EINVAL;
	item = *bucket_of(epoll->data, number);
	while (item && (item->number != number || offset--))
		item = item->next;
	if (!item)
		return -ENOENT;
	*found = item->description;
	return 0;
}

/* What the file of an item is ready for, of what is wanted. */
static uint32_t item_look(struct task *task, const struct item *item)
{
	struct wait_queue *queue;

	return description_poll(task, item->description, &queue) & (item->events | ALWAYS) & ~FLAGS;
}

/* After a change of what is wanted: the file may be ready for it already. */
static void item_check(struct task *task, struct item *item)
{
	if (!item_look(task, item))
		return;
	ready_put(item);
	queue_wake(&item->epoll->queue, LINUX_POLLIN | LINUX_POLLRDNORM);
}

static int item_add(struct task *task, struct epoll *epoll, uint32_t number, struct description *description, const struct linux_epoll_event *event)
{
	struct item *item = may_watch(epoll->user) ? slab_take(&items) : NULL;
	struct wait_queue *queue;

	if (!item)
		return may_watch(epoll->user) ? -ENOMEM : -ENOSPC;
	epoll->count++;
	items_count++;
	*item = (struct item){
		.waiter = {.notify = item_notified, .interest = (event->events | ALWAYS) & ~FLAGS},
		.epoll = epoll,
		.description = description,
		.number = number,
		.events = event->events | ALWAYS,
		.data = {event->data[0], event->data[1]},
		.next = *bucket_of(epoll, number),
		.next_of_file = description->watched,
	};
	*bucket_of(epoll, number) = item;
	description->watched = item;
	(void)description_poll(task, description, &queue);
	if (queue)
		queue_join(queue, &item->waiter, task);
	item_check(task, item);
	return 0;
}

static int item_modify(struct task *task, struct item *item, const struct linux_epoll_event *event)
{
	if (item->events & LINUX_EPOLLEXCLUSIVE)
		return -EINVAL;
	item->events = event->events | ALWAYS;
	item->data[0] = event->data[0];
	item->data[1] = event->data[1];
	item->waiter.interest = item->events & ~FLAGS;
	item_check(task, item);
	return 0;
}

/* Whether an epoll is watched by what would watch it, or is nested too deep: by way of those that it watches. */
static bool nests(const struct epoll *epoll, const struct epoll *in, unsigned depth)
{
	if (epoll == in || depth > NESTING_MAX)
		return true;
	for (unsigned i = 0; i < BUCKETS; i++)
		for (const struct item *item = epoll->buckets[i]; item; item = item->next)
			if (item->description->operations == &operations && nests(item->description->data, in, depth + 1))
				return true;
	return false;
}

static int event_check(const struct description *target, const struct epoll *epoll, uint64_t operation, const struct linux_epoll_event *event)
{
	if (!target->operations->poll)
		return -EPERM;
	if (target->operations == &operations && target->data == epoll)
		return -EINVAL;
	if (operation != LINUX_EPOLL_CTL_DEL && event->events & LINUX_EPOLLEXCLUSIVE) {
		if (operation == LINUX_EPOLL_CTL_MOD || event->events & ~WITH_EXCLUSIVE || target->operations == &operations)
			return -EINVAL;
	}
	return 0;
}

static int control(struct task *task, struct epoll *epoll, uint64_t operation, uint32_t number, struct description *target, const struct linux_epoll_event *event)
{
	struct item *item = item_find(epoll, number, target);

	switch (operation) {
	case LINUX_EPOLL_CTL_ADD:
		if (item)
			return -EEXIST;
		if (target->operations == &operations && nests(target->data, epoll, 1))
			return -ELOOP;
		return item_add(task, epoll, number, target, event);
	case LINUX_EPOLL_CTL_DEL:
		if (item)
			item_remove(item);
		return item ? 0 : -ENOENT;
	case LINUX_EPOLL_CTL_MOD:
		return item ? item_modify(task, item, event) : -ENOENT;
	default:
		return -EINVAL;
	}
}

/* The epoll behind a number. */
static int epoll_take(struct task *task, uint64_t number, struct description **description)
{
	int error = descriptor_take(task, (uint32_t)number, description);

	if (!error && (*description)->operations != &operations) {
		description_release(*description);
		return -EINVAL;
	}
	return error;
}

int64_t linux_epoll_ctl(struct task *task, const uint64_t arguments[6])
{
	struct linux_epoll_event event = {0};
	struct description *description, *target;
	int error;

	if ((uint32_t)arguments[1] != LINUX_EPOLL_CTL_DEL && user_get(task->memory, &event, arguments[3]))
		return -EFAULT;
	error = descriptor_take(task, (uint32_t)arguments[0], &description);
	if (error)
		return error;
	error = descriptor_take(task, (uint32_t)arguments[2], &target);
	if (!error) {
		error = description->operations == &operations ? event_check(target, description->data, (uint32_t)arguments[1], &event) : target->operations->poll ? -EINVAL : -EPERM;
		if (!error)
			error = control(task, description->data, (uint32_t)arguments[1], (uint32_t)arguments[2], target, &event);
		description_release(target);
	}
	description_release(description);
	return error;
}

/* Takes events of files that are ready, at most `most`, and puts them into the task's memory. How many. */
static int64_t events_take(struct task *task, struct epoll *epoll, uint64_t address, uint32_t most)
{
	struct item *first_kept = NULL;
	uint32_t count = 0;

	while (epoll->ready && epoll->ready != first_kept && count < most) {
		struct item *item = epoll->ready;
		uint32_t events = item->events ? item_look(task, item) : 0;
		struct linux_epoll_event event = {.events = events, .data = {item->data[0], item->data[1]}};

		if (events && user_put(task->memory, address + count * sizeof(event), &event))
			return count ? (int64_t)count : -EFAULT;
		if (epoll->ready != item)
			continue; /* putting it has waited, and the list is another one now */
		ready_take(item);
		if (!events)
			continue;
		count++;
		if (item->events & LINUX_EPOLLONESHOT)
			item->events = 0;
		else if (!(item->events & (uint32_t)LINUX_EPOLLET)) {
			ready_put(item);
			first_kept = first_kept ? first_kept : item;
		}
	}
	return count;
}

static int64_t events_wait(struct task *task, struct epoll *epoll, uint64_t address, uint32_t most, uint64_t deadline)
{
	struct waiter waiter = {0};
	int64_t result = events_take(task, epoll, address, most);

	if (result || !deadline)
		return result;
	queue_join(&epoll->queue, &waiter, task);
	while (!result) {
		result = task_wait(task, WAIT_INTERRUPTIBLE, deadline);
		if (result == -ERESTARTSYS)
			break;
		if (result) {
			result = 0;
			break;
		}
		result = events_take(task, epoll, address, most);
	}
	queue_leave(&waiter);
	return result;
}

static int64_t call_wait(struct task *task, const uint64_t arguments[6], uint64_t deadline)
{
	int32_t most = (int32_t)arguments[2];
	struct description *description;
	int64_t result;

	if (most <= 0 || (uint64_t)most > INT32_MAX / sizeof(struct linux_epoll_event))
		return -EINVAL;
	if (!user_range(arguments[1], (uint64_t)most * sizeof(struct linux_epoll_event)))
		return -EFAULT;
	result = epoll_take(task, arguments[0], &description);
	if (result)
		return result;
	result = events_wait(task, description->data, arguments[1], (uint32_t)most, deadline);
	description_release(description);
	return result == -ERESTARTSYS ? -EINTR : result;
}

static uint64_t deadline_of_ms(int32_t ms)
{
	return ms < 0 ? NEVER : ms ? clock_now() + (uint64_t)ms * 1000000 : 0;
}

int64_t linux_epoll_wait(struct task *task, const uint64_t arguments[6])
{
	return call_wait(task, arguments, deadline_of_ms((int32_t)arguments[3]));
}

int64_t linux_epoll_pwait(struct task *task, const uint64_t arguments[6])
{
	int64_t error = signals_block_for_call(task, arguments[4], arguments[5]);

	return error ? error : call_wait(task, arguments, deadline_of_ms((int32_t)arguments[3]));
}

int64_t linux_epoll_pwait2(struct task *task, const uint64_t arguments[6])
{
	uint64_t deadline = NEVER;
	int64_t error = arguments[3] ? deadline_read(task->memory, arguments[3], &deadline) : 0;

	if (!error)
		error = signals_block_for_call(task, arguments[4], arguments[5]);
	if (!error && deadline <= clock_now())
		deadline = 0;
	return error ? error : call_wait(task, arguments, deadline);
}

static uint32_t epoll_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	struct epoll *epoll = description->data;

	*queue = &epoll->queue;
	for (const struct item *item = epoll->ready; item; item = item->next_ready)
		if (item->events && item_look(task, item))
			return LINUX_POLLIN | LINUX_POLLRDNORM;
	return 0;
}

static void epoll_release(struct description *description)
{
	struct epoll *epoll = description->data, **at = &all;

	for (unsigned i = 0; i < BUCKETS; i++)
		while (epoll->buckets[i])
			item_remove(epoll->buckets[i]);
	while (*at != epoll)
		at = &(*at)->next;
	*at = epoll->next;
	slab_return(&epolls, epoll);
}

static const struct description_operations operations = {.kind = "[eventpoll]", .seeks_nowhere = true, .poll = epoll_poll, .release = epoll_release};

static int64_t call_create(struct task *task, uint32_t flags)
{
	struct description *description;
	struct epoll *epoll;

	if (flags & ~(uint32_t)LINUX_EPOLL_CLOEXEC)
		return -EINVAL;
	epoll = slab_take(&epolls);
	if (!epoll)
		return -ENOMEM;
	epoll->ready_end = &epoll->ready;
	description = description_make(&operations, 0600, LINUX_O_RDWR, FILESYSTEM_ANONYMOUS);
	if (!description) {
		slab_return(&epolls, epoll);
		return -ENOMEM;
	}
	description->data = epoll;
	epoll->user = task->credentials->user;
	epoll->next = all;
	all = epoll;
	return descriptor_give(task, description, flags);
}

int64_t linux_epoll_create(struct task *task, const uint64_t arguments[6])
{
	return (int32_t)arguments[0] <= 0 ? -EINVAL : call_create(task, 0);
}

int64_t linux_epoll_create1(struct task *task, const uint64_t arguments[6])
{
	return call_create(task, (uint32_t)arguments[0]);
}
