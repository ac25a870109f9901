/* SPDX-License-Identifier: MIT */
/*
 * The same random operations in an ext2 image and in a directory of the Linux that the tests run on: results and error numbers must be equal, and in the end both trees. Then Linux's tools read the
 * image: debugfs copies the tree out of it, and that is compared too.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests.h"

static unsigned char content[70000];

static int64_t host_result(int64_t result)
{
	return result < 0 ? -errno : result;
}

struct pair {
	struct world *world;
	char root[128];
};

static const char *host_path(const struct pair *pair, const char *path)
{
	static char host[2][512];
	static unsigned turn;

	turn = !turn;
	snprintf(host[turn], sizeof(host[turn]), "%s%s", pair->root, path);
	return host[turn];
}

static int64_t host_write(const char *path, int64_t at, size_t size)
{
	int file = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | (at < 0 ? O_APPEND : 0));
	int64_t result;

	if (file < 0)
		return -errno;
	result = host_result(at < 0 ? write(file, content, size) : pwrite(file, content, size, at));
	close(file);
	return result;
}

static int64_t image_link(struct world *world, const char *from, const char *to)
{
	struct attributes attributes;
	struct name name;
	int64_t parent = path_parent(world, to, &name), result = path_find(world, from, &attributes);

	if (result < 0 || parent < 0)
		return result < 0 ? result : parent;
	return CHANGE(world, ext2_operations.link(world->fs, (uint64_t)parent, name, attributes.inode, &attributes));
}

static int64_t image_symlink(struct world *world, const char *target, const char *path)
{
	struct attributes attributes;
	struct name name;
	int64_t parent = path_parent(world, path, &name);

	if (parent < 0)
		return parent;
	return CHANGE(world, ext2_operations.symlink(world->fs, (uint64_t)parent, name, target, strlen(target), 0, 0, &attributes));
}

static int64_t image_truncate(struct world *world, const char *path, uint64_t size)
{
	const struct attribute_change change = {.mask = ATTRIBUTE_SIZE, .size = size};
	struct attributes attributes;
	int64_t result = path_find(world, path, &attributes);

	if (result < 0)
		return result;
	return CHANGE(world, ext2_operations.setattr(world->fs, attributes.inode, &change, &attributes));
}

static bool is_regular(struct world *world, const char *path)
{
	struct attributes attributes;

	return path_find(world, path, &attributes) == 0 && (attributes.mode & MODE_TYPE) == MODE_REGULAR;
}

/* A path whose directories are no symbolic links: in the image nothing follows them. */
static void path_choose(unsigned *seed, char *path)
{
	*path = 0;
	for (unsigned depth = random_next(seed) % 4; depth > 0; depth--)
		sprintf(path + strlen(path), "/dir%u", random_next(seed) % 3);
	sprintf(path + strlen(path), random_next(seed) % 3 ? "/file%u" : "/dir%u", random_next(seed) % 6);
}

static void step(struct pair *pair, unsigned *seed, unsigned number)
{
	struct world *world = pair->world;
	char path[256], other[256];
	unsigned what = random_next(seed) % 20, flags = random_next(seed) % 5;
	size_t size = 1 + random_next(seed) % (random_next(seed) % 4 ? 6000 : 60000);
	int64_t at = random_next(seed) % (random_next(seed) % 6 ? 30000 : 3000000), here, there;
	const char *host;

	path_choose(seed, path);
	path_choose(seed, other);
	host = host_path(pair, path);
	if (what < 3) {
		here = path_create(world, path, MODE_DIRECTORY | 0755);
		there = host_result(mkdir(host, 0755));
	} else if (what < 6) {
		here = path_create(world, path, MODE_REGULAR | 0644);
		there = host_result(mknod(host, S_IFREG | 0644, 0));
	} else if (what < 10) {
		if (!is_regular(world, path))
			return;
		here = path_write(world, path, what == 6 ? FILE_END : (uint64_t)at, content, size);
		there = host_write(host, what == 6 ? -1 : at, size);
	} else if (what < 12) {
		struct stat stat;

		here = path_unlink(world, path);
		there = host_result(lstat(host, &stat)) < 0 ? -errno : host_result(S_ISDIR(stat.st_mode) ? rmdir(host) : unlink(host));
	} else if (what < 16) {
		unsigned host_flags = flags == 0 ? RENAME_KEEP : flags == 1 ? RENAME_SWAP : 0;

		here = path_rename(world, path, other, host_flags);
		there = host_result(syscall(SYS_renameat2, -1, host, -1, host_path(pair, other), host_flags));
	} else if (what == 16) {
		here = image_link(world, path, other);
		there = host_result(link(host, host_path(pair, other)));
	} else if (what == 17) {
		here = image_symlink(world, flags ? "short" : "/a/target/that/is/longer/than/sixty/bytes/so/that/it/takes/a/block/of/its/own", path);
		there = host_result(symlink(flags ? "short" : "/a/target/that/is/longer/than/sixty/bytes/so/that/it/takes/a/block/of/its/own", host));
	} else {
		if (!is_regular(world, path))
			return;
		here = image_truncate(world, path, (uint64_t)at);
		there = host_result(truncate(host, at));
	}
	if (here != there && here != -ENOSPC)
		fail_msg("step %u (kind %u): %s, %s: %lld, Linux says %lld %s", number, what, path, other, (long long)here, (long long)there, world->damage ? world->damage : "");
	if (here == -ENOSPC)
		fail_msg("the image is too small for this test");
}

