/* SPDX-License-Identifier: MIT */
/*
 * I/O without end, to be run while the driver is killed: every track of the disk is written with a number that grows, and read back later; whoever finds another number than the last one that was acknowledged says so and ends the
 * machine. Each track has at most one request outstanding, so what must be there is always known. A line a second tells how far it is.
 */
#include "lib/block_session.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "tests/servers/console/console.h"

#define TRACKS 64
#define TRACK_SECTORS 8
#define TRACK_BYTES (TRACK_SECTORS * 512)
#define TRACK_WORDS (TRACK_BYTES / 8)
#define SPREAD 97 /* tracks on the disk lie this many tracks apart */
#define SECOND 1000000000ull

static struct block_session block;
static unsigned char *data;
static uint32_t region;
static uint64_t written[TRACKS]; /* last number acknowledged */
static uint64_t number;
static uint64_t completions, slowest;
static uint64_t submitted_at[TRACKS];
static enum block_operation operation[TRACKS]; /* outstanding */

_Noreturn static void end(bool failed)
{
	uint64_t words[MESSAGE_REGISTER_WORDS] = {failed};

	(void)!service_call(start_session("console"), CONSOLE_END, 1, words);
	for (;;)
		;
}

_Noreturn static void fail(const char *what, uint64_t track, uint64_t value)
{
	log_print("WRONG %s: track %u, %u, expected %u\n", what, track, value, written[track]);
	end(true);
}

static uint64_t *words_of(uint64_t track)
{
	return (uint64_t *)(data + track * TRACK_BYTES);
}

static void submit(uint64_t track)
{
	struct block_request request = {.region = region, .sector = track * SPREAD * TRACK_SECTORS, .sectors = TRACK_SECTORS, .offset = track * TRACK_BYTES};

	operation[track] = written[track] == 0 || number++ % 3 == 0 ? BLOCK_WRITE : BLOCK_READ;
	request.operation = operation[track];
	for (uint64_t i = 0; i < TRACK_WORDS; i++)
		words_of(track)[i] = operation[track] == BLOCK_WRITE ? (++number, number << 16 | i) : 0;
	submitted_at[track] = clock_now();
	if (block_submit(&block.client, &request, track) != 0)
		fail("submit", track, 0);
}

static void complete(uint64_t track, int result)
{
	const uint64_t *words = words_of(track);
	uint64_t pause = clock_now() - submitted_at[track];

	if (result != 0)
		fail("result", track, (uint64_t)-(int64_t)result);
	for (uint64_t i = 0; operation[track] == BLOCK_READ && i < TRACK_WORDS; i++)
		if (words[i] != written[track] + i * 0x10001)
			fail("data", track, words[i]);
	if (operation[track] == BLOCK_WRITE)
		written[track] = words[0];
	slowest = pause > slowest ? pause : slowest;
	completions++;
}

static void turn(uint64_t *reported)
{
	struct request request;
	uint64_t track;
	int result;

	block_kick(&block.client);
	if (service_receive_until(&request, *reported + SECOND) != OK) {
		log_print("%u requests, slowest %u us, attached %u times\n", completions, slowest / 1000, block.client.generation);
		slowest = 0;
		*reported = clock_now();
	}
	while (block_poll(&block.client, &track, &result)) {
		complete(track, result);
		submit(track);
	}
	if (clock_now() > *reported + SECOND)
		*reported = clock_now() - SECOND; /* so that the next receive reports */
}

int main(void)
{
	uint64_t bytes, reported = clock_now();

	data = (unsigned char *)start_find("storm.data")->address;
	if (block_session_open(&block, "virtio-blk", 0) != 0)
		fail("open", 0, 0);
	region = (uint32_t)block_session_region(&block, "storm.data", &bytes);
	for (uint64_t track = 0; track < TRACKS; track++)
		submit(track);
	for (;;)
		turn(&reported);
}
