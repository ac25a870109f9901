/* SPDX-License-Identifier: MIT */
/*
 * What servers read from memory that a peer can write, with a peer that writes one word after each of their accesses (hostile.h), under ASan and UBSan: channels, rings, and the names and structures that requests of the file protocols point to. Each word
 * that is read, after each access, becomes each of the values that would do harm.
 */
#include <string.h>
#include <sys/mman.h>

#include "hostile.h"
#include "lib/ring.h"
#include "lib/tsm_channel.h"
#include "tests/host/harness/suite.h"
#include "tests/host/ramfs/world.h"

#define PAGE 4096
#define WORDS(place, end) (((end) - (place)) / sizeof(uint64_t))

static const uint64_t harmful[] = {0, 1, UINT64_MAX, UINT64_MAX - 7, 1ull << 63, 96, 8ull << 32 | 96, 0xffffffffull << 32, 0x2f2f2f2f2f2f2f2f /* slashes */, 64, PAGE};
#define HARMFUL (sizeof(harmful) / sizeof(harmful[0]))
static unsigned long runs;

static void *pages_make(size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
}

/* Tries words first..end of the shared memory after each access of the operation. `prepare` lays the memory out, `judge` says what came of it. */
struct trial {
	uint64_t *memory;
	size_t bytes, first, end;
	void (*prepare)(void *context);
	void (*operation)(void *context);
	void (*judge)(void *context);
	void *context;
};

static unsigned trial_one(const struct trial *trial, size_t word, unsigned access, uint64_t value)
{
	const struct hostile hostile = {trial->memory, trial->bytes, word, access, value};
	unsigned accesses;

	trial->prepare(trial->context);
	accesses = hostile_run(&hostile, trial->operation, trial->context);
	trial->judge(trial->context);
	runs++;
	return accesses;
}

static unsigned trial_all(const struct trial *trial)
{
	unsigned accesses = trial_one(trial, 0, 0, 0);

	for (size_t word = trial->first; word < trial->end; word++)
		for (unsigned access = 1; access <= accesses; access++)
			for (size_t value = 0; value < HARMFUL; value++)
				(void)trial_one(trial, word, access, harmful[value]);
	return accesses;
}

/* Channels: what is published is what was validated. */

#define ITEMS 12

struct table {
	uint64_t link[ITEMS];
	uint64_t sum;
};

struct channel_rig {
	unsigned char *buffer;
	void *images;
	unsigned char scratch[PAGE];
	struct tsm_channel channel;
	struct tsm_producer producer;
	struct table before;
	enum tsm_channel_result result;
};

static bool table_valid(void *context, const void *image, size_t bytes)
{
	const struct table *table = image;
	uint64_t sum = 0;

	(void)context;
	for (unsigned i = 0; i < ITEMS; i++) {
		if (table->link[i] >= ITEMS)
			return false;
		sum += table->link[i];
	}
	return bytes == sizeof(*table) && sum == table->sum;
}

static const struct tsm_channel_hooks hooks = {table_valid, NULL};

static void channel_prepare(void *context)
{
	struct channel_rig *rig = context;
	const uint64_t links[] = {3, 4}, sum = 7;

	memset(rig->buffer, 0, PAGE);
	memset(rig->images, 0, PAGE);
	tsm_channel_open(&rig->channel, rig->buffer, PAGE, rig->images, sizeof(struct table), rig->scratch, &hooks, NULL);
	tsm_producer_open(&rig->producer, rig->buffer, PAGE, rig->images);
	tsm_producer_begin(&rig->producer);
	if (!tsm_producer_write(&rig->producer, 8, links, sizeof(links)) || !tsm_producer_write(&rig->producer, offsetof(struct table, sum), &sum, sizeof(sum)))
		abort();
	tsm_producer_offer(&rig->producer);
	memcpy(&rig->before, tsm_channel_image(&rig->channel), sizeof(rig->before));
}

