/* SPDX-License-Identifier: MIT */
/*
 * Shared pages on the host: a client stores into pages, writes, reads, cuts and extends, closes, and the server dies between any two requests. What read tells and what the windows show is compared with arrays of bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "names.h"
#include "world.h"

#define PAGE 4096
#define FILES 3
#define PAGES 6
#define STEPS 20000
#define SLOTS 10

static struct {
	uint64_t inode, size;
	unsigned char bytes[PAGES * PAGE];
} files[FILES];

static struct {
	unsigned file;
	uint64_t index;
} slots[LEASE_SLOTS];

static int64_t ask(struct world *world, uint64_t badge, uint64_t label, bool numbered, const uint64_t *words)
{
	struct file_exchange x = {.label = label, .badge = badge, .words = 8};

	memcpy(x.data + 1, words, 6 * sizeof(*words));
	x.data[0] = numbered ? ++world->sequence[badge] : 0;
	filesystem_handle(&world->server, &x);
	return (int64_t)x.data[0];
}

#define ASK(world, label, numbered, ...) ask(world, CLIENT_BADGE, label, numbered, (const uint64_t[6]){__VA_ARGS__})

static void file_open(struct world *world, unsigned file)
{
	assert_int_equal(ask(world, VFS_BADGE, TREE_OPEN, false, (const uint64_t[6]){files[file].inode, CLIENT_BADGE, file, OPEN_READ_WRITE | OPEN_KEEP_SETID}), 0);
}

static void files_make(struct world *world)
{
	memset(files, 0, sizeof(files));
	for (unsigned i = 0; i < FILES; i++) {
		struct file_exchange x = {.label = TREE_CREATE, .badge = VFS_BADGE, .words = 8, .data = {++world->sequence[VFS_BADGE], 1, span_make(SESSION_DATA, 1), MODE_REGULAR | 0644, 0, 0, SESSION_DATA + 1024}};

		world->buffers[VFS_BADGE][SESSION_DATA] = (unsigned char)('a' + i);
		filesystem_handle(&world->server, &x);
		assert_int_equal(x.data[0], 0);
		files[i].inode = x.data[1];
		file_open(world, i);
	}
}

/* The client asks for a page, as at a fault. */
static void page_ask(struct world *world, unsigned file, uint64_t index, uint32_t slot, bool write)
{
	int64_t got = ASK(world, FILE_SHARE, false, file, index, slot, write);
	int64_t bytes = files[file].size > index * PAGE ? (int64_t)(files[file].size - index * PAGE) : 0;

	if (got == -ENOMEM)
		return;
	assert_int_equal(got, bytes ? bytes > PAGE ? PAGE : bytes : -ENODATA);
	if (got <= 0)
		return;
	slots[slot].file = file;
	slots[slot].index = index;
	assert_true(world->shared[slot] && world->writable[slot] == write);
}

/* Stores where it can, also behind the end of the file: that must never be seen. */
static void page_store(struct world *world, unsigned *seed, uint32_t slot)
{
	uint64_t at = random_next(seed) % PAGE, offset = slots[slot].index * PAGE + at;

	if (!world->shared[slot] || !world->writable[slot])
		return;
	world->shared[slot][at] = (unsigned char)*seed;
	if (offset < files[slots[slot].file].size)
		files[slots[slot].file].bytes[offset] = (unsigned char)*seed;
}

static void bytes_write(struct world *world, unsigned *seed, unsigned file)
{
	uint64_t offset = random_next(seed) % (PAGES * PAGE), bytes = random_next(seed) % (random_next(seed) % 2 ? 300 : 9000) + 1;
	bool append = random_next(seed) % 4 == 0;

	if (append)
		offset = files[file].size;
	if (bytes > PAGES * PAGE - offset)
		bytes = PAGES * PAGE - offset;
	if (!bytes)
		return;
	for (uint64_t i = 0; i < bytes; i++)
		world->buffers[CLIENT_BADGE][SESSION_DATA + i] = files[file].bytes[offset + i] = (unsigned char)(*seed + i);
	assert_int_equal(ASK(world, FILE_WRITE, true, file, append ? FILE_END : offset, span_make(SESSION_DATA, bytes)), bytes);
	if (offset + bytes > files[file].size)
		files[file].size = offset + bytes;
}

static void size_set(struct world *world, unsigned *seed, unsigned file)
{
	uint64_t size = random_next(seed) % (PAGES * PAGE);

	assert_int_equal(ASK(world, FILE_TRUNCATE, true, file, size), 0);
	if (size < files[file].size)
		memset(files[file].bytes + size, 0, files[file].size - size);
	files[file].size = size;
}

static void all_compare(struct world *world, int step)
{
	for (unsigned i = 0; i < FILES; i++) {
		int64_t got = ASK(world, FILE_READ, false, i, 0, span_make(SESSION_DATA, PAGES * PAGE));

		assert_int_equal(got, files[i].size);
		if (memcmp(world->buffers[CLIENT_BADGE] + SESSION_DATA, files[i].bytes, files[i].size) != 0)
			fail_msg("after %d steps, file %u is read wrong", step, i);
	}
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		unsigned file = slots[slot].file;
		uint64_t start = slots[slot].index * PAGE, end = start + PAGE < files[file].size ? start + PAGE : files[file].size;

		if (world->shared[slot] && (start >= end || memcmp(world->shared[slot], files[file].bytes + start, end - start) != 0))
			fail_msg("after %d steps, slot %u does not show what the file has", step, slot);
	}
}

static void step(struct world *world, unsigned *seed)
{
	unsigned file = random_next(seed) % FILES;
	uint32_t slot = random_next(seed) % SLOTS;

	switch (random_next(seed) % 16) {
	case 0: case 1: case 2:
		page_ask(world, file, random_next(seed) % PAGES, slot, random_next(seed) % 2);
		break;
	case 3: case 4:
		bytes_write(world, seed, file);
		break;
	case 5:
		size_set(world, seed, file);
		break;
	case 6:
		assert_int_equal(ASK(world, FILE_FSYNC, false, file, 0), 0);
		for (uint32_t i = 0; i < SLOTS; i++)
			assert_false(world->shared[i] && slots[i].file == file && world->writable[i]);
		break;
	case 7:
		assert_int_equal(ASK(world, FILE_UNSHARE, false, file, slot), 0);
		assert_null(world->shared[slot]);
		break;
	case 8:
		assert_int_equal(ASK(world, FILE_CLOSE, false, file), 0);
		file_open(world, file);
		for (uint32_t i = 0; i < SLOTS; i++)
			assert_false(world->shared[i] && slots[i].file == file);
		break;
	case 9:
		if (random_next(seed) % 4 == 0)
			world_open(world); /* the instance before was killed */
		break;
	default:
		page_store(world, seed, slot);
	}
}

void test_shares(void **state)
{
	struct world world;
	unsigned seed = 7;

	(void)state;
	world_make(&world, WORLD_BYTES, false);
	world.pool = aligned_alloc(PAGE, WORLD_POOL_PAGES * PAGE);
	memset(world.pool, 0, WORLD_POOL_PAGES * PAGE);
	world_open(&world);
	files_make(&world);
	for (int i = 0; i < STEPS; i++) {
		step(&world, &seed);
		all_compare(&world, i);
		assert_true(i % 100 || !world_check(&world));
	}
	free(world.pool);
	world_free(&world);
}
