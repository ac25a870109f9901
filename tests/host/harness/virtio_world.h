/* SPDX-License-Identifier: MIT */
/*
 * What a virtio driver has around it in the world of a service: pci, and the simulated device of tests/host/virtio/device.h. The driver is whole but for drivers/virtio/bars.c: its registers are the device's here.
 *
 * The input makes the device lie, scribble over the memory that it shares with the driver, over its configuration space and its registers, and do what it is asked in between. pci resets it, or only takes bus mastering away where it has no way to, and
 * fails now and then. The device must be reset before it masters the bus, and an address that it is given must be lent (device.c, and the target's `serve`).
 */
#pragma once

#include "tests/host/harness/service_world.h"
#include "tests/host/virtio/device.h"

#define VIRTIO_MEMORY_AT 0x1000 /* in the arena: what the driver shares with the device */
#define VIRTIO_LENT_AT 0x20000  /* from here on: what the target lends */

struct virtio_world {
	struct service_world *service;
	uint16_t type;         /* of the device (VIRTIO 1.2, 5) */
	uint64_t features;     /* that it may offer besides VIRTIO_F_VERSION_1; the input chooses */
	uint64_t memory_bytes; /* of the Region SERVICE.queue */
	/* Does what a chain asks for; returns how many bytes it has written. */
	uint32_t (*serve)(struct device *device, const struct chain *chain);
	unsigned queues;
	bool shuffles;         /* the device completes chains in any order */
	handle_t signals;      /* handles of the clients' Notifications: this, plus the badge */
	uint64_t clients;
	bool needs_claim;      /* the service may end when pci cannot be asked for the device */

	struct device device;
	bool masters;          /* it can reach memory */
	bool scribbled;        /* it has destroyed what it would read itself, since it was reset */
	bool dishonest;        /* it has ever scribbled over memory: then it can say that it has done what it has not */
	bool unconfirmed;      /* a reset has failed: it may go on with memory that it knows */
	bool given_up;         /* by pci, which could not reset it */
	unsigned resets_by_driver; /* before that */
	unsigned resets;       /* by pci; each may have lost what the device had */
	bool moved, resets_function, scribbles;
	unsigned char *pci_buffer;
};

/* Adds to a world what a virtio driver of that name has, and answers its calls (world->capability). `service` to `needs_claim` are set. */
void virtio_world_make(struct virtio_world *world);

/* As world->begin: a device that is honest so far, with a configuration of zeros. */
void virtio_world_begin(struct virtio_world *world);

/* Something that the device does, drawn from the input. */
void virtio_world_work(struct virtio_world *world);

/* Whether a part of a chain lies in what the driver shares with the device. */
bool virtio_world_owns(const struct virtio_world *world, const struct chain_part *part);
