/* SPDX-License-Identifier: MIT */
/*
 * The one port of a virtio console device (VIRTIO 1.2, 5.3, without multiple ports): a queue of buffers to be filled with what was typed, and one of buffers to be printed. All buffers lie in the driver's DMA memory; what comes in is copied out
 * before the buffer goes back to the device. While nobody has room for it, it stays, and so the device, which runs out of buffers, takes no more from whoever types: nothing is dropped.
 *
 * Pure: the two ends of the data are operations. One thread owns a port.
 */
#pragma once

#include "drivers/virtio/core/device.h"

#define PORT_QUEUE_SIZE 16
#define PORT_BUFFERS 8      /* in each direction */
#define PORT_BUFFER_BYTES 1024
#define PORT_SENDING_OFFSET 0x1000 /* of the second queue, in the DMA memory */
#define PORT_BUFFERS_OFFSET 0x2000
#define PORT_MEMORY_BYTES (PORT_BUFFERS_OFFSET + 2 * PORT_BUFFERS * PORT_BUFFER_BYTES)

struct port_operations {
	bool (*take)(void *context, uint8_t *byte); /* the next byte to print; false when there is none now */
	bool (*give)(void *context, uint8_t byte);  /* a byte that was typed; false when there is no room for it now: it is given again */
};

struct port {
	struct virtio_device device;
	struct virtio_queue receiving, sending;
	unsigned char *memory;
	paddr_t physical;
	const struct port_operations *operations;
	void *context;
	uint64_t moved; /* buffers that came back, to see progress */
	bool busy[PORT_BUFFERS]; /* buffer to be printed: the device has it */
	uint32_t held, held_bytes, held_given; /* the buffer of what was typed that is being given; its bytes, 0: there is none; how many were given */
};

/* Resets the device, starts it, and gives it all buffers for what is typed. The memory is not used by the device now. */
__attribute__((warn_unused_result)) enum virtio_fault port_start(struct port *port, const struct virtio_transport *transport, void *transport_context, uint16_t interrupt);

/* Does what can be done in both directions. */
__attribute__((warn_unused_result)) enum virtio_fault port_work(struct port *port);
