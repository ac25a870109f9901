/* SPDX-License-Identifier: MIT */
/* Who has which inode open (servers/ext2/users.h), against a list: with transactions that are taken back, instances that go on, and as many as there may be. And when reading a file notes that it was read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/generations.h"
#include "servers/ext2/users.h"
#include "tests.h"

#define MEMORY (8 * 1024 * 1024)
#define FILES 1500
#define STEPS 30000

/* Numbers of inodes that are not reserved. */
static uint64_t numbers[FILES];
static uint32_t users[FILES];

static void files_make(struct world *world)
{
	for (unsigned i = 0; i < FILES; i++) {
		struct attributes attributes;
		char path[32];

		(void)snprintf(path, sizeof(path), "/%u", i);
		assert_int_equal(path_create(world, path, MODE_REGULAR | 0600), 0);
		assert_int_equal(path_find(world, path, &attributes), 0);
		numbers[i] = attributes.inode;
		users[i] = 0;
	}
}

static unsigned used_count(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < FILES; i++)
		count += users[i] > 0;
	return count;
}

static void users_compare(const struct world *world)
{
	assert_int_equal(world->fs->open_count, used_count());
	for (unsigned i = 0; i < FILES; i++)
		assert_int_equal(inode_in_use(world->fs, (uint32_t)numbers[i]), users[i] > 0);
}

/* One opening or closing; every fourth is taken back. */
static void step(struct world *world, unsigned *seed)
{
	unsigned i = random_next(seed) % FILES;
	bool opens = random_next(seed) % 64 >= used_count() / 16, kept = random_next(seed) % 4 != 0;
	int expected = !opens ? (users[i] ? 0 : -EBADF) : !users[i] && used_count() == OPEN_FILES_MAX ? -ENFILE : 0;

	ext2_begin(world->fs);
	assert_int_equal(opens ? inode_open(world->fs, numbers[i]) : inode_close(world->fs, numbers[i]), expected);
	if (!kept || expected) {
		ext2_rollback(world->fs);
		return;
	}
	ext2_commit(world->fs);
	users[i] += opens ? 1 : UINT32_MAX;
}

