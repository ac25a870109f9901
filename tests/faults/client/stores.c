/* SPDX-License-Identifier: MIT */
/*
 * Operations on pages that are leased to write: a file is in the window that its filesystem gives this program, as in a process that has it mapped MAP_SHARED. A thread stores into it and has its faults served here
 * (tests/servers/leases/toucher.h); what the filesystem does for it (giving the page out, writing it back, taking it away, settling what the instance before has left) is where it ends. What was stored has to be there for who reads, and
 * for who looks into the window.
 */
#include "operations.h"

#include "lib/file.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/leases/toucher.h"

#define PAGE 4096
#define PAGES 2
#define BYTES (PAGES * PAGE)
#define STORED 64    /* bytes of a store in each page */
#define CUT_MOST 500 /* what of the second page is left when the file is cut, and where nothing is stored */

static int file = -1;
static unsigned char *window;
static unsigned char model[BYTES], back[BYTES];
static uint64_t counter, at, size; /* at: where the last store went, in each page */

static bool fault_serve(uint64_t address, bool writes)
{
	uint64_t page = (address - (uint64_t)window) / PAGE;

	return address >= (uint64_t)window && page < PAGES && file_share(file, page, (uint32_t)page, writes) > 0;
}

/* In the thread. */

static void store(void)
{
	for (uint64_t page = 0; page < PAGES; page++)
		memcpy(window + page * PAGE + at, model + page * PAGE + at, STORED);
}

static void load(void)
{
	memcpy(back, window, BYTES);
}

/* Other bytes at another place. */
static bool store_next(void)
{
	at = ++counter * 577 % (CUT_MOST - STORED);
	for (uint64_t page = 0; page < PAGES; page++)
		bytes_make(model + page * PAGE + at, STORED, counter + page);
	return toucher_do(store, fault_serve);
}

static bool file_begin(void)
{
	file = toucher_start() ? file_open(path_of("shared"), OPEN_READ_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0644) : -1;
	window = file < 0 ? NULL : file_shared(file, 0);
	return window != NULL;
}

/* The file is whole, and its pages are read-only in the window: the next store faults. */
static bool store_prepare(void)
{
	if (!window && !file_begin())
		return false;
	if (size != BYTES)
		bytes_make(model, BYTES, ++counter);
	if (size != BYTES && (file_truncate(file, 0) != 0 || file_write(file, 0, model, BYTES) != BYTES))
		return false;
	size = BYTES;
	return store_next() && file_sync(file) == 0;
}

static int64_t store_run(void)
{
	return store_next() ? 0 : -EIO;
}

/* What is read, and what is seen in the window. */
static enum verdict store_check(int64_t result)
{
	struct attributes attributes;

	if (result != 0 || file_attributes(file, &attributes) != 0 || attributes.size != size)
		return WRONG;
	memset(model + size, 0, BYTES - size);
	memset(back, 0, BYTES);
	if (file_read(file, 0, back, BYTES) != (int64_t)size)
		return WRONG;
	if (memcmp(back, model, BYTES) != 0)
		return LOST;
	return toucher_do(load, fault_serve) && memcmp(back, model, BYTES) == 0 ? RIGHT : WRONG;
}

/* With pages that are dirty when they are written back, and again after it. */

static bool dirty_prepare(void)
{
	return store_prepare() && store_next();
}

static int64_t store_synced_run(void)
{
	int64_t error = file_sync(file);

	return error ? error : store_run();
}

/* The size takes dirty pages back; what is stored behind the end does not come into the file. */
static int64_t store_cut_run(void)
{
	int64_t error;

	size = PAGE + CUT_MOST + counter % PAGE / 2;
	error = file_truncate(file, size);
	return error ? error : store_run();
}

/* A write over the end of one page that is in the window and the beginning of the next. */
static int64_t store_written_run(void)
{
	int64_t result;

	bytes_make(model + PAGE - STORED, 2 * STORED, ++counter);
	result = file_write(file, PAGE - STORED, model + PAGE - STORED, 2 * STORED);
	return result == 2 * STORED ? 0 : result < 0 ? result : -EIO;
}

const struct operation store_operations[] = {
	{"store", "vfs", NULL, true, store_prepare, store_run, store_check, NULL},
	{"store-synced", "vfs", NULL, true, dirty_prepare, store_synced_run, store_check, NULL},
	{"store-written", "vfs", NULL, true, dirty_prepare, store_written_run, store_check, NULL},
	{"store-cut", "vfs", NULL, true, dirty_prepare, store_cut_run, store_check, NULL},
};
const unsigned store_operation_count = sizeof(store_operations) / sizeof(store_operations[0]);
