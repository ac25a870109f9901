/* SPDX-License-Identifier: MIT */
/* The registers of a claimed device: the Regions of its BARs, mapped into the driver, and the accesses to them. Host tests have other ones (tests/host/virtio/world.c). */
#pragma once

#include "drivers/virtio/pci.h"
#include "lib/call.h"

struct virtio_bars {
	vaddr_t at[PCI_BARS]; /* 0: not mapped */
};

/*
 * Maps the BARs of which `mask` tells that their Regions are in the slots of the BARS grant, in order (PCI_CLAIM); of the others, device->bar_bytes becomes 0. -EIO: there are more than slots, or one is larger than any device's;
 * -ENOMEM: it cannot be mapped.
 */
MUST_USE int virtio_bars_map(struct virtio_bars *bars, struct pci_device *device, uint64_t mask);

/* The accesses; their context is a struct virtio_bars. */
extern const struct virtio_pci_access virtio_bar_access;
