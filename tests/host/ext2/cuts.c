/* SPDX-License-Identifier: MIT */
/*
 * What survives. Random operations with a commit now and then are recorded at the disk. Then the power is cut at each of many points: e2fsck -p must end with 0 or 1, and the tree must be exactly that
 * of a moment between the last commit that was acknowledged and the cut. EXT2_CUTS in the environment says at how many points.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests.h"

#define NAMES 10
#define VERSIONS_MAX 4000

struct history {
	uint64_t hash[VERSIONS_MAX];
	unsigned seed;
	size_t mounted; /* records of the mount that made the journal; 0 when it was there */
};

static unsigned char content[60000];

static void path_choose(unsigned *seed, char *path)
{
	static const char *const directories[] = {"", "/d0", "/d1", "/d0/e", "/d1/e"};

	sprintf(path, "%s/%c%u", directories[random_next(seed) % 5], "de"[random_next(seed) % 2], random_next(seed) % NAMES);
}

/* One random operation. All of its random numbers are drawn before, so that it can be repeated. */
static int64_t step_do(struct world *world, unsigned *seed)
{
	char path[64], other[64];
	unsigned what = random_next(seed) % 19, size = random_next(seed) % (random_next(seed) % 4 ? 5000 : sizeof(content)), at = random_next(seed) % (random_next(seed) % 8 ? 20000 : 400000);
	struct attributes attributes;
	struct attribute_change change = {.mask = ATTRIBUTE_SIZE, .size = at};

	path_choose(seed, path);
	path_choose(seed, other);
	switch (what) {
	case 0: case 1: return path_create(world, path, MODE_REGULAR | 0644);
	case 2: return path_create(world, random_next(seed) % 2 ? "/d0" : path, MODE_DIRECTORY | 0755);
	case 3: return path_create(world, random_next(seed) % 2 ? "/d1" : "/d0/e", MODE_DIRECTORY | 0755);
	case 4: case 5: case 6: case 7:
		(void)path_create(world, path, MODE_REGULAR | 0644);
		return path_write(world, path, at, content, size);
	case 8: return path_write(world, path, FILE_END, content, size);
	case 9: case 10: return path_unlink(world, path);
	case 11: case 12: case 13: return path_rename(world, path, other, 0);
	case 14: return path_rename(world, path, other, RENAME_SWAP);
	case 15: case 16: return path_set_xattr(world, path, at % 3 ? "user.name" : "trusted.other", content, size % 700, 0);
	case 17: return path_remove_xattr(world, path, at % 3 ? "user.name" : "trusted.other");
	default:
		if (path_find(world, path, &attributes) < 0 || (attributes.mode & MODE_TYPE) != MODE_REGULAR)
			return -ENOENT;
		return CHANGE(world, ext2_operations.setattr(world->fs, attributes.inode, &change, &attributes));
	}
}

static void version_note(struct world *world)
{
	struct history *history = world->context;

	if (world->version + 1 >= VERSIONS_MAX)
		fail_msg("too many versions");
	history->hash[++world->version] = tree_hash(world);
}

/* Steps of a history: the tree after each change is known by its hash. */
static void history_make(struct world *world, struct history *history, unsigned steps)
{
	static const char *const directories[] = {"/d0", "/d1", "/d0/e", "/d1/e"};

	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(path_create(world, directories[i], MODE_DIRECTORY | 0755), 0);
	for (unsigned i = 0; i < steps; i++) {
		world->seconds++;
		(void)step_do(world, &history->seed);
		ext2_work(world->fs, false);
		if (random_next(&history->seed) % 6 == 0) {
			assert_int_equal(ext2_operations.fsync(world->fs, 2, false), 0);
			world->acknowledged = world->version;
		}
	}
}

static bool version_known(const struct history *history, uint64_t hash, uint32_t first, uint32_t last)
{
	for (uint32_t version = first; version <= last; version++)
		if (history->hash[version] == hash)
			return true;
	return false;
}

struct cut_result {
	unsigned cuts, bad_check, bad_tree;
};

/* One cut: by e2fsck, and by this filesystem's own replay. */
static void cut_try(const struct world *world, const unsigned char *start, const struct history *history, size_t at, struct world *after, struct cut_result *result)
{
	unsigned seed = (unsigned)at * 7919 + 13;
	uint32_t first = at > 0 ? world->records[at - 1].acknowledged : 0, last = at < world->record_count ? world->records[at].version : world->version;
	enum mount_error error;
	char path[128];
	int status;

	result->cuts++;
	memcpy(after->image, start, after->image_bytes);
	image_cut(world, after->image, at, &seed);
	if (at % 2 == 0) {
		snprintf(path, sizeof(path), "%s/cut.img", work_directory());
		world_save(after, path);
		status = shell("e2fsck -fp %s", path);
		if (status > 1) {
			if (result->bad_check++ == 0)
				print_message("cut %zu: e2fsck -p ends with %d\n", at, status);
			return;
		}
		world_load(after, path);
	}
	error = world_mount(after);
	if (error == MOUNT_UNCLEAN_ERROR && at % 2 != 0 && at < history->mounted)
		return; /* the cut was in the first mount, before there was a journal */
	if (error != MOUNT_FINE || !version_known(history, tree_hash(after), first, last) || world_unmount(after) != 0) {
		if (result->bad_tree == 0)
			print_message("cut %zu: %s; version %u to %u; %s\n", at, mount_error_sentence(error), first, last, after->damage ? after->damage : "no damage");
		result->bad_tree++;
		return;
	}
	if (at % 8 == 1 && world_check(after) != 0)
		result->bad_check++;
}

