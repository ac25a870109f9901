/* SPDX-License-Identifier: MIT */
/*
 * Files that a client has parked: the server closes them when their last name goes, and not before, or when it begins anew; nobody else's files. What is shared of a file goes with it, and what is stored there counts as stored when it is closed. What is made to be opened is made and open, or neither.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parked.h"
#include "world.h"

#define NAME_AT SESSION_DATA
#define NEW_NAME_AT (SESSION_DATA + 512)
#define RESULT_AT (SESSION_DATA + 1024)
#define ROOT 1
#define MANY 40

static int64_t send(struct world *world, uint64_t badge, uint64_t label, uint64_t word1, uint64_t word2, uint64_t word3, uint64_t word4, uint64_t word5, bool numbered)
{
	struct file_exchange x = {.label = label, .badge = badge, .words = 8, .data = {numbered ? ++world->sequence[badge] : 0, word1, word2, word3, word4, word5, RESULT_AT}};

	filesystem_handle(&world->server, &x);
	return (int64_t)x.data[0];
}

static uint64_t name_put(struct world *world, const char *name, uint64_t at)
{
	memcpy(world->windows.buffers[VFS_BADGE] + at, name, strlen(name));
	return span_make(at, strlen(name));
}

/* Makes a file with a byte in it; its inode. */
static uint64_t file_make(struct world *world, const char *name)
{
	struct attributes attributes;

	assert_int_equal(send(world, VFS_BADGE, TREE_CREATE, ROOT, name_put(world, name, NAME_AT), MODE_REGULAR | 0644, 0, 0, true), 0);
	memcpy(&attributes, world->windows.buffers[VFS_BADGE] + RESULT_AT, sizeof(attributes));
	return attributes.inode;
}

static void file_open_as(struct world *world, uint64_t inode, uint64_t badge, uint64_t id)
{
	assert_int_equal(send(world, VFS_BADGE, TREE_OPEN, inode, badge, id, OPEN_READ_WRITE, 0, false), 0);
}

/* The same in one request, which is sent twice. */
static int64_t file_make_open(struct world *world, const char *name, uint64_t id)
{
	struct file_exchange x = {.label = TREE_CREATE, .badge = VFS_BADGE, .words = 8,
		.data = {++world->sequence[VFS_BADGE], ROOT, name_put(world, name, NAME_AT), MODE_REGULAR | 0644, 0, 0, RESULT_AT, opening_make(CLIENT_BADGE, (uint32_t)id, OPEN_READ_WRITE)}}, again = x;

	filesystem_handle(&world->server, &x);
	filesystem_handle(&world->server, &again);
	assert_int_equal(x.data[0], again.data[0]);
	return (int64_t)x.data[0];
}

static int64_t unlink_it(struct world *world, const char *name)
{
	return send(world, VFS_BADGE, TREE_UNLINK, ROOT, name_put(world, name, NAME_AT), 0, 0, 0, true);
}

static int64_t rename_it(struct world *world, const char *from, const char *to)
{
	return send(world, VFS_BADGE, TREE_RENAME, ROOT, name_put(world, from, NAME_AT), ROOT, name_put(world, to, NEW_NAME_AT), 0, true);
}

static bool is_open(struct world *world, uint64_t id)
{
	return send(world, CLIENT_BADGE, FILE_READ, id, 0, span_make(SESSION_DATA, 1), 0, 0, false) != -EBADF;
}

static void park(struct world *world, uint64_t id, bool parked)
{
	uint64_t *word = &((struct session_page *)world->windows.buffers[CLIENT_BADGE])->parked[id / 64], bit = 1ull << id % 64;

	*word = parked ? *word | bit : *word & ~bit;
}

static bool inode_lives(struct world *world, uint64_t inode)
{
	return send(world, VFS_BADGE, TREE_GETATTR, inode, RESULT_AT, 0, 0, 0, false) == 0;
}

