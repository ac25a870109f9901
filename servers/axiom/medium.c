/* SPDX-License-Identifier: MIT */
/* The session with the block driver. See medium.h; the rings are lib/block's. */
#include "servers/axiom/medium.h"

#include "abi/errno.h"
#include "lib/block.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"

#define CALL_NS 20000000u   /* how long a call may wait for the driver */
#define RETRY_NS 200000000u /* how long it is left alone after one that failed */

static struct block_client client;
static const char *driver, *region;
static handle_t session, driver_signal;
static uint32_t region_index;
static uint64_t retry_at; /* ns */
static bool attached;

/* A call that waits until a deadline. Returns the result that the driver tells, or -EAGAIN when it does not answer now. */
static int driver_call(uint64_t label, uint64_t words, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	struct kernel_call call = {
		.word = call_word(CALL_SEND | CALL_CALL | CALL_DEADLINE, words, 0, label),
		.target = session,
		.deadline = clock_now() + CALL_NS,
	};

	memcpy(call.data, data, sizeof(call.data));
	if (kernel_call(&call) != OK)
		return -EAGAIN;
	memcpy(data, call.data, sizeof(call.data));
	return (int)data[0];
}

static int driver_attach(void *context, uint64_t *generation)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	int result = driver_call(BLOCK_ATTACH, 0, data);

	(void)context;
	if (result == 0)
		*generation = data[1];
	return result;
}

static void driver_wake(void *context)
{
	(void)context;
	service_signal(driver_signal);
}

static const struct block_client_operations operations = {driver_attach, driver_wake};

void medium_use(const char *driver_name, const char *region_name)
{
	driver = driver_name;
	region = region_name;
	session = start_session(driver);
	driver_signal = start_signal(driver);
}

/* Asks for the size of the medium and the number of the Region. */
static int driver_inform(struct journal *journal)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	uint64_t name[MESSAGE_REGISTER_WORDS] = {0};
	int result = driver_call(BLOCK_INFORM, 0, data);

	if (result != 0)
		return result;
	if (data[2] & BLOCK_READ_ONLY || data[3] < LOG_WINDOW_BLOCKS)
		return -EROFS;
	memcpy(name, region, strlen(region));
	result = driver_call(BLOCK_REGION, 4, name);
	if (result != 0)
		return result;
	region_index = (uint32_t)name[1];
	journal_attach(journal, data[1]);
	return 0;
}

/* Begins with the driver, or begins anew after it has failed. What was in flight will be asked for again. */
static void driver_begin(struct journal *journal)
{
	const struct start_grant *buffer = start_buffer_of(driver);
	int result = buffer && buffer->bytes >= BLOCK_BUFFER_BYTES ? block_open(&client, (void *)buffer->address, &operations, NULL) : -ENODEV;

	if (result == 0)
		result = driver_inform(journal);
	attached = result == 0;
	retry_at = clock_now() + RETRY_NS;
	if (attached) {
		journal_forget(journal);
		return;
	}
	if (result == -EAGAIN)
		return;
	log_print("the disk cannot be used: error %d\n", (int64_t)result);
	session = 0;
}

void medium_work(struct journal *journal)
{
	struct block_request request;
	uint64_t token;
	int result;

	if (!session || (!attached && clock_now() < retry_at))
		return;
	if (!attached)
		driver_begin(journal);
	while (attached && block_poll(&client, &token, &result)) {
		attached = !client.failed;
		if (attached)
			journal_complete(journal, result);
	}
	attached = attached && !client.failed;
	while (attached && journal_request(journal, &request)) {
		request.region = request.operation == BLOCK_FLUSH ? 0 : region_index;
		attached = block_submit(&client, &request, 0) == 0;
	}
	if (attached)
		block_kick(&client);
}
