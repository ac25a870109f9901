/* SPDX-License-Identifier: MIT */
/*
 * A client that keeps files which it has closed (file_park()): what that must not change. A file is deleted with its last name, whether it is parked, was parked and is open again, or is closed after that; what is opened again is what the path
 * leads to; and kept files are given up when numbers run out. What an instance of the client has left parked means nothing to the next. In rounds, on two filesystems, while servers are killed from the host. Writes TAP.
 */
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/path.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/console/console.h"
#include "tests/servers/echo/whistle.h"

#define PATIENCE_NS 2000000000 /* until what was deleted is free again: on a disk others do that later */
#define KEPT 8 /* files that are parked when numbers run out */
#define PATH_BYTES 32

static const char *place = ""; /* or "/ram" */

static const char *path_of(char path[PATH_BYTES], const char *name)
{
	size_t at = 0;

	for (const char *from = place; *from; from++)
		path[at++] = *from;
	for (const char *from = name; *from; from++)
		path[at++] = *from;
	path[at] = 0;
	return path;
}

static int open_it(const char *name, uint32_t flags)
{
	char path[PATH_BYTES];

	return file_open(path_of(path, name), flags, 0644);
}

/* Makes a file with one byte in it, and leaves it parked. */
static bool make_parked(const char *name, char byte)
{
	int file = open_it(name, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE), i;

	if (file < 0 || file_write(file, 0, &byte, 1) != 1 || file_close(file))
		return false;
	for (i = 0; i < 3 && file >= 0; i++) { /* at first its name is in no cache */
		file = open_it(name, OPEN_READ);
		if (file >= 0 && file_close(file))
			return false;
	}
	return i == 3 && file >= 0;
}

static bool remove_it(const char *name)
{
	char path[PATH_BYTES];

	return path_remove(path_of(path, name)) == 0;
}

/* What an open file has in it; 0 when it cannot be read. */
static char byte_of(int file)
{
	char byte = 0;

	return file_read(file, 0, &byte, 1) == 1 ? byte : 0;
}

static uint64_t inodes_free(void)
{
	struct filesystem_statistics statistics = {0};
	int root = open_it("/", OPEN_READ | OPEN_DIRECTORY);

	if (root < 0 || file_statistics(root, &statistics) || file_close(root))
		return 0;
	return statistics.inodes_free;
}

/* Soon as many inodes are free as before. */
static bool all_is_free(uint64_t before)
{
	uint64_t end = clock_now() + PATIENCE_NS;

	while (inodes_free() != before) {
		service_alive();
		if (clock_now() > end)
			return false;
	}
	return true;
}

/* One file in each state, in which its last name goes. */

static const char *parked_deleted(void)
{
	uint64_t before = inodes_free();

	if (!make_parked("/d/f", 'a') || !remove_it("/d/f"))
		return "a file could not be made and removed";
	return all_is_free(before) ? NULL : "a parked file was not deleted with its name";
}

static const char *open_deleted(void)
{
	uint64_t before = inodes_free();
	int file;

	if (!make_parked("/d/f", 'a'))
		return "a file could not be made";
	file = open_it("/d/f", OPEN_READ);
	if (file < 0 || !remove_it("/d/f"))
		return "a file could not be opened and removed";
	if (byte_of(file) != 'a')
		return "a file was deleted that is open again";
	if (file_close(file))
		return "a file without a name could not be closed";
	return all_is_free(before) ? NULL : "a file was parked that has no name any more";
}

static const char *replaced(void)
{
	uint64_t before = inodes_free();
	char from[PATH_BYTES], to[PATH_BYTES];
	int file;

	if (!make_parked("/d/f", 'a') || !make_parked("/d/g", 'b') || path_rename(path_of(from, "/d/g"), path_of(to, "/d/f"), 0))
		return "a file could not be replaced";
	file = open_it("/d/f", OPEN_READ);
	if (byte_of(file) != 'b' || file_close(file))
		return "what was opened is not what the path leads to";
	return remove_it("/d/f") && all_is_free(before) ? NULL : "a file was not deleted when another took its name";
}

