/* SPDX-License-Identifier: MIT */
/* Extended attributes: random changes against a model, on disks of each form; what debugfs reads and writes; blocks that several files share; a full disk. e2fsck judges after each. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "servers/ext2/cache.h"
#include "servers/ext2/inode.h"
#include "tests.h"

#define FILES 5
#define NAMES 9
#define VALUE_MAX 900

static const char *const paths[FILES] = {"/regular", "/directory", "/fast", "/slow", "/pipe"};
static const char *const names[NAMES] = {"user.a", "user.b", "user.\xc3\xa4\xff", "trusted.a", "security.a", "security.capability", "user.a-name-of-some-length", "trusted.overlay.opaque",
	"user.0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"};

struct model {
	struct {
		bool used;
		size_t bytes;
		unsigned seed;
	} value[FILES][NAMES];
};

static struct name name_of(const char *text)
{
	return (struct name){text, strlen(text)};
}

static void files_make(struct world *world)
{
	struct attributes attributes;
	char target[101] = {0};

	memset(target, 't', 100);
	assert_int_equal(path_create(world, paths[0], MODE_REGULAR | 0644), 0);
	assert_int_equal(path_create(world, paths[1], MODE_DIRECTORY | 0755), 0);
	assert_int_equal(CHANGE(world, ext2_operations.symlink(world->fs, 2, name_of("fast"), "target", 6, 0, 0, &attributes)), 0);
	assert_int_equal(CHANGE(world, ext2_operations.symlink(world->fs, 2, name_of("slow"), target, 100, 0, 0, &attributes)), 0);
	assert_int_equal(path_create(world, paths[4], MODE_FIFO | 0644), 0);
}

/* What an attribute takes on the disk. */
static size_t taken(const char *name, size_t bytes)
{
	return (16 + strlen(strchr(name, '.') + 1) + 3) / 4 * 4 + (bytes + 3) / 4 * 4;
}

/* All that a file has, without one of its names. */
static size_t taken_by_others(const struct model *model, int file, int name)
{
	size_t sum = 0;

	for (int i = 0; i < NAMES; i++)
		if (i != name && model->value[file][i].used)
			sum += taken(names[i], model->value[file][i].bytes);
	return sum;
}

static void count_one(void *context, struct name name)
{
	(void)name;
	++*(int *)context;
}

static void value_compare(struct world *world, const struct model *model, int file, int name)
{
	unsigned char got[VALUE_MAX], expected[VALUE_MAX];
	int64_t bytes = path_get_xattr(world, paths[file], names[name], got, sizeof(got));

	if (bytes != (model->value[file][name].used ? (int64_t)model->value[file][name].bytes : -ENODATA))
		fail_msg("%s has %s with %ld bytes", paths[file], names[name], (long)bytes);
	if (bytes <= 0)
		return;
	random_fill(expected, (size_t)bytes, model->value[file][name].seed);
	assert_memory_equal(got, expected, (size_t)bytes);
	assert_int_equal(path_get_xattr(world, paths[file], names[name], NULL, 0), bytes);
	if (bytes > 1)
		assert_int_equal(path_get_xattr(world, paths[file], names[name], got, (size_t)bytes - 1), -ERANGE);
}

static void model_compare(struct world *world, const struct model *model)
{
	for (int file = 0; file < FILES; file++) {
		struct attributes attributes;
		int listed = 0, used = 0;

		for (int name = 0; name < NAMES; name++) {
			value_compare(world, model, file, name);
			used += model->value[file][name].used;
		}
		assert_int_equal(path_find(world, paths[file], &attributes), 0);
		assert_int_equal(ext2_operations.xattr_list(world->fs, attributes.inode, count_one, &listed), 0);
		assert_int_equal(listed, used);
	}
}

/* One random change, in the image and in the model. */
static void step(struct world *world, struct model *model, unsigned *seed, unsigned *full)
{
	int file = (int)(random_next(seed) % FILES), name = (int)(random_next(seed) % NAMES);
	bool used = model->value[file][name].used;
	unsigned char value[VALUE_MAX];
	size_t bytes = random_next(seed) % (random_next(seed) % 3 ? 60 : VALUE_MAX);
	unsigned fill = random_next(seed), flags = random_next(seed) % 3 ? 0 : random_next(seed) % 4;
	int64_t result, expected = used ? flags & XATTR_NEW ? -EEXIST : 0 : flags & XATTR_OLD ? -ENODATA : 0;

	if (random_next(seed) % 4 == 0) {
		assert_int_equal(path_remove_xattr(world, paths[file], names[name]), used ? 0 : -ENODATA);
		model->value[file][name].used = false;
		return;
	}
	random_fill(value, bytes, fill);
	result = path_set_xattr(world, paths[file], names[name], value, bytes, flags);
	if (result == -ENOSPC && !expected) {
		assert_true(taken_by_others(model, file, name) + taken(names[name], bytes) + 36 > world->fs->block_bytes);
		++*full;
		return;
	}
	assert_int_equal(result, expected);
	if (result != 0)
		return;
	model->value[file][name].used = true;
	model->value[file][name].bytes = bytes;
	model->value[file][name].seed = fill;
}

