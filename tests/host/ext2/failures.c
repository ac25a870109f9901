/* SPDX-License-Identifier: MIT */
/* Disks that fail: writes, single sectors, all of it; and what an instance knows of its memory after it was killed while the disk read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "servers/ext2/inode.h"
#include "servers/ext2/map.h"
#include "tests.h"

/* A disk whose writes fail: fsync says so, nothing else is written, and what was there before is still there. */

void test_failing(void **state)
{
	static unsigned char bytes[100000];
	struct world world;
	struct attributes attributes;

	(void)state;
	world_make(&world, TESTS_MEMORY, 12);
	for (int writes = 0; writes < 60; writes += 3) {
		world_format(&world, "-b 1024", "8M");
		assert_int_equal(world_mount(&world), MOUNT_FINE);
		assert_int_equal(path_create(&world, "/kept", MODE_REGULAR | 0600), 0);
		assert_int_equal(path_write(&world, "/kept", 0, bytes, 20000), 20000);
		assert_int_equal(ext2_operations.sync(world.fs), 0);
		world.fail_after = writes;
		assert_int_equal(path_create(&world, "/lost", MODE_REGULAR | 0600), 0);
		assert_int_equal(path_write(&world, "/lost", 0, bytes, 40000), 40000);
		assert_int_equal(ext2_operations.fsync(world.fs, 2, false), -EIO);
		assert_int_equal(path_create(&world, "/more", MODE_REGULAR | 0600), -EROFS);
		assert_int_equal(ext2_operations.fsync(world.fs, 2, false), -EIO);
		assert_int_equal(path_find(&world, "/lost", &attributes), 0); /* still to be read */
		assert_int_equal(ext2_close(world.fs), -EIO);
		world.fail_after = -1;
		assert_int_equal(world_mount(&world), MOUNT_FINE);
		assert_int_equal(path_find(&world, "/kept", &attributes), 0);
		assert_int_equal(world_unmount(&world), 0);
		assert_int_equal(world_check(&world), 0);
	}
	world_free(&world);
}

static int64_t path_read(struct world *world, const char *path, uint64_t offset, void *buffer, size_t bytes)
{
	struct attributes attributes;
	uint64_t done = 0;

	assert_int_equal(path_find(world, path, &attributes), 0);
	while (done < bytes) {
		int64_t got = ext2_operations.read(world->fs, attributes.inode, offset + done, (char *)buffer + done, bytes - done);

		if (got <= 0)
			return got < 0 ? got : (int64_t)done;
		done += (uint64_t)got;
	}
	return (int64_t)done;
}

/* Where the disk holds the file's byte at `offset`, as a sector. */
static uint64_t sector_of(struct world *world, const char *path, uint64_t offset)
{
	struct attributes attributes;
	struct inode *inode;
	uint32_t block;
	int result;

	assert_int_equal(path_find(world, path, &attributes), 0);
	while ((result = inode_live(world->fs, (uint32_t)attributes.inode, &inode)) == -EAGAIN ||
		(result == 0 && (result = map_find(world->fs, (uint32_t)attributes.inode, inode, (uint32_t)(offset / world->fs->block_bytes), &block, NULL)) == -EAGAIN))
		ext2_wait(world->fs);
	assert_int_equal(result, 0);
	return (uint64_t)block * (world->fs->block_bytes / DISK_SECTOR);
}

/* Blocks are read many at a time: one that cannot be read fails alone, and only while it cannot. */
void test_unreadable(void **state)
{
	static unsigned char bytes[200000], back[200000];
	struct world world;

	(void)state;
	world_make(&world, TESTS_MEMORY, 14);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7 + i / 1000);
	world_format(&world, "-b 1024", "8M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/file", MODE_REGULAR | 0600), 0);
	for (size_t at = 0; at < sizeof(bytes); at += 50000)
		assert_int_equal(path_write(&world, "/file", at, bytes + at, 50000), 50000);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	world.unreadable = sector_of(&world, "/file", 30 * 1024);
	for (unsigned n = 20; n < 30; n++) /* what is read ahead fails, not what is read */
		assert_int_equal(path_read(&world, "/file", n * 1024, back, 1024), 1024);
	assert_int_equal(path_read(&world, "/file", 0, back, 100000), -EIO);
	assert_int_equal(path_read(&world, "/file", 0, back, 30 * 1024), 30 * 1024);
	assert_memory_equal(back, bytes, 30 * 1024);
	assert_int_equal(path_read(&world, "/file", 31 * 1024, back, 100000), 100000);
	assert_memory_equal(back, bytes + 31 * 1024, 100000);
	world.unreadable = 0;
	(void)path_read(&world, "/file", 30 * 1024, back, 1024); /* that it failed when it was read ahead may be told once more */
	assert_int_equal(path_read(&world, "/file", 0, back, 100000), 100000);
	assert_memory_equal(back, bytes, 100000);
	assert_int_equal(world_unmount(&world), 0);
	world_free(&world);
}

