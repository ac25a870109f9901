/* SPDX-License-Identifier: MIT */
/*
 * The ring behind syslog(2) (process/system_log.h). It keeps the newest lines, each as Linux writes them: level, seconds since the start, text. Positions count all bytes that ever were; what is older than the ring is long is gone. SYSLOG_ACTION_READ
 * goes on where the last one ended, whoever it was; the other readings begin behind what was cleared.
 */
#include "process/system_log.h"

#include "abi/linux/constants.h"
#include "lib/clock.h"
#include "lib/format.h"
#include "lib/log.h"
#include "mm/user.h"
#include "proc/setting.h"
#include "process/handlers.h"
#include "process/permission.h"
#include "process/wait.h"
#include "time/convert.h"

#define RING_BYTES 16384
#define LINE_BYTES 256
#define CONSOLE_LEVEL_LEAST 1
#define CONSOLE_LEVEL_MOST 8
#define CONSOLE_LEVEL_FIRST 7
#define US_PER_SECOND 1000000ull

static char ring[RING_BYTES];
static uint64_t written, taken, cleared; /* positions */
static int console_level = CONSOLE_LEVEL_FIRST, console_level_kept;
static struct wait_queue readers;

static void ring_put(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		ring[written++ % RING_BYTES] = text[i];
}

static size_t text_put(char *line, size_t at, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = text_format(line + at, LINE_BYTES - at, format, arguments);
	va_end(arguments);
	return at + length;
}

/* "<6>[    3.000042] ": seconds in five places, and six behind the point. */
static size_t head_put(char line[LINE_BYTES], int level)
{
	uint64_t us = clock_now() / (NS_PER_SECOND / US_PER_SECOND), seconds = us / US_PER_SECOND, part = us % US_PER_SECOND;
	size_t length = text_put(line, 0, "<%d>[", (int64_t)level);

	for (uint64_t wide = 10000; wide > 1 && seconds < wide; wide /= 10)
		line[length++] = ' ';
	length = text_put(line, length, "%u.", seconds);
	for (uint64_t digit = US_PER_SECOND / 10; digit > 1 && part < digit; digit /= 10)
		line[length++] = '0';
	return text_put(line, length, "%u] ", part);
}

void system_log(int level, const char *format, ...)
{
	char line[LINE_BYTES];
	size_t head = head_put(line, level), length;
	va_list arguments;

	va_start(arguments, format);
	length = head + text_format(line + head, LINE_BYTES - 1 - head, format, arguments);
	va_end(arguments);
	line[length++] = '\n';
	ring_put(line, length);
	if (level < console_level)
		log_write(line + head, length - head);
	queue_wake(&readers, 0);
}

/* Where a reading that would begin at `from` can begin: what has been overwritten is gone, up to the end of its line. */
static uint64_t oldest(uint64_t from)
{
	uint64_t at = written > RING_BYTES ? written - RING_BYTES : 0;

	if (from >= at)
		return from;
	while (at < written && ring[at % RING_BYTES] != '\n')
		at++;
	return at < written ? at + 1 : written;
}

/* What lies in the ring from a position on: bytes. */
static int64_t ring_tell(struct task *task, uint64_t from, uint64_t bytes, uint64_t address)
{
	uint64_t first = RING_BYTES - from % RING_BYTES;

	if (first > bytes)
		first = bytes;
	if (user_write(task->memory, address, ring + from % RING_BYTES, first) || user_write(task->memory, address + first, ring, bytes - first))
		return -EFAULT;
	return (int64_t)bytes;
}

/* The newest lines that are whole and fit, none of them cleared. */
static int64_t tail_tell(struct task *task, uint64_t address, uint64_t room, bool clears)
{
	uint64_t end = written, from = oldest(cleared);
	int64_t result;

	while (end - from > room)
		while (ring[from++ % RING_BYTES] != '\n')
			;
	result = ring_tell(task, from, end - from, address);
	if (clears && result >= 0)
		cleared = end;
	return result;
}

