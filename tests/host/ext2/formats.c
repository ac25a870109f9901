/* SPDX-License-Identifier: MIT */
/* Disks as mke2fs makes them, in each form that it knows: they are read and compared with the directory that they were made from, written and compared by debugfs, or refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "servers/ext2/inode.h"
#include "tests.h"

static const char *const formats[] = {
	"-b 1024", "-b 2048", "-b 4096", "-b 1024 -I 128", "-b 1024 -O ^dir_index,^filetype,^sparse_super,^large_file,^resize_inode,^ext_attr -I 128", "-b 1024 -r 0", "-b 4096 -O has_journal",
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

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

void test_read(void **state)
{
	struct world world;
	char sample[128], options[256];
	unsigned count = 0, expected = 0;

	(void)state;
	world_make(&world, TESTS_MEMORY, 1);
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

void test_write(void **state)
{
	static unsigned char bytes[300000], got[300000];
	struct world world;
	struct attributes attributes;

	(void)state;
	world_make(&world, TESTS_MEMORY, 2);
	random_fill(bytes, sizeof(bytes), 7);
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

/* What is not known is refused, or only read. */

void test_refused(void **state)
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
	world_make(&world, TESTS_MEMORY, 8);
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
