/* SPDX-License-Identifier: MIT */
/* Files: with holes, until the disk is full, without a name, what is noted of them, and marked as not to change. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests.h"

/* Files with holes, up to the triple indirect blocks. */

void test_sparse(void **state)
{
	static const uint64_t offsets[] = {0, 11 * 1024, 12 * 1024 + 5, 268 * 1024 - 8, 268 * 1024, 65804ull * 1024 - 1, 65804ull * 1024 + 100, 9000000ull * 1024};
	struct world world;
	struct attributes attributes;
	char got[64];

	(void)state;
	world_make(&world, TESTS_MEMORY, 3);
	world_format(&world, "-b 1024", "16M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/sparse", MODE_REGULAR | 0600), 0);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		assert_int_equal(path_write(&world, "/sparse", offsets[i], "Kozo!", 5), 5);
	assert_int_equal(path_find(&world, "/sparse", &attributes), 0);
	assert_int_equal(attributes.size, offsets[7] + 5);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		assert_int_equal(ext2_operations.read(world.fs, attributes.inode, offsets[i], got, 5), 5);
		assert_memory_equal(got, "Kozo!", 5);
	}
	assert_int_equal(ext2_operations.read(world.fs, attributes.inode, 5000000000, got, 5), 5);
	assert_memory_equal(got, "\0\0\0\0\0", 5);
	assert_int_equal(ext2_operations.seek(world.fs, attributes.inode, 70000ull * 1024, SEEK_TO_DATA), offsets[7]);
	assert_int_equal(ext2_operations.seek(world.fs, attributes.inode, 0, SEEK_TO_HOLE), 1024);
	assert_int_equal(ext2_operations.seek(world.fs, attributes.inode, offsets[7], SEEK_TO_HOLE), offsets[7] + 5);
	assert_int_equal(ext2_operations.seek(world.fs, attributes.inode, offsets[7] + 5, SEEK_TO_DATA), -ENXIO);
	assert_int_equal(path_write(&world, "/sparse", world.fs->file_bytes_max, "x", 1), -EFBIG);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	for (uint64_t size = offsets[7]; size > 1000; size /= 3) {
		const struct attribute_change change = {.mask = ATTRIBUTE_SIZE, .size = size};

		assert_int_equal(CHANGE(&world, ext2_operations.setattr(world.fs, attributes.inode, &change, &attributes)), 0);
		ext2_work(world.fs, false);
	}
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_unlink(&world, "/sparse"), 0);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	assert_int_equal(world.damages, 0);
	world_free(&world);
}

/* Until the disk is full, and what happens then. */

