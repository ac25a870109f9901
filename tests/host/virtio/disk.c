/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of the block driver: sessions on one side, the simulated disk on the other, and lib/block as the client. The last tests restart the driver and break the device at random moments, and compare every
 * byte with a model of what clients were told.
 */
#include "abi/errno.h"
#include "drivers/virtio/blk/disk.h"
#include "lib/block.h"
#include "tests/host/virtio/store.h"
#include "tests/host/virtio/tests.h"

#define MEMORY_AT 0x1000  /* of the driver, in the arena */
#define REGION_AT 0x20000 /* of the client */
#define REGION_BYTES 0x40000
#define SESSION 3
#define SPIN 1000

struct rig {
	struct store store;
	struct virtio_pci pci;
	struct disk disk;
	struct block_client client;
	void *buffer;
	unsigned char *region;
	unsigned signals_to_driver, attaches;
	unsigned unanswered; /* so many ATTACHes are not answered in time; every other one is carried out all the same */
	int region_index;
	bool auto_recover; /* as the driver's shell does: reset, errors, start again */
};

static enum virtio_fault rig_start(struct rig *rig)
{
	enum virtio_fault fault = virtio_pci_find(&rig->pci, &rig->store.device.pci, &device_access, &rig->store.device);

	return fault ? fault : disk_start(&rig->disk, &virtio_pci_transport, &rig->pci, 1);
}

/* A new instance of the driver: nothing is left of the old one but what is shared. */
static void rig_driver(struct rig *rig)
{
	struct disk_region region = {.name = "client.data", .physical = ARENA_PHYSICAL + REGION_AT, .bytes = REGION_BYTES, .session = SESSION};

	disk_open(&rig->disk, arena_at(&rig->store.device, MEMORY_AT), ARENA_PHYSICAL + MEMORY_AT);
	assert_int_equal(rig_start(rig), VIRTIO_SOUND);
	disk_session_open(&rig->disk, SESSION, rig->buffer);
	assert_true(disk_region_add(&rig->disk, &region));
	rig->region_index = disk_region_find(&rig->disk, SESSION, region.name);
	assert_int_equal(rig->region_index, 0);
}

/* What the driver's shell does when it is woken: work, and if the device has a fault, reset it and tell the clients. */
static void rig_work(struct rig *rig)
{
	if (disk_work(&rig->disk) == VIRTIO_SOUND || !rig->auto_recover)
		return;
	if (virtio_device_reset(&rig->disk.device) != VIRTIO_SOUND) {
		disk_drop(&rig->disk, -ENODEV, true);
		return;
	}
	disk_drop(&rig->disk, -EIO, false);
	if (rig_start(rig) != VIRTIO_SOUND)
		disk_drop(&rig->disk, -ENODEV, true);
	(void)disk_work(&rig->disk);
}

/* Returns when the driver has answered. */
static int attach_await(struct rig *rig, uint64_t *generation)
{
	disk_attach(&rig->disk, SESSION);
	for (unsigned i = 0; i < SPIN; i++) {
		if (disk_attached(&rig->disk, SESSION, generation))
			return 0;
		device_serve(&rig->store.device, 0, 1, false);
		rig_work(rig);
	}
	return -EIO;
}

/* An answer that comes too late, or a driver that is not asked at all: the client learns nothing. */
static int rig_attach(void *context, uint64_t *generation)
{
	struct rig *rig = context;
	uint64_t late;

	rig->attaches++;
	if (rig->unanswered == 0)
		return attach_await(rig, generation);
	if (rig->unanswered-- % 2)
		assert_int_equal(attach_await(rig, &late), 0);
	return -EAGAIN;
}

static void rig_signal(void *context)
{
	((struct rig *)context)->signals_to_driver++;
}

static const struct block_client_operations rig_operations = {.attach = rig_attach, .signal = rig_signal};

