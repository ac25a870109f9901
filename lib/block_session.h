/* SPDX-License-Identifier: MIT */
/*
 * A session with a block driver: lib/block.h over lib/service.h, and what is asked only once.
 *
 * Who serves others meanwhile has a *patience*: no call waits longer for the driver, be it that it is restarted over and over or has much to do. Then the answer is -EAGAIN, and the driver is asked again when it signals
 * (block_session_signalled) or when the time `due` has come, by block_poll, or by block_session_open if that had not succeeded.
 */
#pragma once

#include "lib/block.h"
#include "lib/call.h"

struct block_session {
	struct block_client client;
	handle_t session, signal;
	uint64_t patience;    /* ns; 0: a call waits for ever */
	uint64_t due;         /* before that time (ns) the driver is not asked again; 0: it need not be */
	uint64_t bit;         /* of the driver's signals, in the own Notification */
	uint64_t sectors;     /* of the device */
	uint32_t flags;       /* BLOCK_READ_ONLY, BLOCK_FLUSH_NEEDED */
	uint32_t sectors_most; /* in one request */
	uint32_t block_sectors;
};

/* Opens the session with the driver of that name (manifest: `uses NAME buffer 12K signals`). 0 or a negative errno; -EAGAIN: it does not answer within `patience` ns (0: for ever) and is to be asked again. */
MUST_USE int block_session_open(struct block_session *block, const char *driver, uint64_t patience);

/* The driver has signalled: what it could not answer before is asked again by the next block_poll. */
static inline void block_session_signalled(struct block_session *block)
{
	block->due = 0;
}

/* The index, for requests, of a Region that the manifest lends to the driver for this service. Negative errno; -EAGAIN as above. */
MUST_USE int block_session_region(struct block_session *block, const char *name, uint64_t *bytes);