struct comparison {
	const char *root;
	unsigned count;
};

static void compare(void *context, const char *path, const struct attributes *attributes, const unsigned char *bytes, size_t size)
{
	struct comparison *comparison = context;
	char host[512], target[256];
	struct stat stat;
	unsigned char *expected;

	if (strcmp(path, "/lost+found") == 0)
		return;
	comparison->count++;
	snprintf(host, sizeof(host), "%s%s", comparison->root, path);
	if (lstat(host, &stat) != 0)
		fail_msg("%s is not there", host);
	assert_int_equal(attributes->mode & MODE_TYPE, stat.st_mode & S_IFMT);
	if (S_ISDIR(stat.st_mode))
		return;
	assert_int_equal(attributes->size, stat.st_size);
	if (S_ISLNK(stat.st_mode)) {
		assert_int_equal(readlink(host, target, sizeof(target)), size);
		assert_memory_equal(target, bytes, size);
	} else if (S_ISREG(stat.st_mode)) {
		FILE *file = fopen(host, "rb");

		expected = malloc(size + 1);
		assert_int_equal(fread(expected, 1, size + 1, file), size);
		assert_memory_equal(expected, bytes, size);
		free(expected);
		fclose(file);
	}
}

/* How many files a directory of the host holds, itself not counted. */
static unsigned host_count(const char *root)
{
	char command[256];
	FILE *pipe;
	unsigned count = 0;

	snprintf(command, sizeof(command), "find %s -mindepth 1 -not -path '*/lost+found*' | wc -l", root);
	pipe = popen(command, "r");
	assert_int_equal(fscanf(pipe, "%u", &count), 1);
	pclose(pipe);
	return count;
}

static void dump_compare(struct world *world)
{
	char image[128], out[128];
	struct comparison comparison = {.root = out};

	snprintf(image, sizeof(image), "%s/dump.img", work_directory());
	snprintf(out, sizeof(out), "%s/dump", work_directory());
	world_save(world, image);
	assert_int_equal(shell("rm -rf %s && mkdir %s && debugfs -R 'rdump / %s' %s", out, out, out, image), 0);
	assert_int_equal(world_mount(world), MOUNT_FINE);
	tree_walk(world, compare, &comparison);
	assert_int_equal(comparison.count, host_count(out));
	assert_int_equal(world_unmount(world), 0);
	shell("rm -rf %s %s", out, image);
}

static void differential(const char *format, size_t memory, unsigned seed, unsigned steps)
{
	struct world world;
	struct pair pair = {.world = &world};
	struct comparison comparison = {.root = pair.root};

	world_make(&world, memory, seed);
	world_format(&world, format, "48M");
	snprintf(pair.root, sizeof(pair.root), "%s/host", work_directory());
	assert_int_equal(shell("rm -rf %s && mkdir %s", pair.root, pair.root), 0);
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	for (unsigned i = 0; i < steps; i++) {
		world.seconds++;
		step(&pair, &seed, i);
		ext2_work(world.fs, i % 100 == 0);
	}
	tree_walk(&world, compare, &comparison);
	assert_null(world.walk_failed);
	assert_int_equal(comparison.count, host_count(pair.root));
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	assert_int_equal(world.damages, 0);
	dump_compare(&world);
	world_free(&world);
}

void test_differential(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (unsigned char)(i * 7 + i / 251);
	differential("-b 1024", 3 << 20, 21, 6000);
	differential("-b 2048 -O ^dir_index,^filetype", 3 << 20, 22, 3000);
	differential("-b 4096", 4 << 20, 23, 6000);
}
