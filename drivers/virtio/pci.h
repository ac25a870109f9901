/* SPDX-License-Identifier: MIT */
/*
 * The transport of modern virtio devices over PCI (VIRTIO 1.2, 4.1): where a device's registers are, told by capabilities in its configuration space, and the accesses to them.
 *
 * The driver has a copy of the configuration space, which pci made (abi/protocols/pci.h); its content comes from the device and is checked: a list of capabilities that is a circle, and windows that do not lie
 * in their BAR, are VIRTIO_BAD_CAPABILITY. After virtio_pci_find every access lies within a window.
 */
#pragma once

#include "abi/protocols/pci.h"
#include "drivers/virtio/core/transport.h"

/* How registers are reached; `offset` is in the BAR. Width 1, 2 or 4 bytes; everything is naturally aligned. */
struct virtio_pci_access {
	uint32_t (*read)(void *context, unsigned bar, uint32_t offset, unsigned width);
	void (*write)(void *context, unsigned bar, uint32_t offset, unsigned width, uint32_t value);
};

enum virtio_pci_window {
	VIRTIO_PCI_COMMON = 1, /* cfg_type of VIRTIO 1.2, 4.1.4 */
	VIRTIO_PCI_NOTIFY = 2,
	VIRTIO_PCI_INTERRUPT = 3,
	VIRTIO_PCI_DEVICE = 4,
	VIRTIO_PCI_WINDOWS = 5,
};

#define VIRTIO_PCI_QUEUES_MAX 4 /* that a driver of this tree uses */

struct virtio_pci {
	const struct virtio_pci_access *access;
	void *context; /* of the access */
	struct {
		unsigned bar;
		uint32_t offset, bytes; /* bytes 0: the device has no such window */
	} window[VIRTIO_PCI_WINDOWS];
	uint32_t notify_multiplier;
	uint16_t type;                                /* which device it is: VIRTIO 1.2, 5 */
	uint32_t notify_offset[VIRTIO_PCI_QUEUES_MAX]; /* in the BAR, of each queue that is enabled; found once */
};

/* The operations for struct virtio_device; their context is a struct virtio_pci. */
extern const struct virtio_transport virtio_pci_transport;

/* Finds the windows in a device's configuration space. */
__attribute__((warn_unused_result)) enum virtio_fault virtio_pci_find(struct virtio_pci *pci, const struct pci_device *device, const struct virtio_pci_access *access,
								      void *context);
