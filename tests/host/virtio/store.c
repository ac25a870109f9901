/* SPDX-License-Identifier: MIT */
/* The disk behind the simulated device (tests/host/virtio/store.h). */
#include "tests/host/virtio/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 512
#define HEADER 16

static uint32_t store_move(struct store *store, const struct chain *chain, uint64_t sector, bool out)
{
	uint64_t at = sector * SECTOR;
	uint32_t moved = 0;

	for (unsigned i = 1; i + 1 < chain->count; i++) {
		const struct chain_part *part = &chain->part[i];

		assert(part->written == !out && at + moved + part->bytes <= STORE_SECTORS * SECTOR);
		if (out)
			memcpy(store->data + at + moved, part->data, part->bytes);
		else
			memcpy(part->data, store->data + at + moved, part->bytes);
		moved += part->bytes;
	}
	return out ? 0 : moved;
}

static uint32_t store_serve(struct device *device, const struct chain *chain)
{
	struct store *store = device->context;
	uint32_t type, moved = 0;
	uint64_t sector;

	assert(chain->count >= 2 && chain->part[0].bytes == HEADER && !chain->part[0].written);
	assert(chain->part[chain->count - 1].bytes == 1 && chain->part[chain->count - 1].written);
	memcpy(&type, chain->part[0].data, 4);
	memcpy(&sector, chain->part[0].data + 8, 8);
	assert(type == 0 || type == 1 || type == 4);
	if (store->answer == 0 && type != 4)
		moved = store_move(store, chain, sector, type == 1);
	store->reads += type == 0;
	store->writes += type == 1;
	store->flushes += type == 4;
	if (device->lie == LIE_STATUS)
		*chain->part[chain->count - 1].data = 77;
	else if (device->lie != LIE_NO_STATUS)
		*chain->part[chain->count - 1].data = store->answer;
	return moved + 1;
}

void store_make(struct store *store, uint64_t features)
{
	uint64_t capacity = STORE_SECTORS;
	uint32_t segments = 8, block = 4096;

	*store = (struct store){0};
	device_make(&store->device, 2, features);
	store->data = calloc(STORE_SECTORS, SECTOR);
	assert(store->data);
	store->device.serve = store_serve;
	store->device.context = store;
	memcpy(store->device.configuration, &capacity, 8);
	memcpy(store->device.configuration + 12, &segments, 4);
	memcpy(store->device.configuration + 20, &block, 4);
}

void store_free(struct store *store)
{
	device_free(&store->device);
	free(store->data);
}
