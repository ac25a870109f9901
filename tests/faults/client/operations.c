/* SPDX-License-Identifier: MIT */
/*
 * The operations (operations.h). Each works on files of its own in one directory, so the model of one does not depend on others. Contents are functions of a counter that grows with each change: stale bytes are never
 * the right ones.
 *
 *   fixed     never changes: read
 *   kept      8 KiB, overwritten piece by piece: write
 *   log       grows: append, fsync
 *   cut       truncated up and down
 *   here      moves to `there` and back: rename
 *   many/     20 names, listed
 *   filler    takes all room: full
 *   large     never changes: read-cold
 */
#include "operations.h"

#include "asks.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"

#define PATH_MOST 64
#define KEPT_BYTES 8192
#define LOG_BYTES 16384
#define PIECE 1500
#define RECORD 100
#define CUT_BYTES 6000
#define CUT_MOST 9000
#define NAMES 20
#define LARGE_PAGES 4096 /* more than the cache holds */
#define LARGE_STEP 1109  /* pages */
#define COLD_PAGES 3     /* one or two of them may happen to be in memory */
#define SETTLE_TRIES 5 /* the first request after a server has lost its sessions is answered with an error */

static char base_path[PATH_MOST];
static unsigned char kept[KEPT_BYTES], kept_before[KEPT_BYTES], logged[LOG_BYTES], cut[CUT_MOST], back[LOG_BYTES];
static uint64_t counter; /* of changes: contents follow from it */
static uint64_t kept_at, log_size, cut_size, moves, fixed_at;
static uint64_t large_at, cold_at[COLD_PAGES];
static int large_file = -1, fixed_file = -1, kept_file = -1, log_file = -1, cut_file = -1, new_file = -1;

const char *path_of(const char *name)
{
	static char paths[2][PATH_MOST];
	static unsigned turn;
	char *path = paths[turn++ % 2];
	size_t length = strlen(base_path);

	memcpy(path, base_path, length); /* NOLINT(bugprone-not-null-terminated-result): a name follows, with its NUL */
	path[length] = '/';
	memcpy(path + length + 1, name, strlen(name) + 1);
	return path;
}

void bytes_make(unsigned char *bytes, size_t count, uint64_t seed)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (unsigned char)((seed * 0x9e3779b97f4a7c15 >> 40) + i * 7 + (i >> 8));
}

static bool holds(int file, const unsigned char *bytes, size_t count)
{
	struct attributes attributes;

	return file_attributes(file, &attributes) == 0 && attributes.size == count && file_read(file, 0, back, sizeof(back)) == (int64_t)count && memcmp(back, bytes, count) == 0;
}

static bool is_there(const char *name, struct attributes *attributes)
{
	return path_attributes(path_of(name), false, attributes) == 0;
}

static bool is_gone(const char *name)
{
	struct attributes attributes;

	return path_attributes(path_of(name), false, &attributes) == -ENOENT;
}

static bool nothing_needed(void)
{
	return true;
}

/* A name that must be there now and was not before. `told`: what the operation was told; `exists`: the error of doing it twice. */
static enum verdict made(const char *name, int64_t told, int64_t exists, uint32_t type)
{
	struct attributes attributes;

	if (!is_there(name, &attributes))
		return told >= 0 ? LOST : WRONG;
	if (told < 0)
		return told == exists ? REPEATED : WRONG;
	return (attributes.mode & MODE_TYPE) == type ? RIGHT : WRONG;
}

/* A name that must be gone now. */
static enum verdict removed(const char *name, int64_t told)
{
	if (!is_gone(name))
		return told == 0 ? LOST : WRONG;
	return told == 0 ? RIGHT : told == -ENOENT ? REPEATED : WRONG;
}

/* Reading. */

static int64_t read_run(void)
{
	fixed_at = counter++ % 4096;
	memset(back, 0, 4096);
	return file_read(fixed_file, fixed_at, back, 4096);
}

static enum verdict read_check(int64_t result)
{
	static unsigned char expected[KEPT_BYTES];

	bytes_make(expected, sizeof(expected), 1);
	return result == 4096 && memcmp(back, expected + fixed_at, 4096) == 0 ? RIGHT : WRONG;
}

static struct attributes seen;

static int64_t stat_run(void)
{
	return path_attributes(path_of("fixed"), true, &seen);
}

