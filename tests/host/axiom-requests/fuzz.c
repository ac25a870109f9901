/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: axiom with its clients, the kernel's ring of records and the driver of its disk (driver.h), in the world of tests/host/harness/service_world.h. The kernel is honest: it writes records, and frees those that axiom says it has taken.
 *
 * Of the log: what STATUS and HEAD tell is the chain of exactly the records that the kernel wrote, nothing is freed that is not in the state, and the log never stops.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/log.h"
#include "abi/protocols/block.h"
#include "abi/protocols/log.h"
#include "driver.h"
#include "lib/chain.h"

#define MAY_CLOSE 1 /* the badge of who may */
#define LOG_CONTROL (WORLD_HANDLES + 3)
#define STATE_BYTES (4 * PAGE_SIZE)
#define RING_RECORDS 64
#define RECORDS_MAX 8192

static const struct request_shape log_shapes[] = {
#define REQUEST(name, number, in, out, sentence) REQUEST_SHAPE(LOG, name, in, out)
#include "abi/protocols/log.def"
#undef REQUEST
	{NULL, 0, 0, 0},
};

static struct service_world world;
static struct commit_ring *ring;
static uint8_t link_of[RECORDS_MAX][LOG_LINK_BYTES]; /* of the chain, after that record */
static uint64_t taken;                               /* the highest number that STATUS has told */

/* The kernel. */

static void record_write(void)
{
	struct commit_record *records = (struct commit_record *)((char *)ring + COMMIT_RING_HEADER);
	struct commit_record record = {.sequence = ring->head, .subject = world.now};

	if (ring->head - ring->tail == ring->capacity || ring->head == RECORDS_MAX)
		return;
	records[ring->head % ring->capacity] = record;
	memcpy(link_of[ring->head], link_of[ring->head - 1], LOG_LINK_BYTES);
	chain_extend(link_of[ring->head], &record);
	ring->head++;
}

static enum error ring_advance(uint64_t sequence)
{
	if (sequence < ring->tail || sequence > ring->head)
		complain("the kernel is to free records up to %" PRIu64 " of those from %" PRIu64 " to %" PRIu64, sequence, ring->tail, ring->head);
	ring->tail = sequence;
	return OK;
}

static enum error capability(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	if (target == LOG_CONTROL && label == LOG_CONTROL_ADVANCE)
		return ring_advance(data[0]);
	if (target == DRIVER_SESSION)
		return driver_answer(label, data);
	if (target != DRIVER_SIGNAL || label != 0)
		service_world_stray(target, label);
	driver_work();
	return OK;
}

static void event(void)
{
	uint64_t what = input_take(&world.requester.input, 1);

	for (uint64_t i = 0; i < what % 32; i++)
		record_write();
	if (what >= 224)
		driver_change();
}

/* Judging. */

static void chain_judge(const struct file_exchange *sent, const struct file_exchange *answer, uint64_t record)
{
	if (record >= ring->head || memcmp(link_of[record], &answer->data[4], LOG_LINK_BYTES) != 0)
		answer_wrong(sent, shape_find(&world.requester, sent->label), answer, "tells another chain than that of the records");
}

static void judge(const struct file_exchange *sent, const struct file_exchange *answer)
{
	if (answer->data[0] != 0 || sent->label == LOG_CLOSE || sent->label == LOG_ROOM)
		return;
	chain_judge(sent, answer, sent->label == LOG_STATUS ? answer->data[1] : answer->data[2]);
	if (sent->label != LOG_STATUS)
		return;
	if (answer->data[3] == LOG_STOPPED)
		complain("the log has stopped");
	if (answer->data[1] < taken || answer->data[2] > answer->data[1])
		complain("%" PRIu64 " records are taken, %" PRIu64 " on the medium; before, %" PRIu64 " were taken", answer->data[1], answer->data[2], taken);
	taken = answer->data[1];
}

static void begin(void)
{
	*ring = (struct commit_ring){.head = 1, .tail = 1, .capacity = RING_RECORDS};
	taken = 0;
	driver_begin();
}

struct service_world *service_world_target(void)
{
	static const struct request_right rights[] = {{LOG_CLOSE, LOG_RIGHT_CLOSE}, {0, NULL}};

	service_world_make(&world, "axiom", 1);
	world.requester.protocols[0] = log_shapes;
	world.requester.buffer_bytes = BLOCK_BUFFER_BYTES;
	world.rights = rights;
	world.capability = capability;
	world.judge = judge;
	world.event = event;
	world.begin = begin;
	world.restart = driver_restart;
	service_world_memory(&world, GRANT_STATE, "state", STATE_BYTES, false);
	ring = (struct commit_ring *)service_world_memory(&world, GRANT_RING, "ring", COMMIT_RING_HEADER + RING_RECORDS * sizeof(struct commit_record), false)->address;
	service_world_grant(&world, GRANT_LOG_CONTROL, "log-control")->slot = LOG_CONTROL;
	service_world_grant(&world, GRANT_RIGHT, LOG_RIGHT_CLOSE)->argument = MAY_CLOSE;
	driver_make(&world);
	return &world;
}
