/* SPDX-License-Identifier: MIT */
/* A request that kills its server: after two deaths it is answered with an error, and the server goes on without it (tests/servers/poisoned-ramfs). Writes TAP; the host looks how often the server was started. */
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"

#define SECOND 1000000000ull

static unsigned failed;

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok poison-%s %s\n", holds ? "" : "not ", id, sentence);
}

static bool contains(int file, const char *text)
{
	char back[64] = {0};

	return file_read(file, 0, back, sizeof(back)) == (int64_t)strlen(text) && memcmp(back, text, strlen(text)) == 0;
}

int main(void)
{
	struct request request;
	int file, other;

	log_print("1..4\n");
	(void)!file_start();
	file = file_open("/file", OPEN_READ_WRITE | OPEN_CREATE, 0644);
	other = file_open("/other", OPEN_READ_WRITE | OPEN_CREATE, 0644);
	check(file >= 0 && other >= 0 && file_write(file, 0, "before", 6) == 6 && file_write(other, 0, "other", 5) == 5, "begins", "files are written");
	check(file_write(file, 0, "poison!", 7) == -EIO, "answered", "the write that kills its server is answered with EIO");
	check(contains(file, "before") && contains(other, "other"), "undone", "nothing of it is in the file, and nothing else is lost");
	check(file_write(file, FILE_END, " after", 6) == 6 && contains(file, "before after"), "goes-on", "the server carries out the next requests");
	log_print("control: status ramfs => instances 3, \n");
	log_print("control: status ramfs => last ended by a fault\n");
	log_print("machine: end %u\n", (uint64_t)failed);
	for (;;)
		(void)!service_receive_until(&request, clock_now() + SECOND);
}
