/* SPDX-License-Identifier: MIT */
/*
 * Tests of servers/ext2: images made by mke2fs are read and compared with the directory that they were made from; what is written is compared with a real Linux directory that the same operations are done in, and judged
 * by e2fsck. After every test `e2fsck -fn` must find nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#include "servers/ext2/inode.h"
#include "servers/ext2/map.h"
#include "tests.h"

static const char *const formats[] = {
	"-b 1024", "-b 2048", "-b 4096", "-b 1024 -I 128", "-b 1024 -O ^dir_index,^filetype,^sparse_super,^large_file,^resize_inode,^ext_attr -I 128", "-b 1024 -r 0", "-b 4096 -O has_journal",
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))
#define MEMORY (16 << 20)

/* Reading what mke2fs wrote. */

static const char *host_root;

static void host_compare(void *context, const char *path, const struct attributes *attributes, const unsigned char *content, size_t bytes)
{
	char host[4096], *expected;
	struct stat stat;
	unsigned *count = context;

	if (strcmp(path, "/lost+found") == 0)
		return;
	++*count;
	snprintf(host, sizeof(host), "%s%s", host_root, path);
	assert_int_equal(lstat(host, &stat), 0);
	assert_int_equal(attributes->mode, stat.st_mode);
	assert_int_equal(attributes->owner, stat.st_uid);
	assert_int_equal(attributes->group, stat.st_gid);
	assert_int_equal(attributes->links, stat.st_nlink);
	assert_int_equal(attributes->modify.seconds, stat.st_mtim.tv_sec);
	if (S_ISCHR(stat.st_mode) || S_ISBLK(stat.st_mode))
		assert_int_equal(attributes->device, stat.st_rdev);
	if (S_ISDIR(stat.st_mode))
		return;
	assert_int_equal(attributes->size, stat.st_size);
	expected = malloc((size_t)stat.st_size + 1);
	if (S_ISLNK(stat.st_mode)) {
		assert_int_equal(readlink(host, expected, (size_t)stat.st_size), bytes);
		assert_memory_equal(expected, content, bytes);
	} else if (S_ISREG(stat.st_mode)) {
		FILE *file = fopen(host, "rb");

		assert_int_equal(fread(expected, 1, (size_t)stat.st_size, file), bytes);
		assert_memory_equal(expected, content, bytes);
		fclose(file);
	}
	free(expected);
}

static void sample_make(const char *path)
{
	assert_int_equal(shell("rm -rf %s && mkdir -p %s/large %s/a/b/c && cd %s && echo hello > hello && : > empty && dd if=/dev/urandom of=random bs=1000 count=700 && "
			       "dd if=/dev/urandom of=sparse bs=512 count=3 seek=40000 && dd if=/dev/urandom of=sparse bs=512 count=1 seek=700 conv=notrunc && ln -s hello fast && "
			       "ln -s $(printf 'x%%.0s' $(seq 200)) slow && ln hello a/hard && (cd large && seq -f 'a-file-with-a-rather-long-name-%%g' 700 | xargs touch) && chmod 4711 empty && mkfifo a/fifo && "
			       "touch -d '2031-05-06 07:08:09' random && { mknod a/null c 1 3; mknod a/big b 300 70000; chown 70001:80002 empty a/b; true; }",
			       path, path, path, path), 0);
}

static void test_read(void **state)
{
	struct world world;
	char sample[128], options[256];
	unsigned count = 0, expected = 0;

	(void)state;
	world_make(&world, MEMORY, 1);
	snprintf(sample, sizeof(sample), "%s/sample", work_directory());
	sample_make(sample);
	host_root = sample;
	for (size_t i = 0; i < FORMATS; i++) {
		unsigned before = count;

		snprintf(options, sizeof(options), "%s -d %s", formats[i], sample);
		world_format(&world, options, "40M");
		world.disk.read_only = true;
		assert_int_equal(world_mount(&world), MOUNT_READ_ONLY_DEVICE_ERROR);
		tree_walk(&world, host_compare, &count);
		assert_null(world.walk_failed);
		if (i == 0)
			expected = count;
		assert_true(count > 700 && count - before == expected);
		assert_int_equal(world_unmount(&world), 0);
		assert_int_equal(world.damages, 0);
	}
	world_free(&world);
}

/* Small writes, all formats; checked by e2fsck and by debugfs. */

static void file_fill(unsigned char *bytes, size_t size, unsigned seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(random_next(&seed) >> 3);
}

