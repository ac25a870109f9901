/* SPDX-License-Identifier: MIT */
/* Channels, under ASan and UBSan: honest producers, wrong ones, and one that rewrites every word of its offer at full speed while the receiver is at it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/tsm_channel.h"
#include "tests/host/harness/suite.h"

#define BUFFER_BYTES 512
#define ITEMS 12

/* What is shared: valid when every link is an item and the sum is right. */
struct table {
	uint64_t link[ITEMS];
	uint64_t sum;
};

struct world {
	void *buffer, *images, *scratch;
	struct tsm_channel channel;
	struct tsm_producer producer;
	unsigned rolled_back;
	bool rewrites; /* the producer changes its offer while it is validated */
	enum tsm_channel_result reason;
};

static bool table_valid(const void *image)
{
	const struct table *table = image;
	uint64_t sum = 0;

	for (unsigned i = 0; i < ITEMS; i++) {
		if (table->link[i] >= ITEMS)
			return false;
		sum += table->link[i];
	}
	return sum == table->sum;
}

static bool validate(void *context, const void *image, size_t bytes)
{
	struct world *world = context;

	if (world->rewrites)
		memset(((struct tsm_offer *)world->buffer)->set + sizeof(struct tsm_range), 0xff, 8);
	return bytes == sizeof(struct table) && table_valid(image);
}

static void rolled_back(void *context, enum tsm_channel_result reason)
{
	struct world *world = context;

	world->rolled_back++;
	world->reason = reason;
}

static const struct tsm_channel_hooks hooks = {validate, rolled_back};

static void receiver_start(struct world *world)
{
	tsm_channel_open(&world->channel, world->buffer, BUFFER_BYTES, world->images, sizeof(struct table), world->scratch, &hooks, world);
}

static void world_make(struct world *world)
{
	*world = (struct world){
		.buffer = calloc(1, BUFFER_BYTES),
		.images = aligned_alloc(64, (TSM_IMAGES_BYTES(sizeof(struct table)) + 63) / 64 * 64),
		.scratch = malloc(BUFFER_BYTES),
	};
	assert_true(world->buffer && world->images && world->scratch);
	memset(world->images, 0, TSM_IMAGES_BYTES(sizeof(struct table)));
	receiver_start(world);
	tsm_producer_open(&world->producer, world->buffer, BUFFER_BYTES, world->images);
}

static void world_free(struct world *world)
{
	free(world->buffer);
	free(world->images);
	free(world->scratch);
}

static const struct table *published(const struct world *world)
{
	return tsm_channel_image(&world->channel);
}

/* Sets one link, and the sum with it, in one write-set. */
static void link_write(struct world *world, uint64_t item, uint64_t value)
{
	uint64_t sum = published(world)->sum - published(world)->link[item] + value;

	tsm_producer_begin(&world->producer);
	assert_true(tsm_producer_write(&world->producer, (uint32_t)(8 * item), &value, 8));
	assert_true(tsm_producer_write(&world->producer, offsetof(struct table, sum), &sum, 8));
}

static void channel_publishes(void **state)
{
	struct world world;
	struct table copy;
	uint64_t version;

	(void)state;
	world_make(&world);
	assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_IDLE);
	for (uint64_t i = 1; i < 50; i++) {
		link_write(&world, i % ITEMS, i % 7);
		assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_IDLE); /* not offered yet */
		tsm_producer_offer(&world.producer);
		assert_int_equal(tsm_producer_outcome(&world.producer), TSM_CHANNEL_IDLE);
		assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_PUBLISHED);
		assert_int_equal(tsm_producer_outcome(&world.producer), TSM_CHANNEL_PUBLISHED);
		assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_IDLE);
		receiver_start(&world);
		assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_IDLE);
		assert_int_equal(published(&world)->link[i % ITEMS], i % 7);
		assert_true(table_valid(published(&world)));
		assert_true(tsm_images_copy(world.images, sizeof(copy), &copy, &version));
		assert_int_equal(version, i);
		assert_memory_equal(&copy, published(&world), sizeof(copy));
	}
	assert_int_equal(world.rolled_back, 0);
	world_free(&world);
}

