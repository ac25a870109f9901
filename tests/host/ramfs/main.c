/* SPDX-License-Identifier: MIT */
/* ramfs and the server of filesystems on the host: random operations against the model, restarts at any time, a full disk, refused requests. Run under ASan and UBSan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archive.h"
#include "parked.h"
#include "tests/host/harness/sharing.h"
#include "world.h"

static int64_t call(struct world *world, uint64_t badge, uint64_t label, struct file_exchange *x)
{
	x->badge = badge;
	x->label = label;
	x->words = 8;
	filesystem_handle(&world->server, x);
	return (int64_t)x->data[0];
}

/* One random operation on world and model. Fails the test when they do not agree. */
static void step(struct world *world, struct model *model, unsigned *seed)
{
	struct operation o = operation_choose(model, seed);
	struct file_exchange x, again;
	bool full = operation_full(world, &o);
	int64_t got, expected;

	/* a file of the model has so much room, and it has so many nodes */
	if (o.kind == APPEND && model->open[o.id] >= 0 && model->node[model->open[o.id]].size > CONTENT_MAX - 50000)
		o.kind = TRUNCATE;
	x = operation_request(world, model, &o);
	again = x;
	world->now++;
	model->now = world->now;
	filesystem_handle(&world->server, &x);
	got = (int64_t)x.data[0];
	expected = model_carry_out(model, &o, &x);
	if (got != expected && !(got == -ENOSPC && full && expected >= 0) && !(got == -ENOSPC && o.kind == RENAME))
		fail_msg("%s: answered %ld, must be %ld", operation_text(&o), (long)got, (long)expected);
	if ((o.kind == WRITE || o.kind == APPEND) && got >= 0 && (uint64_t)got < o.bytes && !full)
		fail_msg("%s: wrote %ld", operation_text(&o), (long)got);
	if (again.data[0] && random_next(seed) % 4 == 0) {
		filesystem_handle(&world->server, &again);
		if (again.words != x.words || memcmp(again.data, x.data, x.words * sizeof(x.data[0])) != 0)
			fail_msg("%s: repeated, it was answered %ld instead of %ld", operation_text(&o), (long)again.data[0], (long)got);
	}
}

static bool model_full(const struct model *model)
{
	int used = 0;

	for (int i = 0; i < NODES_MAX; i++)
		used += model->node[i].used + model->edge[i].used;
	return used > 2 * NODES_MAX - 60;
}

static void run(unsigned seed, int steps, int compare_every)
{
	struct world world;
	struct model model;
	const char *wrong;

	world_make(&world, WORLD_BYTES, false);
	model_make(&model);
	for (int i = 0; i < steps && !model_full(&model); i++) {
		step(&world, &model, &seed);
		window_step(&world, &seed);
		if (random_next(&seed) % 50 == 0)
			world_open(&world);
		wrong = window_check(&world, &model);
		if (wrong)
			fail_msg("after %d operations: %s", i, wrong);
		if (i % compare_every == 0) {
			wrong = world_compare(&world, &model);

			if (wrong)
				fail_msg("after %d operations: %s", i, wrong);
		}
	}
	assert_null(world_compare(&world, &model));
	model_free(&model);
	world_free(&world);
}

static void test_random(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++)
		run(seed, 3000, 20);
}

/* Creates a file in the root and opens it for the client under an id. Returns its inode. */
static uint64_t file_make(struct world *world, const char *name, uint64_t id, uint32_t flags)
{
	struct file_exchange x = {.data = {++world->sequence[1], 1, span_make(SESSION_DATA, strlen(name)), MODE_REGULAR | 0644, 0, 0, SESSION_DATA + 1024}};
	uint64_t inode;

	memcpy(world->windows.buffers[1] + SESSION_DATA, name, strlen(name));
	assert_int_equal(call(world, 1, TREE_CREATE, &x), 0);
	inode = x.data[1];
	x = (struct file_exchange){.data = {0, inode, CLIENT_BADGE, id, flags}};
	assert_int_equal(call(world, 1, TREE_OPEN, &x), 0);
	return inode;
}

