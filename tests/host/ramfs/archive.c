/* SPDX-License-Identifier: MIT */
/* cpio archives made by cpio(1): unpacked they are what was packed; cut anywhere, or damaged in one place, they are refused with the sentence that fits. */
#include "archive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "servers/ramfs/cpio.h"
#include "world.h"

#define ARCHIVES "tests/fuzz/corpus/cpio/"

static unsigned char *archive_read(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "rb");
	unsigned char *archive = malloc(65536);

	assert_non_null(file);
	*bytes = fread(archive, 1, 65536, file);
	fclose(file);
	return archive;
}

static struct attributes found(struct world *world, uint64_t directory, const char *name)
{
	struct attributes attributes;

	assert_int_equal(ramfs_operations.lookup(&world->ramfs, directory, (struct name){name, strlen(name)}, &attributes), 0);
	return attributes;
}

static void archive_unpacked(const char *path)
{
	struct world world;
	struct filesystem filesystem = {&ramfs_operations, &world.ramfs, &world.ramfs.clock, &world.ramfs.watch};
	struct attributes a, x, y;
	char text[16];
	size_t bytes;
	unsigned char *archive = archive_read(path, &bytes);

	world_make(&world, WORLD_BYTES, false);
	assert_int_equal(cpio_check(archive, bytes).error, CPIO_OK);
	assert_int_equal(cpio_unpack(&filesystem, archive, bytes, NULL).error, CPIO_OK);
	assert_null(world_check(&world));
	a = found(&world, 1, "a");
	x = found(&world, a.inode, "x");
	y = found(&world, found(&world, a.inode, "b").inode, "y");
	assert_int_equal(x.inode, y.inode);
	assert_int_equal(x.links, 2);
	assert_int_equal(ramfs_operations.read(&world.ramfs, x.inode, 0, text, sizeof(text)), 6);
	assert_memory_equal(text, "hello\n", 6);
	assert_int_equal(ramfs_operations.readlink(&world.ramfs, found(&world, a.inode, "l").inode, text, sizeof(text)), 1);
	assert_int_equal(found(&world, a.inode, "p").mode & MODE_TYPE, MODE_FIFO);
	assert_int_equal(found(&world, a.inode, "c").device, 0x103);
	free(archive);
	world_free(&world);
}

void test_archive(void **state)
{
	(void)state;
	archive_unpacked(ARCHIVES "small");
	archive_unpacked(ARCHIVES "summed");
}

/* The archive with `bytes` bytes at the first place of `text` (or at `at` from there) replaced. */
static enum cpio_error damaged(const char *path, const char *text, size_t at, const char *by, size_t by_bytes)
{
	size_t bytes, place = 0;
	unsigned char *archive = archive_read(path, &bytes);
	enum cpio_error error;

	while (memcmp(archive + place, text, strlen(text)) != 0)
		place++;
	memcpy(archive + place + at, by, by_bytes);
	error = cpio_check(archive, bytes).error;
	free(archive);
	return error;
}

void test_archive_damaged(void **state)
{
	size_t bytes;
	unsigned char *archive = archive_read(ARCHIVES "small", &bytes);

	(void)state;
	/* behind the trailer there is only padding */
	while (bytes && !archive[bytes - 1])
		bytes--;
	assert_int_equal(cpio_check(archive, bytes + 1).error, CPIO_OK);
	for (size_t cut = 0; cut <= bytes; cut++) {
		unsigned char *copy = malloc(cut ? cut : 1);

		memcpy(copy, archive, cut);
		assert_true(cpio_check(copy, cut).error == CPIO_END || cpio_check(copy, cut).error == CPIO_TRAILER);
		free(copy);
	}
	free(archive);
	assert_int_equal(damaged(ARCHIVES "small", "070701", 5, "5", 1), CPIO_MAGIC);
	assert_int_equal(damaged(ARCHIVES "small", "070701", 8, "x", 1), CPIO_NUMBER);
	assert_int_equal(damaged(ARCHIVES "small", "070701", 94, "00000000", 8), CPIO_NAME);
	assert_int_equal(damaged(ARCHIVES "small", "a/b/y", 1, "\0", 1), CPIO_NAME);
	assert_int_equal(damaged(ARCHIVES "small", "a/b/y", 2, "/", 1), CPIO_PATH);
	assert_int_equal(damaged(ARCHIVES "small", "070701", 14, "00000000", 8), CPIO_TYPE);
	assert_int_equal(damaged(ARCHIVES "summed", "hello", 0, "j", 1), CPIO_SUM);
	assert_int_equal(damaged(ARCHIVES "small", "TRAILER", 0, "t", 1), CPIO_TYPE);
}
