/* SPDX-License-Identifier: MIT */
/*
 * A virtio device over PCI in memory, honest or not: what the drivers of drivers/virtio are tested against on the host.
 *
 * It implements the registers and the used ring of VIRTIO 1.2 from the device's side, written from the standard and not from the drivers. Physical addresses of the simulated machine are the offsets in one arena plus
 * ARENA_PHYSICAL; the arena is a heap block, so that ASan sees what goes beyond it, and an address outside of it that a driver hands to the device fails the test. A lie is chosen by a field and told at the next
 * occasion.
 */
#pragma once

#include "abi/protocols/pci.h"
#include "drivers/virtio/core/device.h"
#include "drivers/virtio/pci.h"

#define ARENA_PHYSICAL 0x180000000ull /* beyond 4 GiB, so that a lost upper half shows */
#define ARENA_BYTES 0x60000
#define DEVICE_QUEUES 2
#define DEVICE_BAR 4
#define DEVICE_BAR_BYTES 0x4000
#define DEVICE_CONFIGURATION_BYTES 64
#define CHAIN_MAX 32

enum lie {
	LIE_NONE = 0,
	LIE_USED_INDEX,     /* the used index jumps ahead */
	LIE_USED_BACK,      /* ... or back */
	LIE_ID_RANGE,       /* an id beyond the queue */
	LIE_ID_FREE,        /* an id that heads no chain */
	LIE_LENGTH,         /* more bytes than were writable */
	LIE_SHORT,          /* fewer bytes than were asked for, as if all was well */
	LIE_TWICE,          /* completes a chain twice */
	LIE_STATUS,         /* a status byte that does not exist */
	LIE_NO_STATUS,      /* completes without writing the status byte */
	LIE_NEEDS_RESET,    /* says so and stops */
	LIE_GONE,           /* unplugged */
	LIE_FORGETS,        /* reset by something else; or unplugged where nothing reads as zeros */
	LIE_SILENT,         /* takes chains and never completes them */
	LIE_RESET_HANGS,    /* the status never becomes 0 */
	LIE_REFUSES,        /* does not keep FEATURES_OK */
	LIE_LEGACY,         /* does not offer VERSION_1 */
	LIE_NO_QUEUE,       /* queue size 0 */
	LIE_ODD_QUEUE,      /* queue size that is no power of two */
	LIE_NOTIFY_FAR,     /* a notification register outside the window */
	LIE_NO_VECTOR,      /* refuses the interrupt */
	LIE_RESTLESS,       /* its configuration generation never rests */
	LIE_REGISTERS,      /* its registers are others than it says: whatever is read is arbitrary */
	LIES
};

struct device_queue {
	uint16_t size, interrupt, enabled, taken, used;
	uint64_t address[3]; /* descriptors, available, used */
};

struct chain_part {
	unsigned char *data;
	uint32_t bytes;
	bool written;
};

struct chain {
	uint16_t head;
	unsigned count;
	struct chain_part part[CHAIN_MAX];
};

struct device {
	unsigned char *arena;
	struct pci_device pci;
	enum lie lie;
	bool lied; /* the lie has been told since it was chosen */
	uint8_t status, generation;
	uint16_t queue_most, queue_select, configuration_interrupt;
	uint32_t offered_select, accepted_select;
	uint64_t offered, accepted;
	uint8_t configuration[DEVICE_CONFIGURATION_BYTES];
	struct device_queue queue[DEVICE_QUEUES];
	unsigned notifications, interrupts, resets;
	bool no_notify; /* sets the flag that asks for no notifications */
	/* Does the request of a chain; returns how many bytes it has written. */
	uint32_t (*serve)(struct device *device, const struct chain *chain);
	void *context;
	uint64_t random;
};

extern const struct virtio_pci_access device_access; /* context: struct device */

/* A device of a type (VIRTIO 1.2, 5) with an arena of its own. */
void device_make(struct device *device, uint16_t type, uint64_t features);
void device_free(struct device *device);

/* Another one in the same arena, which is clear again. */
void device_remake(struct device *device, uint16_t type, uint64_t features);

/* Serves up to `most` chains that wait in a queue; with `shuffle` in any order. Returns how many. */
unsigned device_serve(struct device *device, unsigned queue, unsigned most, bool shuffle);

/* What the drivers give to the device as memory, from the driver's side. */
void *arena_at(struct device *device, uint64_t offset);