static void channel_operate(void *context)
{
	struct channel_rig *rig = context;

	rig->result = tsm_channel_checkpoint(&rig->channel);
}

static void channel_judge(void *context)
{
	const struct channel_rig *rig = context;
	const struct table *published = tsm_channel_image(&rig->channel);

	assert_true(table_valid(NULL, published, sizeof(*published)));
	if (rig->result != TSM_CHANNEL_PUBLISHED)
		assert_memory_equal(published, &rig->before, sizeof(*published));
}

static void channel_is_read_once(void **state)
{
	static struct channel_rig rig;
	struct trial trial;

	(void)state;
	rig.buffer = pages_make(PAGE);
	rig.images = pages_make(PAGE);
	trial = (struct trial){(uint64_t *)rig.buffer, PAGE, 0, 12, channel_prepare, channel_operate, channel_judge, &rig};
	assert_true(trial_all(&trial) >= 4);
	assert_int_equal(trial_one(&trial, 0, 0, 0), trial_one(&trial, 0, 0, 0));
	assert_int_equal(rig.result, TSM_CHANNEL_PUBLISHED);
}

/* Rings: an index of the peer's is looked at once, and never leads out of the ring. */

#define ENTRIES 8
#define ENTRY 24

struct ring_rig {
	unsigned char *memory;
	struct ring ring;
	uint64_t entry[ENTRY / 8];
	enum ring_result result;
	bool produces;
	unsigned turns; /* before the one that is tried */
};

static void ring_prepare(void *context)
{
	struct ring_rig *rig = context;
	struct ring other;

	memset(rig->memory, 0, PAGE);
	ring_open(&rig->ring, rig->memory, ENTRIES, ENTRY);
	ring_open(&other, rig->memory, ENTRIES, ENTRY);
	for (unsigned i = 0; i <= rig->turns; i++) {
		uint64_t entry[ENTRY / 8] = {i, i, i};

		if (ring_push(rig->produces ? &rig->ring : &other, entry) != RING_OK)
			abort();
		if (i < rig->turns && ring_pop(rig->produces ? &other : &rig->ring, entry) != RING_OK)
			abort();
	}
}

static void ring_operate(void *context)
{
	struct ring_rig *rig = context;

	rig->result = rig->produces ? ring_push(&rig->ring, rig->entry) : ring_pop(&rig->ring, rig->entry);
}

/* The own index has moved by one when there was something to do, and by nothing else; what the ring believes of the peer is possible. */
static void ring_judge(void *context)
{
	const struct ring_rig *rig = context;
	uint64_t before = rig->turns + (rig->produces ? 1 : 0), ahead = rig->produces ? rig->ring.own - rig->ring.peer : rig->ring.peer - rig->ring.own;

	assert_int_equal(rig->ring.own, before + (rig->result == RING_OK));
	assert_true(rig->result == RING_POISONED || ahead <= ENTRIES);
	assert_int_equal(rig->ring.poisoned, rig->result == RING_POISONED);
}

static void ring_is_read_once(void **state)
{
	static struct ring_rig rig;
	struct trial trial;

	(void)state;
	rig.memory = pages_make(PAGE);
	trial = (struct trial){(uint64_t *)rig.memory, PAGE, 0, 16 + ENTRIES * ENTRY / 8, ring_prepare, ring_operate, ring_judge, &rig};
	for (rig.turns = 0; rig.turns < 2 * ENTRIES; rig.turns += 3)
		for (int side = 0; side < 2; side++) {
			rig.produces = side;
			assert_true(trial_all(&trial) >= 2);
		}
}

/* Requests: names, link targets and attributes in a session's buffer. */

#define AT_NAME SESSION_DATA
#define AT_OTHER (SESSION_DATA + 64)
#define AT_TIMES (SESSION_DATA + 128)
#define AT_ATTRIBUTES (SESSION_DATA + 256)

struct request_rig {
	struct world world;
	struct file_exchange exchange, sent;
	unsigned long listed;
};

