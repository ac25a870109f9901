/* SPDX-License-Identifier: MIT */
/*
 * A virtio device: reset, negotiation, and its state afterwards (VIRTIO 1.2, 2.1, 2.2, 3.1).
 *
 *	reset ──virtio_device_begin──► features agreed ──virtio_device_queue (each)──► ──virtio_device_run──► running
 *	  ▲                                                                                                     │
 *	  └──────────────────────────── virtio_device_reset ◄── a fault (virtio_device_check, a queue) ◄────────┘
 *
 * Features are negotiated by what the driver knows: it names those that it wants and those without which it cannot work; all else is refused. VIRTIO_F_VERSION_1 is always needed: legacy devices are not
 * driven.
 *
 * Memory that was given to a device is the driver's again only after virtio_device_reset has returned VIRTIO_SOUND, or pci has confirmed a reset of the function.
 */
#pragma once

#include "drivers/virtio/core/transport.h"

/* A device that somebody waits for is looked at so often (ns), and is silent when so many looks have seen no progress: looks, not time, as one long pause of the whole machine is only one of them. */
#define VIRTIO_LOOK_NS 5000000000ull
#define VIRTIO_LOOKS_MOST 6

#define VIRTIO_F_VERSION_1 (1ull << 32)
#define VIRTIO_F_ACCESS_PLATFORM (1ull << 33) /* addresses are those of the platform: physical ones, without an IOMMU */

struct virtio_device {
	const struct virtio_transport *transport;
	void *context;
	uint64_t features; /* agreed */
	bool runs;         /* it was started: until it is reset its status says so */
	enum virtio_fault fault;
};

/* Resets the device and confirms it by reading the status back, a bounded number of times. */
__attribute__((warn_unused_result)) enum virtio_fault virtio_device_reset(struct virtio_device *device);

/* Resets, and agrees on features: those of `wanted` that are offered; all of `needed` must be. */
__attribute__((warn_unused_result)) enum virtio_fault virtio_device_begin(struct virtio_device *device, const struct virtio_transport *transport, void *context,
									  uint64_t wanted, uint64_t needed);

/* Opens queue `index` in `memory`, with at most `size` descriptors (a power of two), and gives it to the device. */
__attribute__((warn_unused_result)) enum virtio_fault virtio_device_queue(struct virtio_device *device, unsigned index, struct virtio_queue *queue, void *memory,
									  paddr_t physical, uint16_t size, uint16_t interrupt);

/* The device may work from now on. */
__attribute__((warn_unused_result)) enum virtio_fault virtio_device_run(struct virtio_device *device);

/* Looks at the status: a device that runs, one that needs a reset, one that was reset by something else, or one that is gone. */
__attribute__((warn_unused_result)) enum virtio_fault virtio_device_check(struct virtio_device *device);

/* Reads `bytes` bytes (a multiple of `width`) of the device's configuration at `offset` so that they are of one moment; `width` is 1, 2 or 4. */
__attribute__((warn_unused_result)) enum virtio_fault virtio_device_configuration(struct virtio_device *device, uint32_t offset, void *values, uint32_t bytes,
										  unsigned width);

static inline void virtio_device_notify(const struct virtio_device *device, unsigned index)
{
	device->transport->queue_notify(device->context, index);
}
