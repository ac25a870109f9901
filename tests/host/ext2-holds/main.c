/* SPDX-License-Identifier: MIT */
/*
 * Fibers at one file of an ext2, of which the first waits for the disk in the middle of what it does: it writes a shared page back whose block is not in the cache. Another sets the size of the file meanwhile, or stores into the page anew. Whoever
 * changes a file holds it (lib/filesystem_server.h), so the second one waits for the first. Without that the first would go on with what it knew of the file, and forget what the second was told is done: one test shows that it would.
 *
 * Who deletes a file holds nothing. If its number is another file's when the first goes on, nothing of the page is written there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fiber.h"
#include "tests/host/ext2-pages/rig.h"

#define MEMORY ((size_t)1152 << 10)
#define FILLER_BYTES (2 << 20) /* more than fits the cache */
#define BYTES 1000             /* of the file: its block must be read before a part of it is written */
#define SHORTER 100
#define STACK_BYTES 65536
#define LONG 1000               /* turns of a fiber */
#define LANE(n) ((uint64_t)(n) << 48) /* of a request's number: who has two requests under way uses two */

static struct rig rig;
static struct fiber first, second, third;
static struct fiber_lock lock;
static void (*disk_wait_for)(void *context);
static unsigned waits;     /* of the first fiber */
static int64_t result_of_first, result_of_second;
static uint64_t file_number;

static void hold(void *context, uint64_t inode)
{
	(void)context;
	(void)inode;
	if (fiber_self()) /* what is prepared is prepared in no fiber */
		fiber_lock(&lock);
}

static void release(void *context, uint64_t inode)
{
	(void)context;
	(void)inode;
	if (fiber_self())
		fiber_unlock(&lock);
}

/* The first time, the first one waits longer than the others have anything to do but to wait for it. */
static void wait_in_fiber(void *context)
{
	if (fiber_self() == &first && waits++ == 0)
		for (unsigned turns = 0; turns < LONG && fibers_ready(); turns++)
			fiber_yield();
	if (rig.world.queued > 0)
		disk_wait_for(context);
	else
		fiber_yield(); /* what is waited for is the other's to do */
}

static int64_t ask(uint64_t label, uint64_t badge, const uint64_t words[6])
{
	struct file_exchange x = {.label = label, .badge = badge, .words = 8};

	memcpy(x.data, words, 6 * sizeof(words[0]));
	filesystem_handle(&rig.server, &x);
	return (int64_t)x.data[0];
}