/* Permissions are looked at again when they have changed, and for whom they have not been looked at. */
static const char *refused(void)
{
	static const struct asker user = {.user = 7, .group = 7};
	char text[PATH_BYTES];
	struct path path = {.asker = &user, .start = PATH_ROOT, .root = PATH_ROOT, .text = path_of(text, "/d/f")};
	struct file_opened opened;
	int file;

	if (!make_parked("/d/f", 'a'))
		return "a file could not be made";
	for (int i = 0; i < 3; i++) {
		file = file_open_at(&path, OPEN_READ, 0, &opened);
		if (file < 0 || file_close(file))
			return "somebody could not open a file that he may read";
	}
	if (path_change_mode(path.text, 0600))
		return "the mode could not be changed";
	file = file_open_at(&path, OPEN_READ, 0, &opened);
	if (file != -EACCES)
		return "somebody opened a file that he may not read any more";
	return remove_it("/d/f") ? NULL : "a file could not be removed";
}

/* All numbers can be used, though files are parked. */
static const char *exhausted(void)
{
	char name[] = "/d/n?";
	int count = 0, last;

	for (int i = 0; i < KEPT; i++) {
		name[4] = (char)('0' + i);
		if (!make_parked(name, 'n'))
			return "files could not be made";
	}
	while ((last = open_it("/d/n0", OPEN_READ)) >= 0) {
		service_alive();
		count++;
	}
	for (int i = 0; i < FILE_IDS; i++) {
		service_alive();
		(void)file_close(i);
	}
	for (int i = 0; i < KEPT; i++) {
		name[4] = (char)('0' + i);
		if (!remove_it(name))
			return "files could not be removed";
	}
	return last == -EMFILE && count == FILE_IDS ? NULL : "parked files kept numbers from others";
}

/* One round in one place. The last takes long: seldom. */
static const char *round_run(uint64_t round)
{
	static const char *(*const checks[])(void) = {parked_deleted, open_deleted, replaced, refused};
	const char *wrong = NULL;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !wrong; i++)
		wrong = checks[i]();
	if (!wrong && round % 20 == 1)
		wrong = exhausted();
	return wrong;
}

static bool begin(void)
{
	static uint64_t memory[8192];

	file_park(memory, sizeof(memory));
	return file_start() == 0;
}

/* The first instance: makes the directories, and leaves a file parked. */
static bool first_run(void)
{
	return begin() && !path_make_directory("/ram", 0755) && !path_make_directory("/d", 0755) && make_parked("/d/left", 'l');
}

/* The second has to mount what it needs: mounts of an instance end with it. */
static bool second_begin(void)
{
	return begin() && !path_mount("/ram", "ramfs", 0) && !path_make_directory("/ram/d", 0755);
}

/* The second opens it under the same number: it is open, and nothing else. */
static const char *left_behind(void)
{
	int file = open_it("/d/left", OPEN_READ);

	if (file || !remove_it("/d/left"))
		return "what the first instance has left could not be opened and removed";
	if (byte_of(file) != 'l')
		return "a file was closed that an earlier instance had parked under this number";
	return file_close(file) ? "a file without a name could not be closed" : NULL;
}

int main(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0}, round = 0;
	const char *wrong = NULL;
	bool begun;

	if (!start_page->instance)
		return !first_run(); /* and is started again */
	begun = second_begin();
	log_print("1..2\n%sok parked-begin both filesystems can be used\n", begun ? "" : "not ");
	if (begun)
		wrong = left_behind();
	if (wrong)
		log_print("# %s\n", wrong);
	while (begun && !wrong && !whistle_blown()) {
		service_alive();
		place = round % 2 ? "/ram" : "";
		wrong = round_run(round);
		if (wrong)
			log_print("# round %u in %s/: %s\n", round, place, wrong);
		if (++round % 10 == 0)
			log_print("round %u\n", round);
	}
	log_print("%u rounds\n%sok parked-right files that are kept count as closed\n", round, wrong || !begun ? "not " : "");
	data[0] = wrong || !begun;
	return service_call(start_session("console"), CONSOLE_END, 1, data) != OK;
}