static struct rig *rig_make(uint64_t features)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	store_make(&rig->store, features);
	rig->buffer = calloc(1, BLOCK_BUFFER_BYTES);
	assert_non_null(rig->buffer);
	rig->region = arena_at(&rig->store.device, REGION_AT);
	rig->auto_recover = true;
	rig_driver(rig);
	assert_int_equal(block_open(&rig->client, rig->buffer, &rig_operations, rig), 0);
	return rig;
}

static void rig_free(struct rig *rig)
{
	store_free(&rig->store);
	free(rig->buffer);
	free(rig);
}

static struct block_request make_request(enum block_operation operation, uint64_t sector, uint32_t sectors, uint64_t offset)
{
	return (struct block_request){.operation = operation, .sector = sector, .sectors = sectors, .offset = offset};
}

static void submit(struct rig *rig, struct block_request request, uint64_t token)
{
	assert_int_equal(block_submit(&rig->client, &request, token), 0);
	block_kick(&rig->client);
	rig_work(rig);
}

/* Lets the device and the driver work until something has completed. */
static int complete(struct rig *rig, uint64_t *token)
{
	int result = 1;

	for (unsigned i = 0; i < SPIN; i++) {
		if (block_poll(&rig->client, token, &result))
			return result;
		device_serve(&rig->store.device, 0, 1, false);
		rig_work(rig);
	}
	fail_msg("nothing completes");
	return 1;
}

static int run(struct rig *rig, struct block_request request)
{
	uint64_t token = 0;

	submit(rig, request, 42);
	return complete(rig, &token);
}

static void reads_and_writes(void **state)
{
	struct rig *rig = rig_make(STORE_FEATURES);

	(void)state;
	memset(rig->region, 0x5a, 4096);
	assert_int_equal(run(rig, make_request(BLOCK_WRITE, 8, 8, 0)), 0);
	assert_int_equal(rig->store.data[8 * 512 - 1], 0);
	assert_memory_equal(rig->store.data + 8 * 512, rig->region, 4096);
	assert_int_equal(run(rig, make_request(BLOCK_READ, 10, 1, 0x10000)), 0);
	assert_memory_equal(rig->region + 0x10000, rig->region, 512);
	assert_int_equal(rig->region[0x10200], 0);
	assert_int_equal(run(rig, make_request(BLOCK_FLUSH, 0, 0, 0)), 0);
	assert_int_equal(rig->store.flushes, 1);
	assert_int_equal(rig->disk.sectors, STORE_SECTORS);
	assert_int_equal(rig->disk.block_sectors, 8);
	rig_free(rig);
}

static void devices_without_a_cache_are_not_flushed(void **state)
{
	struct rig *rig = rig_make(STORE_FEATURES & ~(1ull << 9));

	(void)state;
	assert_int_equal(run(rig, make_request(BLOCK_FLUSH, 0, 0, 0)), 0);
	assert_int_equal(rig->store.flushes, 0);
	assert_int_equal(rig->disk.flags, 0);
	rig_free(rig);
}

/* A device that takes only small pieces gets the data in several. */
static void data_is_cut_to_what_the_device_takes(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	uint32_t size = 1024 + 511;

	(void)state;
	store_make(&rig->store, STORE_FEATURES | 1ull << 1);
	memcpy(rig->store.device.configuration + 8, &size, 4);
	rig->buffer = calloc(1, BLOCK_BUFFER_BYTES);
	rig->region = arena_at(&rig->store.device, REGION_AT);
	rig_driver(rig);
	assert_int_equal(block_open(&rig->client, rig->buffer, &rig_operations, rig), 0);
	assert_int_equal(rig->disk.sectors_most, 16); /* 8 pieces of 1024 */
	for (unsigned i = 0; i < 16 * 512; i++)
		rig->region[i] = (unsigned char)(i * 7 + i / 512);
	assert_int_equal(run(rig, make_request(BLOCK_WRITE, 100, 15, 0)), 0);
	assert_memory_equal(rig->store.data + 100 * 512, rig->region, 15 * 512);
	assert_int_equal(run(rig, make_request(BLOCK_WRITE, 100, 17, 0)), -EINVAL);
	rig_free(rig);
}

