/* SPDX-License-Identifier: MIT */
/* The client's side of the block protocol (lib/block.h). The id of a request is its place in the table and, above that, the order of its submission: one that is stale or invented matches nothing. */
#include "lib/block.h"

#include "abi/errno.h"

#define PLACE_BITS 6
_Static_assert(1 << PLACE_BITS == BLOCK_REQUESTS_MAX, "a place fits its part of the id");

static uint64_t generation_read(const struct block_client *client)
{
	return __atomic_load_n(&client->channel->generation, __ATOMIC_ACQUIRE);
}

/*
 * Both sides agree in ATTACH that the rings are new; the driver clears them before it answers. The generation that counts is the one in the answer: a driver that dies right after it has raised the one
 * in the channel by the time that anybody looks there.
 */
static int channel_attach(struct block_client *client)
{
	char *buffer = (char *)client->channel;
	int result;

	client->generation = generation_read(client);
	result = client->operations->attach(client->context, &client->generation);
	client->waits = result == -EAGAIN;
	client->failed = result != 0 && !client->waits;
	if (result != 0)
		return result;
	ring_open(&client->requests, buffer + BLOCK_REQUESTS_OFFSET, BLOCK_REQUESTS_MAX, sizeof(struct block_request));
	ring_open(&client->completions, buffer + BLOCK_COMPLETIONS_OFFSET, BLOCK_REQUESTS_MAX, sizeof(struct block_completion));
	return 0;
}

int block_open(struct block_client *client, void *buffer, const struct block_client_operations *operations, void *context)
{
	*client = (struct block_client){.operations = operations, .context = context, .channel = buffer};
	return channel_attach(client);
}

static bool request_push(struct block_client *client, const struct block_request *request)
{
	if (ring_push(&client->requests, request) != RING_OK) /* never full: it holds as many as may be outstanding */
		client->failed = true;
	client->pushed = true;
	return !client->failed;
}

int block_submit(struct block_client *client, const struct block_request *request, uint64_t token)
{
	struct block_outstanding *place = client->outstanding;

	if (client->failed)
		return -EIO;
	if (client->outstanding_count == BLOCK_REQUESTS_MAX)
		return -EAGAIN;
	while (place->order != 0)
		place++;
	*place = (struct block_outstanding){.request = *request, .token = token, .order = ++client->submitted};
	place->request.id = place->order << PLACE_BITS | (uint64_t)(place - client->outstanding);
	client->outstanding_count++;
	if (!client->waits)
		(void)request_push(client, &place->request); /* a failure ends this request too, in block_poll */
	return 0;
}

void block_kick(struct block_client *client)
{
	if (client->pushed)
		client->operations->signal(client->context);
	client->pushed = false;
}

/* The outstanding request that was submitted first after `order`; a null pointer when there is none. */
static struct block_outstanding *outstanding_after(struct block_client *client, uint64_t order)
{
	struct block_outstanding *first = 0;

	for (unsigned i = 0; i < BLOCK_REQUESTS_MAX; i++) {
		struct block_outstanding *place = &client->outstanding[i];

		if (place->order > order && (!first || place->order < first->order))
			first = place;
	}
	return first;
}

/* After the driver began anew: pushes everything outstanding again, oldest first. */
static void outstanding_repeat(struct block_client *client)
{
	struct block_outstanding *place = 0;
	uint64_t order = 0;

	if (channel_attach(client) != 0)
		return;
	while ((place = outstanding_after(client, order)) && request_push(client, &place->request))
		order = place->order;
	block_kick(client);
}

static bool outstanding_end(struct block_client *client, struct block_outstanding *place, uint64_t *token)
{
	*token = place->token;
	place->order = 0;
	client->outstanding_count--;
	return true;
}

/* A client that has failed ends its requests one by one. */
static bool failed_poll(struct block_client *client, uint64_t *token, int *result)
{
	struct block_outstanding *place = outstanding_after(client, 0);

	*result = -EIO;
	return place && outstanding_end(client, place, token);
}

bool block_poll(struct block_client *client, uint64_t *token, int *result)
{
	struct block_completion completion;
	struct block_outstanding *place;
	enum ring_result taken;

	if (client->waits || generation_read(client) != client->generation)
		outstanding_repeat(client);
	if (client->waits)
		return false;
	if (__atomic_load_n(&client->channel->state, __ATOMIC_ACQUIRE) == BLOCK_POISONED)
		client->failed = true;
	if (client->failed)
		return failed_poll(client, token, result);
	taken = ring_pop(&client->completions, &completion);
	if (taken == RING_EMPTY)
		return false;
	place = &client->outstanding[completion.id & (BLOCK_REQUESTS_MAX - 1)];
	if (taken != RING_OK || place->order == 0 || place->request.id != completion.id || completion.result > 0) {
		client->failed = true;
		return failed_poll(client, token, result);
	}
	*result = completion.result;
	return outstanding_end(client, place, token);
}