void test_full(void **state)
{
	static unsigned char bytes[50000];
	struct world world;
	struct filesystem_statistics before, after;
	char path[64];
	unsigned files = 0;
	int64_t result = 0;

	(void)state;
	world_make(&world, 4 << 20, 4);
	random_fill(bytes, sizeof(bytes), 9);
	world_format(&world, "-b 1024 -N 256", "8M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(ext2_operations.statfs(world.fs, &before), 0);
	for (int round = 0; round < 3; round++) {
		for (files = 0;; files++) {
			snprintf(path, sizeof(path), "/full-%u", files);
			result = path_create(&world, path, MODE_REGULAR | 0600);
			if (result == 0)
				result = path_write(&world, path, 0, bytes, sizeof(bytes));
			if (result != sizeof(bytes))
				break;
		}
		assert_true(files > 50);
		if (result == 0 || result > 0) /* the last one was written in part */
			assert_int_equal(path_write(&world, path, FILE_END, bytes, 5000), -ENOSPC);
		assert_int_equal(path_create(&world, "/dir", MODE_DIRECTORY | 0700), -ENOSPC);
		assert_int_equal(ext2_operations.sync(world.fs), 0);
		for (unsigned i = 0; i <= files; i++) {
			snprintf(path, sizeof(path), "/full-%u", i);
			(void)path_unlink(&world, path);
		}
		assert_int_equal(ext2_operations.statfs(world.fs, &after), 0);
		if (round == 0) {
			assert_true(after.blocks_free + 10 > before.blocks_free); /* the root directory has grown */
			before.blocks_free = after.blocks_free;
		}
		assert_int_equal(after.blocks_free, before.blocks_free);
		assert_int_equal(after.inodes_free, before.inodes_free);
	}
	for (unsigned i = 0; result >= 0; i++) { /* until there are no inodes */
		snprintf(path, sizeof(path), "/empty-%u", i);
		result = path_create(&world, path, MODE_REGULAR | 0600);
		if (result == -ENOSPC)
			assert_int_equal(i, before.inodes_free);
	}
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}

/* A file that is unlinked while it is open lives until it is closed, also over a restart; after a crash it is deleted. */

void test_unlinked(void **state)
{
	static unsigned char bytes[200000], got[1000];
	struct world world;
	struct attributes attributes, other;
	struct filesystem_statistics before, after;

	(void)state;
	world_make(&world, TESTS_MEMORY, 5);
	random_fill(bytes, sizeof(bytes), 11);
	world_format(&world, "-b 1024", "16M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(ext2_operations.statfs(world.fs, &before), 0);
	assert_int_equal(path_create(&world, "/file", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_write(&world, "/file", 0, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(path_find(&world, "/file", &attributes), 0);
	assert_int_equal(CHANGE(&world, ext2_operations.open(world.fs, attributes.inode)), 0);
	assert_int_equal(CHANGE(&world, ext2_operations.open(world.fs, attributes.inode)), 0);
	assert_int_equal(path_create(&world, "/other", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_rename(&world, "/other", "/file", 0), 0);
	assert_int_equal(CHANGE(&world, ext2_operations.close(world.fs, attributes.inode)), 0);
	ext2_work(world.fs, true);
	assert_int_equal(world_continue(&world), MOUNT_FINE);
	assert_int_equal(ext2_operations.getattr(world.fs, attributes.inode, &other), 0);
	assert_int_equal(other.links, 0);
	assert_int_equal(ext2_operations.read(world.fs, attributes.inode, 150000, got, sizeof(got)), sizeof(got));
	assert_memory_equal(got, bytes + 150000, sizeof(got));
	{ /* the disk as it is now, somewhere else: the orphan is deleted at the mount */
		struct world copy;

		world_make(&copy, TESTS_MEMORY, 6);
		copy.image = malloc(world.image_bytes);
		memcpy(copy.image, world.image, world.image_bytes);
		copy.image_bytes = world.image_bytes;
		copy.disk.sectors = world.disk.sectors;
		assert_int_equal(world_mount(&copy), MOUNT_FINE);
		assert_int_equal(path_unlink(&copy, "/file"), 0);
		assert_int_equal(ext2_operations.statfs(copy.fs, &after), 0);
		assert_int_equal(after.blocks_free, before.blocks_free);
		assert_int_equal(world_unmount(&copy), 0);
		assert_int_equal(world_check(&copy), 0);
		world_free(&copy);
	}
	assert_int_equal(CHANGE(&world, ext2_operations.close(world.fs, attributes.inode)), 0);
	ext2_work(world.fs, false);
	assert_int_equal(ext2_operations.getattr(world.fs, attributes.inode, &other), -ESTALE);
	assert_int_equal(CHANGE(&world, ext2_operations.close(world.fs, attributes.inode)), -EBADF);
	assert_int_equal(path_unlink(&world, "/file"), 0);
	assert_int_equal(ext2_operations.statfs(world.fs, &after), 0);
	assert_int_equal(after.blocks_free, before.blocks_free);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}

/* Times, owners, modes, devices, links. */

void test_attributes(void **state)
{
	struct world world;
	struct attributes attributes;
	struct name name;

	(void)state;
	world_make(&world, TESTS_MEMORY, 9);
	for (int large = 0; large < 2; large++) {
		struct attribute_change change = {.mask = ATTRIBUTE_MODE | ATTRIBUTE_OWNER | ATTRIBUTE_GROUP | ATTRIBUTE_ACCESS | ATTRIBUTE_MODIFY, .mode = 06751, .owner = 0xfffffffe, .group = 0x12345678,
			.access = {.seconds = large ? 5000000000 : 1500000000, .nanoseconds = 123456789}, .modify = {.seconds = -100, .nanoseconds = 999999999}};
		const struct file_creation device = {.mode = MODE_BLOCK | 0600, .device = 0x1234567};
		uint64_t parent;

		world_format(&world, large ? "-b 1024 -I 256" : "-b 1024 -I 128", "8M");
		assert_int_equal(world_mount(&world), MOUNT_FINE);
		assert_int_equal(path_create(&world, "/file", MODE_REGULAR | 0600), 0);
		assert_int_equal(path_find(&world, "/file", &attributes), 0);
		assert_int_equal(CHANGE(&world, ext2_operations.setattr(world.fs, attributes.inode, &change, &attributes)), 0);
		parent = (uint64_t)path_parent(&world, "/device", &name);
		assert_int_equal(CHANGE(&world, ext2_operations.create(world.fs, parent, name, &device, &attributes)), 0);
		assert_int_equal(path_find(&world, "/file", &attributes), 0);
		(void)path_parent(&world, "/hard", &name);
		assert_int_equal(CHANGE(&world, ext2_operations.link(world.fs, parent, name, attributes.inode, &attributes)), 0);
		(void)path_parent(&world, "/slow", &name);
		{
			char target[700];

			memset(target, 'y', sizeof(target));
			assert_int_equal(CHANGE(&world, ext2_operations.symlink(world.fs, parent, name, target, sizeof(target), 1, 2, &attributes)), 0);
			(void)path_parent(&world, "/too-long", &name);
			assert_int_equal(CHANGE(&world, ext2_operations.symlink(world.fs, parent, name, target, 1024, 1, 2, &attributes)), -ENAMETOOLONG);
			(void)path_parent(&world, "/fast", &name);
			assert_int_equal(CHANGE(&world, ext2_operations.symlink(world.fs, parent, name, target, 59, 1, 2, &attributes)), 0);
		}
		assert_int_equal(world_unmount(&world), 0);
		assert_int_equal(world_check(&world), 0);
		assert_int_equal(world_mount(&world), MOUNT_FINE);
		assert_int_equal(path_find(&world, "/device", &attributes), 0);
		assert_int_equal(attributes.device, 0x1234567);
		assert_int_equal(path_find(&world, "/hard", &attributes), 0);
		assert_int_equal(attributes.mode, MODE_REGULAR | 06751);
		assert_int_equal(attributes.owner, 0xfffffffe);
		assert_int_equal(attributes.group, 0x12345678);
		assert_int_equal(attributes.links, 2);
		assert_int_equal(attributes.access.seconds, change.access.seconds);
		assert_int_equal(attributes.access.nanoseconds, large ? 123456789 : 0);
		assert_int_equal(attributes.modify.seconds, -100);
		assert_int_equal(attributes.modify.nanoseconds, large ? 999999999 : 0);
		assert_int_equal(attributes.change.seconds, world.seconds);
		assert_int_equal(path_find(&world, "/slow", &attributes), 0);
		assert_int_equal(attributes.size, 700);
		assert_int_equal(world_unmount(&world), 0);
		assert_int_equal(world_check(&world), 0);
	}
	world_free(&world);
}

/* Files marked by chattr: what may not change, or only grow, loses no name. */

static void marks_set(struct world *world)
{
	char image[128];

	snprintf(image, sizeof(image), "%s/marked.img", work_directory());
	world_save(world, image);
	assert_int_equal(shell("printf 'sif /fixed flags 0x10\\nsif /grows flags 0x20\\nsif /closed flags 0x10\\nsif /added flags 0x20\\n' | debugfs -w -f - %s", image), 0);
	world_load(world, image);
	unlink(image);
}

static void removal_refused(struct world *world, const char *path, int expected)
{
	struct name name;
	uint64_t parent = (uint64_t)path_parent(world, path, &name);

	assert_int_equal(CHANGE(world, ext2_operations.unlink(world->fs, parent, name)), expected);
	assert_int_equal(CHANGE(world, ext2_operations.rmdir(world->fs, parent, name)), expected); /* also where it is no directory: Linux asks for that later */
}

void test_marked(void **state)
{
	struct world world;

	(void)state;
	world_make(&world, TESTS_MEMORY, 24);
	world_format(&world, "-b 1024", "8M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/fixed", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_create(&world, "/grows", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_create(&world, "/closed", MODE_DIRECTORY | 0700), 0);
	assert_int_equal(path_create(&world, "/closed/in", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_create(&world, "/added", MODE_DIRECTORY | 0700), 0);
	assert_int_equal(path_create(&world, "/added/in", MODE_DIRECTORY | 0700), 0);
	assert_int_equal(world_unmount(&world), 0);
	marks_set(&world);
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	removal_refused(&world, "/fixed", -EPERM);
	removal_refused(&world, "/grows", -EPERM);
	removal_refused(&world, "/closed/in", -EPERM);
	removal_refused(&world, "/added/in", -EPERM);
	assert_int_equal(path_create(&world, "/closed/more", MODE_REGULAR | 0600), -EPERM);
	assert_int_equal(path_create(&world, "/added/more", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_rename(&world, "/fixed", "/other", 0), -EPERM);
	assert_int_equal(path_rename(&world, "/added/in", "/in", 0), -EPERM);
	assert_int_equal(path_write(&world, "/fixed", 0, "x", 1), -EPERM);
	assert_int_equal(path_write(&world, "/grows", FILE_END, "xy", 2), 2);
	assert_int_equal(path_write(&world, "/grows", 0, "x", 1), -EPERM);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}
