/* SPDX-License-Identifier: MIT */
/*
 * A virtio entropy device (VIRTIO 1.2, 5.4) and the bytes that it has delivered. One buffer is with the device at a time; what comes back is copied into the pool and cleared where the device wrote it. A byte of the pool is given out once and
 * then cleared.
 *
 * Pure. One thread owns a pool.
 */
#pragma once

#include "drivers/virtio/core/device.h"

#define POOL_QUEUE_SIZE 8
#define POOL_BYTES 256
#define POOL_BUFFER_OFFSET 0x1000 /* behind the queue, in the DMA memory */
#define POOL_MEMORY_BYTES (POOL_BUFFER_OFFSET + POOL_BYTES)

struct pool {
	struct virtio_device device;
	struct virtio_queue queue;
	unsigned char *memory;
	paddr_t physical;
	bool asked; /* the device has the buffer */
	uint32_t count;
	unsigned char bytes[POOL_BYTES];
};

/* Resets the device and starts it, with memory that it does not use now. What is in the pool stays. */
__attribute__((warn_unused_result)) enum virtio_fault pool_start(struct pool *pool, const struct virtio_transport *transport, void *context, void *memory, paddr_t physical,
								   uint16_t interrupt);

/* Takes what the device has delivered, and asks for more when the pool is half empty. */
__attribute__((warn_unused_result)) enum virtio_fault pool_work(struct pool *pool);

/* Takes up to `most` bytes; returns how many. */
uint32_t pool_take(struct pool *pool, void *bytes, uint32_t most);
