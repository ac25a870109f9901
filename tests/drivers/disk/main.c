/* SPDX-License-Identifier: MIT */
/* A client of virtio-blk that tests it through lib/block: what is written is read back, in any order and size, up to the last sector; bad requests are refused; many are outstanding at once. Writes TAP. */
#include "lib/block_session.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/console/console.h"

#define SECTORS 0x8000 /* 16 MiB */
#define HALF 0x80000   /* of the Region */
#define PATIENCE 60000000000ull

static struct block_session block;
static unsigned char *data;
static uint32_t region;
static unsigned failed;
static uint64_t seed = 5;

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok %s %s\n", holds ? "" : "not ", id, sentence);
}

static uint64_t random(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	return z ^ z >> 29;
}

/* Waits until one request has completed; its result, or 1 when none does. */
static int complete(uint64_t *token)
{
	uint64_t end = clock_now() + PATIENCE;
	struct request request;
	int result;

	block_kick(&block.client);
	while (!block_poll(&block.client, token, &result))
		if (service_receive_until(&request, end) != OK)
			return 1;
	return result;
}

static int run(enum block_operation operation, uint64_t sector, uint32_t sectors, uint64_t offset)
{
	struct block_request request = {.operation = operation, .region = operation == BLOCK_FLUSH ? 0 : region, .sector = sector, .sectors = sectors, .offset = offset};
	uint64_t token;

	return block_submit(&block.client, &request, 1) == 0 ? complete(&token) : 2;
}

static void pattern(uint64_t offset, uint32_t sectors, uint64_t salt)
{
	for (uint64_t i = 0; i < sectors * 512ull; i += 8)
		*(uint64_t *)(data + offset + i) = (offset + i) * 0x9e3779b97f4a7c15 + salt;
}

static bool opens(void)
{
	uint64_t bytes = 0;
	int index;

	if (block_session_open(&block, "virtio-blk", 0) != 0)
		return false;
	index = block_session_region(&block, "disk.data", &bytes);
	region = (uint32_t)index;
	return index >= 0 && bytes == 2 * HALF && block.sectors == SECTORS && block.flags == BLOCK_FLUSH_NEEDED;
}

static bool strange_regions_are_refused(void)
{
	uint64_t bytes;

	return block_session_region(&block, "virtio-blk.queue", &bytes) < 0 && block_session_region(&block, "disk.dat", &bytes) < 0;
}

/* Writes `sectors` at `sector` from the first half and reads them into the second. */
static bool round_trip(uint64_t sector, uint32_t sectors)
{
	pattern(0, sectors, sector);
	memset(data + HALF, 0, sectors * 512ull);
	return run(BLOCK_WRITE, sector, sectors, 0) == 0 && run(BLOCK_FLUSH, 0, 0, 0) == 0 && run(BLOCK_READ, sector, sectors, HALF) == 0 &&
	       memcmp(data, data + HALF, sectors * 512ull) == 0;
}

static bool round_trips(void)
{
	return round_trip(0, 1) && round_trip(SECTORS - 1, 1) && round_trip(100, HALF / 512) && round_trip(SECTORS - HALF / 512, HALF / 512);
}

static bool bad_requests(void)
{
	return run(BLOCK_READ, SECTORS, 1, 0) < 0 && run(BLOCK_READ, SECTORS - 1, 2, 0) < 0 && run(BLOCK_WRITE, 0, 1, 2 * HALF) < 0 && run(BLOCK_WRITE, 0, 1, 5) < 0 &&
	       run(BLOCK_READ, 0, 0, 0) < 0 && run((enum block_operation)9, 0, 1, 0) < 0 && run(BLOCK_READ, 0, 1, 0) == 0;
}

#define TRACKS 64
#define TRACK_SECTORS 8
#define TRACK_BYTES (TRACK_SECTORS * 512)

/* 64 requests outstanding, `rounds` times: each track is written with a salt of its own, then read back. */
static bool many(unsigned rounds)
{
	for (unsigned round = 0; round < rounds; round++) {
		uint64_t place = random() % (SECTORS / TRACK_SECTORS - TRACKS) * TRACK_SECTORS, token;

		for (unsigned operation = BLOCK_WRITE; operation; operation = operation == BLOCK_WRITE ? BLOCK_READ : 0) {
			for (unsigned i = 0; i < TRACKS; i++) {
				unsigned track = (i * 37 + round) % TRACKS;
				struct block_request request = {.operation = operation, .region = region, .sector = place + track * TRACK_SECTORS, .sectors = TRACK_SECTORS,
								.offset = track * TRACK_BYTES + (operation == BLOCK_READ ? HALF : 0)};

				if (operation == BLOCK_WRITE)
					pattern(request.offset, TRACK_SECTORS, round);
				if (block_submit(&block.client, &request, track) != 0)
					return false;
			}
			for (unsigned i = 0; i < TRACKS; i++)
				if (complete(&token) != 0)
					return false;
		}
		if (memcmp(data, data + HALF, (uint64_t)TRACKS * TRACK_BYTES) != 0)
			return false;
	}
	return true;
}

int main(void)
{
	uint64_t none[MESSAGE_REGISTER_WORDS] = {0};

	data = (unsigned char *)start_find("disk.data")->address;
	log_print("1..5\n");
	check(opens(), "disk-opens", "a client is told the size of the disk and the index of its Region");
	check(strange_regions_are_refused(), "disk-regions", "only Regions that are lent for the client can be named");
	check(round_trips(), "disk-round-trip", "sectors are read back as they were written, up to the last");
	check(bad_requests(), "disk-bad", "bad requests are refused, and nothing else suffers");
	check(many(50), "disk-many", "64 requests are outstanding at once, 6,400 in all");
	none[0] = failed;
	return service_call(start_session("console"), CONSOLE_END, 1, none) == OK;
}