static enum verdict stat_check(int64_t result)
{
	return result == 0 && seen.size == KEPT_BYTES && seen.links == 1 && seen.mode == (MODE_REGULAR | 0644) ? RIGHT : WRONG;
}

/* Lists a directory into `back`, and counts each name xNN in it. */
static int64_t list_run(void)
{
	int file = file_open(path_of("many"), OPEN_READ | OPEN_DIRECTORY, 0);
	uint64_t cookie = 0;
	int64_t total = 0, part = 1;

	if (file < 0)
		return file;
	while (part > 0 && total < (int64_t)sizeof(back)) {
		part = file_list(file, &cookie, back + total, 512);
		total += part > 0 ? part : 0;
	}
	return file_close(file) == 0 && part == 0 ? total : part < 0 ? part : -EIO;
}

static enum verdict list_check(int64_t result)
{
	uint32_t found = 0;
	int names = 0;

	for (int64_t at = 0; at < result;) {
		const struct directory_record *entry = (const struct directory_record *)(back + at);
		unsigned number;

		if (entry->bytes == 0)
			return WRONG;
		at += entry->bytes;
		if (entry->name[0] != 'x')
			continue;
		number = (unsigned)(entry->name[1] - 'a');
		if (number >= NAMES)
			return WRONG;
		names++;
		found |= 1u << number;
	}
	return found == (1u << NAMES) - 1 && names == NAMES ? RIGHT : names > NAMES ? REPEATED : LOST;
}

/* Contents. */

static int64_t write_run(void)
{
	counter++;
	kept_at = counter * 577 % (KEPT_BYTES - PIECE);
	bytes_make(kept + kept_at, PIECE, counter);
	return file_write(kept_file, kept_at, kept + kept_at, PIECE);
}

static enum verdict write_check(int64_t result)
{
	if (holds(kept_file, kept, KEPT_BYTES))
		return result == PIECE ? RIGHT : WRONG;
	return memcmp(back + kept_at, kept + kept_at, PIECE) != 0 ? LOST : WRONG;
}

/* The log begins anew when it is full. */
static bool log_prepare(void)
{
	if (log_size + 2 * RECORD <= LOG_BYTES)
		return true;
	log_size = 0;
	return file_truncate(log_file, 0) == 0;
}

static int64_t append_run(void)
{
	bytes_make(logged + log_size, RECORD, ++counter);
	log_size += RECORD;
	return file_write(log_file, FILE_END, logged + log_size - RECORD, RECORD);
}

static enum verdict append_check(int64_t result)
{
	struct attributes attributes;

	if (file_attributes(log_file, &attributes) != 0)
		return WRONG;
	if (attributes.size != log_size)
		return attributes.size < log_size ? LOST : REPEATED;
	return holds(log_file, logged, log_size) && result == RECORD ? RIGHT : WRONG;
}

static bool sync_prepare(void)
{
	return log_prepare() && append_run() == RECORD;
}

static int64_t sync_run(void)
{
	return file_sync(log_file);
}

static enum verdict sync_check(int64_t result)
{
	return result == 0 ? append_check(RECORD) : WRONG;
}

/* By turns shorter and longer: what is cut off comes back as zeros. */
static bool cut_prepare(void)
{
	counter++;
	bytes_make(cut, CUT_BYTES, counter);
	cut_size = counter % 2 ? CUT_BYTES / 3 + counter % 1000 : CUT_BYTES + counter % (CUT_MOST - CUT_BYTES);
	return file_truncate(cut_file, 0) == 0 && file_write(cut_file, 0, cut, CUT_BYTES) == CUT_BYTES;
}

static int64_t cut_run(void)
{
	return file_truncate(cut_file, cut_size);
}

static enum verdict cut_check(int64_t result)
{
	struct attributes attributes;

	if (file_attributes(cut_file, &attributes) != 0 || result != 0)
		return WRONG;
	if (attributes.size != cut_size)
		return LOST;
	if (cut_size > CUT_BYTES)
		memset(cut + CUT_BYTES, 0, cut_size - CUT_BYTES);
	return holds(cut_file, cut, cut_size) ? RIGHT : WRONG;
}

/* Names. */

static bool create_prepare(void)
{
	if (new_file >= 0 && file_close(new_file) != 0)
		return false;
	new_file = -1;
	return is_gone("new") || path_remove(path_of("new")) == 0;
}

