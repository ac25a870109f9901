/* SPDX-License-Identifier: MIT */
/* A session with a block driver (lib/block_session.h): the calls of abi/protocols/block.def. Each can be repeated, so a driver that restarts meanwhile costs only time. */
#include "lib/block_session.h"

#include "abi/errno.h"
#include "lib/clock.h"
#include "lib/service.h"
#include "lib/string.h"

#define RETRY_NS 200000000ull /* so long a driver that has not answered is left alone, unless it signals */

/* Waits as long as it takes. A driver without a free Reply says ERR_BUSY: it is asked again. */
static enum error call_patient(const struct block_session *block, enum block_request_label label, uint64_t words, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	enum error error;

	do
		error = service_call(block->session, label, words, data);
	while (error == ERR_BUSY);
	return error;
}

/* The result in word 0; -EAGAIN when the driver does not answer now; -EIO when it does not know the call. */
static int call(struct block_session *block, enum block_request_label label, uint64_t words, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	uint64_t now = clock_now();
	enum error error;

	if (now < block->due)
		return -EAGAIN;
	error = block->patience ? service_call_until(block->session, label, words, data, now + block->patience) : call_patient(block, label, words, data);
	block->due = error == ERR_TIMEOUT || error == ERR_BUSY ? clock_now() + RETRY_NS : 0;
	if (block->due)
		return -EAGAIN;
	return error == OK ? (int)(int64_t)data[0] : -EIO;
}

static int session_attach(void *context, uint64_t *generation)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	int result = call(context, BLOCK_ATTACH, 0, data);

	*generation = result == 0 ? data[1] : *generation;
	return result;
}

static void session_signal(void *context)
{
	service_signal(((struct block_session *)context)->signal);
}

static const struct block_client_operations operations = {.attach = session_attach, .signal = session_signal};

int block_session_open(struct block_session *block, const char *driver, uint64_t patience)
{
	const struct start_grant *buffer = start_buffer_of(driver);
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	int result;

	*block = (struct block_session){.session = start_session(driver), .signal = start_signal(driver), .patience = patience};
	if (!block->session || !block->signal || !buffer || buffer->bytes < BLOCK_BUFFER_BYTES)
		return -EINVAL;
	block->bit = service_bit(buffer->argument);
	result = call(block, BLOCK_INFORM, 0, data);
	if (result)
		return result;
	block->sectors = data[1];
	block->flags = (uint32_t)data[2];
	block->sectors_most = (uint32_t)data[3];
	block->block_sectors = (uint32_t)data[4];
	return block_open(&block->client, (void *)buffer->address, &operations, block);
}

int block_session_region(struct block_session *block, const char *name, uint64_t *bytes)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	size_t length = strlen(name);
	int result;

	if (length >= 32)
		return -ENAMETOOLONG;
	memcpy(data, name, length);
	result = call(block, BLOCK_REGION, 4, data);
	if (result)
		return result;
	*bytes = data[2];
	return (int)data[1];
}
