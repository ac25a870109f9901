/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target for the block driver, between a device and a client that are both hostile. The input is a program: each byte chooses what happens next, the bytes after it say where and what. The device scribbles
 * over the memory that it shares with the driver, over its configuration space before the driver reads it, and tells lies; the client scribbles over its rings. The driver must stay within its memory (ASan), within
 * the registers' window (assertions of the simulated device), give the device no address that is not lent, and have nothing in flight after its device is dropped.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "drivers/virtio/blk/disk.h"
#include "tests/host/virtio/device.h"

#define MEMORY_AT 0x1000
#define REGION_AT 0x20000
#define REGION_BYTES 0x40000
#define SESSIONS 2

struct input {
	const uint8_t *data;
	size_t left;
};

struct rig {
	struct device device;
	bool scribbled; /* the device has destroyed what it would read itself */
	bool moved;     /* its configuration space tells of other registers than it has */
	struct virtio_pci pci;
	struct disk disk;
	unsigned char *buffer[SESSIONS];
};

static uint64_t take(struct input *input, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && input->left; i++, input->left--)
		value |= (uint64_t)*input->data++ << 8 * i;
	return value;
}

static void drop(struct rig *rig, int result, bool dead)
{
	disk_drop(&rig->disk, result, dead);
	if (rig->disk.flights != 0)
		abort();
}

/* Serves any request: every piece must be lent, and what may be written is written. */
static uint32_t serve(struct device *device, const struct chain *chain)
{
	uint32_t written = 0;

	for (unsigned i = 0; i < chain->count; i++) {
		const struct chain_part *part = &chain->part[i];
		uint64_t at = (uint64_t)(part->data - device->arena);
		bool own = at >= MEMORY_AT && at + part->bytes <= MEMORY_AT + DISK_MEMORY_BYTES;
		bool lent = at >= REGION_AT && at + part->bytes <= REGION_AT + REGION_BYTES;

		if (!own && !lent)
			abort();
		if (part->written)
			memset(part->data, 0, part->bytes);
		written += part->written ? part->bytes : 0;
	}
	return written;
}

static void start(struct rig *rig)
{
	rig->scribbled = false;
	if (rig->moved)
		rig->device.lie = LIE_REGISTERS;
	if (virtio_pci_find(&rig->pci, &rig->device.pci, &device_access, &rig->device) != VIRTIO_SOUND ||
	    disk_start(&rig->disk, &virtio_pci_transport, &rig->pci, 1) != VIRTIO_SOUND)
		drop(rig, -ENODEV, true);
}

static void work(struct rig *rig)
{
	if (disk_work(&rig->disk) == VIRTIO_SOUND)
		return;
	drop(rig, -EIO, false);
	start(rig);
}

/* All that the device is given, its own inputs too: the driver must not read them back. */
static void scribble_memory(struct rig *rig, struct input *input)
{
	uint64_t at = MEMORY_AT + take(input, 2) % DISK_MEMORY_BYTES;

	rig->scribbled = true;
	*(unsigned char *)arena_at(&rig->device, at) = (unsigned char)take(input, 1);
}

static void scribble_used(struct rig *rig, struct input *input)
{
	unsigned char *used = arena_at(&rig->device, MEMORY_AT + rig->disk.queue.layout.used);

	used[take(input, 1) % 64] = (unsigned char)take(input, 1);
}

static void scribble_ring(struct rig *rig, struct input *input)
{
	rig->buffer[take(input, 1) % SESSIONS][take(input, 2) % BLOCK_BUFFER_BYTES] = (unsigned char)take(input, 1);
}

/* A request that is mostly sound. */
static void push(struct rig *rig, struct input *input)
{
	struct ring_shared *ring = (struct ring_shared *)(rig->buffer[0] + BLOCK_REQUESTS_OFFSET);
	struct block_request request = {.id = ring->produced, .operation = 1 + take(input, 1) % 3};

	if (request.operation != BLOCK_FLUSH) {
		request.sector = take(input, 1);
		request.sectors = 1 + (uint32_t)take(input, 1) % 16;
		request.offset = take(input, 1) * BLOCK_SECTOR;
		request.region = (uint32_t)take(input, 1) % 4;
	}
	memcpy(ring->entries + (ring->produced % BLOCK_REQUESTS_MAX) * sizeof(request), &request, sizeof(request));
	ring->produced++;
}

static void pop(struct rig *rig)
{
	struct ring_shared *ring = (struct ring_shared *)(rig->buffer[0] + BLOCK_COMPLETIONS_OFFSET);

	ring->consumed = ring->produced;
}

static void attach(struct rig *rig, unsigned session)
{
	uint64_t generation;

	disk_attach(&rig->disk, session);
	(void)disk_attached(&rig->disk, session, &generation);
}

static void step(struct rig *rig, struct input *input)
{
	uint64_t generation;

	switch (take(input, 1) % 14) {
	case 0:
		scribble_memory(rig, input);
		break;
	case 1:
		scribble_used(rig, input);
		break;
	case 2:
		scribble_ring(rig, input);
		break;
	case 3:
		rig->device.lie = (enum lie)(take(input, 1) % LIES);
		break;
	case 4:
		rig->moved = true;
		rig->device.pci.configuration[take(input, 1)] = (uint8_t)take(input, 1);
		break;
	case 5:
		rig->device.configuration[take(input, 1) % DEVICE_CONFIGURATION_BYTES] = (uint8_t)take(input, 1);
		break;
	case 6:
		drop(rig, -EIO, false);
		start(rig);
		break;
	case 7:
		attach(rig, (unsigned)take(input, 1) % SESSIONS);
		break;
	case 8:
		pop(rig);
		break;
	case 9:
		if (!rig->scribbled)
			device_serve(&rig->device, 0, 1 + (unsigned)take(input, 1) % 4, true);
		break;
	case 10:
		for (unsigned i = 0; i < SESSIONS; i++)
			(void)disk_attached(&rig->disk, i, &generation);
		break;
	default:
		push(rig, input);
		work(rig);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct disk_region region = {.name = "a.data", .physical = ARENA_PHYSICAL + REGION_AT, .bytes = REGION_BYTES, .session = 0};
	struct input input = {data, size};
	struct rig *rig = calloc(1, sizeof(*rig));

	device_make(&rig->device, 2, VIRTIO_F_VERSION_1 | take(&input, 2)); /* SIZE_MAX, SEG_MAX, RO, BLK_SIZE, FLUSH in any combination */
	rig->device.serve = serve;
	rig->device.configuration[1] = 1;  /* 256 sectors */
	rig->device.configuration[9] = 16; /* at most 4 KiB in a piece, */
	rig->device.configuration[12] = 4; /* 4 pieces */
	rig->device.configuration[21] = 2; /* blocks of 512 bytes */
	disk_open(&rig->disk, arena_at(&rig->device, MEMORY_AT), ARENA_PHYSICAL + MEMORY_AT);
	if (!disk_region_add(&rig->disk, &region))
		abort();
	for (unsigned i = 0; i < SESSIONS; i++) {
		rig->buffer[i] = calloc(1, BLOCK_BUFFER_BYTES);
		disk_session_open(&rig->disk, i, rig->buffer[i]);
		attach(rig, i);
	}
	start(rig);
	while (input.left)
		step(rig, &input);
	drop(rig, -ENODEV, true);
	for (unsigned i = 0; i < SESSIONS; i++)
		free(rig->buffer[i]);
	device_free(&rig->device);
	free(rig);
	return 0;
}