static int64_t create_run(void)
{
	new_file = file_open(path_of("new"), OPEN_READ_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600);
	return new_file;
}

static enum verdict create_check(int64_t result)
{
	enum verdict verdict = made("new", result, -EEXIST, MODE_REGULAR);

	if (verdict != RIGHT)
		return verdict;
	return file_write(new_file, 0, kept, 10) == 10 && file_open(path_of("new"), OPEN_READ_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600) == -EEXIST ? RIGHT : WRONG;
}

static const char *moved_from(void)
{
	return moves % 2 ? "there" : "here";
}

static const char *moved_to(void)
{
	return moves % 2 ? "here" : "there";
}

static int64_t rename_run(void)
{
	return path_rename(path_of(moved_from()), path_of(moved_to()), RENAME_KEEP);
}

static enum verdict rename_check(int64_t result)
{
	struct attributes attributes;
	bool from = is_there(moved_from(), &attributes), to = is_there(moved_to(), &attributes);

	moves++;
	if (from || !to)
		return from && to ? WRONG : LOST;
	return result == 0 ? RIGHT : result == -ENOENT || result == -EEXIST ? REPEATED : WRONG;
}

static bool unlink_prepare(void)
{
	int file = file_open(path_of("victim"), OPEN_WRITE | OPEN_CREATE, 0600);

	return file >= 0 && file_write(file, 0, kept, 100) == 100 && file_close(file) == 0;
}

static int64_t unlink_run(void)
{
	return path_remove(path_of("victim"));
}

static enum verdict unlink_check(int64_t result)
{
	return removed("victim", result);
}

static bool mkdir_prepare(void)
{
	return is_gone("made") || path_remove_directory(path_of("made")) == 0;
}

static int64_t mkdir_run(void)
{
	return path_make_directory(path_of("made"), 0755);
}

static enum verdict mkdir_check(int64_t result)
{
	return made("made", result, -EEXIST, MODE_DIRECTORY);
}

static bool rmdir_prepare(void)
{
	struct attributes attributes;

	return is_there("made", &attributes) || path_make_directory(path_of("made"), 0755) == 0;
}

static int64_t rmdir_run(void)
{
	return path_remove_directory(path_of("made"));
}

static enum verdict rmdir_check(int64_t result)
{
	return removed("made", result);
}

static bool link_prepare(void)
{
	return is_gone("link") || path_remove(path_of("link")) == 0;
}

static int64_t link_run(void)
{
	return path_link(path_of("kept"), path_of("link"));
}

static enum verdict link_check(int64_t result)
{
	struct attributes attributes;
	enum verdict verdict = made("link", result, -EEXIST, MODE_REGULAR);

	if (verdict != RIGHT)
		return verdict;
	return is_there("kept", &attributes) && attributes.links == 2 ? RIGHT : WRONG;
}

static bool symlink_prepare(void)
{
	return is_gone("symbolic") || path_remove(path_of("symbolic")) == 0;
}

static int64_t symlink_run(void)
{
	return path_make_link(path_of("symbolic"), "fixed");
}

static enum verdict symlink_check(int64_t result)
{
	enum verdict verdict = made("symbolic", result, -EEXIST, MODE_LINK);
	char target[16];

	if (verdict != RIGHT)
		return verdict;
	return path_read_link(path_of("symbolic"), target, sizeof(target)) == 5 && memcmp(target, "fixed", 5) == 0 ? RIGHT : WRONG;
}

static int64_t chmod_run(void)
{
	return path_change_mode(path_of("cut"), 0600 + ++counter % 64);
}

static enum verdict chmod_check(int64_t result)
{
	struct attributes attributes;

	if (!is_there("cut", &attributes) || result != 0)
		return WRONG;
	return (attributes.mode & 07777) == 0600 + counter % 64 ? RIGHT : LOST;
}

/* Room for some of what is written, or for nothing. */

static bool room_take(void)
{
	int file = file_open(path_of("filler"), OPEN_WRITE | OPEN_CREATE, 0600);
	int64_t done;

	if (file < 0)
		return false;
	do
		done = file_write(file, FILE_END, logged, LOG_BYTES);
	while (done == LOG_BYTES);
	return (done >= 0 || done == -ENOSPC) && file_close(file) == 0;
}

