/* SPDX-License-Identifier: MIT */
/* A client that writes files and synchronises them, for tests/servers/ext2-disk, which looks for them on the disk after the machine was switched off. Writes TAP. */
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "tests/servers/console/console.h"

#define WORDS (3u << 17) /* 3 MiB */
#define PIECE 4096       /* words in a write */

static uint64_t words[PIECE];
static unsigned failed;

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok %s %s\n", holds ? "" : "not ", id, sentence);
}

static uint64_t word(uint64_t i)
{
	return i * 0x9e3779b97f4a7c15;
}

/* Writes as much as is taken at a time. */
static bool write_all(int file, uint64_t offset, const unsigned char *bytes, size_t size)
{
	while (size > 0) {
		int64_t done = file_write(file, offset, bytes, size);

		if (done <= 0)
			return false;
		offset += (uint64_t)done;
		bytes += done;
		size -= (size_t)done;
	}
	return true;
}

static bool writes(int file)
{
	for (uint64_t i = 0; i < WORDS; i += PIECE) {
		for (uint64_t j = 0; j < PIECE; j++)
			words[j] = word(i + j);
		if (!write_all(file, i * sizeof(uint64_t), (const unsigned char *)words, sizeof(words)))
			return false;
	}
	return true;
}

static bool reads(int file)
{
	for (uint64_t i = 0; i < WORDS;) {
		int64_t got = file_read(file, i * sizeof(uint64_t), words, sizeof(words));

		if (got <= 0 || got % (int64_t)sizeof(uint64_t) != 0)
			return false;
		for (int64_t j = 0; j < got / (int64_t)sizeof(uint64_t); j++, i++)
			if (words[j] != word(i))
				return false;
	}
	return true;
}

int main(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	struct attributes attributes;
	int file;

	log_print("1..5\n");
	check(file_start() == 0, "synchronise-start", "a client finds vfs and a filesystem");
	check(path_make_directory("/made", 0755) == 0, "synchronise-directory", "a directory is made");
	file = file_open("/made/file", OPEN_READ_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0644);
	check(file >= 0 && writes(file) && reads(file), "synchronise-contents", "three MiB are written and read again, more than the cache lets be dirty");
	check(path_rename("/made", "/synchronised", 0) == 0 && path_attributes("/synchronised/file", false, &attributes) == 0 && attributes.size == WORDS * sizeof(uint64_t),
		"synchronise-rename", "their directory is renamed");
	check(file_sync(file) == 0, "synchronise-sync", "the file is synchronised");
	(void)file_open("/not-synchronised", OPEN_READ_WRITE | OPEN_CREATE, 0644);
	data[0] = failed;
	return service_call(start_session("console"), CONSOLE_END, 1, data) != OK;
}
