/* SPDX-License-Identifier: MIT */
/*
 * Rounds of operations on files, each with one right outcome (storm.h): what is lost, done twice or half done changes it. An append done twice makes the file longer; a rename done twice does not find its file; an exclusive creation done twice finds
 * its own; a write that is lost leaves the bytes of the round before.
 */
#include "storm.h"

#include "lib/file.h"
#include "lib/string.h"

#define RECORD 300
#define RECORDS 24

#define PATH_BYTES 64
#define PATHS 4 /* that are in use at a time */

static unsigned char record[RECORD], back[RECORD];
static const char *storm_place;

int storm_error;

/* The path of a name in the storm's directory; it stays until PATHS others were asked for. */
static const char *in_place(const char *name)
{
	static char paths[PATHS][PATH_BYTES];
	static unsigned next;
	char *path = paths[next++ % PATHS];
	size_t at = 0;

	for (const char *from = storm_place; *from; from++)
		path[at++] = *from;
	for (const char *from = name; *from; from++)
		path[at++] = *from;
	path[at] = 0;
	return path;
}

static void record_fill(uint64_t round, uint64_t index)
{
	for (uint64_t i = 0; i < RECORD; i++)
		record[i] = (unsigned char)(round * 7 + index * 13 + i);
}

/* Appends records one by one, then reads them all. */
static const char *appends(uint64_t round)
{
	int file = file_open(in_place("/log"), OPEN_READ_WRITE | OPEN_CREATE | OPEN_TRUNCATE | OPEN_APPEND, 0644);
	struct attributes attributes;

	if (file < 0)
		return "the log cannot be opened";
	for (uint64_t i = 0; i < RECORDS; i++) {
		record_fill(round, i);
		if (file_write(file, FILE_END, record, RECORD) != RECORD)
			return "a record was not appended";
	}
	if (file_attributes(file, &attributes) || attributes.size != RECORDS * RECORD)
		return "the log has another length";
	for (uint64_t i = 0; i < RECORDS; i++) {
		record_fill(round, i);
		if (file_read(file, i * RECORD, back, RECORD) != RECORD || memcmp(record, back, RECORD) != 0)
			return "a record of the log is wrong";
	}
	return file_close(file) ? "the log cannot be closed" : NULL;
}

/* Writes in the middle of a file that stays, over pages that are there. */
static const char *overwrites(uint64_t round)
{
	int file = file_open(in_place("/kept"), OPEN_READ_WRITE | OPEN_CREATE, 0644);

	if (file < 0)
		return "the kept file cannot be opened";
	for (uint64_t i = 0; i < RECORDS; i++) {
		uint64_t place = (i * 5 + round) % RECORDS;

		record_fill(round, place);
		if (file_write(file, place * 997, record, RECORD) != RECORD)
			return "a record was not written";
		if (file_read(file, place * 997, back, RECORD) != RECORD || memcmp(record, back, RECORD) != 0)
			return "a record that was written is not there";
	}
	return file_close(file) ? "the kept file cannot be closed" : NULL;
}

/* Makes a file exclusively, moves it about, removes it. */
static const char *names(void)
{
	int file = file_open(in_place("/new"), OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600);

	storm_error = file;
	if (file < 0)
		return file == -EEXIST ? "an exclusive creation found its own file" : "an exclusive creation failed";
	if (file_close(file))
		return "a new file cannot be closed";
	if (file_open(in_place("/new"), OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600) != -EEXIST)
		return "an exclusive creation opened what there was";
	if (path_rename(in_place("/new"), in_place("/moved"), RENAME_KEEP))
		return "a rename did not find its file";
	if (path_make_directory(in_place("/d"), 0755) || path_rename(in_place("/moved"), in_place("/d/x"), 0))
		return "a directory was made twice, or a rename failed";
	if (path_link(in_place("/d/x"), in_place("/y")) || path_make_link(in_place("/l"), "d/x"))
		return "a link was made twice";
	if (path_remove(in_place("/d/x")) || path_remove(in_place("/y")) || path_remove(in_place("/l")) || path_remove_directory(in_place("/d")))
		return "a name was removed twice";
	return NULL;
}

const char *storm_round(const char *place, uint64_t round)
{
	const char *wrong;

	storm_place = place;
	wrong = round ? NULL : path_make_directory(place, 0755) ? "the directory cannot be made" : NULL;

	if (!wrong)
		wrong = appends(round);
	if (!wrong)
		wrong = overwrites(round);
	return wrong ? wrong : names();
}