static void bad_requests_are_answered(void **state)
{
	static const struct {
		struct block_request request;
		int result;
	} cases[] = {
		{{.operation = 0, .sectors = 1}, -EINVAL},
		{{.operation = 4, .sectors = 1}, -EINVAL},
		{{.operation = UINT32_MAX, .sectors = 1}, -EINVAL},
		{{.operation = BLOCK_READ, .sectors = 0}, -EINVAL},
		{{.operation = BLOCK_READ, .sectors = UINT32_MAX}, -EINVAL},
		{{.operation = BLOCK_READ, .sector = STORE_SECTORS, .sectors = 1}, -EINVAL},
		{{.operation = BLOCK_READ, .sector = STORE_SECTORS - 1, .sectors = 2}, -EINVAL},
		{{.operation = BLOCK_READ, .sector = UINT64_MAX, .sectors = 2}, -EINVAL},
		{{.operation = BLOCK_READ, .sectors = 1, .region = 1}, -EINVAL},
		{{.operation = BLOCK_READ, .sectors = 1, .region = 2}, -EINVAL},
		{{.operation = BLOCK_READ, .sectors = 1, .region = UINT32_MAX}, -EINVAL},
		{{.operation = BLOCK_READ, .sectors = 1, .offset = 100}, -EINVAL},
		{{.operation = BLOCK_READ, .sectors = 1, .offset = REGION_BYTES}, -EINVAL},
		{{.operation = BLOCK_READ, .sectors = 2, .offset = REGION_BYTES - 512}, -EINVAL},
		{{.operation = BLOCK_READ, .sectors = 1, .offset = UINT64_MAX - 511}, -EINVAL},
		{{.operation = BLOCK_FLUSH, .sectors = 1}, -EINVAL},
		{{.operation = BLOCK_READ, .sector = STORE_SECTORS - 1, .sectors = 1, .offset = REGION_BYTES - 512}, 0},
	};
	struct rig *rig = rig_make(STORE_FEATURES);
	struct disk_region other = {.name = "another.data", .physical = ARENA_PHYSICAL, .bytes = 4096, .session = SESSION + 1};

	(void)state;
	assert_true(disk_region_add(&rig->disk, &other)); /* index 1: lent for another session */
	assert_int_equal(disk_region_find(&rig->disk, SESSION, other.name), -ENOENT);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(run(rig, cases[i].request), cases[i].result);
	assert_int_equal(rig->store.reads, 1);
	rig_free(rig);
}

static void read_only_devices_are_not_written(void **state)
{
	struct rig *rig = rig_make(STORE_FEATURES | 1ull << 5);

	(void)state;
	assert_int_equal(rig->disk.flags & BLOCK_READ_ONLY, BLOCK_READ_ONLY);
	assert_int_equal(run(rig, make_request(BLOCK_WRITE, 0, 1, 0)), -EROFS);
	assert_int_equal(run(rig, make_request(BLOCK_READ, 0, 1, 0)), 0);
	assert_int_equal(rig->store.writes, 0);
	rig_free(rig);
}

static void errors_of_the_device_are_told(void **state)
{
	struct rig *rig = rig_make(STORE_FEATURES);

	(void)state;
	rig->store.answer = 1;
	assert_int_equal(run(rig, make_request(BLOCK_READ, 0, 1, 0)), -EIO);
	rig->store.answer = 2;
	assert_int_equal(run(rig, make_request(BLOCK_FLUSH, 0, 0, 0)), -EOPNOTSUPP);
	rig->store.answer = 0;
	rig->store.device.lie = LIE_SHORT;
	assert_int_equal(run(rig, make_request(BLOCK_READ, 0, 8, 0)), -EIO);
	rig->store.device.lie = LIE_STATUS;
	assert_int_equal(run(rig, make_request(BLOCK_READ, 0, 8, 0)), -EIO);
	rig->store.device.lie = LIE_NO_STATUS;
	assert_int_equal(run(rig, make_request(BLOCK_WRITE, 0, 8, 0)), -EIO);
	assert_int_equal(rig->store.device.resets, 1); /* none of that needed one */
	rig->store.device.lie = LIE_NONE;
	assert_int_equal(run(rig, make_request(BLOCK_READ, 0, 8, 0)), 0);
	rig_free(rig);
}

