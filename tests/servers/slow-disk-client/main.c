/* SPDX-License-Identifier: MIT */
/*
 * Two clients in one program. `patient` uses files on a disk that takes its time: it mounts it, reads what is not cached, and makes directories. `bystander` has nothing to do with that disk: it walks paths, opens, reads and closes files in memory. Each
 * says again and again how many operations it has done and how long the longest took; the bystander ends the machine when the host whistles.
 */
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/console/console.h"
#include "tests/servers/echo/whistle.h"

#define NS_IN_MS 1000000ull
#define STRIDE (1 << 20)
#define FILE_BYTES (24 << 20)

static uint64_t operations, longest, started;

static void operation_begin(void)
{
	service_alive();
	started = clock_now();
}

static void operation_end(void)
{
	uint64_t took = clock_now() - started;

	operations++;
	longest = took > longest ? took : longest;
}

static void say(void)
{
	log_print("%s: %u operations, longest %u ms\n", start_page->name, operations, longest / NS_IN_MS);
}

static void end(bool failed)
{
	uint64_t words[MESSAGE_REGISTER_WORDS] = {failed};

	(void)!service_call(start_session("console"), CONSOLE_END, 1, words);
}

/* A cold part of the file, and a directory that is on the disk when it is made. */
static bool patient_operation(int file, uint64_t round)
{
	static unsigned char data[4096];
	char path[] = "/disk/d00";
	bool good;

	path[7] = (char)('0' + round / 10 % 10);
	path[8] = (char)('0' + round % 10);
	operation_begin();
	good = file_read(file, round * STRIDE % FILE_BYTES, data, sizeof(data)) == sizeof(data) && path_make_directory(path, 0755) == 0;
	operation_end();
	return good;
}

static int patient(void)
{
	int file;
	bool good = true;

	if (path_make_directory("/disk", 0755) != 0 || path_mount("/disk", "ext2", 0) != 0)
		return log_print("the disk cannot be mounted\n"), end(true), 1;
	operation_end();
	say();
	log_print("patient: mounted\n");
	file = file_open("/disk/big", OPEN_READ, 0);
	for (uint64_t round = 0; good && round < 99; round++) {
		good = patient_operation(file, round);
		say();
	}
	if (!good)
		return log_print("an operation on the disk has failed\n"), end(true), 1;
	for (;;)
		(void)!service_receive(&(struct request){.label = 0});
}

static bool bystander_operation(void)
{
	struct attributes attributes;
	unsigned char data[64];
	bool good;
	int file;

	operation_begin();
	file = file_open("/quick/file", OPEN_READ, 0);
	good = file >= 0 && file_read(file, 0, data, sizeof(data)) == sizeof(data) && data[63] == 7 && file_close(file) == 0 && path_attributes("/quick/../quick/file", true, &attributes) == 0;
	operation_end();
	return good;
}

static int bystander(void)
{
	uint64_t said = 0;
	unsigned char data[64];
	bool good;
	int file;

	memset(data, 7, sizeof(data));
	operation_end();
	good = path_make_directory("/quick", 0755) == 0;
	file = file_open("/quick/file", OPEN_WRITE | OPEN_CREATE, 0644);
	good = good && file_write(file, 0, data, sizeof(data)) == sizeof(data);
	while (good && !whistle_blown()) {
		struct request request;

		good = bystander_operation();
		(void)!service_receive_until(&request, clock_now() + NS_IN_MS); /* leaves the processor to others */
		if (clock_now() - said > 1000 * NS_IN_MS) {
			said = clock_now();
			say();
		}
	}
	log_print("bystander: ends: %s\n", good ? "all was right" : "an operation has failed");
	end(!good);
	return 1;
}

int main(void)
{
	log_print("%s: begins\n", start_page->name);
	operation_begin(); /* a session with ext2 begins when that has mounted its disk */
	if (file_start() != 0)
		return 1;
	return strcmp(start_page->name, "patient") == 0 ? patient() : bystander();
}
