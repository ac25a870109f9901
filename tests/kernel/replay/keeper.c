/* SPDX-License-Identifier: MIT */
/* Copies records out of the commit ring into one Region and links them into a chain of hashes. See keeper.h. */
#include "tests/kernel/replay/keeper.h"

#include "lib/clock.h"
#include "lib/console.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/runtime.h"
#include "lib/sha256.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "lib/string.h"
#include "lib/thread.h"

#define CHAIN_BYTES 32
#define BOOT_RECORDS_MAX 512
#define LOOK_AGAIN_NS 5000000 /* a signal can be missed when others write while the ring is being emptied */

handle_t keeper_signal;

static const volatile struct commit_ring *ring;
static struct commit_record boot_records[BOOT_RECORDS_MAX];
static struct commit_record *records = boot_records;
static uint64_t room = BOOT_RECORDS_MAX;
static volatile uint64_t kept;
static unsigned char chain[CHAIN_BYTES];
static handle_t region;
static struct thread keeper;

uint64_t keeper_kept(void)
{
	return kept;
}

bool keeper_has_all(void)
{
	return kept + 1 == ring->head;
}

static const struct commit_record *ring_records(void)
{
	return (const struct commit_record *)((uintptr_t)ring + COMMIT_RING_HEADER);
}

enum commit_operation keeper_last(void)
{
	return (enum commit_operation)ring_records()[(ring->head - 1) % ring->capacity].operation;
}

static void chain_add(const struct commit_record *record)
{
	struct sha256 hash;

	sha256_start(&hash);
	sha256_add(&hash, chain, sizeof(chain));
	sha256_add(&hash, record, sizeof(*record));
	sha256_finish(&hash, chain);
}

void keeper_take(void)
{
	enum error error;

	while (kept + 1 < ring->head) {
		uint64_t head = ring->head;

		for (uint64_t sequence = kept + 1; sequence < head && kept < room; sequence++) {
			records[kept] = ring_records()[sequence % ring->capacity];
			chain_add(&records[kept]);
			kept = sequence;
		}
		error = log_advance(INIT_SLOT_LOG_CONTROL, kept + 1);
		if (error != OK || kept == room) {
			print("# the log cannot be kept any longer: error %u after %u records\n", (uint64_t)error, kept);
			debug_exit(1);
		}
	}
}

bool keeper_start(void)
{
	vaddr_t address = 0;
	handle_t mapping;

	/* One record and no table: what the boot left of the ring is enough for it even when it is tiny. */
	if (space_map(&own_space, INIT_SLOT_RING, boot_information->ring_size / PAGE_SIZE, MAP_READ, &address, &mapping) != OK)
		return false;
	ring = (const volatile struct commit_ring *)address;
	keeper_take();
	address = 0;
	room = KEEPER_RECORDS_MAX;
	if (region_allocate(room * sizeof(*records) / PAGE_SIZE, &region) != OK ||
	    space_map(&own_space, region, room * sizeof(*records) / PAGE_SIZE, MAP_READ | MAP_WRITE, &address, &mapping) != OK)
		return false;
	memcpy((void *)address, boot_records, kept * sizeof(*records));
	records = (struct commit_record *)address;
	keeper_take();
	return true;
}

static void keeper_main(uint64_t argument)
{
	enum error error;

	(void)argument;
	for (;;) {
		struct kernel_call wait = {.word = call_word(CALL_RECEIVE | CALL_DEADLINE, 0, 0, 0), .source = keeper_signal};

		keeper_take();
		wait.deadline = clock_now() + LOOK_AGAIN_NS;
		error = kernel_call(&wait);
		(void)error; /* a signal or the time-out, it is the same */
	}
}

bool keeper_spawn(void)
{
	return object_create(OBJECT_NOTIFICATION, 0, &keeper_signal) == OK &&
	       log_bind(INIT_SLOT_LOG_CONTROL, keeper_signal) == OK &&
	       thread_spawn(&keeper, &own_space, keeper_main, 0, INIT_PRIORITY) == OK;
}

void keeper_report(void)
{
	struct capability_state state = {0};

	if (cnode_query(INIT_SLOT_CNODE, region, &state) != OK || !state.base)
		debug_exit(1);
	print("KOZO-CHAIN ");
	for (unsigned i = 0; i < CHAIN_BYTES; i++)
		print("%x%x", (uint64_t)(chain[i] >> 4), (uint64_t)(chain[i] & 15));
	print("\nKOZO-RECORDS 0x%x %u\n", state.base, kept);
}