/* A device that breaks the protocol: what was in flight fails, and after the reset it works again. */
static void a_lying_device_costs_an_error(void **state)
{
	static const enum lie lies[] = {LIE_USED_INDEX, LIE_USED_BACK, LIE_ID_RANGE, LIE_ID_FREE, LIE_LENGTH};

	(void)state;
	for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct rig *rig = rig_make(STORE_FEATURES);

		rig->store.device.lie = lies[i];
		submit(rig, make_request(BLOCK_READ, 0, 1, 0), 1);
		device_serve(&rig->store.device, 0, 1, false);
		assert_true(rig->store.device.lied);
		rig->store.device.lie = LIE_NONE;
		assert_int_equal(complete(rig, &(uint64_t){0}), -EIO);
		assert_int_equal(rig->store.device.resets, 3); /* at the start, at the fault, at the new start */
		assert_int_equal(run(rig, make_request(BLOCK_READ, 0, 1, 0)), 0);
		rig_free(rig);
	}
}

static void an_unplugged_device_is_an_error_for_ever(void **state)
{
	struct rig *rig = rig_make(STORE_FEATURES);

	(void)state;
	submit(rig, make_request(BLOCK_READ, 0, 1, 0), 1);
	rig->store.device.lie = LIE_GONE;
	assert_int_equal(virtio_device_check(&rig->disk.device), VIRTIO_GONE); /* the shell looks when nothing happens */
	assert_int_equal(complete(rig, &(uint64_t){0}), -ENODEV);
	assert_int_equal(run(rig, make_request(BLOCK_WRITE, 0, 1, 0)), -ENODEV);
	assert_int_equal(run(rig, make_request(BLOCK_FLUSH, 0, 0, 0)), -ENODEV);
	rig_free(rig);
}

/* Overlapping requests are done in order, one at a time; others overtake nothing but are not held up before them. */
static void overlapping_requests_wait(void **state)
{
	struct rig *rig = rig_make(STORE_FEATURES);
	uint64_t token;

	(void)state;
	memset(rig->region, 1, 4096);
	memset(rig->region + 4096, 2, 4096);
	submit(rig, make_request(BLOCK_WRITE, 0, 8, 0), 1);
	submit(rig, make_request(BLOCK_WRITE, 16, 8, 0), 2);
	assert_int_equal(rig->disk.flights, 2);
	submit(rig, make_request(BLOCK_WRITE, 7, 1, 4096), 3);
	submit(rig, make_request(BLOCK_READ, 7, 1, 8192), 4);
	assert_int_equal(rig->disk.flights, 2);
	assert_int_equal(device_serve(&rig->store.device, 0, 1, false), 1);
	rig_work(rig);
	assert_int_equal(rig->disk.flights, 2); /* 2 and 3 */
	assert_int_equal(device_serve(&rig->store.device, 0, 2, false), 2);
	rig_work(rig);
	assert_int_equal(rig->disk.flights, 1);
	for (unsigned i = 1; i <= 4; i++) {
		assert_int_equal(complete(rig, &token), 0);
		assert_int_equal(token, i);
	}
	assert_int_equal(rig->region[8192], 2);
	submit(rig, make_request(BLOCK_READ, 0, 8, 0), 5);
	submit(rig, make_request(BLOCK_READ, 0, 8, 0), 6); /* readers do not wait for each other */
	assert_int_equal(rig->disk.flights, 2);
	rig_free(rig);
}

