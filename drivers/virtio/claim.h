/* SPDX-License-Identifier: MIT */
/*
 * How a virtio driver gets its device from pci: the Regions of its BARs, mapped; the transport; its interrupt. One device a driver.
 *
 * After virtio_claim and virtio_claim_reset the device is reset, knows no memory, and masters the bus: it can be given queues.
 */
#pragma once

#include "drivers/virtio/bars.h"
#include "drivers/virtio/core/device.h"
#include "lib/call.h"

struct virtio_claim {
	handle_t session; /* with pci */
	handle_t irq;
	uint64_t irq_bits; /* in the driver's Notification */
	struct pci_device device;
	struct virtio_bars bars;
	struct virtio_pci pci; /* context of virtio_pci_transport */
};

/* Takes the device from pci. `type` is what it must be (VIRTIO 1.2, 5). 0 or a negative errno; what was wrong is in the log. */
MUST_USE int virtio_claim(struct virtio_claim *claim, uint16_t type);

/* Has pci stop and reset the device again. -EIO: not confirmed; memory that the device knows must not be used again. */
MUST_USE int virtio_claim_reset(struct virtio_claim *claim);

/* Lets the next interrupt through; before the queues are looked at. */
void virtio_claim_acknowledge(const struct virtio_claim *claim);

/* The driver's own DMA memory: the Region that the manifest calls SERVICE.queue. Returns its address, 0 when it is not there or smaller than `bytes`. */
void *virtio_claim_memory(uint64_t bytes, paddr_t *physical);