static int64_t file_write(struct world *world, uint64_t id, uint64_t offset, uint64_t bytes)
{
	struct file_exchange x = {.data = {++world->sequence[2], id, offset, span_make(SESSION_DATA, bytes)}};

	memset(world->windows.buffers[2] + SESSION_DATA, 'x', bytes);
	return call(world, 2, FILE_WRITE, &x);
}

static int64_t file_read(struct world *world, uint64_t id, uint64_t offset, uint64_t bytes)
{
	struct file_exchange x = {.data = {0, id, offset, span_make(SESSION_DATA, bytes)}};

	return call(world, 2, FILE_READ, &x);
}

static uint64_t blocks_free(struct world *world)
{
	struct filesystem_statistics statistics;

	ramfs_operations.statfs(&world->ramfs, &statistics);
	return statistics.blocks_free;
}

/* Fills the disk to its last page; what was there stays, what is removed can be used again, and nothing leaks. */
static void test_full(void **state)
{
	struct file_exchange x;
	struct world world;
	uint64_t before, written = 0;
	int64_t done;

	(void)state;
	world_make(&world, WORLD_BYTES, false);
	before = blocks_free(&world);
	file_make(&world, "first", 0, OPEN_READ_WRITE);
	while ((done = file_write(&world, 0, FILE_END, 10000)) > 0)
		written += (uint64_t)done;
	assert_int_equal(done, -ENOSPC);
	assert_true(blocks_free(&world) <= 1);
	assert_true(written > (before - 3) * 4096);
	/* in place it can still be written */
	assert_int_equal(file_write(&world, 0, 5000, 3000), 3000);
	assert_int_equal(file_write(&world, 0, 4096, 4096), 4096);
	for (uint64_t at = 0; at < written; at += done) {
		done = file_read(&world, 0, at, 8192);
		assert_true(done > 0);
		for (int64_t i = 0; i < done; i++)
			assert_int_equal(world.windows.buffers[2][SESSION_DATA + i], 'x');
	}
	assert_null(world_check(&world));
	x = (struct file_exchange){.data = {++world.sequence[1], 1, span_make(SESSION_DATA, 5)}};
	memcpy(world.windows.buffers[1] + SESSION_DATA, "first", 5);
	assert_int_equal(call(&world, 1, TREE_UNLINK, &x), 0);
	assert_true(blocks_free(&world) <= 1); /* it is still open */
	x = (struct file_exchange){.data = {0, 0}};
	assert_int_equal(call(&world, 2, FILE_CLOSE, &x), 0);
	assert_int_equal(blocks_free(&world), before);
	assert_null(world_check(&world));
	world_free(&world);
}

/* Sparse files as large as a file can be. */
static void test_sparse(void **state)
{
	static const uint64_t places[] = {0, 4095, 4096 * 1024, 4096ull << 20, 4096ull << 30, 4096ull << 40, INT64_MAX - 8191};
	struct world world;
	uint64_t before;

	(void)state;
	world_make(&world, WORLD_BYTES, false);
	before = blocks_free(&world);
	file_make(&world, "sparse", 0, OPEN_READ_WRITE);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct file_exchange x = {.data = {0, 0, places[i] ? places[i] - 1 : 0, SEEK_TO_HOLE}};

		assert_int_equal(file_write(&world, 0, places[i], 10), 10);
		assert_int_equal(file_read(&world, 0, places[i], 100), 10);
		assert_null(world_check(&world));
		if (i > 2) {
			assert_int_equal(call(&world, 2, FILE_SEEK, &x), places[i] - 1);
			x = (struct file_exchange){.data = {0, 0, places[i - 1] + 8192, SEEK_TO_DATA}};
			assert_int_equal(call(&world, 2, FILE_SEEK, &x), places[i] / 4096 * 4096);
		}
	}
	assert_int_equal(file_write(&world, 0, INT64_MAX - 3, 10), 3);
	assert_int_equal(file_write(&world, 0, INT64_MAX, 10), -EFBIG);
	assert_int_equal(file_write(&world, 0, (uint64_t)INT64_MAX + 1, 10), -EINVAL);
	for (size_t i = sizeof(places) / sizeof(places[0]); i-- > 0;) {
		struct file_exchange x = {.data = {++world.sequence[2], 0, places[i]}};

		assert_int_equal(call(&world, 2, FILE_TRUNCATE, &x), 0);
		assert_null(world_check(&world));
	}
	assert_int_equal(blocks_free(&world), before);
	world_free(&world);
}

