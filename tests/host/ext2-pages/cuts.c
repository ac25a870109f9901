/* SPDX-License-Identifier: MIT */
/*
 * What fsync acknowledged of stores into shared pages is on the disk. A client stores the number of the round into cells all over its pages, and synchronises now and then; the power is cut at each of many points of what the disk was told. After
 * e2fsck, or the filesystem's own replay, each cell has a round between the last that was acknowledged before the cut and the one that was under way.
 */
#include "cuts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#define MEMORY ((size_t)4 << 20)
#define PAGES 5
#define CELL 256 /* bytes from one to the next */
#define CELLS (PAGES * WINDOW_PAGE / CELL)
#define ROUNDS 60
#define CUTS 150
#define PATH "/cells"

static int64_t client_ask(struct rig *rig, uint64_t label, uint64_t first, uint64_t second, uint64_t third, uint64_t fourth)
{
	struct file_exchange x = {.label = label, .badge = CLIENT_BADGE, .words = 8, .data = {0, first, second, third, fourth}};

	filesystem_handle(&rig->server, &x);
	return (int64_t)x.data[0];
}

/* Stores the round into all cells; a page that cannot be written is asked for, as at a fault. */
static void round_store(struct rig *rig, uint32_t round)
{
	for (uint32_t cell = 0; cell < CELLS; cell++) {
		uint32_t page = cell * CELL / WINDOW_PAGE;

		if (!rig->windows.shared[page] || !rig->windows.writable[page])
			assert_int_equal(client_ask(rig, FILE_SHARE, 0, page, page, true), WINDOW_PAGE);
		memcpy(rig->windows.shared[page] + cell * CELL % WINDOW_PAGE, &round, sizeof(round));
	}
}

/* The rounds: the disk's record says which was under way and which was acknowledged. */
static void history_make(struct rig *rig, unsigned *seed)
{
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		rig->world.version = round;
		rig->world.seconds++;
		round_store(rig, round);
		switch (random_next(seed) % 4) {
		case 0:
			assert_int_equal(client_ask(rig, FILE_FSYNC, 0, round % 2, 0, 0), 0);
			rig->world.acknowledged = round;
			break;
		case 1: /* as after five seconds: nothing is acknowledged */
			assert_int_equal(filesystem_write_back(&rig->server, false), 0);
			ext2_work(rig->world.fs, true);
			break;
		case 2:
			rig_open(rig); /* killed: the stores are in the Region */
			break;
		default:
			break;
		}
	}
}

static void file_begin(struct rig *rig)
{
	static const unsigned char zeros[PAGES * WINDOW_PAGE];
	struct attributes attributes;
	struct file_exchange open = {.label = TREE_OPEN, .badge = VFS_BADGE, .words = 5};

	assert_int_equal(path_create(&rig->world, PATH, MODE_REGULAR | 0600), 0);
	assert_int_equal(path_write(&rig->world, PATH, 0, zeros, sizeof(zeros)), sizeof(zeros));
	assert_int_equal(path_find(&rig->world, PATH, &attributes), 0);
	assert_int_equal(ext2_operations.sync(rig->world.fs), 0);
	memcpy(open.data, (const uint64_t[5]){0, attributes.inode, CLIENT_BADGE, 0, OPEN_READ_WRITE}, 5 * sizeof(uint64_t));
	filesystem_handle(&rig->server, &open);
	assert_int_equal(open.data[0], 0);
}

/* The image as it is after a cut, judged by e2fsck or the next mount. */
static void cut_judge(const struct world *world, const unsigned char *start, size_t at, struct world *after)
{
	static unsigned char bytes[PAGES * WINDOW_PAGE];
	uint32_t first = at > 0 ? world->records[at - 1].acknowledged : 0, last = at < world->record_count ? world->records[at].version : world->version;
	unsigned seed = (unsigned)at * 7919 + 13;
	struct attributes attributes;

	memcpy(after->image, start, after->image_bytes);
	image_cut(world, after->image, at, &seed);
	if (at % 2 == 0) {
		char path[128];

		snprintf(path, sizeof(path), "%s/cut.img", work_directory());
		world_save(after, path);
		assert_in_range(shell("e2fsck -fp %s", path), 0, 1);
		world_load(after, path);
	}
	assert_int_equal(world_mount(after), MOUNT_FINE);
	assert_int_equal(path_find(after, PATH, &attributes), 0);
	assert_int_equal(ext2_operations.read(after->fs, attributes.inode, 0, bytes, sizeof(bytes)), sizeof(bytes));
	for (uint32_t cell = 0; cell < CELLS; cell++) {
		uint32_t round;

		memcpy(&round, bytes + cell * CELL, sizeof(round));
		if (round < first || round > last)
			fail_msg("cut %zu: cell %u has round %u, must be from %u to %u", at, cell, round, first, last);
	}
	assert_int_equal(world_unmount(after), 0);
	assert_int_equal(at % 8 == 1 ? world_check(after) : 0, 0);
}

static void cuts_of(const char *format, unsigned seed)
{
	static struct rig rig;
	struct world after;
	unsigned char *start;

	rig_make(&rig, format, MEMORY, seed);
	file_begin(&rig);
	start = malloc(rig.world.image_bytes);
	memcpy(start, rig.world.image, rig.world.image_bytes);
	rig.world.recording = true;
	history_make(&rig, &seed);
	world_make(&after, MEMORY, seed);
	after.image = malloc(rig.world.image_bytes);
	after.image_bytes = rig.world.image_bytes;
	after.disk.sectors = rig.world.disk.sectors;
	for (size_t i = 0; i < CUTS; i++)
		cut_judge(&rig.world, start, rig.world.record_count * i / CUTS, &after);
	world_free(&after);
	free(start);
	rig_free(&rig);
}

void test_cuts(void **state)
{
	(void)state;
	cuts_of("-b 4096", 1);
	cuts_of("-b 1024", 2);
}