static void channel_refuses(void **state)
{
	struct world world;
	struct tsm_offer *offer;
	struct table before;
	uint64_t wrong = ITEMS;

	(void)state;
	world_make(&world);
	offer = world.buffer;
	link_write(&world, 1, 3);
	tsm_producer_offer(&world.producer);
	assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_PUBLISHED);
	before = *published(&world);
	for (unsigned how = 0; how < 9; how++) {
		static const enum tsm_channel_result reasons[] = {TSM_CHANNEL_INVALID,   TSM_CHANNEL_STALE,     TSM_CHANNEL_MALFORMED, TSM_CHANNEL_MALFORMED,
								  TSM_CHANNEL_MALFORMED, TSM_CHANNEL_MALFORMED, TSM_CHANNEL_MALFORMED, TSM_CHANNEL_MALFORMED,
								  TSM_CHANNEL_STALE};
		struct tsm_range *range = (struct tsm_range *)offer->set;

		link_write(&world, 2, 4);
		tsm_producer_offer(&world.producer);
		switch (how) {
		case 0:
			memcpy(offer->set + 8, &wrong, 8);
			break;
		case 1:
			offer->base--;
			break;
		case 2:
			offer->bytes = BUFFER_BYTES;
			break;
		case 3:
			offer->bytes = UINT64_MAX - 7;
			break;
		case 4:
			range->bytes = UINT32_MAX;
			break;
		case 5:
			range->offset = sizeof(struct table) - 7;
			break;
		case 6:
			range->offset = UINT32_MAX;
			break;
		case 7: /* the second one, longer than what is left of the write-set */
			range[2] = (struct tsm_range){0, 16};
			break;
		default:
			offer->base += 5;
			break;
		}
		assert_int_equal(tsm_channel_checkpoint(&world.channel), reasons[how]);
		assert_int_equal(world.rolled_back, how + 1);
		assert_int_equal(world.reason, reasons[how]);
		assert_int_equal(tsm_producer_outcome(&world.producer), reasons[how]);
		assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_IDLE);
		receiver_start(&world);
		assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_IDLE);
		assert_memory_equal(published(&world), &before, sizeof(before));
	}
	link_write(&world, 2, 4); /* and the channel works still */
	tsm_producer_offer(&world.producer);
	assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_PUBLISHED);
	world_free(&world);
}

static void channel_producer_dies(void **state)
{
	struct world world;

	(void)state;
	world_make(&world);
	link_write(&world, 1, 3); /* written, not offered */
	tsm_channel_abandon(&world.channel);
	assert_int_equal(world.reason, TSM_CHANNEL_ABANDONED);
	tsm_producer_open(&world.producer, world.buffer, BUFFER_BYTES, world.images);
	assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_IDLE);
	link_write(&world, 1, 4);
	tsm_producer_offer(&world.producer); /* offered, not looked at */
	tsm_channel_abandon(&world.channel);
	assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_IDLE);
	assert_int_equal(published(&world)->link[1], 0);
	tsm_producer_open(&world.producer, world.buffer, BUFFER_BYTES, world.images);
	assert_int_equal(tsm_producer_outcome(&world.producer), TSM_CHANNEL_ABANDONED);
	link_write(&world, 1, 5);
	tsm_producer_offer(&world.producer);
	assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_PUBLISHED);
	assert_int_equal(published(&world)->link[1], 5);
	world_free(&world);
}

/* What was validated is what is published. */
static void channel_rewritten(void **state)
{
	struct world world;

	(void)state;
	world_make(&world);
	world.rewrites = true;
	link_write(&world, 3, 5);
	tsm_producer_offer(&world.producer);
	assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_PUBLISHED);
	assert_int_equal(published(&world)->link[3], 5);
	assert_true(table_valid(published(&world)));
	world_free(&world);
}

static void channel_producer_full(void **state)
{
	unsigned char data[BUFFER_BYTES] = {0};
	struct world world;

	(void)state;
	world_make(&world);
	tsm_producer_begin(&world.producer);
	assert_false(tsm_producer_write(&world.producer, 0, data, BUFFER_BYTES - sizeof(struct tsm_offer) - sizeof(struct tsm_range) + 1));
	assert_false(tsm_producer_write(&world.producer, 0, data, UINT32_MAX));
	for (unsigned i = 0; i < (BUFFER_BYTES - sizeof(struct tsm_offer)) / 16; i++)
		assert_true(tsm_producer_write(&world.producer, 8 * (i % ITEMS), data, 1 + i % 8));
	assert_false(tsm_producer_write(&world.producer, 0, data, 1));
	tsm_producer_offer(&world.producer);
	assert_int_equal(tsm_channel_checkpoint(&world.channel), TSM_CHANNEL_PUBLISHED);
	world_free(&world);
}