static bool name_judge(void *context, struct name name, uint64_t inode, uint8_t type, uint64_t cookie)
{
	struct request_rig *rig = context;

	(void)inode, (void)type, (void)cookie;
	rig->listed++;
	assert_in_range(name.bytes, 1, NAME_BYTES_MAX);
	assert_null(memchr(name.text, '/', name.bytes));
	assert_null(memchr(name.text, 0, name.bytes));
	return true;
}

static void request_prepare(void *context)
{
	struct request_rig *rig = context;
	unsigned char *buffer = rig->world.windows.buffers[VFS_BADGE];

	memset(buffer, 0, 2 * PAGE);
	memcpy(buffer + AT_NAME, "a-name-of-20-letters", 20);
	memcpy(buffer + AT_OTHER, "another-name-of-24-bytes", 24);
	rig->exchange = rig->sent;
	rig->exchange.data[0] = ++rig->world.sequence[VFS_BADGE];
}

static void request_operate(void *context)
{
	struct request_rig *rig = context;

	filesystem_handle(&rig->world.server, &rig->exchange);
}

static void request_judge(void *context)
{
	struct request_rig *rig = context;
	const char *wrong = world_check(&rig->world);
	uint64_t cookie = 0, root;
	uint32_t flags;

	if (wrong)
		fail_msg("%s", wrong);
	assert_int_equal(ramfs_operations.root(&rig->world.ramfs, &root, &flags), 0);
	assert_int_equal(ramfs_operations.readdir(&rig->world.ramfs, root, &cookie, name_judge, rig), 0);
}

/* A name is made, renamed, removed: over and over, so each request finds its name or finds that it is there. */
static void requests_are_read_once(void **state)
{
	static struct request_rig rig;
	const uint64_t name = span_make(AT_NAME, 20), other = span_make(AT_OTHER, 24);
	uint64_t root;
	uint32_t flags;
	struct trial trial;

	(void)state;
	world_make(&rig.world, 4 * WORLD_BYTES, false);
	trial = (struct trial){(uint64_t *)rig.world.windows.buffers[VFS_BADGE], SESSION_BUFFER_BYTES, AT_NAME / 8, AT_NAME / 8 + 20, request_prepare, request_operate, request_judge, &rig};
	assert_int_equal(ramfs_operations.root(&rig.world.ramfs, &root, &flags), 0);
	{
		const struct file_exchange requests[] = {
			{.label = TREE_CREATE, .badge = VFS_BADGE, .words = 8, .data = {0, root, name, MODE_REGULAR | 0644, 0, 0, AT_ATTRIBUTES}},
			{.label = TREE_RENAME, .badge = VFS_BADGE, .words = 6, .data = {0, root, name, root, other, 0}},
			{.label = TREE_SYMLINK, .badge = VFS_BADGE, .words = 6, .data = {0, root, name, other, 0, AT_ATTRIBUTES}},
			{.label = TREE_UNLINK, .badge = VFS_BADGE, .words = 3, .data = {0, root, name}},
			{.label = TREE_SETATTR, .badge = VFS_BADGE, .words = 8, .data = {0, root, ATTRIBUTE_ACCESS | ATTRIBUTE_MODIFY, 0, 0, 0, AT_TIMES, AT_ATTRIBUTES}},
		};

		for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
			rig.sent = requests[i];
			assert_true(trial_all(&trial) >= 1);
		}
	}
	assert_true(rig.listed > 0);
	world_free(&rig.world);
	printf("# %lu runs\n", runs);
}

static const struct suite_test tests[] = {
	{ cmocka_unit_test(channel_is_read_once), "an offer that is changed after any access is published as it was validated, or not at all" },
	{ cmocka_unit_test(ring_is_read_once), "a ring whose indexes and entries are changed after any access stays within itself" },
	{ cmocka_unit_test(requests_are_read_once), "names and structures that are changed after any access are taken as they were checked, or refused" },
};

int main(void)
{
	return suite_run("double-fetch", tests, sizeof(tests) / sizeof(tests[0]));
}