/* Listing while the directory changes: what stays is told once. */
static void test_listing(void **state)
{
	struct world world;
	bool seen[100] = {0};
	uint64_t cookie = 0;
	int removed = 0;
	char name[16];

	(void)state;
	world_make(&world, WORLD_BYTES, false);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "f%02d", i);
		file_make(&world, name, 0, OPEN_READ);
	}
	file_make(&world, "directory", 1, OPEN_READ);
	struct file_exchange x = {.data = {0, 1, CLIENT_BADGE, 1, OPEN_READ}};

	assert_int_equal(call(&world, 1, TREE_OPEN, &x), 0);
	for (;;) {
		int64_t bytes;

		x = (struct file_exchange){.data = {0, 1, cookie, span_make(SESSION_DATA, 200)}};
		bytes = call(&world, 2, FILE_READDIR, &x);
		assert_true(bytes >= 0);
		if (!bytes)
			break;
		cookie = x.data[1];
		for (int64_t at = 0; at < bytes;) {
			const struct directory_record *record = (const void *)(world.windows.buffers[2] + SESSION_DATA + at);
			int index = record->name[0] == 'f' ? atoi(record->name + 1) : -1;

			assert_true(record->bytes % 8 == 0 && at + record->bytes <= bytes);
			at += record->bytes;
			if (index < 0)
				continue;
			assert_false(seen[index]);
			seen[index] = true;
			/* every second of what was told is removed behind the reader */
			if (index % 2) {
				x = (struct file_exchange){.data = {++world.sequence[1], 1, span_make(SESSION_DATA, 3)}};
				snprintf(name, sizeof(name), "f%02d", index);
				memcpy(world.windows.buffers[1] + SESSION_DATA, name, 3);
				assert_int_equal(call(&world, 1, TREE_UNLINK, &x), 0);
				removed++;
			}
		}
	}
	for (int i = 0; i < 100; i++)
		assert_true(seen[i]);
	assert_int_equal(removed, 50);
	assert_null(world_check(&world));
	world_free(&world);
}

/* Requests that no honest client makes. */
static void test_refused(void **state)
{
	const struct {
		uint64_t badge, label;
		uint64_t data[8];
		int64_t answer;
		const char *what;
	} rows[] = {
		{2, TREE_LOOKUP, {0, 1, span_make(SESSION_DATA, 1), SESSION_DATA}, -EPERM, "the tree protocol, by a client"},
		{2, FILE_READ, {0, 7, 0, span_make(SESSION_DATA, 10)}, -EBADF, "a file that is not open"},
		{2, FILE_READ, {0, 1ull << 40, 0, span_make(SESSION_DATA, 10)}, -EBADF, "an id out of range"},
		{2, FILE_READ, {0, 0, 0, span_make(0, 10)}, -EFAULT, "into the session page"},
		{2, FILE_READ, {0, 0, 0, span_make(SESSION_BUFFER_BYTES - 5, 10)}, -EFAULT, "beyond the buffer"},
		{2, FILE_READ, {0, 0, 0, span_make(0xffffffff, 0xffffffff)}, -EFAULT, "a span that wraps"},
		{2, FILE_READ, {5, 0, 0, span_make(SESSION_DATA, 10)}, -EPROTO, "a number where none belongs"},
		{2, FILE_WRITE, {0, 0, 0, span_make(SESSION_DATA, 10)}, -EPROTO, "no number where one belongs"},
		{2, FILE_WRITE, {9, 0, 0, span_make(SESSION_DATA, 10)}, -EPROTO, "a number out of order"},
		{2, FILE_WRITE, {1 | 99ull << SEQUENCE_LANE_SHIFT, 0, 0, span_make(SESSION_DATA, 10)}, -EPROTO, "a lane that there is not"},
		{2, 0xdead, {0}, -ENOSYS, "no such request"},
		{2, FILE_REMOVEXATTR + 1, {0}, -ENOSYS, "beyond the last request"},
		{2, FILE_READ - 1, {0}, -ENOSYS, "before the first request"},
		{0, FILE_READ, {0}, -EBADF, "no badge"},
		{FILESYSTEM_SESSIONS + 1, FILE_GETATTR, {0, 0, SESSION_DATA}, -EPROTO, "a badge that there is not"},
		{1, TREE_LOOKUP, {0, 1, span_make(SESSION_DATA, 256), SESSION_DATA}, -ENAMETOOLONG, "a name too long"},
		{1, TREE_LOOKUP, {0, 99999, span_make(SESSION_DATA, 1), SESSION_DATA}, -ESTALE, "an inode that there is not"},
		{1, TREE_LOOKUP, {0, 1ull << 60, span_make(SESSION_DATA, 1), SESSION_DATA}, -ESTALE, "an inode out of range"},
		{1, TREE_LOOKUP, {0, 1, span_make(SESSION_DATA, 3), SESSION_DATA}, -EINVAL, "a name with a slash"},
		{1, TREE_OPEN, {0, 1, 99, 0, 0}, -EINVAL, "for a session that there is not"},
		{1, TREE_OPEN, {0, 1, 2, FILE_IDS, 0}, -EINVAL, "an id that there is not"},
	};
	struct world world;

	(void)state;
	world_make(&world, WORLD_BYTES, false);
	file_make(&world, "file", 0, OPEN_READ_WRITE);
	memcpy(world.windows.buffers[1] + SESSION_DATA, "a/b", 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct file_exchange x = {0};
		int64_t answer;

		memcpy(x.data, rows[i].data, sizeof(x.data));
		answer = call(&world, rows[i].badge, rows[i].label, &x);
		if (answer != rows[i].answer && !(rows[i].badge == 0 && answer == -EPROTO))
			fail_msg("%s: answered %ld, must be %ld", rows[i].what, (long)answer, (long)rows[i].answer);
		assert_null(world_check(&world));
	}
	world_free(&world);
}