/* The hostile producer. */

struct hostile {
	uint64_t *words; /* volatile would not help: these are plain stores of another program */
	bool end;
	uint64_t flips;
};

/* Mostly what could be right, so that offers get far, and now and then anything. */
static void *hostile_run(void *context)
{
	static const uint64_t likely[] = {0, 1, 2, 3, 8, 16, 32, 48, 64, 96, 8ull << 32, 8ull << 32 | 8, 8ull << 32 | 96, 16ull << 32, UINT64_MAX, 1ull << 63};
	struct hostile *hostile = context;
	uint64_t seed = 88172645463325252;

	/* Words 2 to 7 are the length and the first ranges. */
	while (!__atomic_load_n(&hostile->end, __ATOMIC_RELAXED)) {
		uint64_t *word;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		word = &hostile->words[seed % 8 ? 2 + seed % 6 : seed / 8 % (BUFFER_BYTES / 8)];
		__atomic_store_n(word, seed >> 60 ? likely[seed >> 20 & 15] : seed, __ATOMIC_RELAXED);
		hostile->flips++;
	}
	return NULL;
}

static void channel_hostile(void **state)
{
	struct world world;
	struct hostile hostile;
	pthread_t thread;
	uint64_t results[8] = {0};

	(void)state;
	world_make(&world);
	hostile = (struct hostile){.words = world.buffer};
	assert_int_equal(pthread_create(&thread, NULL, hostile_run, &hostile), 0);
	for (unsigned i = 0; i < 2000000; i++) {
		struct tsm_offer *offer = world.buffer;
		struct table before = *published(&world);
		enum tsm_channel_result result;

		/* Helps it past the first checks: while the two threads take turns on one processor it would hardly get there. */
		__atomic_store_n(&offer->serial, i + 1, __ATOMIC_RELAXED);
		if (i % 8)
			__atomic_store_n(&offer->base, world.channel.images->version, __ATOMIC_RELAXED);
		if (i % 8 > 3)
			__atomic_store_n(&offer->bytes, i % 8 * 16 - 48, __ATOMIC_RELAXED);
		result = tsm_channel_checkpoint(&world.channel);
		results[result]++;
		if (result != TSM_CHANNEL_PUBLISHED)
			assert_memory_equal(published(&world), &before, sizeof(before));
		else
			assert_true(table_valid(published(&world)));
	}
	__atomic_store_n(&hostile.end, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	printf("# %llu stores by the producer; published %llu, stale %llu, malformed %llu, invalid %llu\n", (unsigned long long)hostile.flips,
	       (unsigned long long)results[TSM_CHANNEL_PUBLISHED], (unsigned long long)results[TSM_CHANNEL_STALE],
	       (unsigned long long)results[TSM_CHANNEL_MALFORMED], (unsigned long long)results[TSM_CHANNEL_INVALID]);
	assert_true(results[TSM_CHANNEL_PUBLISHED] > 0 && results[TSM_CHANNEL_STALE] > 100 && results[TSM_CHANNEL_MALFORMED] > 100 && results[TSM_CHANNEL_INVALID] > 100);
	world_free(&world);
}

static const struct suite_test tests[] = {
	{ cmocka_unit_test(channel_publishes), "what is offered and valid is published, once" },
	{ cmocka_unit_test(channel_refuses), "stale, malformed and invalid offers are refused, and change nothing" },
	{ cmocka_unit_test(channel_producer_dies), "what a dead producer had offered is rolled back" },
	{ cmocka_unit_test(channel_rewritten), "what the producer writes while its offer is validated is not published" },
	{ cmocka_unit_test(channel_producer_full), "a write-set that does not fit is refused at its producer" },
	{ cmocka_unit_test(channel_hostile), "whatever a producer writes while the receiver is at it, the published image is valid" },
};

int main(void)
{
	return suite_run("tsm-channel", tests, sizeof(tests) / sizeof(tests[0]));
}
