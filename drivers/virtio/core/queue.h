/* SPDX-License-Identifier: MIT */
/*
 * A split virtqueue, the driver's side (VIRTIO 1.2, 2.7).
 *
 * The queue lies in memory that the device can read and write: descriptor table and available ring, which only this side writes, and the used ring, which only the device writes. All that this side
 * must know later (which descriptors are free, which chains the device has, how much it may write into each) is kept in private memory; nothing but the used ring is ever read back, and of that the index and each entry
 * exactly once.
 *
 * A chain is free, then (virtio_queue_add) with the device, then (virtio_queue_take) free again. The device is believed when its used index has gone forward by no more than the chains that it has, the entry names
 * the head of such a chain, and the length is at most what the chain lets it write. Anything else is a fault, and the queue takes and gives nothing any more until it is opened again, after a reset of the
 * device.
 *
 * Pure: no kernel call, no register. One thread owns a queue.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/types.h"
#include "drivers/virtio/core/fault.h"

#define VIRTIO_QUEUE_SIZE_MAX 256 /* descriptors that a queue of this driver has at most; a power of two */

/* A piece of memory as the device sees it. */
struct virtio_segment {
	paddr_t address;
	uint32_t bytes;
	bool written; /* by the device; else it is read */
};

/* Which parts of its memory a queue of some size takes; the parts begin at these offsets. */
struct virtio_queue_layout {
	uint32_t descriptors, available, used, bytes;
};

struct virtio_chain {
	uint64_t token;    /* the owner's */
	uint32_t writable; /* bytes that the device may write */
	uint16_t count;    /* descriptors; 0: no chain begins here */
};

struct virtio_queue {
	unsigned char *memory; /* shared with the device */
	paddr_t physical;      /* of that memory */
	struct virtio_queue_layout layout;
	uint16_t size;                           /* descriptors */
	uint16_t free_first, free_count;         /* list of free descriptors, through `next` */
	uint16_t published;                      /* available index that the device has been told */
	uint16_t added;                          /* available index with what was added since */
	uint16_t taken;                          /* used entries seen */
	enum virtio_fault fault;
	uint16_t next[VIRTIO_QUEUE_SIZE_MAX];    /* private copy of the links of chains and of the free list */
	struct virtio_chain chain[VIRTIO_QUEUE_SIZE_MAX]; /* by head */
};

enum virtio_taken {
	VIRTIO_TAKEN = 0,
	VIRTIO_NONE = 1,  /* nothing is completed now */
	VIRTIO_FAULT = 2, /* queue->fault says which */
};

/* The layout of a queue of `size` descriptors, a power of two. */
struct virtio_queue_layout virtio_queue_layout(uint16_t size);

/* Begins with an empty queue in memory that the device does not use now; `memory` is page-aligned and has layout.bytes. */
void virtio_queue_open(struct virtio_queue *queue, void *memory, paddr_t physical, uint16_t size);

/* Adds a chain of 1.. segments, those that the device reads first; false when there are not enough descriptors. The device sees it after virtio_queue_publish. */
__attribute__((warn_unused_result)) bool virtio_queue_add(struct virtio_queue *queue, const struct virtio_segment *segments, unsigned count,
							  uint64_t token);

/* Makes what was added visible. True: the device wants to be notified. */
__attribute__((warn_unused_result)) bool virtio_queue_publish(struct virtio_queue *queue);

/* Takes one completed chain: its token, and how many bytes the device says that it has written. */
__attribute__((warn_unused_result)) enum virtio_taken virtio_queue_take(struct virtio_queue *queue, uint64_t *token, uint32_t *written);
