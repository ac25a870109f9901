/* SPDX-License-Identifier: MIT */
/* Shared pages (sharing.h). A fault is served by asking for the page at that slot, to write if it was a store: that is what the shared mappings of a process do. */
#include "tests/servers/leases/sharing.h"

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/leases/toucher.h"

#define PAGE 4096
#define KILLS 10
#define KILL_PATIENCE_NS 100000000000
#define ROUNDS_AFTER 100

static int file;
static unsigned faults, faults_to_write;
static volatile unsigned char *shared;
static unsigned char value, seen;
static unsigned char back[2 * PAGE];

static bool fault_serve(uint64_t address, bool writes)
{
	uint64_t slot = (address - (uint64_t)shared) / PAGE;

	faults++;
	faults_to_write += writes;
	return address >= (uint64_t)shared && file_share(file, slot, (uint32_t)slot, writes) > 0;
}

static bool work_do(void (*what)(void))
{
	return toucher_do(what, fault_serve);
}

/* A file of two pages, open here, with its pages in slots 0 and 1. */
static bool file_begin(const char *path)
{
	memset(back, 'o', sizeof(back));
	file = file_open(path, OPEN_READ_WRITE | OPEN_CREATE, 0644);
	shared = file < 0 ? NULL : file_shared(file, 0);
	faults = faults_to_write = 0;
	return shared && file_write(file, 0, back, sizeof(back)) == sizeof(back);
}

static bool file_has(uint64_t at, unsigned char byte)
{
	return file_read(file, at, back, 1) == 1 && back[0] == byte;
}

static void store(void)
{
	shared[10] = value;
	shared[PAGE + 10] = value;
}

static void load(void)
{
	seen = shared[20];
}

static bool store_value(unsigned char byte)
{
	value = byte;
	return work_do(store);
}

bool stores_are_seen(void)
{
	struct file_page page;

	if (!file_begin("/stored") || file_page(file, 0, &page) || !work_do(load) || seen != 'o' || faults != 1 || faults_to_write || !file_page_holds(&page))
		return false;
	if (!store_value('s') || faults_to_write != 2 || file_page_holds(&page) || file_page(file, 0, &page) != -ENODATA)
		return false;
	if (!store_value('t') || faults_to_write != 2)
		return false;
	return file_has(10, 't') && file_has(PAGE + 10, 't') && file_has(11, 'o') && file_close(file) == 0;
}

bool write_back_protects(void)
{
	bool good = file_begin("/stored") && store_value('a') && faults_to_write == 2 && file_sync(file) == 0;

	good = good && work_do(load) && faults == 2 && store_value('b') && faults_to_write == 4 && file_has(10, 'b');
	return good && file_sync(file) == 0 && file_sync(file) == 0 && store_value('c') && faults_to_write == 6 && file_close(file) == 0;
}

bool writes_are_seen(void)
{
	bool good = file_begin("/stored") && store_value('a') && file_write(file, 20, "w", 1) == 1 && work_do(load) && seen == 'w' && faults == 2;

	good = good && file_sync(file) == 0 && file_write(file, 20, "x", 1) == 1 && work_do(load) && seen == 'x' && faults == 2;
	return good && file_has(10, 'a') && file_has(20, 'x') && file_close(file) == 0;
}

bool size_takes_back(void)
{
	bool good = file_begin("/stored") && store_value('a') && file_write(file, FILE_END, "end", 3) == 3 && file_has(10, 'a') && work_do(load) && faults == 3;

	good = good && store_value('b') && file_truncate(file, PAGE + 5) == 0 && file_has(10, 'b') && file_share(file, 2, 2, false) == -ENODATA;
	good = good && store_value('c') && file_truncate(file, 2 * PAGE) == 0; /* the store behind the end does not come back */
	return good && file_has(PAGE + 10, 0) && file_has(10, 'c') && file_close(file) == 0;
}

bool closing_keeps(void)
{
	int first;
	bool good = file_begin("/stored") && store_value('k');

	first = file;
	good = good && file_share(file, 0, 5, true) > 0 && file_unshare(file, 5) == 0 && file_close(first) == 0;
	file = file_open("/stored", OPEN_READ, 0);
	good = good && file >= 0 && file_has(10, 'k') && file_has(PAGE + 10, 'k') && file_share(file, 0, 0, true) == -EACCES;
	return good && file_close(file) == 0;
}

/* The host is asked to kill; stores and reads go on all the time, until the next instance is there and a little longer. */
static bool stores_over_a_kill(unsigned kill)
{
	const char *filesystem = start_session("ramfs") ? "ramfs" : "ext2";
	const struct session_page *page = (const struct session_page *)start_buffer_of(filesystem)->address;
	uint64_t before = __atomic_load_n(&page->generation, __ATOMIC_ACQUIRE), end = clock_now() + KILL_PATIENCE_NS;
	unsigned after = 0;

	log_print("control: kill %s\n", filesystem);
	for (unsigned i = 0; after < ROUNDS_AFTER && clock_now() < end; i++) {
		after += __atomic_load_n(&page->generation, __ATOMIC_ACQUIRE) != before;
		unsigned char byte = (unsigned char)(kill * 16 + i % 16);

		if (!store_value(byte) || (i % 50 == 0 && !(file_has(10, byte) && file_has(PAGE + 10, byte))))
			return false;
		if (i % 200 == 100 && file_sync(file))
			return false;
	}
	return after && file_has(10, value) && file_has(PAGE + 10, value) && file_has(11, 'o');
}

bool kills_lose_nothing(void)
{
	bool good = file_begin("/stored");

	for (unsigned kill = 0; good && kill < KILLS; kill++)
		good = stores_over_a_kill(kill);
	return good && file_close(file) == 0;
}
