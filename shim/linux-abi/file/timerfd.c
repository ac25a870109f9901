/* SPDX-License-Identifier: MIT */
/* Timers as open files (timerfd_create(2)). What is read is how often the timer has expired since. */
#include "file/blocking.h"
#include "file/description.h"
#include "lib/clock.h"
#include "mm/slab.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "time/convert.h"
#include "vdso/vdso.h"

#define EVENTS_READ (LINUX_POLLIN | LINUX_POLLRDNORM)

struct file_timer {
	struct timer timer; /* the first member: one is found by the other */
	int32_t clock;
	uint64_t interval;
	uint64_t expired;
	struct wait_queue queue;
};

static struct slab timers = SLAB(struct file_timer);
static const struct description_operations operations;

/* Several periods may have passed when it is told so. */
static void timer_expired(struct timer *timer)
{
	struct file_timer *file = (struct file_timer *)timer;
	uint64_t now = clock_now(), periods = 1;

	if (file->interval) {
		periods += now > timer->deadline ? (now - timer->deadline) / file->interval : 0;
		timer_start(timer, timer->deadline + periods * file->interval);
	}
	file->expired += periods;
	queue_wake(&file->queue, EVENTS_READ);
}

static int64_t timer_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	struct file_timer *file = description->data;
	uint64_t expired;

	(void)offset;
	if (transfer->left < sizeof(expired))
		return -EINVAL;
	while (!file->expired) {
		int error = description->flags & LINUX_O_NONBLOCK ? -EAGAIN : queue_wait(&file->queue, task, EVENTS_READ, NEVER);

		if (error)
			return error;
	}
	expired = file->expired;
	file->expired = 0;
	return transfer_put(transfer, &expired, sizeof(expired));
}

static uint32_t timer_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	struct file_timer *file = description->data;

	(void)task;
	*queue = &file->queue;
	return file->expired ? EVENTS_READ : 0;
}

static void timer_release(struct description *description)
{
	struct file_timer *file = description->data;

	timer_stop(&file->timer);
	slab_return(&timers, file);
}

static const struct description_operations operations = {.kind = "[timerfd]", .seeks_nowhere = true, .read = timer_read, .poll = timer_poll, .release = timer_release};

/* Clocks that a timer can be by. Alarms wake a sleeping machine too, which this one never is. */
static int clock_check(const struct task *task, int32_t clock)
{
	switch (clock) {
	case LINUX_CLOCK_REALTIME:
	case LINUX_CLOCK_MONOTONIC:
	case LINUX_CLOCK_BOOTTIME:
		return 0;
	case LINUX_CLOCK_REALTIME_ALARM:
	case LINUX_CLOCK_BOOTTIME_ALARM:
		return task_may(task, LINUX_CAP_WAKE_ALARM) ? 0 : -EPERM;
	default:
		return -EINVAL;
	}
}

int64_t linux_timerfd_create(struct task *task, const uint64_t arguments[6])
{
	uint32_t flags = (uint32_t)arguments[1];
	struct description *description;
	struct file_timer *file;
	int error = flags & ~(uint32_t)(LINUX_TFD_CLOEXEC | LINUX_TFD_NONBLOCK) ? -EINVAL : clock_check(task, (int32_t)arguments[0]);

	if (error)
		return error;
	file = slab_take(&timers);
	if (!file)
		return -ENOMEM;
	*file = (struct file_timer){.timer = {.expired = timer_expired}, .clock = (int32_t)arguments[0]};
	description = description_make(&operations, 0600, LINUX_O_RDWR | (flags & LINUX_O_NONBLOCK), FILESYSTEM_ANONYMOUS);
	if (!description) {
		slab_return(&timers, file);
		return -ENOMEM;
	}
	description->data = file;
	return descriptor_give(task, description, flags);
}

static int timer_take(struct task *task, uint64_t number, struct description **description)
{
	int error = descriptor_take(task, (uint32_t)number, description);

	if (!error && (*description)->operations != &operations) {
		description_release(*description);
		return -EINVAL;
	}
	return error;
}

/* What is left, and the period. */
static struct linux_itimerspec timer_value(const struct file_timer *file)
{
	uint64_t now = clock_now(), left = 0;

	if (timer_is_started(&file->timer))
		left = file->timer.deadline > now ? file->timer.deadline - now : 1;
	return (struct linux_itimerspec){
		.it_interval = {.tv_sec = (int64_t)(file->interval / NS_PER_SECOND), .tv_nsec = (int64_t)(file->interval % NS_PER_SECOND)},
		.it_value = {.tv_sec = (int64_t)(left / NS_PER_SECOND), .tv_nsec = (int64_t)(left % NS_PER_SECOND)},
	};
}

int64_t linux_timerfd_gettime(struct task *task, const uint64_t arguments[6])
{
	struct linux_itimerspec value;
	struct description *description;
	int error = timer_take(task, arguments[0], &description);

	if (error)
		return error;
	value = timer_value(description->data);
	description_release(description);
	return user_put(task->memory, arguments[1], &value);
}

/* ns of a time of the program. */
static bool ns_of(const struct linux_timespec *time, uint64_t *ns)
{
	struct time_value value = {time->tv_sec, time->tv_nsec};

	return time_to_ns(&value, NS_PER_SECOND, ns);
}

/* An absolute time of the timer's clock as a deadline. */
static uint64_t deadline_of(const struct file_timer *file, uint64_t ns, bool absolute)
{
	bool of_wall = file->clock == LINUX_CLOCK_REALTIME || file->clock == LINUX_CLOCK_REALTIME_ALARM;
	uint64_t now = clock_now(), of_clock = of_wall ? vdso_wall_now() : now;

	if (!absolute)
		return ns < NEVER - now ? now + ns : NEVER - 1;
	return ns > of_clock ? now + (ns - of_clock) : now;
}

static void timer_set(struct file_timer *file, uint64_t first, uint64_t interval, bool absolute)
{
	timer_stop(&file->timer);
	file->interval = interval;
	file->expired = 0;
	if (first)
		timer_start(&file->timer, deadline_of(file, first, absolute));
}

int64_t linux_timerfd_settime(struct task *task, const uint64_t arguments[6])
{
	uint32_t flags = (uint32_t)arguments[1];
	struct linux_itimerspec value, old;
	struct description *description;
	uint64_t first, interval;
	int error;

	if (flags & ~(uint32_t)(LINUX_TFD_TIMER_ABSTIME | LINUX_TFD_TIMER_CANCEL_ON_SET))
		return -EINVAL;
	if (user_get(task->memory, &value, arguments[2]))
		return -EFAULT;
	if (!ns_of(&value.it_value, &first) || !ns_of(&value.it_interval, &interval))
		return -EINVAL;
	error = timer_take(task, arguments[0], &description);
	if (error)
		return error;
	old = timer_value(description->data);
	timer_set(description->data, first, interval, flags & LINUX_TFD_TIMER_ABSTIME);
	description_release(description);
	return arguments[3] ? user_put(task->memory, arguments[3], &old) : 0;
}
