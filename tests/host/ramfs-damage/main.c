/* SPDX-License-Identifier: MIT */
/*
 * A ramfs of which one cell was damaged between two instances, for every cell of its state: what the next instance tells is what was written, or -EIO. Files that have no part in the damage are whole, a damaged one can be removed or written anew, and
 * the structure is sound afterwards; or the salvage says that nobody can be served.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/assert.h"
#include "lib/filesystem_server.h"
#include "servers/ramfs/ramfs.h"

#define REGION_BYTES (448 * 1024)
#define OPEN_FILES 64
#define FILES 6
#define SIZE_MOST (24 * 4096)
#define VALUE_BYTES (3 * 4096) /* of the extended attribute of a directory */
#define BADGE 2
#define OPENED 5 /* id of an open file */

static const size_t sizes[FILES] = {0, 1, 4096, 4097, 5 * 4096, SIZE_MOST};

static unsigned char region[REGION_BYTES] __attribute__((aligned(4096)));
static unsigned char sound[REGION_BYTES];
static struct tsm tsm;
static struct ramfs ramfs;
static struct filesystem_server server;
static struct {
	uint64_t offset, bytes;
} ranges[64];
static unsigned range_count;
static uint64_t root;

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line)
{
	fprintf(stderr, "%s:%u: %s\n", file, line, condition);
	abort();
}

static void damage_note(void *context, uint64_t offset, uint64_t bytes)
{
	(void)context;
	assert_true(range_count < 64);
	ranges[range_count].offset = offset;
	ranges[range_count++].bytes = bytes;
}

static unsigned char *buffer_find(void *context, uint64_t badge, size_t *bytes)
{
	(void)context;
	(void)badge;
	*bytes = 0;
	return NULL;
}

static void now_tell(void *context, struct timestamp *now)
{
	(void)context;
	*now = (struct timestamp){.seconds = 1};
}

/* An instance, as servers/ramfs/main.c does it. False: it serves nobody. */
static bool instance_begin(uint64_t instance)
{
	const struct tsm_options layout = {.layout = 1, .undo_cells = ramfs_undo_cells(REGION_BYTES), .marks = FILESYSTEM_MARKS, .damaged = damage_note};
	const struct filesystem filesystem = {&ramfs_operations, &ramfs, &ramfs.clock, &ramfs.watch};
	const struct filesystem_options options = {.open_files = OPEN_FILES, .tree_badge = 1, .instance = instance, .buffer = buffer_find, .now = now_tell};
	size_t own = filesystem_state_bytes(OPEN_FILES);
	struct ramfs_damage damage[64];
	unsigned count = 0;
	bool fresh;

	range_count = 0;
	if (tsm_open(&tsm, region, sizeof(region), &layout) > TSM_DAMAGED)
		return false;
	filesystem_open(&server, &filesystem, &tsm, tsm_data(&tsm), &options);
	for (unsigned i = 0; i < range_count; i++) {
		assert_true(ranges[i].bytes == TSM_CELL); /* one cell was changed: it never lies in both parts */
		if (ranges[i].offset < own)
			filesystem_salvage(&server, ranges[i].offset, ranges[i].bytes);
		else
			damage[count++] = (struct ramfs_damage){(char *)tsm_data(&tsm) + ranges[i].offset, ranges[i].bytes};
	}
	if (!ramfs_opens((char *)tsm_data(&tsm) + own, damage, count) || ramfs_open(&ramfs, &tsm, (char *)tsm_data(&tsm) + own, tsm_bytes(&tsm) - own, &fresh) != 0)
		return false;
	if (count && ramfs_salvage(&ramfs, damage, count) < 0)
		return false;
	return ramfs_operations.root(&ramfs, &root, &(uint32_t){0}) == 0;
}

static struct name name_of(unsigned file)
{
	static const char *const names[FILES] = {"empty", "byte", "page", "two", "five", "many"};

	return (struct name){names[file], strlen(names[file])};
}

static unsigned char byte_of(unsigned file, size_t at)
{
	return (unsigned char)(file * 50 + at * 7 + at / 4096);
}

static void file_write(unsigned file)
{
	static unsigned char content[SIZE_MOST];
	struct attributes attributes;
	uint64_t offset = 0;

	for (size_t i = 0; i < sizes[file]; i++)
		content[i] = byte_of(file, i);
	ramfs_operations.begin(&ramfs);
	assert_int_equal(ramfs_operations.create(&ramfs, root, name_of(file), &(struct file_creation){.mode = MODE_REGULAR | 0644}, &attributes), 0);
	assert_int_equal(ramfs_operations.write(&ramfs, attributes.inode, &offset, content, sizes[file]), sizes[file]);
	ramfs_operations.commit(&ramfs);
}

/* -EIO, or 0 when all is there; anything else fails. */
static int file_compare(unsigned file)
{
	static unsigned char content[SIZE_MOST + 1];
	struct attributes attributes;
	int64_t bytes;

	assert_int_equal(ramfs_operations.lookup(&ramfs, root, name_of(file), &attributes), 0);
	assert_int_equal(attributes.size, sizes[file]);
	bytes = ramfs_operations.read(&ramfs, attributes.inode, 0, content, sizeof(content));
	if (bytes == -EIO)
		return -EIO;
	assert_int_equal(bytes, sizes[file]);
	for (size_t i = 0; i < sizes[file]; i++)
		if (content[i] != byte_of(file, i))
			fail_msg("%s: byte %zu is wrong", name_of(file).text, i);
	return 0;
}

/* An extended attribute with a value in pages of its own. */

static const struct name value_name = {"user.value", 10};