static void debugfs_compare(struct world *world, const char *path, const unsigned char *bytes, size_t size)
{
	char image[128], out[128];
	unsigned char *got = malloc(size + 1);
	FILE *file;

	snprintf(image, sizeof(image), "%s/debugfs.img", work_directory());
	snprintf(out, sizeof(out), "%s/debugfs.out", work_directory());
	world_save(world, image);
	assert_int_equal(shell("debugfs -R 'dump %s %s' %s", path, out, image), 0);
	file = fopen(out, "rb");
	assert_non_null(file);
	assert_int_equal(fread(got, 1, size + 1, file), size);
	assert_memory_equal(got, bytes, size);
	fclose(file);
	free(got);
	unlink(image);
	unlink(out);
}

static void test_write(void **state)
{
	static unsigned char bytes[300000], got[300000];
	struct world world;
	struct attributes attributes;

	(void)state;
	world_make(&world, MEMORY, 2);
	file_fill(bytes, sizeof(bytes), 7);
	for (size_t i = 0; i < FORMATS; i++) {
		bool revision_0 = strstr(formats[i], "-r 0");

		world_format(&world, formats[i], "24M");
		if (revision_0) { /* no features, so no journal: it is read only */
			assert_int_equal(world_mount(&world), MOUNT_NO_JOURNAL_ERROR);
			assert_int_equal(path_create(&world, "/no", MODE_REGULAR | 0600), -EROFS);
			assert_int_equal(world_unmount(&world), 0);
			assert_int_equal(world_check(&world), 0);
			continue;
		}
		assert_int_equal(world_mount(&world), MOUNT_FINE);
		assert_int_equal(path_create(&world, "/file", MODE_REGULAR | 0640), 0);
		assert_int_equal(path_create(&world, "/file", MODE_REGULAR | 0640), -EEXIST);
		assert_int_equal(path_create(&world, "/dir", MODE_DIRECTORY | 0755), 0);
		assert_int_equal(path_create(&world, "/dir/sub", MODE_DIRECTORY | 0755), 0);
		assert_int_equal(path_write(&world, "/file", 0, bytes, sizeof(bytes)), sizeof(bytes));
		assert_int_equal(path_rename(&world, "/dir/sub", "/sub", 0), 0);
		assert_int_equal(path_rename(&world, "/dir", "/sub/dir", 0), 0);
		assert_int_equal(path_rename(&world, "/sub", "/sub/dir/x", 0), -EINVAL);
		assert_int_equal(path_find(&world, "/file", &attributes), 0);
		assert_int_equal(attributes.owner, 70000);
		assert_int_equal(ext2_operations.read(world.fs, attributes.inode, 1000, got, 70000), 70000);
		assert_memory_equal(got, bytes + 1000, 70000);
		assert_int_equal(world_unmount(&world), 0);
		assert_int_equal(world_check(&world), 0);
		debugfs_compare(&world, "/file", bytes, sizeof(bytes));
		/* Mounted again it is all there. */
		assert_int_equal(world_mount(&world), MOUNT_FINE);
		assert_int_equal(path_find(&world, "/file", &attributes), 0);
		assert_int_equal(ext2_operations.read(world.fs, attributes.inode, 200000, got, 70000), 70000);
		assert_memory_equal(got, bytes + 200000, 70000);
		assert_int_equal(path_unlink(&world, "/file"), 0);
		assert_int_equal(path_unlink(&world, "/sub"), -ENOTEMPTY);
		assert_int_equal(path_unlink(&world, "/sub/dir"), 0);
		assert_int_equal(path_unlink(&world, "/sub"), 0);
		assert_int_equal(world_unmount(&world), 0);
		assert_int_equal(world_check(&world), 0);
		assert_int_equal(world.damages, 0);
	}
	world_free(&world);
}

/* Files with holes, up to the triple indirect blocks. */

