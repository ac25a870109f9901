/* SPDX-License-Identifier: MIT */
/*
 * A client for power cuts. It makes one version of a small tree after the other, each by the same few operations and an fsync, and says which were acknowledged; tests/faults/power knows what the tree is after each operation, and
 * compares that with what is left of it. Version n (from 1 on):
 *
 *   1 the file fN, N = n % FILES, gets the line of n, repeated (truncated at first: that is an operation of its own)
 *   2 the line of n is appended to `log`
 *   3 `current.<n-1>` becomes `current.<n>`
 *   4 `new.<n>` is created exclusively
 *   5 `new.<n-KEPT>` is removed, if n > KEPT
 *   6 fsync
 *
 * After each it also changes its own authority a few times, so that the log has something to keep. A sentence after a version is printed before the next one is begun, with a pause in which the host can see how far the disk has come.
 */
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/mutator/changes.h"

#define FILES 4
#define KEPT 5
#define LINE_BYTES 17    /* "version 00000001\n" */
#define LINES_MOST 700
#define PAUSE_NS 4000000 /* after each acknowledgement */
#define VERSIONS 120
#define CHANGES 12 /* of authority with each version, for the log */

static char text[LINES_MOST * LINE_BYTES];

static void name_make(char *name, const char *stem, uint64_t number)
{
	size_t length = strlen(stem);

	memcpy(name, stem, length);
	for (int i = 7; i >= 0; i--, number /= 10)
		name[length + (size_t)i] = (char)('0' + number % 10);
	name[length + 8] = 0;
}

static void lines_fill(uint64_t version, size_t lines)
{
	for (size_t i = 0; i < lines; i++) {
		char line[LINE_BYTES + 1];

		name_make(line, "version ", version);
		line[LINE_BYTES - 1] = '\n';
		memcpy(text + i * LINE_BYTES, line, LINE_BYTES);
	}
}

/* How long the file of a version is, in lines. */
static size_t lines_of(uint64_t version)
{
	return version * 37 % LINES_MOST + 1;
}

static bool file_replace(uint64_t version)
{
	char name[] = "/f0";
	int64_t bytes = (int64_t)(lines_of(version) * LINE_BYTES);
	int file;

	name[2] = (char)('0' + version % FILES);
	lines_fill(version, lines_of(version));
	file = file_open(name, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, 0644);
	return file >= 0 && file_write(file, 0, text, (size_t)bytes) == bytes && file_close(file) == 0;
}

static bool log_append(int file, uint64_t version)
{
	lines_fill(version, 1);
	return file_write(file, FILE_END, text, LINE_BYTES) == LINE_BYTES;
}

static bool current_move(uint64_t version)
{
	char from[32], to[32];

	name_make(from, "/current.", version - 1);
	name_make(to, "/current.", version);
	return path_rename(from, to, 0) == 0;
}

static bool new_make(uint64_t version)
{
	char name[32];
	int file;

	name_make(name, "/new.", version);
	file = file_open(name, OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600);
	if (file < 0 || file_close(file) != 0)
		return false;
	if (version <= KEPT)
		return true;
	name_make(name, "/new.", version - KEPT);
	return path_remove(name) == 0;
}

static void pause_for(uint64_t ns)
{
	struct request request;

	(void)!service_receive_until(&request, clock_now() + ns);
}

static bool version_make(int log, uint64_t version)
{
	return file_replace(version) && log_append(log, version) && current_move(version) && new_make(version) && file_sync(log) == 0;
}

static int start(void)
{
	int file;

	if (file_start() != 0)
		return -1;
	file = file_open("/current.00000000", OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600);
	if (file < 0 || file_close(file) != 0)
		return -1;
	file = file_open("/log", OPEN_WRITE | OPEN_CREATE | OPEN_APPEND, 0644);
	return file >= 0 && file_sync(file) == 0 ? file : -1;
}

int main(void)
{
	int log = start();

	if (log < 0) {
		log_print("cannot begin\n");
		return 1;
	}
	for (uint64_t version = 0; version <= VERSIONS; version++) {
		if (version > 0 && !(version_make(log, version) && authority_changes(CHANGES) == OK)) {
			log_print("version %u failed\n", version);
			return 1;
		}
		log_print("acknowledged %u\n", version);
		pause_for(PAUSE_NS);
	}
	log_print("finished\n");
	return 0;
}