/* debugfs finds the same. */
static void debugfs_compare(struct world *world, const struct model *model)
{
	unsigned char got[VALUE_MAX + 1], expected[VALUE_MAX];
	char image[128], out[128];

	snprintf(image, sizeof(image), "%s/xattr.img", work_directory());
	snprintf(out, sizeof(out), "%s/xattr.out", work_directory());
	world_save(world, image);
	for (int name = 0; name < NAMES; name++) {
		FILE *file;

		if (!model->value[0][name].used)
			continue;
		assert_int_equal(shell("rm -f %s; debugfs -R 'ea_get -f %s %s %s' %s", out, out, paths[0], names[name], image), 0);
		file = fopen(out, "rb");
		assert_non_null(file);
		assert_int_equal(fread(got, 1, sizeof(got), file), model->value[0][name].bytes);
		random_fill(expected, model->value[0][name].bytes, model->value[0][name].seed);
		assert_memory_equal(got, expected, model->value[0][name].bytes);
		fclose(file);
	}
	unlink(image);
	unlink(out);
}

static void remount(struct world *world)
{
	assert_int_equal(world_unmount(world), 0);
	assert_int_equal(world_check(world), 0);
	assert_int_equal(world_mount(world), MOUNT_FINE);
}

static unsigned random_run(const char *format, unsigned seed)
{
	struct model model = {0};
	struct world world;
	unsigned full = 0;

	world_make(&world, TESTS_MEMORY, seed);
	world_format(&world, format, "16M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	files_make(&world);
	for (unsigned i = 0; i < 1500; i++) {
		world.seconds++;
		step(&world, &model, &seed, &full);
		if (i % 50 == 0)
			model_compare(&world, &model);
		if (i % 70 == 0)
			assert_int_equal(world_continue(&world), MOUNT_FINE);
		if (i % 500 == 499) {
			remount(&world);
			model_compare(&world, &model);
			debugfs_compare(&world, &model);
		}
	}
	for (int file = 0; file < FILES; file++)
		assert_int_equal(path_unlink(&world, paths[file]), 0);
	ext2_work(world.fs, true);
	remount(&world);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world.damages, 0);
	world_free(&world);
	return full;
}

void test_xattrs(void **state)
{
	(void)state;
	assert_true(random_run("-b 1024 -I 256", 31) > 20);
	assert_true(random_run("-b 1024 -I 128", 32) > 20);
	assert_true(random_run("-b 4096 -I 256", 33) < 10);
	assert_true(random_run("-b 1024 -I 512 -O ^ext_attr", 34) > 0);
}

/* What debugfs has put there: in the inode, and in a block. */
void test_xattrs_foreign(void **state)
{
	static const char *const small = "of another system";
	unsigned char got[VALUE_MAX], large[300];
	struct world world;
	char image[128], value[128];
	FILE *file;

	(void)state;
	world_make(&world, TESTS_MEMORY, 1);
	world_format(&world, "-b 1024 -I 256", "16M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	files_make(&world);
	assert_int_equal(world_unmount(&world), 0);
	snprintf(image, sizeof(image), "%s/foreign.img", work_directory());
	snprintf(value, sizeof(value), "%s/value", work_directory());
	world_save(&world, image);
	random_fill(large, sizeof(large), 5);
	file = fopen(value, "wb");
	assert_int_equal(fwrite(large, 1, sizeof(large), file), sizeof(large));
	fclose(file);
	assert_int_equal(shell("debugfs -w -R 'ea_set /regular user.small \"%s\"' %s && debugfs -w -R 'ea_set -f %s /regular user.large' %s", small, image, value, image), 0);
	world_load(&world, image);
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_get_xattr(&world, "/regular", "user.small", got, sizeof(got)), strlen(small));
	assert_memory_equal(got, small, strlen(small));
	assert_int_equal(path_get_xattr(&world, "/regular", "user.large", got, sizeof(got)), sizeof(large));
	assert_memory_equal(got, large, sizeof(large));
	/* they change places */
	assert_int_equal(path_set_xattr(&world, "/regular", "user.small", large, sizeof(large), XATTR_OLD), 0);
	assert_int_equal(path_set_xattr(&world, "/regular", "user.large", small, strlen(small), XATTR_OLD), 0);
	remount(&world);
	assert_int_equal(path_get_xattr(&world, "/regular", "user.large", got, sizeof(got)), strlen(small));
	assert_int_equal(path_get_xattr(&world, "/regular", "user.small", got, sizeof(got)), sizeof(large));
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world.damages, 0);
	shell("rm -f %s %s", image, value);
	world_free(&world);
}

