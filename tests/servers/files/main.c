/* SPDX-License-Identifier: MIT */
/* Tests of files as a native client has them: over vfs and ramfs. Writes TAP. */
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "storm.h"
#include "tests/servers/console/console.h"
#include "tests/servers/echo/whistle.h"

#define STORM_HEAP 0x10000 /* a heap of this size asks for a storm in which servers are killed from outside, until the host whistles */

static unsigned failed;

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok %s %s\n", holds ? "" : "not ", id, sentence);
}

static unsigned char block[20000], back[20000];

static void block_fill(unsigned seed)
{
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (unsigned char)(seed + i * 31 + (i >> 8));
}

static bool writes_and_reads(void)
{
	int file = file_open("/first", OPEN_READ_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0644);
	struct attributes attributes;
	bool good;

	block_fill(1);
	good = file >= 0 && file_write(file, 0, block, sizeof(block)) == sizeof(block);
	good = good && file_read(file, 0, back, sizeof(back)) == sizeof(back) && memcmp(block, back, sizeof(block)) == 0;
	good = good && file_write(file, FILE_END, block, 100) == 100;
	good = good && file_attributes(file, &attributes) == 0 && attributes.size == sizeof(block) + 100;
	return good && file_close(file) == 0 && file_open("/first", OPEN_CREATE | OPEN_EXCLUSIVE, 0644) == -EEXIST;
}

static bool names_move(void)
{
	struct attributes attributes;

	if (path_make_directory("/a", 0755) || path_make_directory("/a/b", 0755) || path_rename("/first", "/a/b/second", 0))
		return false;
	if (path_make_link("/link", "a/b/second") || path_link("/a/b/second", "/third"))
		return false;
	if (path_attributes("/link", true, &attributes) || attributes.size != sizeof(block) + 100 || attributes.links != 2)
		return false;
	return path_attributes("/first", true, &attributes) == -ENOENT && path_remove_directory("/a") == -ENOTEMPTY && path_rename("/a", "/a/b/c", 0) == -EINVAL;
}

/* So many rounds; with kills until the host has done enough of them. */
static const char *storm(uint64_t rounds, bool kills)
{
	uint64_t round = 0;
	const char *wrong = NULL;

	while (!wrong && (round < rounds || (kills && !whistle_blown()))) {
		service_alive();
		wrong = storm_round("/storm", round++);
		if (kills && round % 10 == 0)
			log_print("round %u\n", round);
	}
	log_print("%u rounds\n", round);
	return wrong;
}

static bool storm_passes(uint64_t rounds, bool kills)
{
	const char *wrong = storm(rounds, kills);

	if (wrong)
		log_print("# %s\n", wrong);
	return !wrong;
}

int main(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	/* only the system in which servers are killed from outside gives this service so much heap */
	bool killed = start_find("heap") && start_find("heap")->bytes >= STORM_HEAP;

	log_print("1..4\n");
	check(file_start() == 0, "files-start", "a client finds vfs and a filesystem");
	check(writes_and_reads(), "files-contents", "what was written is read again");
	check(names_move(), "files-names", "directories, links, and renames");
	check(storm_passes(10, killed), "files-storm", "appends, writes, renames, and exclusive creations are each done once");
	data[0] = failed;
	return service_call(start_session("console"), CONSOLE_END, 1, data) != OK;
}