/* Any words with any label from either session: refused or carried out, never worse. */
static void test_random_words(void **state)
{
	struct world world;
	unsigned seed = 7;

	(void)state;
	world_make(&world, WORLD_BYTES, false);
	file_make(&world, "file", 0, OPEN_READ_WRITE);
	for (int i = 0; i < 100000; i++) {
		struct file_exchange x = {.badge = 1 + random_next(&seed) % 2, .words = random_next(&seed) % 9};

		x.label = (random_next(&seed) % 2 ? FILE_READ : TREE_ROOT) + random_next(&seed) % 20;
		for (int w = 0; w < 8; w++) {
			uint64_t value = random_next(&seed) % 8;

			if (random_next(&seed) % 3 == 0)
				value = span_make(random_next(&seed) % (2 * SESSION_BUFFER_BYTES), random_next(&seed) % 300);
			if (random_next(&seed) % 16 == 0)
				value = (uint64_t)random_next(&seed) << 40 | random_next(&seed);
			x.data[w] = value;
		}
		if (random_next(&seed) % 2)
			x.data[0] = random_next(&seed) % 2 ? world.server.sessions.lane[(x.badge - 1) * SEQUENCE_LANES].number + 1 : 0;
		filesystem_handle(&world.server, &x);
		assert_true(x.words >= 1 && x.words <= 4);
		if (i % 500 == 0)
			assert_null(world_check(&world));
	}
	assert_null(world_check(&world));
	world_free(&world);
}

static void world_reopen(void *context)
{
	world_open(context);
}

static const char *world_judge(void *context)
{
	return world_check(context);
}

static void test_shares(void **state)
{
	static struct sharing sharing;
	struct world world;

	(void)state;
	world_make(&world, WORLD_BYTES, false);
	windows_pool_make(&world.windows);
	world_open(&world);
	sharing = (struct sharing){.server = &world.server, .windows = &world.windows, .sequence = world.sequence, .root = 1, .restart = world_reopen, .check = world_judge, .context = &world};
	sharing_begin(&sharing);
	sharing_run(&sharing, 7, 20000);
	assert_true(sharing.leases > 500 && sharing.stores > 500);
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parked),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_listing),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_random_words),
		cmocka_unit_test(test_archive),
		cmocka_unit_test(test_archive_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