static void test_sparse(void **state)
{
	static const uint64_t offsets[] = {0, 11 * 1024, 12 * 1024 + 5, 268 * 1024 - 8, 268 * 1024, 65804ull * 1024 - 1, 65804ull * 1024 + 100, 9000000ull * 1024};
	struct world world;
	struct attributes attributes;
	char got[64];

	(void)state;
	world_make(&world, MEMORY, 3);
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

static void test_full(void **state)
{
	static unsigned char bytes[50000];
	struct world world;
	struct filesystem_statistics before, after;
	char path[64];
	unsigned files = 0;
	int64_t result = 0;

	(void)state;
	world_make(&world, 4 << 20, 4);
	file_fill(bytes, sizeof(bytes), 9);
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

static void test_unlinked(void **state)
{
	static unsigned char bytes[200000], got[1000];
	struct world world;
	struct attributes attributes, other;
	struct filesystem_statistics before, after;

	(void)state;
	world_make(&world, MEMORY, 5);
	file_fill(bytes, sizeof(bytes), 11);
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

		world_make(&copy, MEMORY, 6);
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

/* What is not known is refused, or only read. */

static void test_refused(void **state)
{
	static const struct {
		const char *options;
		enum mount_error error;
	} cases[] = {
		{"-b 4096 -O extents", MOUNT_INCOMPATIBLE_ERROR},
		{"-b 4096 -O extents,64bit", MOUNT_INCOMPATIBLE_ERROR},
		{"-b 4096 -O flex_bg", MOUNT_INCOMPATIBLE_ERROR},
		{"-b 4096 -O meta_bg,^resize_inode", MOUNT_INCOMPATIBLE_ERROR},
		{"-b 4096 -O uninit_bg", MOUNT_READ_ONLY_FEATURES_ERROR},
		{"-b 4096 -O metadata_csum,^uninit_bg", MOUNT_READ_ONLY_FEATURES_ERROR},
		{"-b 4096 -O huge_file", MOUNT_READ_ONLY_FEATURES_ERROR},
		{"-b 4096 -O dir_nlink,extra_isize", MOUNT_READ_ONLY_FEATURES_ERROR},
		{"-b 8192", MOUNT_BLOCK_SIZE_ERROR},
	};
	struct world world;

	(void)state;
	world_make(&world, MEMORY, 8);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world_format(&world, cases[i].options, "24M");
		assert_int_equal(world_mount(&world), cases[i].error);
		if (mount_error_number(cases[i].error) == 0) {
			assert_int_equal(path_create(&world, "/file", MODE_REGULAR | 0600), -EROFS);
			assert_int_equal(world_unmount(&world), 0);
		}
		if (i < 8)
			assert_int_equal(world_check(&world), 0);
	}
	world_format(&world, "-b 1024", "1M"); /* no room for a journal */
	assert_int_equal(world_mount(&world), MOUNT_NO_JOURNAL_ERROR);
	assert_int_equal(world_check(&world), 0);
	world_format(&world, "-b 1024", "8M");
	world.image[1024 + 58] &= (unsigned char)~STATE_VALID; /* not unmounted */
	assert_int_equal(world_mount(&world), MOUNT_UNCLEAN_ERROR);
	world.image[1024 + 58] = STATE_VALID | STATE_ERRORS;
	assert_int_equal(world_mount(&world), MOUNT_ERRORS_ERROR);
	memset(world.image + 1024, 0, 1024);
	assert_int_equal(world_mount(&world), MOUNT_MAGIC_ERROR);
	world_format(&world, "-b 1024", "8M");
	world.disk.sectors /= 2;
	assert_int_equal(world_mount(&world), MOUNT_DEVICE_ERROR);
	world_free(&world);
}

/* Times, owners, modes, devices, links. */

static void test_attributes(void **state)
{
	struct world world;
	struct attributes attributes;
	struct name name;

	(void)state;
	world_make(&world, MEMORY, 9);
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

static void test_directory(void **state)
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

/* A disk whose writes fail: fsync says so, nothing else is written, and what was there before is still there. */

static void test_failing(void **state)
{
	static unsigned char bytes[100000];
	struct world world;
	struct attributes attributes;

	(void)state;
	world_make(&world, MEMORY, 12);
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
static void test_unreadable(void **state)
{
	static unsigned char bytes[200000], back[200000];
	struct world world;

	(void)state;
	world_make(&world, MEMORY, 14);
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
static void test_gone(void **state)
{
	static unsigned char bytes[50000];
	struct world world;
	struct attributes attributes;

	(void)state;
	world_make(&world, MEMORY, 18);
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
static void test_unsealed(void **state)
{
	static unsigned char bytes[60000], back[60000];
	struct world world;

	(void)state;
	world_make(&world, MEMORY, 15);
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
static void test_stale(void **state)
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
static void test_names(void **state)
{
	struct world world;
	struct attributes crowd;
	unsigned seed = 3;

	(void)state;
	world_make(&world, MEMORY, 16);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_unlinked),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_failing),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_unsealed),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_access_noted),
		cmocka_unit_test(test_nameless),
		cmocka_unit_test(test_differential),
		cmocka_unit_test(test_power_cuts),
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_memory_damage),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	shell("rm -rf %s", work_directory());
	return failed;
}