static void file_begin(void)
{
	static unsigned char filler[FILLER_BYTES];
	struct attributes attributes;

	assert_int_equal(path_create(&rig.world, "/filler", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_write(&rig.world, "/filler", 0, filler, sizeof(filler)), sizeof(filler));
	assert_int_equal(path_create(&rig.world, "/file", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_write(&rig.world, "/file", 0, filler, BYTES), BYTES);
	assert_int_equal(path_find(&rig.world, "/file", &attributes), 0);
	file_number = attributes.inode;
	assert_int_equal(ask(TREE_OPEN, VFS_BADGE, (const uint64_t[6]){0, attributes.inode, CLIENT_BADGE, 0, OPEN_READ_WRITE}), 0);
}

/* A store into the shared page, which is to be written back into a block that is not in the cache. */
static void store(void)
{
	static unsigned char back[1 << 16];
	struct attributes attributes;

	assert_int_equal(ask(FILE_SHARE, CLIENT_BADGE, (const uint64_t[6]){0, 0, 0, 0, 1}), BYTES);
	memset(rig.windows.shared[0], 's', BYTES);
	assert_int_equal(ext2_operations.sync(rig.world.fs), 0);
	assert_int_equal(path_find(&rig.world, "/filler", &attributes), 0);
	for (uint64_t at = 0; at < FILLER_BYTES; at += sizeof(back))
		assert_int_equal(ext2_operations.read(rig.world.fs, attributes.inode, at, back, sizeof(back)), sizeof(back));
}

static void fsync_run(void *argument)
{
	(void)argument;
	result_of_first = ask(FILE_FSYNC, CLIENT_BADGE, (const uint64_t[6]){0, 0, 0});
}

static void write_back_run(void *argument)
{
	(void)argument;
	result_of_first = filesystem_write_back(&rig.server, false);
}

static void truncate_run(void *argument)
{
	(void)argument;
	result_of_second = ask(FILE_TRUNCATE, CLIENT_BADGE, (const uint64_t[6]){LANE(1) | 1, 0, SHORTER});
}

/* The same page in another slot, and a store there when the first has taken its copy. */
static void store_run(void *argument)
{
	(void)argument;
	result_of_second = ask(FILE_SHARE, CLIENT_BADGE, (const uint64_t[6]){0, 0, 0, 1, 1});
	while (first.state != FIBER_IDLE)
		fiber_yield();
	memset(rig.windows.shared[1], 't', BYTES);
}

static void close_run(void *argument)
{
	(void)argument;
	result_of_second = ask(FILE_CLOSE, CLIENT_BADGE, (const uint64_t[6]){0, 0});
}

/* Closes the file too, which the second could not do yet, and deletes it; the next file that is made has its number. */
static void replace_run(void *argument)
{
	(void)argument;
	assert_int_equal(ask(FILE_CLOSE, CLIENT_BADGE, (const uint64_t[6]){0, 0}), 0);
	assert_int_equal(path_unlink(&rig.world, "/file"), 0);
	ext2_work(rig.world.fs, false);
	assert_int_equal(path_create(&rig.world, "/next", MODE_REGULAR | 0600), 0);
}

/* A file with a store that is not written back; then the first begins, and the others as soon as it waits. */
static void race_begin(void (*runs_first)(void *argument), void (*runs_second)(void *argument), void (*runs_third)(void *argument), bool holds)
{
	static _Alignas(16) unsigned char stacks[3][STACK_BYTES];

	rig_make(&rig, "-b 4096", MEMORY, 3);
	if (holds) {
		rig.hold = hold;
		rig.release = release;
	}
	rig_open(&rig);
	file_begin();
	store();
	disk_wait_for = rig.world.disk.wait;
	rig.world.disk.wait = wait_in_fiber;
	waits = 0;
	fiber_create(&first, stacks[0], STACK_BYTES);
	fiber_create(&second, stacks[1], STACK_BYTES);
	fiber_create(&third, stacks[2], STACK_BYTES);
	fiber_start(&first, runs_first, NULL);
	fiber_start(&second, runs_second, NULL);
	if (runs_third)
		fiber_start(&third, runs_third, NULL);
	fibers_run();
	assert_true(first.state == FIBER_IDLE && second.state == FIBER_IDLE && third.state == FIBER_IDLE && waits > 0);
	assert_int_equal(result_of_first, 0);
	rig.world.disk.wait = disk_wait_for;
}

/* The size of the file when both have come to their end. */
static uint64_t truncation(void (*runs_first)(void *argument))
{
	struct attributes attributes;

	race_begin(runs_first, truncate_run, NULL, true);
	assert_int_equal(result_of_second, 0);
	assert_int_equal(path_find(&rig.world, "/file", &attributes), 0);
	rig_free(&rig);
	return attributes.size;
}

/* What is in the file when all has been written back. */
static char storing(void (*runs_first)(void *argument), bool holds)
{
	char byte = 0;

	race_begin(runs_first, store_run, NULL, holds);
	assert_int_equal(result_of_second, BYTES);
	assert_int_equal(filesystem_write_back(&rig.server, false), 0);
	assert_int_equal(ext2_operations.read(rig.world.fs, file_number, 0, &byte, 1), 1);
	rig_free(&rig);
	return byte;
}

static void a_truncation_during_fsync_stays(void **state)
{
	(void)state;
	assert_int_equal(truncation(fsync_run), SHORTER);
}

static void a_truncation_during_write_back_stays(void **state)
{
	(void)state;
	assert_int_equal(truncation(write_back_run), SHORTER);
}

static void a_store_meanwhile_stays(void **state)
{
	(void)state;
	assert_int_equal(storing(fsync_run, true), 't');
	assert_int_equal(storing(write_back_run, true), 't');
}

/* Otherwise this test could not fail. */
static void without_holding_it_would_not(void **state)
{
	(void)state;
	assert_int_equal(storing(fsync_run, false), 's');
	assert_int_equal(storing(write_back_run, false), 's');
}

static void nothing_goes_to_the_next_file(void **state)
{
	struct attributes file, next;

	(void)state;
	race_begin(write_back_run, close_run, replace_run, true);
	assert_int_equal(path_find(&rig.world, "/next", &next), 0);
	assert_int_equal(next.inode, file_number);
	assert_int_equal(next.size, 0);
	assert_int_equal(path_find(&rig.world, "/file", &file), -ENOENT);
	assert_int_equal(rig.windows.shares.count, 0);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_truncation_during_fsync_stays),
		cmocka_unit_test(a_truncation_during_write_back_stays),
		cmocka_unit_test(a_store_meanwhile_stays),
		cmocka_unit_test(without_holding_it_would_not),
		cmocka_unit_test(nothing_goes_to_the_next_file),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	shell("rm -rf %s", work_directory());
	return failed;
}
