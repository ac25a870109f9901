/* SPDX-License-Identifier: MIT */
/* The entropy device and its pool (drivers/virtio/rng/pool.h). */
#include "drivers/virtio/rng/pool.h"

#include "lib/string.h"

#define QUEUE 0

enum virtio_fault pool_start(struct pool *pool, const struct virtio_transport *transport, void *context, void *memory, paddr_t physical, uint16_t interrupt)
{
	enum virtio_fault fault = virtio_device_begin(&pool->device, transport, context, VIRTIO_F_ACCESS_PLATFORM, 0);

	pool->memory = memory;
	pool->physical = physical;
	pool->asked = false;
	if (fault == VIRTIO_SOUND)
		fault = virtio_device_queue(&pool->device, QUEUE, &pool->queue, memory, physical, POOL_QUEUE_SIZE, interrupt);
	if (fault == VIRTIO_SOUND)
		fault = virtio_device_run(&pool->device);
	return fault;
}

static void buffer_take(struct pool *pool, uint32_t written)
{
	unsigned char *buffer = pool->memory + POOL_BUFFER_OFFSET;
	uint32_t room = POOL_BYTES - pool->count, taken = written < room ? written : room;

	memcpy(pool->bytes + pool->count, buffer, taken);
	memset(buffer, 0, POOL_BYTES);
	pool->count += taken;
	pool->asked = false;
}

enum virtio_fault pool_work(struct pool *pool)
{
	struct virtio_segment segment = {pool->physical + POOL_BUFFER_OFFSET, POOL_BYTES, true};
	uint64_t token;
	uint32_t written;
	enum virtio_taken taken;

	while ((taken = virtio_queue_take(&pool->queue, &token, &written)) == VIRTIO_TAKEN)
		buffer_take(pool, written);
	if (taken == VIRTIO_FAULT)
		return pool->device.fault = pool->queue.fault;
	if (!pool->asked && pool->count <= POOL_BYTES / 2)
		pool->asked = virtio_queue_add(&pool->queue, &segment, 1, 0);
	if (virtio_queue_publish(&pool->queue))
		virtio_device_notify(&pool->device, QUEUE);
	return VIRTIO_SOUND;
}

uint32_t pool_take(struct pool *pool, void *bytes, uint32_t most)
{
	uint32_t taken = most < pool->count ? most : pool->count;

	pool->count -= taken;
	memcpy(bytes, pool->bytes + pool->count, taken);
	memset(pool->bytes + pool->count, 0, taken);
	return taken;
}
