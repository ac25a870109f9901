/* SPDX-License-Identifier: MIT */
/* The clients of the block driver (client.h). */
#include "client.h"

#include <inttypes.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/protocols/block.h"
#include "lib/ring.h"

#define WITH_BUFFER 2 /* badges 1 and 2 */
#define HALF_SECTORS 32
#define REGION_BYTES (2 * HALF_SECTORS * BLOCK_SECTOR)
#define REGION_OFFSET(index) (VIRTIO_LENT_AT + (index) * REGION_BYTES)
#define DISK_SECTORS 70 /* asked for; the disk has 64 */
#define TRANSFER_SECTORS 12
#define NOT_JUDGED UINT64_MAX
#define VIRTIO_BLK_F_FLUSH (1ull << 9) /* VIRTIO 1.2, 5.2.3 */
#define NAME_WORD(letter) ((uint64_t)(letter) | (uint64_t)'.' << 8 | (uint64_t)'d' << 16) /* of a Region, "a.d" */

/* A request that was pushed and has not completed. */
struct outstanding {
	struct block_request request;
	bool used;
	bool foreign; /* it names what is not its client's memory */
	bool done;    /* by the device */
};

struct client {
	unsigned char *buffer;
	struct ring requests, completions;
	struct outstanding outstanding[BLOCK_REQUESTS_MAX]; /* by id */
	uint64_t pushed;
	uint64_t attached; /* how often */
	uint64_t stores;   /* that the input had made when the rings were new */
};

static const struct request_shape block_shapes[] = {
#define REQUEST(name, number, in, out, sentence) REQUEST_SHAPE(BLOCK, name, in, out)
#include "abi/protocols/block.def"
#undef REQUEST
	{NULL, 0, 0, 0},
};

static struct virtio_world *virtio;
static struct service_world *world;
static struct client clients[WITH_BUFFER]; /* by badge, less 1 */

static bool is_judged(const struct client *client)
{
	return client->attached && client->stores == world->stores;
}

/* Answers. */

static void attached(struct client *client)
{
	client->attached++;
	client->stores = world->was_watched ? NOT_JUDGED : world->stores; /* what is stored while ATTACH is served may lie in the new rings */
	client->pushed = 0;
	memset(client->outstanding, 0, sizeof(client->outstanding));
	ring_open(&client->requests, client->buffer + BLOCK_REQUESTS_OFFSET, BLOCK_REQUESTS_MAX, sizeof(struct block_request));
	ring_open(&client->completions, client->buffer + BLOCK_COMPLETIONS_OFFSET, BLOCK_REQUESTS_MAX, sizeof(struct block_completion));
}

static void region_judge(const struct file_exchange *sent, const struct file_exchange *answer)
{
	bool is_own = sent->data[0] == NAME_WORD('a' - 1 + (int)sent->badge) && !sent->data[1] && !sent->data[2] && !sent->data[3];

	if (answer->data[0] == 0 ? !is_own || answer->data[1] != sent->badge - 1 || answer->data[2] != REGION_BYTES : is_own)
		answer_wrong(sent, shape_find(&world->requester, sent->label), answer, "tells a client of a Region that is not its own, or not of its own");
}

static void judge(const struct file_exchange *sent, const struct file_exchange *answer)
{
	if (sent->label == BLOCK_REGION)
		region_judge(sent, answer);
	if (sent->label == BLOCK_ATTACH && answer->data[0] == 0)
		attached(&clients[sent->badge - 1]);
}

static bool refuses(const struct file_exchange *sent, enum error status)
{
	bool has_session = sent->badge >= 1 && sent->badge <= WITH_BUFFER;

	if (!has_session)
		return status == ERR_RIGHTS;
	return sent->label == BLOCK_ATTACH && (status == ERR_BUSY || status == ERR_CANCELLED);
}