static void test_unlinked(struct world *world)
{
	uint64_t inode = file_make(world, "a"), other = file_make(world, "b");

	file_open_as(world, inode, CLIENT_BADGE, 3);
	file_open_as(world, inode, CLIENT_BADGE, 70);
	file_open_as(world, other, CLIENT_BADGE, 4);
	park(world, 3, true);
	park(world, 4, true);
	assert_true(is_open(world, 3)); /* while it has its name, it is as open as others */
	assert_int_equal(unlink_it(world, "a"), 0);
	assert_false(is_open(world, 3));
	assert_true(is_open(world, 70) && is_open(world, 4)); /* one that is used, and another file */
	assert_true(inode_lives(world, inode));
	assert_int_equal(send(world, CLIENT_BADGE, FILE_CLOSE, 70, 0, 0, 0, 0, false), 0);
	assert_false(inode_lives(world, inode));
	park(world, 3, false);
	park(world, 4, false);
	assert_int_equal(unlink_it(world, "b"), 0);
	assert_true(is_open(world, 4) && inode_lives(world, other));
	assert_int_equal(send(world, CLIENT_BADGE, FILE_CLOSE, 4, 0, 0, 0, 0, false), 0);
}

/* Of two names the first to go does not matter; a rename takes the last name too, and what is repeated is not done twice. */
static void test_renamed(struct world *world)
{
	uint64_t inode = file_make(world, "a");

	assert_int_equal(send(world, VFS_BADGE, TREE_LINK, ROOT, name_put(world, "b", NAME_AT), inode, RESULT_AT, 0, true), 0);
	file_open_as(world, inode, CLIENT_BADGE, 3);
	park(world, 3, true);
	assert_int_equal(unlink_it(world, "a"), 0);
	assert_true(is_open(world, 3));
	file_make(world, "c");
	assert_int_equal(rename_it(world, "b", "d"), 0);
	assert_true(is_open(world, 3));
	assert_int_equal(rename_it(world, "c", "d"), 0);
	assert_false(is_open(world, 3) || inode_lives(world, inode));
	park(world, 3, false);
	assert_int_equal(unlink_it(world, "d"), 0);
}

static void parked_open(struct world *world, uint64_t inode, uint64_t count)
{
	for (uint64_t id = 0; id < count; id++) {
		file_open_as(world, inode, CLIENT_BADGE, id);
		park(world, id, true);
	}
}

static unsigned open_count(struct world *world, uint64_t count)
{
	unsigned open = 0;

	for (uint64_t id = 0; id < count; id++) {
		open += is_open(world, id);
		park(world, id, false);
	}
	return open;
}

/* More than one transaction closes. */
static void test_many(struct world *world)
{
	uint64_t inode = file_make(world, "a");

	parked_open(world, inode, MANY);
	assert_int_equal(unlink_it(world, "a"), 0);
	assert_int_equal(open_count(world, MANY), 0);
	assert_false(inode_lives(world, inode));
}

/* Nothing that was parked with an instance that died can be opened again without a call: the next one closes it, also when the file has lost its last name before it was parked, or the instance died between two of the transactions. */
static void test_restarted(struct world *world)
{
	uint64_t inode = file_make(world, "a"), nameless = file_make(world, "b");

	parked_open(world, inode, MANY);
	file_open_as(world, nameless, CLIENT_BADGE, MANY);
	file_open_as(world, inode, CLIENT_BADGE, MANY + 1);
	assert_int_equal(unlink_it(world, "b"), 0);
	park(world, MANY, true);
	world_open(world);
	assert_int_equal(open_count(world, MANY + 1), 0);
	assert_true(is_open(world, MANY + 1) && inode_lives(world, inode));
	assert_false(inode_lives(world, nameless));
	assert_int_equal(send(world, CLIENT_BADGE, FILE_CLOSE, MANY + 1, 0, 0, 0, 0, false), 0);
	assert_int_equal(unlink_it(world, "a"), 0);
	assert_false(inode_lives(world, inode));
}

