/* SPDX-License-Identifier: MIT */
/* A session with a block driver: lib/block.h over lib/service.h, and what is asked only once. */
#pragma once

#include "lib/block.h"
#include "lib/call.h"

struct block_session {
	struct block_client client;
	handle_t session, signal;
	uint64_t bit;         /* of the driver's signals, in the own Notification */
	uint64_t sectors;     /* of the device */
	uint32_t flags;       /* BLOCK_READ_ONLY, BLOCK_FLUSH_NEEDED */
	uint32_t sectors_most; /* in one request */
	uint32_t block_sectors;
};

/* Opens the session with the driver of that name (manifest: `uses NAME buffer 12K signals`). 0 or a negative errno. */
MUST_USE int block_session_open(struct block_session *block, const char *driver);

/* The index, for requests, of a Region that the manifest lends to the driver for this service. Negative errno. */
MUST_USE int block_session_region(struct block_session *block, const char *name, uint64_t *bytes);
