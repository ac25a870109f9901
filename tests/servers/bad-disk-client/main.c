/* SPDX-License-Identifier: MIT */
/*
 * A client of a disk that fails in places (tests/servers/bad-disk): one block of /read cannot be read, one of /write cannot be written. What is there must come, what is not must be an error, and nothing may hang. Writes TAP.
 */
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "tests/servers/console/console.h"

#define BLOCK 1024
#define BYTES (20 * BLOCK)
#define BAD_AT (10 * BLOCK) /* the block that fails, of both files */
#define READS 50

static unsigned failed;
static unsigned char data[BYTES];

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok %s %s\n", holds ? "" : "not ", id, sentence);
}

/* Are the first `bytes` bytes those that the host has written: the letter of the file? */
static bool data_is(char letter, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (data[i] != (unsigned char)letter)
			return false;
	return true;
}

static bool good_reads(const char *path, char letter)
{
	int file = file_open(path, OPEN_READ, 0);
	bool good = file >= 0 && file_read(file, 0, data, BYTES) == BYTES && data_is(letter, BYTES);

	return good && file_close(file) == 0;
}

/* Around the bad block everything is there; it itself is an error, as often as one asks. */
static bool bad_reads(void)
{
	int file = file_open("/read", OPEN_READ, 0);
	bool good = file >= 0 && file_read(file, 0, data, BAD_AT) == BAD_AT && data_is('r', BAD_AT);

	good = good && file_read(file, BAD_AT + BLOCK, data, BYTES - BAD_AT - BLOCK) == BYTES - BAD_AT - BLOCK && data_is('r', BYTES - BAD_AT - BLOCK);
	for (int i = 0; good && i < READS; i++)
		good = file_read(file, BAD_AT, data, BLOCK) == -EIO;
	return good && file_close(file) == 0;
}

/* What cannot be written is told by whoever wants to have it on the disk. */
static bool bad_writes(void)
{
	int file = file_open("/write", OPEN_WRITE, 0);
	int64_t written = file_write(file, 0, data, BYTES);

	return file >= 0 && (written == -EIO || (written == BYTES && file_sync(file) == -EIO));
}

int main(void)
{
	uint64_t words[MESSAGE_REGISTER_WORDS] = {0};

	log_print("1..5\n");
	check(file_start() == 0, "bad-disk-start", "the filesystem is mounted");
	check(good_reads("/good", 'g'), "bad-disk-good", "a file that lies elsewhere is read");
	check(bad_reads(), "bad-disk-read", "a block that cannot be read is EIO, those around it are there");
	check(bad_writes(), "bad-disk-write", "a block that cannot be written is EIO, for write or fsync");
	check(good_reads("/good", 'g'), "bad-disk-after", "and then the other file is read still");
	words[0] = failed;
	return service_call(start_session("console"), CONSOLE_END, 1, words) != OK;
}
