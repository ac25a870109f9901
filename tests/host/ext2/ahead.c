/* SPDX-License-Identifier: MIT */
/*
 * Reading ahead, for each size of blocks: who reads a file in order in small pieces has the disk read it in large ones; who reads here and there has it read hardly more than that. What the disk is asked for is counted, and what is read compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "servers/ext2/ext2.h"
#include "tests.h"

#define MEMORY (8 * 1024 * 1024)
#define FILE_BYTES (6 * 1024 * 1024)
#define PIECE 4096
#define APART (192 * 1024) /* between pieces that are read in no order */
#define REQUEST_LEAST (24 * 1024) /* bytes that come with a request, at least, where the file is read in order: with blocks of 1 KiB those of pointers are read in between */

static unsigned char bytes[FILE_BYTES], back[PIECE];
static uint64_t inode;

static void file_make(struct world *world)
{
	for (size_t i = 0; i < FILE_BYTES; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 1000);
	assert_int_equal(path_create(world, "/file", MODE_REGULAR | 0600), 0);
	for (size_t at = 0; at < FILE_BYTES; at += 64 * 1024)
		assert_int_equal(path_write(world, "/file", at, bytes + at, 64 * 1024), 64 * 1024);
	assert_int_equal(world_unmount(world), 0);
}

/* Nothing of the file is in memory, and nothing has been counted. */
static void begin(struct world *world)
{
	struct attributes attributes;

	assert_int_equal(world_mount(world), MOUNT_FINE);
	assert_int_equal(path_find(world, "/file", &attributes), 0);
	inode = attributes.inode;
	world->requests = world->sectors_read = 0;
}

static void piece_read(struct world *world, size_t at)
{
	int64_t got = 1;

	for (size_t done = 0; done < PIECE; done += (size_t)got) {
		got = ext2_operations.read(world->fs, inode, at + done, back + done, PIECE - done);
		assert_true(got > 0);
	}
	assert_memory_equal(back, bytes + at, PIECE);
}

static void in_order(struct world *world)
{
	begin(world);
	for (size_t at = 0; at < FILE_BYTES; at += PIECE)
		piece_read(world, at);
	assert_true(world->requests <= FILE_BYTES / REQUEST_LEAST);
	assert_true(world->sectors_read * DISK_SECTOR <= FILE_BYTES + FILE_BYTES / 64); /* each once; the rest is pointers */
	assert_int_equal(world_unmount(world), 0);
}

/* From the end to the beginning. Each piece may need two blocks of pointers. */
static void in_no_order(struct world *world)
{
	uint64_t block = world->fs->block_bytes, pieces = 0;

	begin(world);
	for (size_t at = FILE_BYTES - APART + PIECE; at >= APART; at -= APART, pieces++)
		piece_read(world, at);
	assert_true(world->sectors_read * DISK_SECTOR <= pieces * (PIECE + 2 * block));
	assert_int_equal(world_unmount(world), 0);
}

void test_read_ahead(void **state)
{
	static const char *const sizes[] = {"-b 1024", "-b 2048", "-b 4096"};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct world world;

		world_make(&world, MEMORY, 21);
		world_format(&world, sizes[i], "16M");
		assert_int_equal(world_mount(&world), MOUNT_FINE);
		file_make(&world);
		in_order(&world);
		in_no_order(&world);
		assert_int_equal(world_check(&world), 0);
		world_free(&world);
	}
}
