/* SPDX-License-Identifier: MIT */
/*
 * Tests of leases: pages of a filesystem that are read where they lie. Another service, `reader`, reads one file over and over by its own leases while this one changes it, and tells by calls here what it has seen. Writes TAP.
 */
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/console/console.h"
#include "tests/servers/leases/report.h"
#include "tests/servers/leases/sharing.h"
#include "tests/servers/leases/toucher.h"

#define PAGE 4096
#define ROUNDS 300
#define SHARING_KILLED (1 << 20) /* with more memory than this, the host is there to kill the filesystem */

static unsigned failed;
static unsigned char block[3 * PAGE], back[3 * PAGE];

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok %s %s\n", holds ? "" : "not ", id, sentence);
}

static int file_make(const char *path, size_t bytes)
{
	int file = file_open(path, OPEN_READ_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0644);

	for (size_t i = 0; i < bytes; i++)
		block[i] = (unsigned char)(i * 7 + i / PAGE + 1);
	return file >= 0 && file_write(file, 0, block, bytes) == (int64_t)bytes ? file : -1;
}

static bool zero(const void *from, size_t bytes)
{
	const unsigned char *at = from;

	for (size_t i = 0; i < bytes; i++)
		if (at[i])
			return false;
	return true;
}

/* What is there can be seen, nothing else. */
static bool page_shows_file(void)
{
	int file = file_make("/shown", PAGE + 100);
	struct file_page first, second;
	bool good = file >= 0 && file_page(file, 0, &first) == 0 && file_page(file, 1, &second) == 0;

	good = good && first.count == PAGE && memcmp(first.bytes, block, PAGE) == 0 && file_page_holds(&first);
	good = good && second.count == 100 && memcmp(second.bytes, block + PAGE, 100) == 0 && zero((const char *)second.bytes + 100, PAGE - 100) && file_page_holds(&second);
	return good && file_page(file, 2, &second) == -ENODATA && file_truncate(file, 5 * PAGE) == 0 && file_page(file, 3, &second) == -ENODATA && file_close(file) == 0;
}

/* Each kind of change takes the page back, shows zeros in its place, and is seen by the next read. */
static bool change_takes_back(int file, int64_t result, struct file_page *page)
{
	return result >= 0 && !file_page_holds(page) && zero(page->bytes, PAGE) && file_read(file, 0, back, PAGE) >= 0 && file_page(file, 0, page) == 0;
}

static bool changes_are_seen(void)
{
	int file = file_make("/changed", 2 * PAGE);
	struct file_page page;
	bool good = file >= 0 && file_page(file, 0, &page) == 0;

	good = good && change_takes_back(file, file_write(file, 10, "small", 5), &page) && memcmp((const char *)page.bytes + 10, "small", 5) == 0;
	good = good && change_takes_back(file, file_write(file, 0, block + PAGE, PAGE), &page) && memcmp(page.bytes, block + PAGE, PAGE) == 0;
	good = good && change_takes_back(file, file_truncate(file, 50), &page) && page.count == 50 && zero((const char *)page.bytes + 50, PAGE - 50);
	good = good && file_write(file, FILE_END, "tail", 4) == 4 && !file_page_holds(&page) && file_read(file, 48, back, 100) == 6 && memcmp(back + 2, "tail", 4) == 0;
	return good && file_close(file) == 0;
}

/* What is closed or used for another file is not seen any more. */
static bool close_takes_back(void)
{
	int file = file_make("/closed", PAGE), other;
	struct file_page page, again;
	bool good = file >= 0 && file_page(file, 0, &page) == 0 && file_close(file) == 0 && !file_page_holds(&page);

	other = file_open("/closed", OPEN_READ, 0);
	good = good && other >= 0 && file_page(other, 0, &again) == 0 && path_remove("/closed") == 0 && file_page_holds(&again);
	good = good && memcmp(again.bytes, block, PAGE) == 0 && file_close(other) == 0 && !file_page_holds(&again);
	other = file_open("/shown", OPEN_WRITE, 0);
	return good && other >= 0 && file_page(other, 0, &again) == -ENODATA && file_close(other) == 0;
}