/* By turns: no room at all, and a page or two, by the size of what is cut off the filler. */
static bool full_prepare(void)
{
	struct attributes attributes;
	int file;

	if (file_truncate(log_file, log_size = 0) != 0 || !room_take())
		return false;
	file = file_open(path_of("filler"), OPEN_READ_WRITE, 0);
	if (file < 0 || file_attributes(file, &attributes) != 0)
		return false;
	counter++;
	return file_truncate(file, attributes.size - counter % 3 * 4096) == 0 && file_close(file) == 0;
}

static int64_t full_run(void)
{
	bytes_make(logged, LOG_BYTES, counter);
	return file_write(log_file, FILE_END, logged, LOG_BYTES);
}

/* What was answered is there, and not more. */
static enum verdict full_check(int64_t result)
{
	struct attributes attributes;

	if ((result < 0 && result != -ENOSPC) || result == LOG_BYTES || file_attributes(log_file, &attributes) != 0)
		return WRONG;
	log_size = result > 0 ? (uint64_t)result : 0;
	if (attributes.size != log_size)
		return attributes.size < log_size ? LOST : REPEATED;
	return holds(log_file, logged, log_size) ? RIGHT : WRONG;
}

/* With what the disk has to do: what is written is synchronised, what is read is not in memory. */

static int64_t write_synced_run(void)
{
	int64_t result = write_run(), error = file_sync(kept_file);

	return error ? error : result;
}

static int64_t append_synced_run(void)
{
	int64_t result = append_run(), error = file_sync(log_file);

	return error ? error : result;
}

static int64_t create_synced_run(void)
{
	int64_t result = create_run(), error = result < 0 ? 0 : file_sync(new_file);

	return error ? error : result;
}

static int64_t rename_synced_run(void)
{
	int64_t result = rename_run(), error = file_sync(kept_file);

	return error ? error : result;
}

static bool large_make(void)
{
	large_file = file_open(path_of("large"), OPEN_READ_WRITE | OPEN_CREATE, 0600);
	for (uint64_t page = 0; large_file >= 0 && page < LARGE_PAGES; page++) {
		bytes_make(back, 4096, page);
		if (file_write(large_file, page * 4096, back, 4096) != 4096)
			return false;
	}
	return large_file >= 0 && file_sync(large_file) == 0;
}

static bool cold_prepare(void)
{
	return large_file >= 0 || large_make();
}

/* Far from what was read before, and not by a distance that leads back to it soon. */
static int64_t cold_run(void)
{
	int64_t result = 4096;

	memset(back, 0, COLD_PAGES * 4096);
	for (int i = 0; i < COLD_PAGES && result == 4096; i++) {
		cold_at[i] = large_at = (large_at + LARGE_STEP) % LARGE_PAGES;
		result = file_read(large_file, large_at * 4096, back + i * 4096, 4096);
	}
	return result;
}

static enum verdict cold_check(int64_t result)
{
	static unsigned char expected[4096];

	for (int i = 0; i < COLD_PAGES; i++) {
		bytes_make(expected, sizeof(expected), cold_at[i]);
		if (result != 4096 || memcmp(back + i * 4096, expected, 4096) != 0)
			return WRONG;
	}
	return RIGHT;
}

