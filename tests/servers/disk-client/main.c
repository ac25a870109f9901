/* SPDX-License-Identifier: MIT */
/*
 * A client of the system that rootfs/system.manifest describes, whose root is a disk that was made on the host. Over and over it reads every file that /SUMS lists and compares its SHA-256, and does a round of operations of which
 * each has one right outcome (storm.h); meanwhile the host kills servers and drivers, until it whistles. tests/servers/system-disk starts it and judges. Prints TAP.
 */
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/sha256.h"
#include "lib/string.h"
#include "tests/servers/echo/whistle.h"
#include "tests/servers/files/storm.h"

#define SUMS_BYTES 16384
#define LEAST_ROUNDS 8
#define DIGEST_BYTES 32

static char sums[SUMS_BYTES + 1];
static unsigned char piece[FILE_CHUNK];

static bool check(bool holds, const char *id, const char *sentence)
{
	log_print("%sok %s %s\n", holds ? "" : "not ", id, sentence);
	return holds;
}

static unsigned nibble(char digit)
{
	return (unsigned)(digit >= 'a' ? digit - 'a' + 10 : digit - '0');
}

/* Reads the whole file; false when that fails. */
static bool digest_of(const char *path, unsigned char digest[DIGEST_BYTES])
{
	struct sha256 hash;
	uint64_t offset = 0;
	int64_t got = 1;
	int file = file_open(path, OPEN_READ, 0);

	sha256_start(&hash);
	while (file >= 0 && (got = file_read(file, offset, piece, sizeof(piece))) > 0) {
		sha256_add(&hash, piece, (size_t)got);
		offset += (uint64_t)got;
		service_alive();
	}
	sha256_finish(&hash, digest);
	return file >= 0 && got == 0 && file_close(file) == 0;
}

/* Checks the file of one line, "<64 digits> <path>", which ends with a NUL. */
static bool line_holds(const char *line)
{
	unsigned char digest[DIGEST_BYTES];
	bool same = digest_of(line + 2 * DIGEST_BYTES + 1, digest);

	for (unsigned i = 0; i < DIGEST_BYTES; i++)
		same &= digest[i] == (nibble(line[2 * i]) << 4 | nibble(line[2 * i + 1]));
	if (!same)
		log_print("# wrong: %s\n", line + 2 * DIGEST_BYTES + 1);
	return same;
}

/* How many files hold what /SUMS says; 0 when one does not. */
static unsigned sums_hold(void)
{
	int file = file_open("/SUMS", OPEN_READ, 0);
	int64_t bytes = file < 0 ? file : file_read(file, 0, sums, SUMS_BYTES);
	unsigned held = 0;
	char *line = sums;

	if (bytes <= 0 || file_close(file) != 0)
		return 0;
	for (int64_t i = 0; i < bytes; i++) {
		if (sums[i] != '\n')
			continue;
		sums[i] = 0;
		if (!line_holds(line))
			return 0;
		held++;
		line = &sums[i + 1];
	}
	return held;
}

/* Appends a number to a file and synchronises it: the host looks for all that were acknowledged. */
static bool acknowledge(uint64_t round)
{
	static int file = -1;
	char text[] = "00000000\n";

	if (file < 0)
		file = file_open("/acknowledged", OPEN_WRITE | OPEN_CREATE | OPEN_APPEND, 0644);
	for (int i = 7; i >= 0; i--, round /= 10)
		text[i] = (char)('0' + round % 10);
	return file >= 0 && file_write(file, FILE_END, text, 9) == 9 && file_sync(file) == 0;
}

int main(void)
{
	const char *wrong = NULL;
	uint64_t round = 0;
	unsigned files;

	if (!check(file_start() == 0, "disk-start", "a client finds vfs and a filesystem"))
		return 1;
	files = sums_hold();
	log_print("%u files of the image\n", (uint64_t)files);
	if (!check(files > 0, "disk-image", "every file of the image holds what the host has put there"))
		return 1;
	for (; !wrong && (round < LEAST_ROUNDS || !whistle_blown()); round++) {
		service_alive();
		wrong = storm_round("/storm", round);
		if (!wrong && sums_hold() != files)
			wrong = "a file of the image is wrong";
		if (!wrong && !acknowledge(round))
			wrong = "a round cannot be acknowledged";
		log_print("round %u\n", round);
	}
	log_print("%s%s\n", wrong ? "# " : "", wrong ? wrong : "nothing was lost");
	check(!wrong, "disk-storm", "reads, writes, appends, renames and exclusive creations are each done once");
	log_print("finished after %u rounds\n", round);
	return 0;
}