static struct cut_result cuts_try(bool flushes_lost, const char *format, unsigned seed, unsigned cuts)
{
	struct history *history = calloc(1, sizeof(*history));
	struct world world, after;
	struct cut_result result = {0};
	unsigned char *start;

	history->seed = seed;
	world_make(&world, 8 << 20, seed);
	world_format(&world, format, "5M");
	world_make(&after, 4 << 20, seed + 1);
	after.image = malloc(world.image_bytes);
	after.image_bytes = world.image_bytes;
	after.disk.sectors = world.disk.sectors;
	start = malloc(world.image_bytes);
	memcpy(start, world.image, world.image_bytes);
	world.recording = true;
	world.flushes_lost = flushes_lost;
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	history->mounted = strstr(format, "has_journal") ? 0 : world.record_count;
	history->hash[0] = tree_hash(&world);
	world.context = history;
	world.changed = version_note;
	history_make(&world, history, 400);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	assert_int_equal(world.damages, 0);
	for (unsigned i = 0; i < cuts; i++)
		cut_try(&world, start, history, world.record_count * i / cuts, &after, &result);
	free(start);
	free(history);
	world_free(&world);
	world_free(&after);
	return result;
}

void test_power_cuts(void **state)
{
	const char *wish = getenv("EXT2_CUTS");
	unsigned cuts = wish ? (unsigned)atoi(wish) : 600;
	struct cut_result result = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct cut_result one = cuts_try(false, i == 0 ? "-b 1024 -N 400" : i == 1 ? "-b 1024 -N 400 -O has_journal -J size=1" : "-b 2048 -N 400", 100 + i, cuts / 3);

		result.cuts += one.cuts;
		result.bad_check += one.bad_check;
		result.bad_tree += one.bad_tree;
	}
	print_message("%u power cuts: %u that e2fsck -p does not repair, %u with another tree than one that may be\n", result.cuts, result.bad_check, result.bad_tree);
	assert_int_equal(result.bad_check, 0);
	assert_int_equal(result.bad_tree, 0);
	result = cuts_try(true, "-b 1024 -N 400", 100, cuts / 3);
	print_message("%u power cuts on a disk without FLUSH: %u not repaired, %u with a wrong tree\n", result.cuts, result.bad_check, result.bad_tree);
	assert_true(result.bad_check + result.bad_tree > 0);
}

/* Instances that are killed at any request, and go on. */

void test_kills(void **state)
{
	struct history history = {.seed = 77};
	struct world world;
	volatile unsigned kills = 0;
	volatile uint64_t known;

	(void)state;
	world_make(&world, 4 << 20, 15);
	world_format(&world, "-b 1024 -N 400", "5M");
	assert_int_equal(world_mount(&world), MOUNT_FINE);
	for (volatile unsigned i = 0; i < 1500; i++) {
		world.seconds++;
		(void)step_do(&world, &history.seed);
		if (i % 5 != 0)
			continue;
		known = tree_hash(&world);
		world.kill_after = (int64_t)(random_next(&history.seed) % 60);
		if (setjmp(world_killed) == 0) {
			(void)ext2_operations.fsync(world.fs, 2, false);
			ext2_work(world.fs, true);
			world.kill_after = -1;
		} else {
			kills++;
			if (kills % 3 == 0) { /* and the next one too, while it finishes the commit */
				world.kill_after = (int64_t)(random_next(&history.seed) % 20);
				if (setjmp(world_killed) == 0)
					(void)world_continue(&world);
				world.kill_after = -1;
			}
			assert_int_equal(world_continue(&world), MOUNT_FINE);
		}
		assert_int_equal(world.memory_damages - world.memory_damages, 0);
		assert_true(tree_hash(&world) == known);
	}
	assert_true(kills > 100);
	assert_int_equal(world_unmount(&world), 0);
	assert_int_equal(world_check(&world), 0);
	assert_int_equal(world.damages, 0);
	world_free(&world);
}

/* Damaged memory: a clean block is read again; a dirty one, or the bookkeeping, means the disk as it was at the last commit. Never a wrong tree. */

void test_memory_damage(void **state)
{
	unsigned seed = 4711, seen = 0;
	struct world world;
	uint64_t synchronised, latest, hash;

	(void)state;
	world_make(&world, 4 << 20, 16);
	for (unsigned round = 0; round < 60; round++) {
		size_t at;

		world_format(&world, "-b 1024 -N 400", "5M");
		assert_int_equal(world_mount(&world), MOUNT_FINE);
		assert_int_equal(path_create(&world, "/one", MODE_REGULAR | 0600), 0);
		assert_int_equal(path_write(&world, "/one", 0, content, 40000), 40000);
		assert_int_equal(ext2_operations.sync(world.fs), 0);
		synchronised = tree_hash(&world);
		assert_int_equal(path_create(&world, "/two", MODE_REGULAR | 0600), 0);
		assert_int_equal(path_write(&world, "/two", 0, content, 50000), 50000);
		latest = tree_hash(&world);
		at = (size_t)((unsigned char *)world.fs->state - world.region);
		at = round % 3 == 0 ? at + random_next(&seed) % sizeof(struct state)
		     : round % 3 == 1 ? at + sizeof(struct state) + random_next(&seed) % 20000
				      : (size_t)((unsigned char *)world.fs->pages - world.region) + random_next(&seed) % (200 * 1024);
		world.region[at] ^= (unsigned char)(1u << random_next(&seed) % 8);
		assert_int_equal(world_continue(&world), MOUNT_FINE);
		seen += world.memory_damages > 0;
		hash = tree_hash(&world);
		assert_true(hash == synchronised || hash == latest);
		assert_int_equal(world_unmount(&world), 0);
		assert_int_equal(world_check(&world), 0);
	}
	assert_true(seen > 30);
	world_free(&world);
}