void test_users(void **state)
{
	struct world world;
	unsigned seed = 23;

	(void)state;
	world_make(&world, MEMORY, 23);
	world_format(&world, "-b 1024 -N 2048", "16M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	files_make(&world);
	for (unsigned i = 0; i < STEPS; i++) {
		step(&world, &seed);
		if (i % 1000 == 0)
			users_compare(&world);
		if (i % 5000 == 0)
			assert_int_equal(world_continue(&world), MOUNT_FINE);
	}
	users_compare(&world);
	for (unsigned i = 0; i < FILES; i++) /* as many as there may be */
		if (!users[i] && used_count() < OPEN_FILES_MAX) {
			assert_int_equal(CHANGE(&world, inode_open(world.fs, numbers[i])), 0);
			users[i]++;
		}
	users_compare(&world);
	for (unsigned i = 0; i < FILES; i++)
		assert_int_equal(CHANGE(&world, inode_open(world.fs, numbers[i])), users[i] ? 0 : -ENFILE);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}

static uint64_t nameless;

static void nameless_note(void *context, uint64_t inode)
{
	(void)context;
	nameless = inode;
}

/* The inode that the last operation has told of. */
static uint64_t nameless_take(void)
{
	uint64_t inode = nameless;

	nameless = 0;
	return inode;
}

/* Who watches is told when the last name of an inode goes that is in use, and only then. */
void test_nameless(void **state)
{
	const struct filesystem_watch watch = {.nameless = nameless_note};
	struct attributes first, second;
	struct name name;
	struct world world;
	uint64_t root;

	(void)state;
	world_make(&world, MEMORY, 31);
	world.watch = &watch;
	world_format(&world, "-b 1024", "8M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/first", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_create(&world, "/second", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_create(&world, "/unused", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_find(&world, "/first", &first), 0);
	assert_int_equal(path_find(&world, "/second", &second), 0);
	root = (uint64_t)path_parent(&world, "/name", &name);
	assert_int_equal(CHANGE(&world, ext2_operations.link(world.fs, root, name, first.inode, &first)), 0);
	assert_int_equal(CHANGE(&world, inode_open(world.fs, first.inode)), 0);
	assert_int_equal(CHANGE(&world, inode_open(world.fs, second.inode)), 0);
	assert_int_equal(path_unlink(&world, "/unused"), 0);
	assert_int_equal(path_unlink(&world, "/first"), 0);
	assert_int_equal(nameless_take(), 0);
	assert_int_equal(path_rename(&world, "/second", "/name", 0), 0);
	assert_int_equal(nameless_take(), first.inode);
	assert_int_equal(path_unlink(&world, "/name"), 0);
	assert_int_equal(nameless_take(), second.inode);
	assert_int_equal(CHANGE(&world, inode_close(world.fs, first.inode)), 0);
	assert_int_equal(CHANGE(&world, inode_close(world.fs, second.inode)), 0);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}

/* Makes and opens a file without a name. */
static int64_t nameless_make(struct world *world, bool linkable, uint64_t *inode)
{
	const struct file_creation creation = {.mode = MODE_REGULAR | 0600};
	struct attributes attributes;
	int64_t result = CHANGE(world, (change_result = ext2_operations.create_nameless(world->fs, INODE_ROOT, &creation, linkable, &attributes)) ? change_result : ext2_operations.open(world->fs, attributes.inode));

	*inode = attributes.inode;
	return result;
}

static int64_t nameless_link(struct world *world, uint64_t inode, const char *path)
{
	struct attributes attributes;
	struct name name;
	uint64_t root = (uint64_t)path_parent(world, path, &name);

	return CHANGE(world, ext2_operations.link(world->fs, root, name, inode, &attributes));
}

/* Files that are made without a name: some get one, from any place in the list of orphans; the others go with their last user, or with the power. */
void test_made_nameless(void **state)
{
	static unsigned char bytes[60000];
	struct filesystem_statistics before, after;
	struct attributes attributes;
	uint64_t inodes[5], excluded, offset;
	struct world world;
	char path[8];

	(void)state;
	world_make(&world, MEMORY, 37);
	world_format(&world, "-b 1024", "8M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(ext2_operations.statfs(world.fs, &before), 0);
	for (unsigned i = 0; i < 5; i++) {
		offset = 0;
		assert_int_equal(nameless_make(&world, true, &inodes[i]), 0);
		assert_int_equal(CHANGE(&world, ext2_operations.write(world.fs, inodes[i], &offset, bytes, sizeof(bytes))), sizeof(bytes));
	}
	assert_int_equal(nameless_make(&world, false, &excluded), 0);
	assert_int_equal(nameless_link(&world, excluded, "/excluded"), -ENOENT);
	ext2_work(world.fs, true);
	assert_int_equal(world_continue(&world), MOUNT_FINE);
	for (unsigned i = 1; i < 5; i += 2) { /* behind each of them in the list is one that stays there: the first of all to the end */
		(void)snprintf(path, sizeof(path), "/%u", i);
		assert_int_equal(nameless_link(&world, inodes[i], path), 0);
		assert_int_equal(path_find(&world, path, &attributes), 0);
		assert_int_equal(attributes.links, 1);
		assert_int_equal(attributes.size, sizeof(bytes));
	}
	assert_int_equal(path_unlink(&world, "/3"), 0);
	assert_int_equal(nameless_link(&world, inodes[3], "/3"), -ENOENT); /* its first name was its last chance */
	assert_int_equal(nameless_link(&world, inodes[4], "/4"), 0);
	assert_int_equal(CHANGE(&world, ext2_operations.setattr(world.fs, inodes[2], &(struct attribute_change){.mask = ATTRIBUTE_SIZE, .size = 5}, &attributes)), 0);
	assert_int_equal(nameless_link(&world, inodes[2], "/2"), 0);
	assert_int_equal(path_find(&world, "/2", &attributes), 0);
	assert_int_equal(attributes.size, 5);
	ext2_work(world.fs, true);
	assert_int_equal(CHANGE(&world, ext2_operations.close(world.fs, excluded)), 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(CHANGE(&world, ext2_operations.close(world.fs, inodes[i])), 0);
	ext2_work(world.fs, false);
	assert_int_equal(ext2_operations.getattr(world.fs, excluded, &attributes), -ESTALE);
	assert_int_equal(ext2_operations.getattr(world.fs, inodes[3], &attributes), -ESTALE);
	assert_int_equal(ext2_operations.getattr(world.fs, inodes[0], &attributes), -ESTALE);
	assert_int_equal(path_unlink(&world, "/1"), 0);
	assert_int_equal(path_unlink(&world, "/2"), 0);
	assert_int_equal(path_unlink(&world, "/4"), 0);
	assert_int_equal(nameless_make(&world, true, &inodes[0]), 0);
	ext2_work(world.fs, true);
	assert_int_equal(CHANGE(&world, ext2_operations.close(world.fs, inodes[0])), 0);
	ext2_work(world.fs, true);
	assert_int_equal(ext2_operations.statfs(world.fs, &after), 0);
	assert_int_equal(after.blocks_free, before.blocks_free);
	assert_int_equal(after.inodes_free, before.inodes_free);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}

/* Reads the file `times` times; how often that was noted. */
static uint64_t reads_noted(struct world *world, uint64_t inode, unsigned times)
{
	uint64_t *counter = &world->watch->generations->counter[generation_index(inode, GENERATION_ATTRIBUTES)], before = *counter;
	char byte;

	for (unsigned i = 0; i < times; i++) {
		world->fs->clock.now.seconds = world->seconds;
		assert_int_equal(ext2_operations.read(world->fs, inode, 0, &byte, 1), 1);
	}
	return *counter - before;
}

/* The first time after a change, and when a day has passed: not again within what the inode's times can tell apart. */
void test_access_noted(void **state)
{
	static struct generations generations;
	const struct filesystem_watch watch = {.generations = &generations};
	struct attributes attributes;
	struct world world;

	(void)state;
	world_make(&world, MEMORY, 29);
	world.watch = &watch;
	for (int large = 0; large < 2; large++) {
		world_format(&world, large ? "-b 1024 -I 256" : "-b 1024 -I 128", "8M");
		assert_int_equal(world_mount(&world), MOUNT_FINE);
		assert_int_equal(path_create(&world, "/file", MODE_REGULAR | 0600), 0);
		world.seconds++;
		assert_int_equal(path_write(&world, "/file", 0, "x", 1), 1);
		assert_int_equal(path_find(&world, "/file", &attributes), 0);
		assert_int_equal(reads_noted(&world, attributes.inode, 5), 1);
		world.seconds++;
		assert_int_equal(reads_noted(&world, attributes.inode, 5), 1); /* now it is later than the change */
		world.seconds += 60;
		assert_int_equal(reads_noted(&world, attributes.inode, 5), 0);
		world.seconds += 86400;
		assert_int_equal(reads_noted(&world, attributes.inode, 5), 1);
		assert_int_equal(path_find(&world, "/file", &attributes), 0);
		assert_int_equal(attributes.access.seconds, world.seconds);
		assert_int_equal(world_unmount(&world), 0);
	}
	world_free(&world);
}
