/* SPDX-License-Identifier: MIT */
/* The session with the block driver. See medium.h; the rings are lib/block's. */
#include "servers/axiom/medium.h"

#include "abi/errno.h"
#include "lib/block_session.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"

#define CALL_NS 20000000u   /* how long a call may wait for the driver */
#define RETRY_NS 200000000u /* how long it is left alone after it has failed */

static struct block_session block;
static const char *driver, *region; /* a null pointer: there is none, or it is of no use */
static uint32_t region_index;
static uint64_t retry_at; /* ns */
static bool attached;

void medium_use(const char *driver_name, const char *region_name)
{
	driver = driver_name;
	region = region_name;
}

/* Opens the session; the size of the medium and the number of the Region are asked for. 0 or a negative errno. */
static int driver_open(struct journal *journal)
{
	int result = block_session_open(&block, driver, CALL_NS);
	uint64_t bytes;

	if (result != 0)
		return result;
	if (block.flags & BLOCK_READ_ONLY || block.sectors_most < LOG_WINDOW_BLOCKS)
		return -EROFS;
	result = block_session_region(&block, region, &bytes);
	if (result < 0)
		return result;
	region_index = (uint32_t)result;
	journal_attach(journal, block.sectors);
	return 0;
}

/* Begins with the driver, or begins anew after it has failed. What was in flight will be asked for again. */
static void driver_begin(struct journal *journal)
{
	int result = driver_open(journal);

	attached = result == 0;
	retry_at = clock_now() + RETRY_NS;
	if (attached) {
		journal_forget(journal);
		return;
	}
	if (result == -EAGAIN)
		return;
	log_print("the disk cannot be used: error %d\n", (int64_t)result);
	driver = NULL;
}

void medium_work(struct journal *journal)
{
	struct block_request request;
	uint64_t token;
	int result;

	if (!driver || (!attached && clock_now() < retry_at))
		return;
	if (!attached)
		driver_begin(journal);
	while (attached && block_poll(&block.client, &token, &result)) {
		attached = !block.client.failed;
		if (attached)
			journal_complete(journal, result);
	}
	attached = attached && !block.client.failed;
	while (attached && journal_request(journal, &request)) {
		request.region = request.operation == BLOCK_FLUSH ? 0 : region_index;
		attached = block_submit(&block.client, &request, 0) == 0;
	}
	if (attached)
		block_kick(&block.client);
}
