/* SPDX-License-Identifier: MIT */
/*
 * A client that makes much of everything on the disk of the system: a directory of 10,000 names, and as much contents as the disk takes. tests/servers/crowded-disk starts it and judges the disk afterwards. Prints TAP, and marks
 * around the names for who counts instructions (bench/count.c).
 */
#include "abi/errno.h"
#include "bench/mark.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"

#define NAMES 10000
#define PIECE 65536
#define PIECES_MOST 1024 /* more than the disk holds */

static unsigned char piece[PIECE], back[PIECE];
static char list[32768];

static bool check(bool holds, const char *id, const char *sentence)
{
	log_print("%sok %s %s\n", holds ? "" : "not ", id, sentence);
	return holds;
}

static const char *name_of(unsigned number)
{
	static char path[] = "/crowd/name-of-00000";

	for (unsigned i = 0; i < 5; i++, number /= 10)
		path[sizeof(path) - 2 - i] = (char)('0' + number % 10);
	return path;
}

static bool names_make(void)
{
	for (unsigned i = 0; i < NAMES; i++, service_alive()) {
		int file = file_open(name_of(i), OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600);

		if (file < 0 || file_close(file) != 0)
			return false;
	}
	return file_open(name_of(NAMES / 2), OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0600) == -EEXIST;
}

static bool names_found(void)
{
	struct attributes attributes;

	for (unsigned i = 0; i < NAMES; i += 3, service_alive())
		if (path_attributes(name_of(i * 7919u % NAMES), false, &attributes) != 0)
			return false;
	return path_attributes("/crowd/none", false, &attributes) == -ENOENT;
}

/* How many entries the directory lists. */
static unsigned names_listed(void)
{
	int file = file_open("/crowd", OPEN_READ, 0);
	uint64_t cookie = 0;
	unsigned count = 0;
	int64_t got;

	while (file >= 0 && (got = file_list(file, &cookie, list, sizeof(list))) > 0)
		for (int64_t at = 0; at < got; count++)
			at += ((const struct directory_record *)(list + at))->bytes;
	return file >= 0 && file_close(file) == 0 ? count : 0;
}

/* Every other one, which the host counts. */
static bool names_remove(void)
{
	for (unsigned i = 1; i < NAMES; i += 2, service_alive())
		if (path_remove(name_of(i)) != 0)
			return false;
	return true;
}

static void piece_fill(unsigned number)
{
	for (unsigned i = 0; i < PIECE; i++)
		piece[i] = (unsigned char)(number * 31 + i + (i >> 8));
}

/* Writes until nothing more fits; returns the whole pieces that were written, or -1 for another error. */
static int disk_fill(int file)
{
	for (unsigned number = 0; number < PIECES_MOST; number++, service_alive()) {
		uint64_t done = 0;

		piece_fill(number);
		while (done < PIECE) {
			int64_t wrote = file_write(file, (uint64_t)number * PIECE + done, piece + done, PIECE - done);

			if (wrote == -ENOSPC)
				return (int)number;
			if (wrote <= 0)
				return -1;
			done += (uint64_t)wrote;
		}
	}
	return -1;
}

static bool pieces_hold(int file, int pieces)
{
	for (int number = 0; number < pieces; number++, service_alive()) {
		piece_fill((unsigned)number);
		for (uint64_t done = 0; done < PIECE;) {
			int64_t got = file_read(file, (uint64_t)number * PIECE + done, back + done, PIECE - done);

			if (got <= 0)
				return false;
			done += (uint64_t)got;
		}
		if (memcmp(piece, back, PIECE) != 0)
			return false;
	}
	return true;
}

static bool names_pass(void)
{
	bool good = check(path_make_directory("/crowd", 0755) == 0 && names_make(), "crowd-make", "10,000 names are made in one directory, none twice");

	good = good && check(names_found(), "crowd-find", "each is found, and no other");
	good = good && check(names_listed() == NAMES + 2, "crowd-list", "all are listed, each once");
	return good && check(names_remove() && names_listed() == NAMES / 2 + 2, "crowd-remove", "every other one is removed, and the rest is there");
}

static bool full_pass(void)
{
	int file = file_open("/full", OPEN_READ_WRITE | OPEN_CREATE, 0644), small, pieces = disk_fill(file);

	if (!check(pieces > 10 && file_sync(file) == 0, "full-error", "the disk is written until it is full, and says so"))
		return false;
	small = file_open("/small", OPEN_WRITE | OPEN_CREATE, 0644);
	if (!check((small < 0 ? small : file_write(small, 0, piece, PIECE)) == -ENOSPC, "full-refused", "another file gets nothing on a full disk"))
		return false;
	if (!check(pieces_hold(file, pieces), "full-kept", "what was written is all there"))
		return false;
	if (small >= 0)
		(void)file_close(small);
	return check(file_truncate(file, PIECE) == 0 && path_remove("/small") == 0 && disk_fill(file) >= pieces && pieces_hold(file, pieces), "full-again", "when files are shorter it goes on, and as much fits again");
}

int main(void)
{
	bool good = check(file_start() == 0, "crowd-start", "a client finds vfs and a filesystem");

	MARK(MARK_BEGIN);
	good = good && names_pass();
	MARK(MARK_END);
	good = good && full_pass();
	log_print("finished\n");
	return !good;
}
