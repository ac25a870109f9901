/* SPDX-License-Identifier: MIT */
/*
 * A client that is itself ended at random, in the storms of tests/faults. It appends numbered records to a file. What it intends to append, and what it was told has been appended, are two words in its state: each is written by
 * one store, so they are right whenever it ends. Its next instance finds in the file all that it was told, once and in order, and of what it had only intended either all or nothing; and what the instance before had under way
 * must not come later.
 */
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/faults/client/asks.h"
#include "tests/faults/client/options.h"

#define RECORD 64
#define RECORDS_MOST 6000
#define LOOK_EVERY 10
#define REST_NS 10000000ull

struct memory {
	uint64_t intended, told;
};

static volatile struct memory *memory;
static unsigned char expected[RECORD], back[RECORD];

static void rest(void)
{
	uint64_t end = clock_now() + REST_NS;
	struct request request;

	while (clock_now() < end)
		(void)!service_receive_until(&request, end); /* signals are no news here */
}

static void record_make(uint64_t number)
{
	for (unsigned i = 0; i < RECORD; i++)
		expected[i] = (unsigned char)((number * 0x9e3779b97f4a7c15 >> 32) + i * number);
}

static bool contradict(const char *what, uint64_t number, int64_t answer)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {1, 0};

	log_print("# mortal: verdict 2: %s, record %u, answer %d; told %u, intended %u\n", what, number, answer, memory->told, memory->intended);
	return service_call(start_session("killer"), KILLER_REPORT, 2, data) != OK;
}

/* Compares the end of the file, that many records, with what is known. False when they contradict each other. */
static bool file_judge(int file, uint64_t last, uint64_t *records)
{
	struct attributes attributes = {0};
	int error = file_attributes(file, &attributes);

	*records = attributes.size / RECORD;
	if (error || attributes.size % RECORD || *records < memory->told || *records > memory->intended) {
		(void)contradict("lost, repeated or torn", *records, error);
		return false;
	}
	for (uint64_t i = *records > last ? *records - last : 0; i < *records; i++) {
		record_make(i + 1);
		if (file_read(file, i * RECORD, back, RECORD) == RECORD && memcmp(back, expected, RECORD) == 0)
			continue;
		(void)contradict("wrong", i + 1, 0);
		return false;
	}
	return true;
}

static bool record_append(int file)
{
	int64_t done;

	memory->intended = memory->told + 1;
	record_make(memory->intended);
	done = file_write(file, FILE_END, expected, RECORD);
	if (done != RECORD) {
		(void)contradict("not appended", memory->intended, done);
		return false;
	}
	memory->told = memory->intended;
	return true;
}

/* The file, once the directory that others make is there. */
static int file_find(void)
{
	char text[32];
	const char *path = option_text(start_page->name, "/mortal", text, sizeof(text));
	int file = file_open(path, OPEN_READ_WRITE | OPEN_CREATE, 0600);

	while (file == -ENOENT) {
		rest();
		file = file_open(path, OPEN_READ_WRITE | OPEN_CREATE, 0600);
	}
	return file;
}

int main(void)
{
	const struct start_grant *state = start_find("state");
	uint64_t records = 0;
	int file;
	bool good;

	memory = (volatile struct memory *)state->address;
	file = file_start() == 0 ? file_find() : -ENODEV;
	good = file >= 0 ? file_judge(file, RECORDS_MOST, &records) : (contradict("no file", 0, file), false);
	if (good)
		memory->told = records; /* what was only intended, and is there */
	while (good) {
		if (memory->told < RECORDS_MOST)
			good = record_append(file);
		if (good && memory->told % LOOK_EVERY == 0) {
			good = file_judge(file, LOOK_EVERY, &records);
			rest();
		}
	}
	for (;;)
		rest();
}
