/* SPDX-License-Identifier: MIT */
/* Reads /large once from its beginning to its end between two marks, as bench/sequential/linux.c does on Linux, for bench/sequential/run. */
#include "bench/mark.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"

#define SETTLE_NS 2000000000ull /* what starts with the system is not this file's */

static unsigned char piece[FILE_CHUNK];

static void settle(void)
{
	struct request request;

	(void)!service_receive_until(&request, clock_now() + SETTLE_NS);
}

int main(void)
{
	uint64_t bytes = 0, sum = 0;
	int64_t got;
	int file;

	if (file_start() != 0)
		return 1;
	settle();
	file = file_open("/large", OPEN_READ, 0);
	if (file < 0) {
		log_print("no file: error %d\n", (int64_t)file);
		return 1;
	}
	MARK(MARK_BEGIN);
	while ((got = file_read(file, bytes, piece, sizeof(piece))) > 0) {
		bytes += (uint64_t)got;
		sum += piece[got - 1];
	}
	MARK(MARK_END);
	log_print("read %u bytes, %u\n", bytes, sum);
	return 0;
}