/* ATTACH is not answered while the device may still write to the client's memory. */
static void attaching_waits_for_the_device(void **state)
{
	struct rig *rig = rig_make(STORE_FEATURES);
	uint64_t generation = 0;

	(void)state;
	submit(rig, make_request(BLOCK_READ, 0, 1, 0), 1);
	disk_attach(&rig->disk, SESSION);
	assert_false(disk_attached(&rig->disk, SESSION, &generation));
	rig_work(rig);
	assert_false(disk_attached(&rig->disk, SESSION, &generation));
	device_serve(&rig->store.device, 0, 1, false);
	rig_work(rig);
	assert_int_equal(((struct ring_shared *)((char *)rig->buffer + BLOCK_COMPLETIONS_OFFSET))->produced, 0);
	assert_true(disk_attached(&rig->disk, SESSION, &generation));
	assert_false(disk_attached(&rig->disk, SESSION, &generation));
	assert_int_equal(generation, rig->client.channel->generation);
	rig_free(rig);
}

/* A driver that does not answer ATTACH now is asked again at each look, and then gets all that has been submitted. */
static void an_attach_without_an_answer_is_made_again(void **state)
{
	struct rig *rig = rig_make(STORE_FEATURES);
	unsigned before = rig->attaches;
	uint64_t token = 0;
	int result;

	(void)state;
	submit(rig, make_request(BLOCK_READ, 0, 1, 0), 1);
	rig_driver(rig);
	rig->unanswered = 3;
	assert_false(block_poll(&rig->client, &token, &result));
	submit(rig, make_request(BLOCK_READ, 8, 1, 512), 2);
	assert_false(block_poll(&rig->client, &token, &result));
	assert_false(block_poll(&rig->client, &token, &result));
	assert_int_equal(rig->disk.flights, 0);
	assert_int_equal(complete(rig, &token), 0);
	assert_int_equal(token, 1);
	assert_int_equal(complete(rig, &token), 0);
	assert_int_equal(token, 2);
	assert_int_equal(rig->attaches, before + 4);
	rig_free(rig);
}

static void nonsense_in_a_ring_poisons_its_session(void **state)
{
	struct rig *rig = rig_make(STORE_FEATURES);
	struct ring_shared *requests = (struct ring_shared *)((char *)rig->buffer + BLOCK_REQUESTS_OFFSET);
	struct block_channel *channel = rig->buffer;
	uint64_t token;
	int result;

	(void)state;
	submit(rig, make_request(BLOCK_READ, 0, 1, 0), 7);
	requests->produced += BLOCK_REQUESTS_MAX + 1;
	rig_work(rig);
	assert_int_equal(channel->state, BLOCK_POISONED);
	assert_true(block_poll(&rig->client, &token, &result));
	assert_int_equal(result, -EIO);
	assert_int_equal(token, 7);
	assert_int_equal(block_submit(&rig->client, &(struct block_request){.operation = BLOCK_FLUSH}, 0), -EIO);
	/* The completions of a client that takes none. */
	assert_int_equal(block_open(&rig->client, rig->buffer, &rig_operations, rig), 0);
	for (unsigned i = 0; i <= BLOCK_REQUESTS_MAX; i++) {
		struct block_request bad = {.id = i};

		assert_int_equal(ring_push(&rig->client.requests, &bad), RING_OK);
		rig_work(rig);
	}
	assert_int_equal(channel->state, BLOCK_POISONED);
	rig_free(rig);
}

/* A driver that completes what was never asked. */
static void nonsense_from_the_driver_fails_the_client(void **state)
{
	static const struct block_completion bad[] = {{.id = 5}, {.id = 1 << 6}, {.id = UINT64_MAX}, {.id = 1 << 6 | 1}, {.id = 2 << 6}};

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rig *rig = rig_make(STORE_FEATURES);
		struct ring_shared *completions = (struct ring_shared *)((char *)rig->buffer + BLOCK_COMPLETIONS_OFFSET);
		uint64_t token = 0;
		int result = 0;

		if (i != 1) /* id 1 << 6 is what the first request is called: here it is not submitted */
			submit(rig, make_request(BLOCK_READ, 0, 1, 0), 7);
		memcpy(completions->entries, &bad[i], sizeof(bad[i]));
		completions->produced = 1;
		assert_int_equal(block_poll(&rig->client, &token, &result), i != 1);
		assert_true(rig->client.failed);
		assert_int_equal(token, i != 1 ? 7 : 0);
		rig_free(rig);
	}
}

