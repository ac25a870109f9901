/* SPDX-License-Identifier: MIT */
/* Counters as open files (eventfd(2)): a write adds, a read takes all, or one of a semaphore. */
#include "file/blocking.h"
#include "file/description.h"
#include "mm/slab.h"
#include "process/handlers.h"

#define COUNT_MAX (UINT64_MAX - 1)
#define EVENTS_READ (LINUX_POLLIN | LINUX_POLLRDNORM)
#define EVENTS_WRITE (LINUX_POLLOUT | LINUX_POLLWRNORM)

struct counter {
	uint64_t count;
	bool semaphore;
	struct wait_queue queue;
};

static struct slab counters = SLAB(struct counter);

static int64_t counter_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct counter *counter = description->data;
	uint64_t value;

	(void)offset;
	if (transfer->left < sizeof(value))
		return -EINVAL;
	while (!counter->count) {
		int error = description->flags & LINUX_O_NONBLOCK ? -EAGAIN : queue_wait(&counter->queue, task, EVENTS_READ, NEVER);

		if (error)
			return error;
	}
	value = counter->semaphore ? 1 : counter->count;
	counter->count -= value;
	queue_wake(&counter->queue, EVENTS_WRITE);
	return transfer_put(transfer, &value, sizeof(value));
}

static int64_t counter_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct counter *counter = description->data;
	uint64_t value;

	(void)offset;
	if (transfer->left < sizeof(value))
		return -EINVAL;
	if (transfer_get(transfer, &value, sizeof(value)) != sizeof(value))
		return -EFAULT;
	if (value == UINT64_MAX)
		return -EINVAL;
	while (value > COUNT_MAX - counter->count) {
		int error = description->flags & LINUX_O_NONBLOCK ? -EAGAIN : queue_wait(&counter->queue, task, EVENTS_WRITE, NEVER);

		if (error)
			return error;
	}
	counter->count += value;
	queue_wake(&counter->queue, EVENTS_READ);
	return sizeof(value);
}

static uint32_t counter_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	struct counter *counter = description->data;

	(void)task;
	*queue = &counter->queue;
	return (counter->count ? (uint32_t)EVENTS_READ : 0) | (counter->count < COUNT_MAX ? (uint32_t)EVENTS_WRITE : 0);
}

static void counter_release(struct description *description)
{
	slab_return(&counters, description->data);
}

static const struct description_operations operations = {.kind = "[eventfd]", .seeks_nowhere = true, .read = counter_read, .write = counter_write, .poll = counter_poll, .release = counter_release};

static int64_t call_eventfd(struct task *task, uint32_t count, uint32_t flags)
{
	struct description *description;
	struct counter *counter;

	if (flags & ~(uint32_t)(LINUX_EFD_SEMAPHORE | LINUX_EFD_CLOEXEC | LINUX_EFD_NONBLOCK))
		return -EINVAL;
	counter = slab_take(&counters);
	if (!counter)
		return -ENOMEM;
	*counter = (struct counter){.count = count, .semaphore = flags & LINUX_EFD_SEMAPHORE};
	description = description_make(&operations, 0600, LINUX_O_RDWR | (flags & LINUX_O_NONBLOCK), FILESYSTEM_ANONYMOUS);
	if (!description) {
		slab_return(&counters, counter);
		return -ENOMEM;
	}
	description->data = counter;
	return descriptor_give(task, description, flags);
}

int64_t linux_eventfd(struct task *task, const uint64_t arguments[6])
{
	return call_eventfd(task, (uint32_t)arguments[0], 0);
}

int64_t linux_eventfd2(struct task *task, const uint64_t arguments[6])
{
	return call_eventfd(task, (uint32_t)arguments[0], (uint32_t)arguments[1]);
}
