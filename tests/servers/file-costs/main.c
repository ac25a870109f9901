/* SPDX-License-Identifier: MIT */
/*
 * What files cost a native client, in instructions of all that run for it: to be run with one instruction a nanosecond (tools/run-qemu --icount). Writes TAP; a row above its limit fails. Limits are those of ramfs; what must not depend on the
 * filesystem, as it is not asked, has one on every filesystem.
 */
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "tests/servers/console/console.h"

#define TIMES 200
#define LEASED_READ_MOST 700 /* 512 of them are the copy */

static unsigned failed;
static unsigned char block[4096];

/* `limit` 0: told, not judged. */
static void row(const char *id, const char *sentence, uint64_t total, uint64_t limit)
{
	uint64_t each = total / TIMES;
	bool holds = !limit || each <= limit;

	failed += !holds;
	if (limit)
		log_print("%sok %s %s: %u instructions, at most %u\n", holds ? "" : "not ", id, sentence, each, limit);
	else
		log_print("ok %s %s: %u instructions\n", id, sentence, each);
}

static bool tree_make(void)
{
	int file;

	if (file_start() || path_make_directory("/a", 0755) || path_make_directory("/a/b", 0755))
		return false;
	file = file_open("/a/b/c", OPEN_READ_WRITE | OPEN_CREATE, 0644);
	return file == 0 && file_write(file, 0, block, sizeof(block)) == sizeof(block);
}

static uint64_t reads_in_place(void)
{
	uint64_t start = clock_ticks();
	const void *data;

	for (int i = 0; i < TIMES; i++)
		if (file_read_in_place(0, 0, sizeof(block), &data) != sizeof(block))
			failed++;
	return clock_ticks() - start;
}

static uint64_t reads(void)
{
	uint64_t start = clock_ticks();

	for (int i = 0; i < TIMES; i++)
		if (file_read(0, 0, block, sizeof(block)) != sizeof(block))
			failed++;
	return clock_ticks() - start;
}

static uint64_t writes(size_t bytes)
{
	uint64_t start = clock_ticks();

	for (int i = 0; i < TIMES; i++)
		if (file_write(0, 0, block, bytes) != (int64_t)bytes)
			failed++;
	return clock_ticks() - start;
}

static uint64_t opens(void)
{
	uint64_t start = clock_ticks();

	for (int i = 0; i < TIMES; i++)
		if (file_close(file_open("/a/b/c", OPEN_READ, 0)))
			failed++;
	return clock_ticks() - start;
}

/* The same with files that the client keeps when it closes them. */
static uint64_t opens_again(void)
{
	static uint64_t memory[512];

	file_park(memory, sizeof(memory));
	(void)opens();
	return opens();
}

static uint64_t stats(void)
{
	struct attributes attributes;
	uint64_t start = clock_ticks();

	for (int i = 0; i < TIMES; i++)
		if (path_attributes("/a/b/c", true, &attributes))
			failed++;
	return clock_ticks() - start;
}

/* The same, of which the client remembers the answer. */
static uint64_t stats_remembered(void)
{
	static uint64_t memory[4096];

	path_remember(memory, sizeof(memory));
	(void)stats();
	return stats();
}

static uint64_t renames(void)
{
	uint64_t start = clock_ticks();

	for (int i = 0; i < TIMES; i++)
		if (path_rename(i % 2 ? "/a/b/d" : "/a/b/c", i % 2 ? "/a/b/c" : "/a/b/d", 0))
			failed++;
	return clock_ticks() - start;
}

int main(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	bool in_memory = start_session("ramfs");

	failed += !tree_make();
	(void)reads(); /* the first notes the access */
	row("cost-read-in-place", "reading 4 KiB that are cached, into the session's buffer", reads_in_place(), in_memory ? 1500 : 0);
	row("cost-read", "reading 4 KiB that are cached, into any memory", reads(), LEASED_READ_MOST);
	(void)opens();
	row("cost-open-close", "opening and closing a path of three components, names cached", opens(), in_memory ? 6000 : 0);
	row("cost-stat", "telling the attributes of a path of three components", stats(), 0);
	row("cost-stat-again", "telling them again, as they were: no call", stats_remembered(), 400);
	row("cost-write-small", "writing 64 bytes", writes(64), 0);
	row("cost-write", "writing 4 KiB", writes(sizeof(block)), 0);
	row("cost-open-close-again", "opening and closing it again, as it was: no call", opens_again(), 700);
	row("cost-rename", "renaming a file", renames(), 0);
	data[0] = failed;
	return service_call(start_session("console"), CONSOLE_END, 1, data) != OK;
}