/* A file with a page that the client has stored into, in slot 5. */
static uint64_t file_store(struct world *world, const char *name)
{
	uint64_t inode = file_make(world, name);

	file_open_as(world, inode, CLIENT_BADGE, 3);
	assert_int_equal(send(world, CLIENT_BADGE, FILE_WRITE, 3, 0, span_make(SESSION_DATA, 100), 0, 0, true), 100);
	assert_int_equal(send(world, CLIENT_BADGE, FILE_SHARE, 3, 0, 5, true, 0, false), 100);
	world->windows.shared[5][0] = 's';
	return inode;
}

/* A client that says of a file of which it sees pages that it is parked harms nobody: the pages go with the file. */
static void test_shared(struct world *world)
{
	uint64_t inode = file_store(world, "a");

	file_open_as(world, inode, CLIENT_BADGE, 4);
	park(world, 4, true);
	assert_int_equal(unlink_it(world, "a"), 0);
	assert_false(is_open(world, 4));
	assert_true(is_open(world, 3) && inode_lives(world, inode) && world->windows.shared[5]);
	assert_int_equal(send(world, CLIENT_BADGE, FILE_CLOSE, 3, 0, 0, 0, 0, false), 0);
	assert_false(inode_lives(world, inode));
	inode = file_store(world, "a");
	park(world, 3, true);
	park(world, 4, false);
	assert_int_equal(unlink_it(world, "a"), 0);
	assert_false(is_open(world, 3) || inode_lives(world, inode) || world->windows.shared[5]);
	assert_int_equal(world->windows.shares.count, 0);
	park(world, 3, false);
}

/* Closing notes no time, but what was stored has the time at which it is written back. */
static void test_stored(struct world *world)
{
	struct attributes attributes;

	file_store(world, "a");
	world->now += 100;
	assert_int_equal(send(world, CLIENT_BADGE, FILE_CLOSE, 3, 0, 0, 0, 0, false), 0);
	assert_int_equal(send(world, VFS_BADGE, TREE_LOOKUP, ROOT, name_put(world, "a", NAME_AT), RESULT_AT, 0, 0, false), 0);
	memcpy(&attributes, world->windows.buffers[VFS_BADGE] + RESULT_AT, sizeof(attributes));
	assert_int_equal(attributes.modify.seconds, world->now);
	assert_int_equal(unlink_it(world, "a"), 0);
}

/* What cannot be opened is not made. */
static void test_crowded(struct world *world)
{
	uint64_t inode = file_make(world, "a");

	for (uint64_t id = 0; id < WORLD_OPEN_FILES; id++)
		file_open_as(world, inode, CLIENT_BADGE, id);
	assert_int_equal(file_make_open(world, "b", WORLD_OPEN_FILES), -ENFILE);
	assert_int_equal(send(world, VFS_BADGE, TREE_LOOKUP, ROOT, name_put(world, "b", NAME_AT), RESULT_AT, 0, 0, false), -ENOENT);
	assert_int_equal(file_make_open(world, "b", FILE_IDS), -EINVAL);
	assert_int_equal(send(world, VFS_BADGE, TREE_LOOKUP, ROOT, name_put(world, "b", NAME_AT), RESULT_AT, 0, 0, false), -ENOENT);
	assert_int_equal(file_make_open(world, "b", 1), 0); /* in place of one that is open */
	assert_int_equal(send(world, CLIENT_BADGE, FILE_WRITE, 1, 0, span_make(SESSION_DATA, 100), 0, 0, true), 100);
	for (uint64_t id = 0; id < WORLD_OPEN_FILES; id++)
		assert_int_equal(send(world, CLIENT_BADGE, FILE_CLOSE, id, 0, 0, 0, 0, false), 0);
	assert_int_equal(unlink_it(world, "a"), 0);
	assert_int_equal(unlink_it(world, "b"), 0);
	assert_false(inode_lives(world, inode));
}

void test_parked(void **state)
{
	static void (*const tests[])(struct world *world) = {test_unlinked, test_renamed, test_many, test_restarted, test_shared, test_stored, test_crowded};
	struct world world;

	(void)state;
	world_make(&world, WORLD_BYTES, false);
	windows_pool_make(&world.windows);
	world_open(&world);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		tests[i](&world);
		assert_null(world_check(&world));
	}
	world_free(&world);
}
