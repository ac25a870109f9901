/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: virtio-rng with its clients, between pci and a device that lies (tests/host/harness/virtio_world.h).
 *
 * No answer has more bytes than were asked for, nor anything behind them; and no byte is given out twice: of each value there come no more than the device has made.
 */
#include <inttypes.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/protocols/random.h"
#include "drivers/virtio/rng/pool.h"
#include "tests/host/harness/virtio_world.h"

#define TYPE_ENTROPY 4
#define CLIENTS 3
#define CLIENT_SIGNALS (WORLD_HANDLES + 16) /* handles of their Notifications: this, plus the badge */

static const struct request_shape random_shapes[] = {
#define REQUEST(name, number, in, out, sentence) REQUEST_SHAPE(RANDOM, name, in, out)
#include "abi/protocols/random.def"
#undef REQUEST
	{NULL, 0, 0, 0},
};

static uint32_t serve(struct device *device, const struct chain *chain);

static struct service_world world;
static struct virtio_world virtio = {
	.service = &world,
	.type = TYPE_ENTROPY,
	.memory_bytes = (POOL_MEMORY_BYTES + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE,
	.serve = serve,
	.queues = 1,
	.signals = CLIENT_SIGNALS,
	.clients = CLIENTS,
	.shuffles = true,
	.needs_claim = true,
};
static uint64_t made[256], made_all; /* by the device, of each value */

static uint32_t serve(struct device *device, const struct chain *chain)
{
	const struct chain_part *part = &chain->part[0];
	uint32_t bytes = 1 + (uint32_t)(made_all % part->bytes);

	(void)device;
	if (chain->count != 1 || !part->written || !virtio_world_owns(&virtio, part))
		complain("the device is asked for something else than random bytes");
	for (uint32_t i = 0; i < bytes; i++) {
		part->data[i] = (unsigned char)(7 * made_all++);
		made[part->data[i]]++;
	}
	return bytes;
}

static void bytes_judge(const unsigned char *bytes, uint64_t count)
{
	for (uint64_t i = 0; i < RANDOM_BYTES_MAX; i++) {
		if (i >= count && bytes[i])
			complain("an answer of %" PRIu64 " bytes has more behind them", count);
		if (i < count && !virtio.dishonest && made[bytes[i]]-- == 0)
			complain("byte %u is given out more often than the device has made it", bytes[i]);
	}
}

static void judge(const struct file_exchange *sent, const struct file_exchange *answer)
{
	int64_t result = (int64_t)answer->data[0];

	if (result > 0 && (uint64_t)result > sent->data[0])
		complain("%" PRId64 " bytes come where %" PRIu64 " were asked for", result, sent->data[0]);
	if (result == 0 && (sent->data[0] == 0 || sent->data[0] > RANDOM_BYTES_MAX))
		complain("%" PRIu64 " bytes may be asked for", sent->data[0]);
	bytes_judge((const unsigned char *)&answer->data[1], result > 0 ? (uint64_t)result : 0);
}

static void event(void)
{
	virtio_world_work(&virtio);
}

static void begin(void)
{
	virtio_world_begin(&virtio);
	memset(made, 0, sizeof(made));
	made_all = 0;
}

struct service_world *service_world_target(void)
{
	static const char *const names[CLIENTS] = {"a", "b", "c"};

	service_world_make(&world, "virtio-rng", 1);
	world.requester.protocols[0] = random_shapes;
	world.judge = judge;
	world.event = event;
	world.begin = begin;
	virtio_world_make(&virtio);
	for (uint64_t i = 0; i < CLIENTS; i++)
		service_world_client(&world, names[i], i + 1, CLIENT_SIGNALS + i + 1);
	return &world;
}