static void value_set(void)
{
	static unsigned char value[VALUE_BYTES];

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = byte_of(FILES, i);
	ramfs_operations.begin(&ramfs);
	assert_int_equal(ramfs_operations.xattr_set(&ramfs, root, value_name, value, sizeof(value), 0), 0);
	ramfs_operations.commit(&ramfs);
}

/* -EIO, or 0 when all is there; anything else fails. */
static int value_compare(void)
{
	static unsigned char value[VALUE_BYTES];
	int64_t bytes = ramfs_operations.xattr_get(&ramfs, root, value_name, value, sizeof(value));

	if (bytes == -EIO)
		return -EIO;
	assert_int_equal(bytes, sizeof(value));
	for (size_t i = 0; i < sizeof(value); i++)
		assert_int_equal(value[i], byte_of(FILES, i));
	return 0;
}

static void structure_check(void)
{
	static unsigned char scratch[1 << 16];
	const char *wrong = ramfs_check(&ramfs, scratch, sizeof(scratch));

	if (wrong)
		fail_msg("%s", wrong);
}

/* A damaged file can be cut to nothing and written again, or removed. */
static void file_renew(unsigned file)
{
	struct attributes attributes;
	uint64_t offset = 0;

	ramfs_operations.begin(&ramfs);
	assert_int_equal(ramfs_operations.lookup(&ramfs, root, name_of(file), &attributes), 0);
	assert_int_equal(ramfs_operations.write(&ramfs, attributes.inode, &offset, "x", 1), -EIO);
	assert_int_equal(ramfs_operations.setattr(&ramfs, attributes.inode, &(struct attribute_change){.mask = ATTRIBUTE_SIZE, .size = 5}, &attributes), -EIO);
	assert_int_equal(ramfs_operations.setattr(&ramfs, attributes.inode, &(struct attribute_change){.mask = ATTRIBUTE_SIZE, .size = 0}, &attributes), 0);
	ramfs_operations.commit(&ramfs);
	ramfs_operations.begin(&ramfs);
	assert_int_equal(ramfs_operations.write(&ramfs, attributes.inode, &offset, "x", 1), 1);
	ramfs_operations.commit(&ramfs);
	ramfs_operations.begin(&ramfs);
	assert_int_equal(ramfs_operations.unlink(&ramfs, root, name_of(file)), 0);
	ramfs_operations.commit(&ramfs);
	structure_check();
	file_write(file);
	assert_int_equal(file_compare(file), 0);
}

static void request_remember(void)
{
	struct session_request request = {.badge = BADGE, .sequence = 1};
	const struct session_result result = {.words = 1, .word = {77}};
	struct session_result none;

	assert_int_equal(session_begin(&server.sessions, &request, &none), SESSION_NEW);
	tsm_begin(&tsm);
	session_finish(&server.sessions, &request, &result);
	tsm_commit(&tsm);
	session_end(&server.sessions, &request);
}

/* The last request, repeated: its result, or -EIO; never anew. The one after it goes on. */
static bool request_is_known(void)
{
	struct session_request request = {.badge = BADGE, .sequence = 1}, next = {.badge = BADGE, .sequence = 2};
	struct session_result result = {.words = 0};
	enum session_answer answer = session_begin(&server.sessions, &request, &result);

	assert_true((answer == SESSION_REPEATED && result.word[0] == 77) || answer == SESSION_POISONED);
	assert_int_equal(session_begin(&server.sessions, &next, &result), SESSION_NEW);
	session_end(&server.sessions, &next);
	return answer == SESSION_REPEATED;
}

static void world_make(void)
{
	memset(region, 0, sizeof(region));
	assert_true(instance_begin(0));
	for (unsigned file = 0; file < FILES; file++)
		file_write(file);
	value_set();
	request_remember();
	structure_check();
	memcpy(sound, region, sizeof(region));
}

static struct {
	unsigned served, refused, files, values, requests, harmless;
} count;

static void cell_damage(size_t cell)
{
	unsigned damaged = 0;
	bool known;

	memcpy(region, sound, sizeof(region));
	region[cell * TSM_CELL + cell % TSM_CELL] ^= (unsigned char)(1 << cell % 8);
	if (!instance_begin(1)) {
		count.refused++;
		return;
	}
	count.served++;
	structure_check();
	known = request_is_known();
	for (unsigned file = 0; file < FILES; file++)
		if (file_compare(file) == -EIO) {
			damaged++;
			file_renew(file);
		}
	count.files += damaged;
	if (value_compare() == -EIO) {
		assert_int_equal(ramfs_damaged_files(&ramfs), 1);
		value_set();
		assert_int_equal(value_compare(), 0);
		structure_check();
		count.values++;
		damaged++;
	}
	assert_true(damaged <= 1); /* no page belongs to two */
	count.requests += !known;
	count.harmless += !damaged && known;
	assert_true(instance_begin(2) && range_count == 0); /* it is made good */
	structure_check();
}

static void every_cell(void **state)
{
	(void)state;
	world_make();
	for (size_t cell = 0; cell < sizeof(region) / TSM_CELL; cell++)
		cell_damage(cell);
	printf("# served %u (%u with a damaged file, %u with a damaged attribute, %u with a request that is not known, %u without harm), refused %u\n", count.served, count.files, count.values, count.requests, count.harmless, count.refused);
	assert_int_equal(count.files, 36 * 64 + 36 * 64 / 16); /* the cells of their pages and nodes, and of the checks of these */
	assert_int_equal(count.values, 3 * 64 + 3 * 64 / 16);
	assert_int_equal(count.requests, 1);
	assert_in_range(count.refused, 1, sizeof(region) / TSM_CELL / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_cell)};

	return cmocka_run_group_tests_name("ramfs-damage", tests, NULL, NULL);
}
