/* SPDX-License-Identifier: MIT */
/*
 * Clients of tests/servers/hung-disk, by their names. `bystander` uses files in memory and says how long it was at most from the end of one of its operations to the end of the next one, since it said so last. `disk-user` mounts the disk and does rounds of operations of which each
 * has one right outcome (storm.h), each synchronised with the disk. `looker-N` asks for the attributes of files on the disk, each of which is as long as its name says, and between them makes and removes a directory. The host hangs and kills servers and the disk itself meanwhile, and judges.
 */
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/files/storm.h"

#define NS_IN_MS 1000000ull
#define SAY_NS (500 * NS_IN_MS)
#define PAUSE_NS (150 * NS_IN_MS) /* between visits to the disk: whoever visits it while it is gone, is not one who has waited there since before */
#define FILES 3000 /* on the disk: /names/NNNN, NNNN bytes long */

static void pause_for(uint64_t ns)
{
	struct request request;

	service_alive();
	(void)!service_receive_until(&request, clock_now() + ns); /* signals are no news here */
}

static _Noreturn void wrong(const char *what)
{
	log_print("not ok: %s (%d)\n", what, (int64_t)storm_error);
	for (;;)
		pause_for(SAY_NS);
}

/* Opens, reads, closes and looks, all in memory. */
static bool bystander_operation(void)
{
	struct attributes attributes;
	unsigned char data[64];
	int file = file_open("/quick/file", OPEN_READ, 0);

	return file >= 0 && file_read(file, 0, data, sizeof(data)) == sizeof(data) && data[63] == 7 && file_close(file) == 0 && path_attributes("/quick/../quick/file", true, &attributes) == 0;
}

static void bystander_begin(void)
{
	unsigned char data[64];
	int file;

	memset(data, 7, sizeof(data));
	if (path_make_directory("/quick", 0755) != 0)
		wrong("a directory in memory cannot be made");
	file = file_open("/quick/file", OPEN_WRITE | OPEN_CREATE, 0644);
	if (file_write(file, 0, data, sizeof(data)) != sizeof(data) || file_close(file) != 0)
		wrong("a file in memory cannot be written");
}

static _Noreturn void bystander(void)
{
	uint64_t longest = 0, operations = 0, said, before;

	bystander_begin();
	for (said = before = clock_now();; pause_for(NS_IN_MS)) { /* leaves the processor to others */
		uint64_t ended;

		if (!bystander_operation())
			wrong("an operation in memory has failed");
		ended = clock_now();
		longest = ended - before > longest ? ended - before : longest;
		before = ended;
		operations++;
		if (ended - said < SAY_NS)
			continue;
		log_print("%u operations, longest %u ms\n", operations, longest / NS_IN_MS);
		longest = 0;
		said = ended;
	}
}

/* Something that is on the disk when it has been done. */
static bool round_note(uint64_t round)
{
	static int file = -1;

	if (file < 0)
		file = file_open("/disk/round", OPEN_WRITE | OPEN_CREATE, 0644);
	return file_write(file, 0, &round, sizeof(round)) == sizeof(round) && file_sync(file) == 0;
}

static _Noreturn void disk_user(void)
{
	if (path_make_directory("/disk", 0755) != 0 || path_mount("/disk", "ext2", 0) != 0)
		wrong("the disk cannot be mounted");
	log_print("mounted\n");
	for (uint64_t round = 0;; round++) {
		const char *what = storm_round("/disk/storm", round);

		if (what)
			wrong(what);
		if (!round_note(round))
			wrong("a file cannot be synchronised");
		log_print("round %u\n", round);
		pause_for(10 * NS_IN_MS);
	}
}

/* The next file of a sequence that is another for each looker. */
static uint64_t file_choose(void)
{
	static uint64_t state;

	state = (state + start_page->service) * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 33) % FILES;
}

/* A change, which no cache of vfs can answer. */
static bool directory_come_and_go(void)
{
	char path[] = "/disk/looker-0";

	path[sizeof(path) - 2] = start_page->name[strlen(start_page->name) - 1];
	return path_make_directory(path, 0755) == 0 && path_remove_directory(path) == 0;
}

static _Noreturn void looker(void)
{
	struct attributes attributes;
	char path[] = "/disk/names/0000";

	while (path_attributes("/disk/names", true, &attributes) != 0)
		pause_for(20 * NS_IN_MS);
	for (uint64_t looks = 1;; looks++) {
		uint64_t number = file_choose(), rest = number;

		for (size_t i = sizeof(path) - 2; i >= sizeof(path) - 5; i--, rest /= 10)
			path[i] = (char)('0' + rest % 10);
		service_alive();
		storm_error = path_attributes(path, true, &attributes);
		if (storm_error != 0 || attributes.size != number)
			wrong("a file has attributes that are not its own");
		if (looks % 8 != 0)
			continue;
		log_print("%u looks\n", looks);
		if (!directory_come_and_go())
			wrong("a directory cannot be made and removed");
		pause_for(PAUSE_NS);
	}
}

int main(void)
{
	if (file_start() != 0)
		return 1;
	if (strcmp(start_page->name, "bystander") == 0)
		bystander();
	if (strcmp(start_page->name, "disk-user") == 0)
		disk_user();
	looker();
}
