/* SPDX-License-Identifier: MIT */
/*
 * The protocol between a block driver and its clients: two rings (lib/ring.h) in the session's BUFFER, one for requests, one for completions, and a Notification each way. The data lies in Regions that are lent to
 * the driver for DMA, and is never copied.
 *
 * - The client signals the driver after it has pushed requests, the driver signals the client after it has pushed completions. At most BLOCK_REQUESTS_MAX may be outstanding: then neither ring is ever full.
 * - Requests may complete in any order. Two of one session that overlap, one of them a write, are done in the order in which they were pushed: never both are with the device.
 * - A flush that completes covers every write that had completed when the flush was pushed. Without BLOCK_FLUSH_NEEDED a completed write is on the medium.
 * - A request that completes with an error may have been done in part.
 * - A new instance of the driver raises `generation` and signals. The client calls ATTACH, and then repeats what has not completed: same id, same content. By then the device has been reset, or given up.
 * - -ENODEV: there is no device, or it is given up. When its reset was not confirmed it may still write to the memory of requests that completed with this, or had not completed before ATTACH: that is in quarantine, and the client never
 *   uses it for anything else.
 * - What the driver finds wrong in a request is answered by -EINVAL; a ring that makes no sense is not read any further until the next ATTACH, and `state` says so.
 */
#pragma once

#include "abi/types.h"

enum block_request_label {
#define REQUEST(name, number, in, out, sentence) BLOCK_##name = (number),
#include "abi/protocols/block.def"
#undef REQUEST
};

#define BLOCK_SECTOR 512
#define BLOCK_READ_ONLY 0x1
#define BLOCK_FLUSH_NEEDED 0x2 /* the device has a volatile cache */
#define BLOCK_REQUESTS_MAX 64 /* capacity of both rings */

enum block_operation {
	BLOCK_READ = 1,
	BLOCK_WRITE = 2,
	BLOCK_FLUSH = 3, /* the other fields are 0 */
};

/* One entry of the request ring, 48 bytes. */
struct block_request {
	uint64_t id;        /* the client's own; comes back in the completion */
	uint32_t operation; /* enum block_operation */
	uint32_t region;    /* index told by BLOCK_REGION */
	uint64_t sector;    /* the first, on the device */
	uint64_t offset;    /* of the data in the Region, in bytes, a multiple of 512 */
	uint32_t sectors;   /* 1 .. the most that INFORM told */
	uint32_t reserved[3];
};
_Static_assert(sizeof(struct block_request) == 48, "an entry of a shared ring");

/* One entry of the completion ring, 16 bytes. */
struct block_completion {
	uint64_t id;
	int32_t result; /* 0 or a negative errno: -EIO, -EINVAL, -EROFS, -ENODEV (the device is gone) */
	uint32_t reserved;
};
_Static_assert(sizeof(struct block_completion) == 16, "an entry of a shared ring");

enum block_state {
	BLOCK_DETACHED = 0, /* before ATTACH, or after a new instance of the driver began */
	BLOCK_ATTACHED = 1,
	BLOCK_POISONED = 2, /* the driver found nonsense in a ring */
};

/* Start of a session's BUFFER. The rings follow at their offsets, each on its own pages. */
struct block_channel {
	uint64_t generation; /* [a] written by the driver: another one each time that the rings have to be attached anew */
	uint64_t state;      /* [a] enum block_state, written by the driver */
};

#define BLOCK_REQUESTS_OFFSET 0x1000    /* struct ring_shared of struct block_request */
#define BLOCK_COMPLETIONS_OFFSET 0x2000 /* struct ring_shared of struct block_completion */
#define BLOCK_BUFFER_BYTES 0x3000