static const struct operation file_operations[] = {
	{"read", "vfs", NULL, false, nothing_needed, read_run, read_check, NULL},
	{"write", "vfs", NULL, false, nothing_needed, write_run, write_check, NULL},
	{"append", "vfs", NULL, false, log_prepare, append_run, append_check, NULL},
	{"fsync", "vfs", NULL, false, sync_prepare, sync_run, sync_check, NULL},
	{"truncate", "vfs", NULL, false, cut_prepare, cut_run, cut_check, NULL},
	{"stat", "vfs", NULL, false, nothing_needed, stat_run, stat_check, NULL},
	{"readdir", "vfs", NULL, false, nothing_needed, list_run, list_check, NULL},
	{"create", "vfs", NULL, false, create_prepare, create_run, create_check, NULL},
	{"rename", "vfs", NULL, false, nothing_needed, rename_run, rename_check, NULL},
	{"unlink", "vfs", NULL, false, unlink_prepare, unlink_run, unlink_check, NULL},
	{"mkdir", "vfs", NULL, false, mkdir_prepare, mkdir_run, mkdir_check, NULL},
	{"rmdir", "vfs", NULL, false, rmdir_prepare, rmdir_run, rmdir_check, NULL},
	{"link", "vfs", NULL, false, link_prepare, link_run, link_check, NULL},
	{"symlink", "vfs", NULL, false, symlink_prepare, symlink_run, symlink_check, NULL},
	{"chmod", "vfs", NULL, false, nothing_needed, chmod_run, chmod_check, NULL},
	{"full", "vfs", NULL, true, full_prepare, full_run, full_check, NULL},
	{"read-cold", "ext2", "virtio-blk", true, cold_prepare, cold_run, cold_check, NULL},
	{"write-synced", "ext2", "virtio-blk", true, nothing_needed, write_synced_run, write_check, NULL},
	{"append-synced", "ext2", "virtio-blk", true, log_prepare, append_synced_run, append_check, NULL},
	{"create-synced", "ext2", "virtio-blk", true, create_prepare, create_synced_run, create_check, NULL},
	{"rename-synced", "ext2", "virtio-blk", true, nothing_needed, rename_synced_run, rename_check, NULL},
	{"read-claim", "ext2", "pci", true, cold_prepare, cold_run, cold_check, "virtio-blk"},
	{"write-claim", "ext2", "pci", true, nothing_needed, write_synced_run, write_check, "virtio-blk"},
	{"append-claim", "ext2", "pci", true, log_prepare, append_synced_run, append_check, "virtio-blk"},
	{"create-claim", "ext2", "pci", true, create_prepare, create_synced_run, create_check, "virtio-blk"},
	{"rename-claim", "ext2", "pci", true, nothing_needed, rename_synced_run, rename_check, "virtio-blk"},
};
#define FILE_OPERATIONS (sizeof(file_operations) / sizeof(file_operations[0]))

const struct operation *operation_at(unsigned index)
{
	if (index < FILE_OPERATIONS)
		return &file_operations[index];
	index -= FILE_OPERATIONS;
	if (index < store_operation_count)
		return &store_operations[index];
	index -= store_operation_count;
	return index < device_operation_count ? &device_operations[index] : NULL;
}

int64_t operation_run(const struct operation *operation)
{
	if (operation->restarts && killer_end(badge_of(operation->restarts)) != OK)
		return -ENODEV;
	return operation->run();
}

bool operation_possible(const struct operation *operation)
{
	return start_session(operation->server) != 0;
}

static int file_make(const char *name, const unsigned char *bytes, size_t count)
{
	int file = file_open(path_of(name), OPEN_READ_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0644);

	return file >= 0 && file_write(file, 0, bytes, count) == (int64_t)count ? file : -1;
}

/* BASE/many/xN. */
static const char *path_of_many(int number)
{
	char name[] = "many/x?";

	name[sizeof(name) - 2] = (char)('a' + number);
	return path_of(name);
}

static bool names_make(void)
{
	if (path_make_directory(path_of("many"), 0755) != 0)
		return false;
	for (int i = 0; i < NAMES; i++)
		if (path_make_directory(path_of_many(i), 0755) != 0)
			return false;
	return true;
}

bool operations_begin(const char *base)
{
	int file;

	if (strlen(base) > PATH_MOST / 2)
		return false;
	memcpy(base_path, base, strlen(base) + 1);
	if (path_make_directory(base, 0755) != 0 || !names_make())
		return false;
	bytes_make(kept, KEPT_BYTES, 1);
	fixed_file = file_make("fixed", kept, KEPT_BYTES);
	kept_file = file_make("kept", kept, KEPT_BYTES);
	log_file = file_make("log", kept, 0);
	cut_file = file_make("cut", kept, CUT_BYTES);
	file = file_make("here", kept, 1000);
	return fixed_file >= 0 && kept_file >= 0 && log_file >= 0 && cut_file >= 0 && file >= 0 && file_close(file) == 0;
}

static enum verdict audit(void)
{
	static unsigned char expected[KEPT_BYTES];
	struct attributes attributes;

	bytes_make(expected, sizeof(expected), 1);
	if (!holds(fixed_file, expected, KEPT_BYTES) || !holds(kept_file, kept, KEPT_BYTES))
		return WRONG;
	if (!is_there(moved_from(), &attributes) || !is_gone(moved_to()) || attributes.size != 1000 || attributes.links != 1)
		return WRONG;
	return list_check(list_run());
}

