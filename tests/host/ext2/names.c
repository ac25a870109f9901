/* SPDX-License-Identifier: MIT */
/* Names: directories that are read while they are changed, and the index of names over transactions that are taken back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests.h"

/* A directory over many blocks, read with a small buffer while it is changed: what stays is told exactly once. */

struct told {
	unsigned char times[3000];
	unsigned room;
};

static bool told_add(void *context, struct name name, uint64_t inode, uint8_t type, uint64_t cookie)
{
	struct told *told = context;
	char text[NAME_BYTES_MAX + 1] = {0};

	(void)inode;
	(void)type;
	(void)cookie;
	if (told->room == 0)
		return false;
	told->room--;
	memcpy(text, name.text, name.bytes);
	if (text[0] == 'n' && text[1] != 'e')
		told->times[atoi(text + 1)]++;
	return true;
}

void test_directory(void **state)
{
	struct world world;
	struct attributes attributes;
	static struct told told;
	uint64_t cookie = 0, before;
	char path[300];
	unsigned removed = 0;

	(void)state;
	world_make(&world, 2 << 20, 10);
	world_format(&world, "-b 1024 -N 4000", "16M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/large", MODE_DIRECTORY | 0755), 0);
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(path, sizeof(path), "/large/n%u%.*s", i, (int)(i % 60), "-this-is-the-rest-of-a-name-which-is-longer-or-shorter-than-others");
		assert_int_equal(path_create(&world, path, MODE_REGULAR | 0600), 0);
	}
	assert_int_equal(path_find(&world, "/large", &attributes), 0);
	do {
		unsigned i = (removed += 7) % 2000;

		before = cookie;
		told.room = 13;
		assert_int_equal(ext2_operations.readdir(world.fs, attributes.inode, &cookie, told_add, &told), 0);
		snprintf(path, sizeof(path), "/large/n%u%.*s", i, (int)(i % 60), "-this-is-the-rest-of-a-name-which-is-longer-or-shorter-than-others");
		if (i % 2 == 1 && path_unlink(&world, path) == 0 && removed % 3 == 0) {
			snprintf(path, sizeof(path), "/large/new%u", removed);
			assert_int_equal(path_create(&world, path, MODE_FIFO | 0600), 0);
		}
	} while (cookie != before);
	for (unsigned i = 0; i < 2000; i += 2)
		assert_int_equal(told.times[i], 1);
	for (unsigned i = 1; i < 2000; i += 2)
		assert_true(told.times[i] <= 1);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}

static struct name crowd_name(unsigned number)
{
	static char text[32];

	return (struct name){text, (size_t)snprintf(text, sizeof(text), "name-of-%05u", number)};
}

static int crowd_lookup(struct world *world, uint64_t directory, unsigned number)
{
	struct attributes attributes;
	int result;

	while ((result = ext2_operations.lookup(world->fs, directory, crowd_name(number), &attributes)) == -EAGAIN)
		ext2_wait(world->fs);
	return result;
}

/* Creates or removes a name in a transaction that is committed, or rolled back. */
static int crowd_change(struct world *world, uint64_t directory, unsigned number, bool create, bool commit)
{
	const struct file_creation creation = {.mode = MODE_REGULAR | 0600};
	struct attributes attributes;
	int result;

	for (;;) {
		ext2_begin(world->fs);
		result = create ? ext2_operations.create(world->fs, directory, crowd_name(number), &creation, &attributes) : ext2_operations.unlink(world->fs, directory, crowd_name(number));
		if (result == 0 && commit)
			ext2_commit(world->fs);
		else
			ext2_rollback(world->fs);
		if (result != -EAGAIN)
			return result;
		ext2_wait(world->fs);
	}
}

#define CROWD 3000

/* A directory whose names are in an index: what is rolled back is as it was, also when the index has seen it; a next instance makes its own. */
void test_names(void **state)
{
	struct world world;
	struct attributes crowd;
	unsigned seed = 3;

	(void)state;
	world_make(&world, TESTS_MEMORY, 16);
	world_format(&world, "-b 1024 -N 4000", "16M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/crowd", MODE_DIRECTORY | 0755), 0);
	assert_int_equal(path_find(&world, "/crowd", &crowd), 0);
	for (unsigned i = 0; i < CROWD; i++)
		assert_int_equal(crowd_change(&world, crowd.inode, i, true, true), 0);
	for (unsigned i = 0; i < 400; i++) {
		unsigned number = random_next(&seed) % CROWD;

		assert_int_equal(crowd_change(&world, crowd.inode, number, true, true), -EEXIST);
		assert_int_equal(crowd_change(&world, crowd.inode, number, false, false), 0);
		assert_int_equal(crowd_lookup(&world, crowd.inode, number), 0);
		assert_int_equal(crowd_change(&world, crowd.inode, CROWD + number, true, false), 0);
		assert_int_equal(crowd_lookup(&world, crowd.inode, CROWD + number), -ENOENT);
		assert_int_equal(crowd_change(&world, crowd.inode, number, false, true), 0);
		assert_int_equal(crowd_lookup(&world, crowd.inode, number), -ENOENT);
		assert_int_equal(crowd_change(&world, crowd.inode, number, false, true), -ENOENT);
		assert_int_equal(crowd_change(&world, crowd.inode, number, true, true), 0);
		if (i % 100 == 50)
			assert_int_equal(world_continue(&world), MOUNT_FINE);
	}
	for (unsigned i = 0; i < CROWD; i++)
		assert_int_equal(crowd_lookup(&world, crowd.inode, i), 0);
	assert_int_equal(world.damages, 0);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}

/* As many names for a file as its inode can count, over directories that stay short; then no more, and nothing has changed. */

#define NAMES_MOST 32000 /* EXT2_LINK_MAX of Linux */
#define NAMES_OF_ONE 500

void test_links(void **state)
{
	struct world world;
	struct attributes file, folder = {0}, linked;
	char path[64];

	(void)state;
	world_make(&world, 4 << 20, 11);
	world_format(&world, "-b 1024 -N 256", "16M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/file", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_find(&world, "/file", &file), 0);
	for (unsigned i = 1; i <= NAMES_MOST; i++) {
		if (i % NAMES_OF_ONE == 1) {
			snprintf(path, sizeof(path), "/folder-%u", i);
			assert_int_equal(path_create(&world, path, MODE_DIRECTORY | 0700), 0);
			assert_int_equal(path_find(&world, path, &folder), 0);
		}
		snprintf(path, sizeof(path), "n%u", i);
		assert_int_equal(CHANGE(&world, ext2_operations.link(world.fs, folder.inode, (struct name){path, strlen(path)}, file.inode, &linked)), i < NAMES_MOST ? 0 : -EMLINK);
	}
	assert_int_equal(path_find(&world, "/file", &file), 0);
	assert_int_equal(file.links, NAMES_MOST);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}