/* Both files have the block of the first one from now on, as other systems do it for files with the same attributes. */
static int share(struct world *world, const char *from, const char *to)
{
	struct attributes a, b;
	struct inode *first, *second;
	unsigned char *page;
	int result = change_begin(world->fs);

	assert_int_equal(path_find(world, from, &a), 0);
	assert_int_equal(path_find(world, to, &b), 0);
	if (result == 0)
		result = inode_get(world->fs, (uint32_t)a.inode, &first);
	if (result == 0)
		result = inode_get(world->fs, (uint32_t)b.inode, &second);
	if (result == 0)
		result = page_get(world->fs, first->attribute_block, 0, &page);
	if (result != 0)
		return result;
	page_change(world->fs, page, sizeof(struct attribute_header));
	((struct attribute_header *)page)->references++;
	inode_change(world->fs, second);
	second->attribute_block = first->attribute_block;
	second->sectors += world->fs->block_bytes / 512;
	return 0;
}

void test_xattrs_shared(void **state)
{
	static const char *const others[] = {"/b", "/c", "/d"};
	unsigned char got[VALUE_MAX];
	struct world world;

	(void)state;
	world_make(&world, TESTS_MEMORY, 1);
	world_format(&world, "-b 1024 -I 128", "16M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/a", MODE_REGULAR | 0644), 0);
	assert_int_equal(path_set_xattr(&world, "/a", "user.one", "first", 5, 0), 0);
	assert_int_equal(path_set_xattr(&world, "/a", "user.two", "second", 6, 0), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(path_create(&world, others[i], MODE_REGULAR | 0644), 0);
		assert_int_equal(CHANGE(&world, share(&world, "/a", others[i])), 0);
	}
	remount(&world);
	assert_int_equal(path_set_xattr(&world, "/b", "user.one", "of b", 4, 0), 0);
	assert_int_equal(path_remove_xattr(&world, "/c", "user.one"), 0);
	remount(&world);
	assert_int_equal(path_get_xattr(&world, "/a", "user.one", got, sizeof(got)), 5);
	assert_memory_equal(got, "first", 5);
	assert_int_equal(path_get_xattr(&world, "/b", "user.one", got, sizeof(got)), 4);
	assert_memory_equal(got, "of b", 4);
	assert_int_equal(path_get_xattr(&world, "/b", "user.two", got, sizeof(got)), 6);
	assert_int_equal(path_get_xattr(&world, "/c", "user.one", got, sizeof(got)), -ENODATA);
	assert_int_equal(path_get_xattr(&world, "/d", "user.one", got, sizeof(got)), 5);
	assert_int_equal(path_unlink(&world, "/d"), 0);
	ext2_work(world.fs, true);
	assert_int_equal(path_remove_xattr(&world, "/c", "user.two"), 0);
	remount(&world);
	assert_int_equal(path_unlink(&world, "/a"), 0);
	assert_int_equal(path_unlink(&world, "/b"), 0);
	ext2_work(world.fs, true);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	assert_int_equal(world.damages, 0);
	world_free(&world);
}

/* On a full disk a value can be replaced and removed, but no block made; it ends. */
void test_xattrs_full(void **state)
{
	static unsigned char content[60000];
	struct filesystem_statistics statistics;
	struct world world;
	int64_t done;

	(void)state;
	world_make(&world, TESTS_MEMORY, 1);
	world_format(&world, "-b 1024 -I 128", "4M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	assert_int_equal(path_create(&world, "/a", MODE_REGULAR | 0644), 0);
	assert_int_equal(path_create(&world, "/b", MODE_REGULAR | 0644), 0);
	assert_int_equal(path_create(&world, "/filler", MODE_REGULAR | 0644), 0);
	assert_int_equal(path_set_xattr(&world, "/a", "user.one", content, 700, 0), 0);
	while ((done = path_write(&world, "/filler", FILE_END, content, sizeof(content))) > 0)
		;
	assert_int_equal(done, -ENOSPC);
	while (path_write(&world, "/filler", FILE_END, content, 1024) > 0)
		;
	ext2_work(world.fs, true);
	ext2_operations.statfs(world.fs, &statistics);
	assert_int_equal(statistics.blocks_free, 0);
	assert_int_equal(path_set_xattr(&world, "/b", "user.one", "x", 1, 0), -ENOSPC);
	assert_int_equal(path_set_xattr(&world, "/a", "user.one", content, 800, 0), 0);
	assert_int_equal(path_set_xattr(&world, "/a", "user.two", content, 800, 0), -ENOSPC);
	assert_int_equal(path_remove_xattr(&world, "/a", "user.one"), 0);
	assert_int_equal(path_set_xattr(&world, "/b", "user.one", "x", 1, 0), 0);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	world_free(&world);
}