enum verdict operations_audit(void)
{
	enum verdict verdict = start_session("vfs") ? audit() : RIGHT; /* devices keep nothing */

	if (verdict != RIGHT)
		log_print("# audit: verdict %u\n", (uint64_t)verdict);
	return verdict;
}

bool operations_touch(void)
{
	memcpy(kept_before, kept, KEPT_BYTES);
	return write_run() == PIECE;
}

/* An error in place of an answer says that something is damaged, and does not claim anything of files. */
static enum verdict refused(int64_t error)
{
	return error == -EIO || error == -EBADF || error == -ESTALE ? LOST : WRONG;
}

static enum verdict worse(enum verdict one, enum verdict other)
{
	return one == WRONG || other == RIGHT ? one : other;
}

/* What is in a file, against what should be, or may be when that is lost. */
static enum verdict contents_look(int file, const unsigned char *expected, const unsigned char *otherwise)
{
	int64_t result = file_read(file, 0, back, KEPT_BYTES);

	if (result < 0)
		return refused(result);
	if (result != KEPT_BYTES)
		return WRONG;
	if (memcmp(back, expected, KEPT_BYTES) == 0)
		return RIGHT;
	return otherwise && memcmp(back, otherwise, KEPT_BYTES) == 0 ? LOST : WRONG;
}

/* Of an open file, as its filesystem tells: vfs may remember what a path leads to. */
static enum verdict attributes_look(int file, uint32_t mode, uint32_t links)
{
	struct attributes attributes = {0};
	int error = file < 0 ? file : file_attributes(file, &attributes);

	if (error)
		return refused(error);
	return attributes.mode == mode && attributes.links == links ? RIGHT : WRONG;
}

/* All the directories that are listed. */
static enum verdict names_look(void)
{
	enum verdict verdict = RIGHT;

	for (int i = 0; i < NAMES && verdict != WRONG; i++) {
		int file = file_open(path_of_many(i), OPEN_READ | OPEN_DIRECTORY, 0);

		verdict = worse(verdict, attributes_look(file, MODE_DIRECTORY | 0755, 2));
		if (file >= 0)
			(void)!file_close(file);
	}
	return worse(verdict, attributes_look(fixed_file, MODE_REGULAR | 0644, 1));
}

/* An operation that can be done again: its answer, or that it was refused. */
static enum verdict operation_look(int64_t (*run)(void), enum verdict (*check)(int64_t result))
{
	int64_t result = run();

	if (result < 0)
		return refused(result);
	return check(result) == RIGHT ? RIGHT : WRONG;
}

static enum verdict mode_look(int64_t result)
{
	struct attributes attributes;
	int error = path_attributes(path_of("cut"), false, &attributes);

	return error ? refused(error) == LOST ? RIGHT : WRONG : chmod_check(result); /* that it was done cannot be seen */
}

enum verdict operations_look(bool degraded, bool changes)
{
	static unsigned char expected[KEPT_BYTES];
	enum verdict verdict;

	bytes_make(expected, sizeof(expected), 1);
	verdict = worse(contents_look(fixed_file, expected, NULL), contents_look(kept_file, kept, degraded ? kept_before : NULL));
	verdict = worse(verdict, operation_look(stat_run, stat_check));
	verdict = worse(verdict, operation_look(list_run, list_check));
	verdict = worse(verdict, names_look());
	return changes && verdict == RIGHT ? operation_look(chmod_run, mode_look) : verdict; /* who answers errors does not count numbers */
}

static bool file_again(int *file, const char *name)
{
	if (*file >= 0)
		(void)!file_close(*file); /* a server that has forgotten it answers an error */
	*file = file_open(path_of(name), OPEN_READ_WRITE, 0);
	return *file >= 0;
}

static bool settle_try(void)
{
	return file_again(&fixed_file, "fixed") && file_again(&kept_file, "kept") && file_again(&log_file, "log") && file_again(&cut_file, "cut") && file_write(kept_file, 0, kept, KEPT_BYTES) == KEPT_BYTES &&
	       chmod_run() == 0 && file_sync(kept_file) == 0;
}

bool operations_settle(void)
{
	for (int i = 0; i < SETTLE_TRIES; i++)
		if (settle_try())
			return true;
	return false;
}