/* What was completed already is not completed again, though the id is right. */
static void requests_complete_once(void **state)
{
	struct rig *rig = rig_make(STORE_FEATURES);
	struct ring_shared *completions = (struct ring_shared *)((char *)rig->buffer + BLOCK_COMPLETIONS_OFFSET);
	uint64_t token;
	int result;

	(void)state;
	assert_int_equal(run(rig, make_request(BLOCK_READ, 0, 1, 0)), 0);
	memcpy(completions->entries + 16, completions->entries, 16);
	completions->produced = 2;
	assert_false(block_poll(&rig->client, &token, &result));
	assert_true(rig->client.failed);
	rig_free(rig);
}

/* Random. */

#define TRACKS 16        /* ranges of 8 sectors, each with at most one request outstanding: then the model knows its content */
#define TRACK_BYTES 4096

struct chaos {
	struct rig *rig;
	uint64_t random;
	unsigned char content[TRACKS];  /* what the client knows to be on the disk */
	unsigned char writing[TRACKS];
	enum block_operation operation[TRACKS]; /* outstanding; 0: none */
	bool uncertain[TRACKS];         /* a write failed: any mixture */
	unsigned completions, errors, restarts, faults;
};

static unsigned chance(struct chaos *chaos, unsigned from)
{
	chaos->random = chaos->random * 6364136223846793005 + 1442695040888963407;
	return (unsigned)(chaos->random >> 33) % from;
}

static void chaos_submit(struct chaos *chaos, unsigned track)
{
	bool write = chance(chaos, 2);
	unsigned char *data = chaos->rig->region + track * TRACK_BYTES;
	struct block_request request = make_request(write ? BLOCK_WRITE : BLOCK_READ, track * 8, 8, track * TRACK_BYTES);

	chaos->operation[track] = request.operation;
	chaos->writing[track] = (unsigned char)chance(chaos, 256);
	memset(data, write ? chaos->writing[track] : 0xee, TRACK_BYTES);
	assert_int_equal(block_submit(&chaos->rig->client, &request, track), 0);
}

static void chaos_complete(struct chaos *chaos, unsigned track, int result)
{
	const unsigned char *data = chaos->rig->region + track * TRACK_BYTES;

	chaos->completions++;
	chaos->errors += result != 0;
	if (chaos->operation[track] == BLOCK_WRITE) {
		chaos->uncertain[track] = result != 0;
		chaos->content[track] = chaos->writing[track];
		assert_true(result != 0 || chaos->rig->store.data[track * TRACK_BYTES] == chaos->writing[track]);
	} else if (result == 0 && !chaos->uncertain[track]) {
		for (unsigned i = 0; i < TRACK_BYTES; i += 512)
			assert_int_equal(data[i], chaos->content[track]);
	}
	chaos->operation[track] = 0;
}

/* The driver dies at any moment; its device is reset, and a new instance begins. */
static void chaos_restart(struct chaos *chaos)
{
	chaos->restarts++;
	rig_driver(chaos->rig);
	chaos->rig->unanswered = chance(chaos, 4);
}