/* An ATTACH that was not answered may have made the rings new. */
void clients_restart(void)
{
	const struct file_exchange *last = &world->requester.sent;

	for (unsigned i = 0; i < WITH_BUFFER; i++)
		if (last->label == BLOCK_ATTACH && last->badge == i + 1)
			clients[i].stores = NOT_JUDGED;
}

/* Requests. */

/* Where in its Region the client keeps the data of a request: in the half that is its now. */
static uint64_t place_draw(const struct client *client, uint64_t sectors)
{
	uint64_t first = input_take(&world->requester.input, 1) % (HALF_SECTORS - sectors + 1);

	return (client->attached % 2 * HALF_SECTORS + first) * BLOCK_SECTOR;
}

/* A sound transfer; one that is not says so by `foreign`. */
static void transfer_make(const struct client *client, unsigned index, struct outstanding *made)
{
	struct input *input = &world->requester.input;
	struct block_request *request = &made->request;
	uint64_t kind = input_take(input, 1), size = input_take(input, 1);

	request->sectors = 1 + (uint32_t)size % TRANSFER_SECTORS;
	request->sector = input_take(input, 1) % DISK_SECTORS;
	request->offset = place_draw(client, request->sectors);
	request->region = index;
	made->foreign = kind < 48;
	if (kind < 16)
		request->region = WITH_BUFFER - 1 - index;
	else if (kind < 32)
		request->region = (uint32_t)(WITH_BUFFER + size);
	else if (kind < 48)
		request->offset = REGION_BYTES - (request->sectors - 1) * BLOCK_SECTOR;
}

static void request_push(struct client *client, unsigned index)
{
	struct outstanding *outstanding = &client->outstanding[client->pushed % BLOCK_REQUESTS_MAX];
	struct outstanding made = {.request = {.id = client->pushed, .operation = 1 + input_take(&world->requester.input, 1) % BLOCK_FLUSH}, .used = true};

	if (made.request.operation != BLOCK_FLUSH)
		transfer_make(client, index, &made);
	if (outstanding->used || ring_push(&client->requests, &made.request) != RING_OK)
		return;
	*outstanding = made;
	client->pushed++;
}

static void completion_judge(struct client *client, const struct block_completion *completion)
{
	struct outstanding *outstanding = &client->outstanding[completion->id % BLOCK_REQUESTS_MAX];
	bool needs_device = outstanding->request.operation != BLOCK_FLUSH || virtio->device.accepted & VIRTIO_BLK_F_FLUSH;

	if (!outstanding->used || outstanding->request.id != completion->id)
		complain("request %" PRIu64 " completes, and is not outstanding", completion->id);
	if (completion->result > 0)
		complain("request %" PRIu64 " completes with %" PRId32, completion->id, completion->result);
	if (completion->result == 0 && outstanding->foreign)
		complain("request %" PRIu64 " reaches offset %" PRIu64 " of Region %" PRIu32 ", which is not its client's", completion->id, outstanding->request.offset, outstanding->request.region);
	if (completion->result == 0 && needs_device && !outstanding->done && !virtio->dishonest)
		complain("request %" PRIu64 " (operation %" PRIu32 ") completes, and the device has not done it", completion->id, outstanding->request.operation);
	outstanding->used = false;
}

static void completions_take(struct client *client)
{
	struct block_completion completion;

	while (ring_pop(&client->completions, &completion) == RING_OK)
		if (is_judged(client))
			completion_judge(client, &completion);
}

/* Nobody waits twice: an ATTACH that comes again ends the one before. */
static void waiting_judge(void)
{
	unsigned waiting[REQUEST_BADGES] = {0};

	for (unsigned i = 0; i < WORLD_REPLIES_MAX; i++)
		if (world->reply[i].holds && ++waiting[world->reply[i].sent.badge] > 1)
			complain("client %" PRIu64 " waits twice", world->reply[i].sent.badge);
}

void clients_work(void)
{
	uint64_t what = input_take(&world->requester.input, 1);
	struct client *client = &clients[what % WITH_BUFFER];

	waiting_judge();
	if (!client->attached)
		return;
	completions_take(client);
	for (uint64_t count = what / WITH_BUFFER % 4; count; count--)
		request_push(client, what % WITH_BUFFER);
}