/* More pages than a window has slots, over and over, each right. */
static bool window_is_smaller(void)
{
	int file = file_make("/many", PAGE);
	bool good = file >= 0;

	for (unsigned i = 1; good && i < 2 * LEASE_SLOTS; i++) {
		memset(block, (int)i, PAGE);
		good = file_write(file, (uint64_t)i * PAGE, block, PAGE) == PAGE;
	}
	for (unsigned i = 1; good && i < 6 * LEASE_SLOTS; i++) {
		unsigned page = i * 5 % (2 * LEASE_SLOTS);

		good = file_read(file, (uint64_t)page * PAGE + 1, back, 1000) == 1000 && file_read(file, (uint64_t)page * PAGE + 1, back, 1000) == 1000;
		good = good && (page == 0 || (back[0] == page && memcmp(back, back + 1, 999) == 0));
	}
	return good && file_close(file) == 0;
}

/* Changes a page that the other one reads; every byte of it is the number of the round. Takes the reader's reports meanwhile. */
static bool reader_sees_whole(void)
{
	int file = file_make(REPORT_FILE, PAGE);
	struct request request = {.label = 0};
	uint64_t reports = 0, torn = 0, leased = 0, last = 0;
	bool good = file >= 0;

	for (unsigned i = 0; good && i < ROUNDS; i++) {
		memset(block, (int)(i % 256), PAGE);
		good = file_write(file, 0, block, PAGE) == PAGE && (i ? service_reply_receive(&request) : service_receive(&request)) == OK;
		while (good && request.kind != MESSAGE_CALL)
			good = service_receive(&request) == OK;
		reports++;
		torn += request.data[REPORT_TORN];
		leased += request.data[REPORT_LEASED];
		last += request.data[REPORT_VALUE] == i % 256;
		request.status = OK;
		request.label = request.caps = 0;
		request.words = 1;
		request.data[0] = i + 1 == ROUNDS;
	}
	log_print("# %u reports, %u of the newest, %u torn, %u reads of leased pages\n", reports, last, torn, leased);
	return good && torn == 0 && last == ROUNDS && leased > ROUNDS;
}

int main(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	log_print("1..%u\n", start_find("untyped")->bytes > SHARING_KILLED ? 13ull : 12ull);
	check(file_start() == 0, "leases-start", "a client finds vfs and a filesystem with leases");
	check(page_shows_file(), "leases-shown", "a leased page shows what the file has, zeros behind its end, and no hole");
	check(changes_are_seen(), "leases-changed", "writing, appending and truncating take the page back");
	check(close_takes_back(), "leases-closed", "closing takes pages back, removing the name does not, and who may not read gets none");
	check(window_is_smaller(), "leases-slots", "more pages than the window has are read right");
	check(reader_sees_whole(), "leases-reader", "another client sees each change at once, and no half of one");
	check(toucher_start(), "shares-start", "a thread of this program has its faults served by it");
	check(stores_are_seen(), "shares-stored", "what is stored into a shared page is read at once, and its first store is the only one that faults");
	check(write_back_protects(), "shares-synced", "writing back protects the page: the next store faults");
	check(writes_are_seen(), "shares-written", "what is written is seen in the shared page");
	check(size_takes_back(), "shares-size", "appending and truncating take pages back, and nothing comes from behind the end");
	check(closing_keeps(), "shares-closed", "closing keeps what was stored, and who may not write cannot store");
	if (start_find("untyped")->bytes > SHARING_KILLED)
		check(kills_lose_nothing(), "shares-killed", "the filesystem is killed while pages are dirty, and no store is lost");
	data[0] = failed;
	return service_call(start_session("console"), CONSOLE_END, 1, data) != OK;
}
