/* SPDX-License-Identifier: MIT */
/* libFuzzer target: virtio-blk with its clients (client.h), between pci and a device that lies (tests/host/harness/virtio_world.h). */
#include <string.h>

#include "abi/protocols/block.h"
#include "client.h"
#include "drivers/virtio/blk/disk.h"

#define TYPE_BLOCK 2
#define FEATURES 0x266 /* SIZE_MAX, SEG_MAX, RO, BLK_SIZE, FLUSH: VIRTIO 1.2, 5.2.3 */
#define REPLIES 4
#define STATUS_STRANGE 7

static uint32_t serve(struct device *device, const struct chain *chain);

static struct service_world world;
static struct virtio_world virtio = {
	.service = &world,
	.type = TYPE_BLOCK,
	.features = FEATURES,
	.memory_bytes = (DISK_MEMORY_BYTES + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE,
	.serve = serve,
	.queues = 1,
	.signals = CLIENT_SIGNALS,
	.clients = CLIENTS,
	.shuffles = true,
};

/* Reads zeros; the last part is the status byte. */
static uint32_t serve(struct device *device, const struct chain *chain)
{
	unsigned char *status = chain->part[chain->count - 1].data, before = *status;
	uint32_t written = 0;

	clients_served(chain, device->lie);
	for (unsigned i = 0; i < chain->count; i++) {
		const struct chain_part *part = &chain->part[i];

		if (part->written)
			memset(part->data, 0, part->bytes);
		written += part->written ? part->bytes : 0;
	}
	if (device->lie == LIE_STATUS)
		*status = STATUS_STRANGE;
	if (device->lie == LIE_NO_STATUS)
		*status = before;
	return written;
}

/* Some deeds of the clients and of the device, each as a bit says. */
static void event(void)
{
	uint64_t deeds = 0x100 | input_take(&world.requester.input, 1);

	for (; deeds > 1; deeds >>= 1)
		if (deeds & 1)
			clients_work();
		else
			virtio_world_work(&virtio);
}

/* 64 sectors, of which 8 go in one piece and 4 pieces in one request. */
static void begin(void)
{
	virtio_world_begin(&virtio);
	virtio.device.configuration[0] = 64;
	virtio.device.configuration[9] = 16;
	virtio.device.configuration[12] = 4;
	virtio.device.configuration[21] = 2;
	clients_begin();
}

struct service_world *service_world_target(void)
{
	service_world_make(&world, "virtio-blk", REPLIES);
	world.event = event;
	world.begin = begin;
	world.restart = clients_restart;
	virtio_world_make(&virtio);
	clients_make(&virtio);
	return &world;
}