static void chaos_step(struct chaos *chaos, unsigned restart_every, unsigned lie_every)
{
	struct rig *rig = chaos->rig;
	unsigned track = chance(chaos, TRACKS);
	uint64_t token;
	int result;

	if (chaos->operation[track] == 0)
		chaos_submit(chaos, track);
	if (chance(chaos, 3) == 0)
		rig_work(rig);
	if (lie_every && chance(chaos, lie_every) == 0)
		rig->store.device.lie = (enum lie)(LIE_USED_INDEX + chance(chaos, LIE_STATUS - LIE_USED_INDEX));
	device_serve(&rig->store.device, 0, chance(chaos, 4), true);
	if (rig->store.device.lied)
		rig->store.device.lie = LIE_NONE;
	rig->store.device.lied = false;
	if (restart_every && chance(chaos, restart_every) == 0)
		chaos_restart(chaos);
	while (block_poll(&rig->client, &token, &result))
		chaos_complete(chaos, (unsigned)token, result);
}

static void chaos_run(unsigned steps, unsigned restart_every, unsigned lie_every, struct chaos *chaos)
{
	uint64_t token;

	*chaos = (struct chaos){.rig = rig_make(STORE_FEATURES), .random = 7};
	for (unsigned i = 0; i < steps; i++)
		chaos_step(chaos, restart_every, lie_every);
	chaos->rig->store.device.lie = LIE_NONE;
	while (chaos->rig->client.outstanding_count) {
		int result = complete(chaos->rig, &token);

		chaos_complete(chaos, (unsigned)token, result);
	}
	chaos->faults = (chaos->rig->store.device.resets - 1 - chaos->restarts) / 2;
	rig_free(chaos->rig);
}

static void restarts_lose_nothing(void **state)
{
	struct chaos chaos;

	(void)state;
	chaos_run(40000, 20, 0, &chaos);
	assert_int_equal(chaos.errors, 0);
	assert_in_range(chaos.restarts, 1000, 4000);
	assert_in_range(chaos.completions, 10000, 40000);
}

static void lies_cost_errors_and_nothing_else(void **state)
{
	struct chaos chaos;

	(void)state;
	chaos_run(40000, 50, 20, &chaos);
	assert_in_range(chaos.faults, 500, 4000);
	assert_in_range(chaos.errors, 500, 20000);
}

static const struct unit disk_units[] = {
	{cmocka_unit_test(reads_and_writes), "sectors are read and written where they should be, and flushed"},
	{cmocka_unit_test(devices_without_a_cache_are_not_flushed), "a device without a volatile cache is not flushed"},
	{cmocka_unit_test(data_is_cut_to_what_the_device_takes), "data goes in pieces no larger than the device takes"},
	{cmocka_unit_test(bad_requests_are_answered), "every field of a request is checked, and a lent Region is its session's alone"},
	{cmocka_unit_test(read_only_devices_are_not_written), "a read-only device is not written"},
	{cmocka_unit_test(errors_of_the_device_are_told), "errors, short reads and impossible status bytes are errors for the client"},
	{cmocka_unit_test(a_lying_device_costs_an_error), "a device that breaks the protocol costs its requests an error, and is reset"},
	{cmocka_unit_test(an_unplugged_device_is_an_error_for_ever), "an unplugged device answers every request with an error"},
	{cmocka_unit_test(overlapping_requests_wait), "two overlapping requests are never with the device, and are done in order"},
	{cmocka_unit_test(attaching_waits_for_the_device), "a client is attached only when the device has none of its memory"},
	{cmocka_unit_test(an_attach_without_an_answer_is_made_again), "an ATTACH that is not answered in time is made again, and nothing is lost"},
	{cmocka_unit_test(nonsense_in_a_ring_poisons_its_session), "a ring that makes no sense poisons its session"},
	{cmocka_unit_test(nonsense_from_the_driver_fails_the_client), "a completion for nothing outstanding fails the client"},
	{cmocka_unit_test(requests_complete_once), "a request is completed once"},
	{cmocka_unit_test(restarts_lose_nothing), "2,000 restarts of the driver lose nothing and are no error"},
	{cmocka_unit_test(lies_cost_errors_and_nothing_else), "a device that lies at random costs errors, and never wrong data"},
};

int disk_tests(void)
{
	return units_run(disk_units, sizeof(disk_units) / sizeof(disk_units[0]));
}
