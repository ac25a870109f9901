/* SPDX-License-Identifier: MIT */
/*
 * What a transport offers to the device core: the common configuration of VIRTIO 1.2, 4.1.4.3, without where it lies. drivers/virtio/pci.h is the transport over PCI; host tests have one in memory.
 *
 * Every value that comes from here comes from the device.
 */
#pragma once

#include "drivers/virtio/core/queue.h"

struct virtio_transport {
	uint8_t (*status_read)(void *context);
	void (*status_write)(void *context, uint8_t status);
	uint64_t (*features_read)(void *context);
	void (*features_write)(void *context, uint64_t features);
	/* Descriptors that queue `index` can have at most; 0: there is no such queue. */
	uint16_t (*queue_size)(void *context, unsigned index);
	/* Tells the device where a queue lies and which of its interrupts to raise, and switches it on. */
	enum virtio_fault (*queue_enable)(void *context, unsigned index, const struct virtio_queue *queue, uint16_t interrupt);
	void (*queue_notify)(void *context, unsigned index);
	/* Interrupt for changes of the configuration. */
	enum virtio_fault (*configuration_interrupt)(void *context, uint16_t interrupt);
	/* Reads `bytes` (1, 2 or 4) of the device's configuration; false when it has none at this offset. */
	bool (*configuration_read)(void *context, uint32_t offset, unsigned bytes, uint32_t *value);
	/* A number that changes with the configuration. */
	uint8_t (*configuration_generation)(void *context);
};

#define VIRTIO_NO_INTERRUPT 0xffff