/* What nobody has read in this way; waits until there is some. */
static int64_t next_tell(struct task *task, uint64_t address, uint64_t room)
{
	struct waiter waiter = {.interest = 0};
	uint64_t from, bytes;
	int64_t result = 0;

	queue_join(&readers, &waiter, task);
	while (!result && taken == written)
		result = task_wait(task, WAIT_INTERRUPTIBLE, NEVER);
	queue_leave(&waiter);
	if (result)
		return result;
	from = oldest(taken);
	bytes = written - from < room ? written - from : room;
	result = ring_tell(task, from, bytes, address);
	if (result >= 0)
		taken = from + bytes;
	return result;
}

static int64_t log_read(struct task *task, uint32_t action, uint64_t address, int32_t room)
{
	if (!address || room < 0)
		return -EINVAL;
	if (!room)
		return 0;
	if (action == LINUX_SYSLOG_ACTION_READ)
		return next_tell(task, address, (uint32_t)room);
	return tail_tell(task, address, (uint32_t)room, action == LINUX_SYSLOG_ACTION_READ_CLEAR);
}

static int64_t console_switch(bool on)
{
	if (!on && !console_level_kept) {
		console_level_kept = console_level;
		console_level = CONSOLE_LEVEL_LEAST;
	} else if (on && console_level_kept) {
		console_level = console_level_kept;
		console_level_kept = 0;
	}
	return 0;
}

static int64_t console_level_set(int32_t level)
{
	if (level < CONSOLE_LEVEL_LEAST || level > CONSOLE_LEVEL_MOST)
		return -EINVAL;
	console_level = level;
	console_level_kept = 0;
	return 0;
}

void system_log_level_tell(struct proc_text *text)
{
	text_add(text, "%d\t%d\t%d\t%d\n", (int64_t)console_level, (int64_t)LINUX_LOGLEVEL_WARNING, (int64_t)CONSOLE_LEVEL_LEAST, (int64_t)CONSOLE_LEVEL_FIRST);
}

int64_t system_log_level_take(const char *line, size_t bytes)
{
	size_t first = 0;
	int64_t level = 0, result;

	while (first < bytes && line[first] != ' ' && line[first] != '\t' && line[first] != '\n')
		first++;
	result = setting_take(line, first, CONSOLE_LEVEL_LEAST, CONSOLE_LEVEL_MOST, &level);
	if (result < 0)
		return result;
	(void)console_level_set((int32_t)level);
	return (int64_t)bytes;
}

/* All actions need the capability, as with kernel.dmesg_restrict 1, which is Debian's. */
int64_t linux_syslog(struct task *task, const uint64_t arguments[6])
{
	uint32_t action = (uint32_t)arguments[0];

	if (!task_may(task, LINUX_CAP_SYSLOG) && !task_may(task, LINUX_CAP_SYS_ADMIN))
		return -EPERM;
	switch (action) {
	case LINUX_SYSLOG_ACTION_CLOSE:
	case LINUX_SYSLOG_ACTION_OPEN:
		return 0; /* there is nothing to do for them on Linux either */
	case LINUX_SYSLOG_ACTION_READ:
	case LINUX_SYSLOG_ACTION_READ_ALL:
	case LINUX_SYSLOG_ACTION_READ_CLEAR:
		return log_read(task, action, arguments[1], (int32_t)arguments[2]);
	case LINUX_SYSLOG_ACTION_CLEAR:
		cleared = written;
		return 0;
	case LINUX_SYSLOG_ACTION_CONSOLE_OFF:
	case LINUX_SYSLOG_ACTION_CONSOLE_ON:
		return console_switch(action == LINUX_SYSLOG_ACTION_CONSOLE_ON);
	case LINUX_SYSLOG_ACTION_CONSOLE_LEVEL:
		return console_level_set((int32_t)arguments[2]);
	case LINUX_SYSLOG_ACTION_SIZE_UNREAD:
		return (int64_t)(written - oldest(taken));
	case LINUX_SYSLOG_ACTION_SIZE_BUFFER:
		return RING_BYTES;
	default:
		return -EINVAL;
	}
}
