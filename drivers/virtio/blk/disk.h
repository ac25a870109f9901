/* SPDX-License-Identifier: MIT */
/*
 * A virtio block device (VIRTIO 1.2, 5.2) between its queue and the rings of the sessions that use it (abi/protocols/block.h).
 *
 * A request is popped from a session's ring, checked, *in flight* with the device, and completed into the session's other ring. Its header and status byte lie in the driver's own DMA memory; its data lies in a Region
 * that the manifest lends for this session, and never comes here. A request that overlaps one in flight, when one of the two writes, waits, and with it all later ones of its session: so overlapping requests are
 * done in order and never two of them are with the device.
 *
 * A session is detached, attached or poisoned (enum block_state). Attaching waits until none of its requests is in flight, because the device may still write to memory that the session's client wants to use for something
 * else. A device with a fault gets no more requests; its owner resets it and calls disk_drop, which completes what was in flight with an error, then disk_start. When that is not possible disk_drop says
 * so, and every request, those to come too, is completed with -ENODEV.
 *
 * Pure: times are given by the caller, signals are asked for by bits. One thread owns a disk.
 */
#pragma once

#include "abi/protocols/block.h"
#include "drivers/virtio/core/device.h"
#include "lib/ring.h"

#define DISK_QUEUE_SIZE 256
#define DISK_FLIGHTS 64 /* requests with the device, of all sessions */
#define DISK_SESSIONS 8
#define DISK_REGIONS 16
#define DISK_SECTORS_MAX 2048 /* in one request: 1 MiB */
#define DISK_SEGMENTS_MAX 16  /* pieces in which a device may want the data of one request */

/* A Region lent to the driver, known to the device by its physical address. */
struct disk_region {
	char name[32];
	paddr_t physical;
	uint64_t bytes;
	unsigned session; /* who may name it */
};

struct disk_session {
	struct block_channel *channel; /* shared with the client; a null pointer: there is no such session */
	struct ring requests, completions;
	enum block_state state;
	uint64_t generation;
	unsigned flights;  /* requests in flight */
	bool attaching;    /* the client waits for the answer of ATTACH */
	bool held;         /* `request` waits for one in flight that it overlaps, or for room in the queue */
	struct block_request request;
};

struct disk_flight {
	struct block_request request;
	unsigned session;
	bool used;
};

/* What the device reads and writes besides data. In one DMA Region: the queue, then these. */
struct disk_header {
	uint32_t type, reserved;
	uint64_t sector;
	uint8_t status;
	uint8_t padding[15];
};
_Static_assert(sizeof(struct disk_header) == 32, "VIRTIO 1.2, 5.2.6, and a status byte");
#define DISK_HEADERS_OFFSET 0x2000
#define DISK_MEMORY_BYTES (DISK_HEADERS_OFFSET + DISK_FLIGHTS * 32)

struct disk {
	struct virtio_device device;
	struct virtio_queue queue;
	unsigned char *memory; /* DISK_MEMORY_BYTES, page-aligned, shared with the device */
	paddr_t physical;      /* of that memory */
	bool running;          /* from disk_start to disk_drop */
	bool dead;             /* the device is given up */
	uint64_t sectors;      /* capacity */
	uint32_t flags;        /* as BLOCK_INFORM tells them */
	uint32_t sectors_most; /* in one request */
	uint32_t segment_bytes; /* most in one piece of data */
	uint32_t block_sectors;
	unsigned flights;      /* in flight, of all sessions */
	uint64_t completed;    /* in all, to see progress */
	uint64_t signals;      /* bit n: session n has something new */
	unsigned region_count;
	struct disk_region region[DISK_REGIONS];
	struct disk_session session[DISK_SESSIONS];
	struct disk_flight flight[DISK_FLIGHTS];
};

/* Begins with no session, and with memory for the device that it does not use now. */
void disk_open(struct disk *disk, void *memory, paddr_t physical);

/* Resets the device, negotiates, and starts it. Nothing may be in flight. `interrupt` is the MSI-X entry of the queue. */
__attribute__((warn_unused_result)) enum virtio_fault disk_start(struct disk *disk, const struct virtio_transport *transport, void *context, uint16_t interrupt);

/* Adds session `index`, with its BUFFER: a new generation begins, and the client has to attach. */
void disk_session_open(struct disk *disk, unsigned index, void *buffer);

/* Detaches the session; it becomes attached when none of its requests is in flight (disk_attached). */
void disk_attach(struct disk *disk, unsigned index);

/* True once after disk_attach when the session is attached: `*generation` is for the answer. */
bool disk_attached(struct disk *disk, unsigned index, uint64_t *generation);

/* Lends a Region to a session; false when there are too many. */
__attribute__((warn_unused_result)) bool disk_region_add(struct disk *disk, const struct disk_region *region);

/* Returns the index of a Region that is lent to the session, by its name of 32 bytes; -ENOENT. */
__attribute__((warn_unused_result)) int disk_region_find(const struct disk *disk, unsigned session, const char name[32]);

/* Does all that can be done now: completions of the device, requests of the sessions. Returns the device's fault. Sessions to signal are in disk->signals, which the caller clears. */
enum virtio_fault disk_work(struct disk *disk);

/* After a reset of the device that is confirmed: everything in flight is completed with `result`. Nothing is given to the device before disk_start; with `dead` it is given up. */
void disk_drop(struct disk *disk, int result, bool dead);
