/* SPDX-License-Identifier: MIT */
/* Pages of files on ext2 that a client leases and shares, behind the server of filesystems: random requests, with restarts and little memory, for each size of blocks. Afterwards e2fsck must find nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuts.h"
#include "rig.h"

#define MEMORY ((size_t)4 << 20)
#define LITTLE_MEMORY ((size_t)1152 << 10)
#define STEPS 12000
#define FILLER_BYTES (5 << 20) /* more than fits the cache */

static unsigned char filler[FILLER_BYTES]; /* all the same, and not what a leased page shows */

static void filler_make(struct rig *rig)
{
	memset(filler, 'f', sizeof(filler));
	assert_int_equal(path_create(&rig->world, "/filler", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_write(&rig->world, "/filler", 0, filler, sizeof(filler)), sizeof(filler));
}

/* Every page of the cache is used for something else; who leased one sees that it has gone. */
static const char *cache_flush(void *context)
{
	struct rig *rig = context;
	struct attributes attributes;

	if (path_find(&rig->world, "/filler", &attributes) != 0)
		return "the filler has gone";
	for (uint64_t at = 0; at < FILLER_BYTES; at += 1 << 16)
		if (ext2_operations.read(rig->world.fs, attributes.inode, at, filler + at, 1 << 16) != 1 << 16)
			return "the filler cannot be read";
	return NULL;
}

static void random_pages(const char *format, unsigned seed)
{
	static struct sharing sharing;
	static struct rig rig;

	rig_make(&rig, format, MEMORY, seed);
	sharing = (struct sharing){.server = &rig.server, .windows = &rig.windows, .sequence = rig.sequence, .root = 2, .restart = rig_open, .check = cache_flush, .context = &rig};
	filler_make(&rig);
	sharing_begin(&sharing);
	sharing_run(&sharing, seed, STEPS);
	assert_true(sharing.leases > 500 && sharing.stores > 500);
	rig_free(&rig);
}

static void test_pages(void **state)
{
	(void)state;
	random_pages("-b 4096", 1);
	random_pages("-b 2048", 2);
	random_pages("-b 1024", 3);
}

/* Leases all pages of a file that fit a window; returns how many were had. */
static unsigned window_fill(struct rig *rig, uint64_t inode)
{
	struct file_exchange open = {.label = TREE_OPEN, .badge = VFS_BADGE, .words = 5, .data = {0, inode, CLIENT_BADGE, 0, OPEN_READ}};
	unsigned count = 0;

	filesystem_handle(&rig->server, &open);
	assert_int_equal(open.data[0], 0);
	for (uint64_t slot = 0; slot < LEASE_SLOTS; slot++) {
		struct file_exchange lease = {.label = FILE_LEASE, .badge = CLIENT_BADGE, .words = 4, .data = {0, 0, slot, slot}};

		filesystem_handle(&rig->server, &lease);
		assert_int_equal(lease.data[0], WINDOW_PAGE);
	}
	for (uint32_t slot = 0; slot < LEASE_SLOTS; slot++)
		count += windows_word(&rig->windows, slot) != 0;
	return count;
}

/* How many leases hold; each that does shows the byte that the whole file consists of, the others zeros. */
static unsigned window_judge(const struct rig *rig, unsigned char byte)
{
	unsigned count = 0;

	for (uint32_t slot = 0; slot < LEASE_SLOTS; slot++) {
		bool holds = windows_word(&rig->windows, slot);
		const unsigned char *page = rig->windows.shown[slot];

		count += holds;
		assert_true(page && page[0] == (holds ? byte : 0) && memcmp(page, page + 1, WINDOW_PAGE - 1) == 0);
	}
	return count;
}

/*
 * The cache is as small as it may be, and half of it is leased: leases give way to others' pages, and nobody sees those. The leased file is one that was written, or `fresh` from the disk; others are written after it was leased, or
 * before: then it is reading that has no page left.
 */
static void leases_give_way(bool fresh, bool written_before)
{
	static unsigned char bytes[LEASE_SLOTS * WINDOW_PAGE];
	static struct rig rig;
	struct attributes attributes;

	rig_make(&rig, "-b 4096", LITTLE_MEMORY, 5);
	printf("%u\n", rig.world.fs->page_count);
	assert_true(rig.world.fs->page_count < 2 * LEASE_SLOTS + 32);
	memset(bytes, 'l', sizeof(bytes));
	filler_make(&rig);
	assert_int_equal(path_create(&rig.world, "/leased", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_create(&rig.world, "/dirty", MODE_REGULAR | 0600), 0);
	assert_int_equal(path_write(&rig.world, "/leased", 0, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(ext2_operations.sync(rig.world.fs), 0);
	if (fresh)
		cache_flush(&rig);
	assert_int_equal(path_find(&rig.world, "/leased", &attributes), 0);
	if (written_before)
		assert_int_equal(path_write(&rig.world, "/dirty", 0, filler, 40 * WINDOW_PAGE), 40 * WINDOW_PAGE);
	(void)window_fill(&rig, attributes.inode);
	if (!written_before)
		assert_int_equal(window_judge(&rig, 'l'), LEASE_SLOTS);
	assert_int_equal(path_write(&rig.world, "/dirty", 0, filler, 40 * WINDOW_PAGE), 40 * WINDOW_PAGE);
	cache_flush(&rig);
	assert_true(window_judge(&rig, 'l') < LEASE_SLOTS);
	rig_free(&rig);
}

static void test_eviction(void **state)
{
	(void)state;
	leases_give_way(false, false);
	leases_give_way(true, false);
	leases_give_way(true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_cuts),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	shell("rm -rf %s", work_directory());
	return failed;
}