/* A device that is given up: reads fail, nothing is changed any more, and the disk is as it was synchronised. */
void test_gone(void **state)
{
	static unsigned char bytes[50000];
	struct world world;
	struct attributes attributes;

	(void)state;
	world_make(&world, TESTS_MEMORY, 18);
	world_format(&world, "-b 1024", "8M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/file", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_write(&world, "/file", 0, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_find(&world, "/file", &attributes), 0);
	world.gone = true;
	assert_int_equal(path_read(&world, "/file", 0, bytes, sizeof(bytes)), -EIO);
	assert_int_equal(path_create(&world, "/more", MODE_REGULAR | 0600), -EROFS);
	assert_int_equal(ext2_operations.fsync(world.fs, 2, false), -EIO);
	world.gone = false;
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_read(&world, "/file", 0, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}

/* What was read is not known to the memory's checks until it is changed: a part of it, then a new instance, then the rest is read from the disk again. */
void test_unsealed(void **state)
{
	static unsigned char bytes[60000], back[60000];
	struct world world;

	(void)state;
	world_make(&world, TESTS_MEMORY, 15);
	memset(bytes, 'a', sizeof(bytes));
	world_format(&world, "-b 4096", "16M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/file", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_write(&world, "/file", 0, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_read(&world, "/file", 0, back, sizeof(back)), sizeof(back));
	memset(bytes + 10000, 'b', 100);
	assert_int_equal(path_write(&world, "/file", 10000, bytes + 10000, 100), 100);
	assert_int_equal(world_continue(&world), MOUNT_FINE);
	assert_int_equal(world.damages, 0);
	assert_int_equal(path_read(&world, "/file", 0, back, sizeof(back)), sizeof(back));
	assert_memory_equal(back, bytes, sizeof(bytes));
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}

#define STALE_BYTES (150 * 4096) /* of each file: both do not fit the memory */

/* Compares a part of a file of which every byte is the same. */
static void same_judge(struct world *world, const char *path, size_t from, size_t bytes, unsigned char byte)
{
	static unsigned char back[STALE_BYTES];

	assert_int_equal(path_read(world, path, from, back, bytes), bytes);
	assert_int_equal(back[0], byte);
	assert_memory_equal(back, back + 1, bytes - 1);
}

static void same_write(struct world *world, const char *path, unsigned char byte)
{
	static unsigned char bytes[STALE_BYTES];

	memset(bytes, byte, sizeof(bytes));
	assert_int_equal(path_write(world, path, 0, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(ext2_operations.sync(world->fs), 0);
}

/*
 * A page held an `a` block that was written, so its checks are those of an `a`; then a `b` block was read into it; then another `a` is read, and the instance is killed when the disk has done so and nobody knows. What lies there fits its checks, and
 * the page is still noted as that `b`.
 */
void test_stale(void **state)
{
	struct world world;
	unsigned seed = 7;
	volatile unsigned kills = 0;

	(void)state;
	world_make(&world, 1 << 20, 19);
	world_format(&world, "-b 4096", "16M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/a", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_create(&world, "/b", MODE_REGULAR | 0600), 0);
	same_write(&world, "/a", 'a');
	same_write(&world, "/b", 'b');
	world.kill_late = true;
	for (volatile unsigned i = 0; i < 100; i++) {
		same_write(&world, i % 2 ? "/b" : "/a", i % 2 ? 'b' : 'a');
		world.kill_after = (int64_t)(random_next(&seed) % 20);
		if (setjmp(world_killed) == 0) {
			for (unsigned n = 0; n < 16; n++) {
				bool second = random_next(&seed) % 2;

				same_judge(&world, second ? "/b" : "/a", random_next(&seed) % 100 * 4096, 50 * 4096, second ? 'b' : 'a');
			}
		} else {
			kills++;
			assert_int_equal(world_continue(&world), MOUNT_FINE);
		}
		world.kill_after = -1;
		same_judge(&world, "/b", 0, STALE_BYTES, 'b');
		same_judge(&world, "/a", 0, STALE_BYTES, 'a');
	}
	assert_true(kills > 30);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}
