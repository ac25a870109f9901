/* SPDX-License-Identifier: MIT */
/* The driver of axiom's disk (driver.h). What it answers is the truth unless the input says otherwise. */
#include "driver.h"

#include <inttypes.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/log.h"
#include "lib/block.h"

#define MEDIUM_SECTORS 256
#define BLOCKS_BYTES (2 * LOG_WINDOW_BLOCKS * LOG_BLOCK_BYTES + 2 * PAGE_SIZE)
#define REGION_INDEX 5
#define MOST_SECTORS 64
#define ID_STRANGE 77

static struct service_world *world;
static struct block_channel *channel;
static unsigned char *blocks;
static struct ring requests, completions;
static unsigned char medium[MEDIUM_SECTORS * BLOCK_SECTOR];
static uint64_t sectors;       /* the most that this instance of axiom was told */
static bool asleep;            /* it does nothing until it is woken */
static uint64_t stores;        /* that the input had made when the rings were new */

void driver_make(struct service_world *made)
{
	world = made;
	channel = (struct block_channel *)service_world_buffer(made, "virtio-blk-log", DRIVER_BADGE, BLOCK_BUFFER_BYTES);
	service_world_grant(made, GRANT_SESSION, "virtio-blk-log")->slot = DRIVER_SESSION;
	service_world_grant(made, GRANT_SIGNAL, "signal:virtio-blk-log")->slot = DRIVER_SIGNAL;
	blocks = (unsigned char *)service_world_memory(made, GRANT_REGION, "axiom.blocks", BLOCKS_BYTES, false)->address;
}

static void rings_open(void)
{
	memset((char *)channel + BLOCK_REQUESTS_OFFSET, 0, ring_bytes(BLOCK_REQUESTS_MAX, sizeof(struct block_request)));
	memset((char *)channel + BLOCK_COMPLETIONS_OFFSET, 0, ring_bytes(BLOCK_REQUESTS_MAX, sizeof(struct block_completion)));
	stores = world->stores;
	ring_open(&requests, (char *)channel + BLOCK_REQUESTS_OFFSET, BLOCK_REQUESTS_MAX, sizeof(struct block_request));
	ring_open(&completions, (char *)channel + BLOCK_COMPLETIONS_OFFSET, BLOCK_REQUESTS_MAX, sizeof(struct block_completion));
}

void driver_begin(void)
{
	memset(medium, 0, sizeof(medium));
	asleep = false;
	rings_open();
}

void driver_restart(void)
{
	sectors = 0;
}

/* Whether it lies or fails this time: seldom, and never when the input has ended. */
static bool lies(void)
{
	return input_take(&world->requester.input, 1) >= 244;
}

static uint64_t told(uint64_t truth)
{
	return lies() ? word_draw(&world->requester, DRIVER_BADGE) : truth;
}

static void inform(uint64_t data[MESSAGE_REGISTER_WORDS])
{
	static const uint64_t sizes[] = {MEDIUM_SECTORS, MEDIUM_SECTORS / 2, LOG_WINDOW_BLOCKS, 1, 0, UINT64_MAX, INT64_MAX, UINT32_MAX};
	uint64_t kind = input_take(&world->requester.input, 1) % 32;

	data[1] = sizes[kind < sizeof(sizes) / sizeof(sizes[0]) ? kind : 0];
	data[2] = told(BLOCK_FLUSH_NEEDED);
	data[3] = told(MOST_SECTORS);
	data[4] = 1;
	sectors = data[1] > sectors ? data[1] : sectors;
}

enum error driver_answer(uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	if (lies())
		return ERR_TIMEOUT;
	if (label == BLOCK_ATTACH) {
		rings_open();
		data[1] = told(channel->generation);
	} else if (label == BLOCK_INFORM) {
		inform(data);
	} else if (label == BLOCK_REGION) {
		data[1] = told(REGION_INDEX);
		data[2] = BLOCKS_BYTES;
	} else {
		service_world_stray(DRIVER_SESSION, label);
	}
	data[0] = lies() ? (uint64_t)-(int64_t)input_take(&world->requester.input, 1) : 0;
	return OK;
}

/* What axiom asks for must lie in the memory that it has lent and on the medium that it was told of. */
static void request_judge(const struct block_request *request)
{
	uint64_t bytes = (uint64_t)request->sectors * BLOCK_SECTOR;

	if (request->operation == BLOCK_FLUSH)
		return;
	if (request->operation != BLOCK_READ && request->operation != BLOCK_WRITE)
		complain("axiom asks its disk for operation %" PRIu32, request->operation);
	if (request->sectors == 0 || request->sectors > MOST_SECTORS || request->sector > sectors || request->sectors > sectors - request->sector)
		complain("axiom asks for %" PRIu32 " sectors from %" PRIu64 " of %" PRIu64, request->sectors, request->sector, sectors);
	if (request->offset % BLOCK_SECTOR || request->offset > BLOCKS_BYTES || bytes > BLOCKS_BYTES - request->offset)
		complain("axiom asks for %" PRIu64 " bytes at %" PRIu64 " of its memory", bytes, request->offset);
}

static int request_do(const struct block_request *request)
{
	unsigned char *at;
	size_t bytes = (size_t)request->sectors * BLOCK_SECTOR;

	if (request->operation == BLOCK_FLUSH)
		return 0;
	if (request->sector > MEDIUM_SECTORS || request->sectors > MEDIUM_SECTORS - request->sector)
		return -EIO;
	at = medium + request->sector * BLOCK_SECTOR;
	if (request->operation == BLOCK_READ)
		memcpy(blocks + request->offset, at, bytes);
	else
		memcpy(at, blocks + request->offset, bytes);
	return 0;
}

/* Does one request, if there is one. */
static bool request_take(void)
{
	bool judged = world->stores == stores; /* else the input may have written this entry itself */
	struct block_completion completion = {0};
	struct block_request request;

	if (ring_pop(&requests, &request) != RING_OK)
		return false;
	if (judged)
		request_judge(&request);
	completion.id = told(request.id);
	completion.result = judged ? request_do(&request) : -EIO;
	if (lies())
		completion.result = (int32_t)input_take(&world->requester.input, 4);
	(void)!ring_push(&completions, &completion);
	return true;
}

void driver_work(void)
{
	for (unsigned i = 0; !asleep && i < BLOCK_REQUESTS_MAX && request_take(); i++)
		;
}

void driver_change(void)
{
	uint64_t what = input_take(&world->requester.input, 1);
	struct block_completion strange = {.id = ID_STRANGE};

	if (what < 64)
		channel->generation = told(channel->generation + 1);
	else if (what < 128)
		(void)!ring_push(&completions, &strange);
	else
		asleep = what % 2;
	driver_work();
}