/* The device. */

static void request_done(struct client *client, uint32_t operation, uint64_t sector, uint64_t offset)
{
	for (unsigned i = 0; i < BLOCK_REQUESTS_MAX; i++) {
		struct outstanding *outstanding = &client->outstanding[i];

		if (outstanding->used && outstanding->request.operation == operation && outstanding->request.sector == sector && outstanding->request.offset == offset)
			outstanding->done = true;
	}
}

/* A part with data, in a client's Region; `done`: it is the first of its chain, which is done. */
static void data_judge(const struct chain_part *part, const struct chain_part *header, bool done)
{
	uint64_t at = (uint64_t)(part->data - virtio->device.arena) - VIRTIO_LENT_AT, index = at / REGION_BYTES, offset = at % REGION_BYTES;
	struct client *client = &clients[index % WITH_BUFFER];
	uint64_t sector;

	if (part->data < virtio->device.arena + VIRTIO_LENT_AT || index >= WITH_BUFFER || offset + part->bytes > REGION_BYTES)
		complain("the device is given memory that is not lent");
	if (!is_judged(client))
		return;
	if (offset / (HALF_SECTORS * BLOCK_SECTOR) != client->attached % 2 && !virtio->unconfirmed)
		complain("the device works with memory that an ATTACH has given back");
	memcpy(&sector, header->data + 8, sizeof(sector));
	if (done)
		request_done(client, part->written ? BLOCK_READ : BLOCK_WRITE, sector, offset);
}

/* Whether success is the truth: a device that says that it has written less than was asked for has read nothing. */
static bool is_done(enum lie lie, bool reads)
{
	return lie != LIE_STATUS && lie != LIE_NO_STATUS && (lie != LIE_SHORT || !reads);
}

void clients_served(const struct chain *chain, enum lie lie)
{
	unsigned data = 0;

	for (unsigned i = 0; i < chain->count; i++)
		if (!virtio_world_owns(virtio, &chain->part[i]))
			data_judge(&chain->part[i], &chain->part[0], data++ == 0 && is_done(lie, chain->part[i].written));
	for (unsigned i = 0; data == 0 && is_done(lie, false) && i < WITH_BUFFER; i++)
		request_done(&clients[i], BLOCK_FLUSH, 0, 0);
}

/* The world. */

void clients_begin(void)
{
	for (unsigned i = 0; i < WITH_BUFFER; i++) {
		unsigned char *buffer = clients[i].buffer;

		clients[i] = (struct client){.buffer = buffer};
	}
}

static void region_make(char letter, uint64_t index)
{
	const char name[] = {letter, '.', 'd', '\0'};
	struct start_grant *region = service_world_grant(world, GRANT_REGION, name);

	region->argument = ARENA_PHYSICAL + REGION_OFFSET(index);
	region->bytes = REGION_BYTES;
}

static void client_make(char letter, uint64_t badge)
{
	const char name[] = {letter, '\0'};

	service_world_client(world, name, badge, CLIENT_SIGNALS + badge);
	if (badge > WITH_BUFFER)
		return;
	clients[badge - 1].buffer = service_world_buffer(world, name, badge, BLOCK_BUFFER_BYTES);
	region_make(letter, badge - 1);
}

void clients_make(struct virtio_world *made)
{
	static const uint64_t names[WITH_BUFFER] = {NAME_WORD('a'), NAME_WORD('b')};

	virtio = made;
	world = made->service;
	world->requester.protocols[0] = block_shapes;
	world->requester.words = names;
	world->requester.word_count = WITH_BUFFER;
	world->requester.buffer_bytes = BLOCK_BUFFER_BYTES;
	world->judge = judge;
	world->refuses = refuses;
	for (uint64_t i = 0; i < CLIENTS; i++)
		client_make((char)('a' + i), i + 1);
}
