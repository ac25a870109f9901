/* SPDX-License-Identifier: MIT */
/*
 * The life of a driver without requests in flight: it claims its device, then waits for requests and for the device's interrupt, and has all done that there is to do after each.
 *
 * A device with a fault is reset by pci and started again, VIRTIO_FAULTS_MOST times without progress in between; then it is given up. An interrupt that brings nothing is taken as a change of the device's state, which is looked at; and while somebody
 * waits for the device it is looked at every VIRTIO_LOOK_NS: one that is unplugged says nothing.
 */
#pragma once

#include "drivers/virtio/claim.h"
#include "lib/service.h"

#define VIRTIO_FAULTS_MOST 3

struct virtio_driver {
	uint16_t type; /* of the device (VIRTIO 1.2, 5) */
	/* Starts the claimed device. */
	enum virtio_fault (*start)(struct virtio_driver *driver);
	/* Does what there is to do with the device; `moved` is set to whether there was anything. */
	enum virtio_fault (*work)(struct virtio_driver *driver, bool *moved);
	/* Answers a request. */
	void (*serve)(struct virtio_driver *driver, struct request *request);
	/* After each work: clients that wait are told. */
	void (*tell)(struct virtio_driver *driver);
	/* Whether somebody waits for what the device has. */
	bool (*waits)(void);
	bool prompt; /* the device takes its time only when something is wrong with it: without progress in VIRTIO_LOOKS_MOST looks it has a fault */
	struct virtio_device *device;

	struct virtio_claim claim;
	bool works;
	unsigned faults; /* in a row */
	unsigned looks;    /* without progress */
	uint64_t look_due; /* when the device is looked at next; 0: nobody waits */
};

/* Runs until the service cannot go on; a main returns its result. A machine without the device is served too: `works` stays false. */
int virtio_driver_run(struct virtio_driver *driver);
