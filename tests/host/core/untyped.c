/* SPDX-License-Identifier: MIT */
/*
 * Untyped memory: retype of each type, placement, clearing, reclaim, and everything that retype
 * refuses.
 */
#include <string.h>

#include "tests/host/core/calls.h"

static struct slot *untyped(void)
{
	return machine_slot(AT_UNTYPED);
}

static const struct {
	enum object_type type;
	uint64_t size, bytes;
} kinds[] = {
	{ OBJECT_UNTYPED, 3 * PAGE_SIZE, 3 * PAGE_SIZE },
	{ OBJECT_CNODE, CNODE_BITS_MIN, 256 },
	{ OBJECT_CNODE, 7, 8192 },
	{ OBJECT_THREAD, 0, 4096 },
	{ OBJECT_ENDPOINT, 0, 64 },
	{ OBJECT_NOTIFICATION, 0, 64 },
	{ OBJECT_REPLY, 0, 64 },
	{ OBJECT_VSPACE, 0, 8192 },
	{ OBJECT_REGION, 2 * PAGE_SIZE, 2 * PAGE_SIZE },
	{ OBJECT_IRQ_HANDLER, 0, 128 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void retype_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		uint64_t head = commit_ring->head, start = untyped()->watermark,
			 align = kinds[i].bytes < PAGE_SIZE ? kinds[i].bytes : PAGE_SIZE;
		const struct slot *slot = machine_slot(AT_FREE + 2 * i);

		assert_done(
			do_retype(AT_UNTYPED, kinds[i].type, kinds[i].size, AT_FREE + 2 * i, 2));
		start = (untyped()->object + start + align - 1) / align * align;
		for (unsigned n = 0; n < 2; n++, slot++, start += kinds[i].bytes) {
			assert_int_equal(slot->type, kinds[i].type);
			assert_int_equal(slot->rights, RIGHTS_ALL);
			assert_int_equal(slot->flags, SLOT_ORIGINAL);
			assert_int_equal(slot->object -
					(slot->object >= DIRECT_MAP_BASE ? DIRECT_MAP_BASE : 0),
				start);
			assert_int_equal(slot->object >= DIRECT_MAP_BASE,
				kinds[i].type != OBJECT_UNTYPED && kinds[i].type != OBJECT_REGION);
		}
		assert_int_equal(untyped()->object + untyped()->watermark, start);
		assert_int_equal(commit_ring->head, head + 1);
		assert_int_equal(record_back(0)->operation, COMMIT_RETYPE);
		assert_int_equal(record_back(0)->subject, core_ref(machine.caller));
		assert_int_equal(machine.created[kinds[i].type] >= 2, 1);
	}
	assert_int_equal(machine_slot(AT_FREE + 2)->mask, 3);
	assert_int_equal(machine_slot(AT_FREE + 4)->mask, 127);
}

static void retype_types_refused(void **state)
{
	static const enum object_type never[] = {
		OBJECT_NULL,
		OBJECT_MAPPING,
		OBJECT_IO_PORTS,
		OBJECT_IRQ_CONTROL,
		OBJECT_CPU_CONTROL,
		OBJECT_LOG_CONTROL,
		OBJECT_TABLE_MEMORY,
		OBJECT_TYPES,
		(enum object_type)100,
		(enum object_type)0x10000,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_refused(ERR_ARGUMENT, do_retype(AT_UNTYPED, never[i], 0, AT_FREE, 1));
	assert_refused(ERR_ARGUMENT,
		request_make(
			&(struct request){ untyped(), UNTYPED_RETYPE, 1, { machine_slot(AT_CNODE) },
				{ (uint64_t)1 << 32 | OBJECT_ENDPOINT, 0, AT_FREE, 1 } }));
}

static void retype_sizes_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].bytes != kinds[i].size && kinds[i].type != OBJECT_CNODE)
			assert_refused(ERR_ARGUMENT,
				do_retype(AT_UNTYPED, kinds[i].type, kinds[i].bytes, AT_FREE, 1));
	assert_refused(
		ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_CNODE, CNODE_BITS_MIN - 1, AT_FREE, 1));
	assert_refused(
		ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_CNODE, CNODE_BITS_MAX + 1, AT_FREE, 1));
	assert_refused(
		ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_CNODE, 64 + CNODE_BITS_MIN, AT_FREE, 1));
	assert_refused(ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_REGION, 0, AT_FREE, 1));
	assert_refused(
		ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_REGION, PAGE_SIZE + 1, AT_FREE, 1));
	assert_refused(
		ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_UNTYPED, PAGE_SIZE / 2, AT_FREE, 1));
	assert_refused(ERR_ARGUMENT,
		do_retype(AT_UNTYPED, OBJECT_UNTYPED, UNTYPED_BYTES + PAGE_SIZE, AT_FREE, 1));
	assert_refused(ERR_ARGUMENT,
		do_retype(AT_UNTYPED, OBJECT_REGION, -(uint64_t)PAGE_SIZE, AT_FREE, 1));
	assert_done(do_retype(AT_LARGE, OBJECT_CNODE, CNODE_BITS_MAX, AT_FREE, 1));
	assert_int_equal(machine_slot(AT_FREE)->mask, 65535);
}

static void retype_counts_refused(void **state)
{
	(void)state;
	assert_refused(ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE, 0));
	assert_refused(ERR_ARGUMENT,
		do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE, RETYPE_COUNT_MAX + 1));
	assert_refused(
		ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE, UINT64_MAX));
	assert_refused(ERR_ARGUMENT,
		do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE, (uint64_t)1 << 32 | 1));
	assert_refused(ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_THREAD, 0, AT_FREE, 33));
	assert_refused(ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_VSPACE, 0, AT_FREE, 9));
	assert_done(do_retype(AT_UNTYPED, OBJECT_VSPACE, 0, AT_FREE, 8));
	assert_done(do_retype(AT_UNTYPED, OBJECT_THREAD, 0, AT_FREE + 8, 32));
	make_cnode(AT_FREE + 40, 9);
	assert_done(request_make(&(struct request){ untyped(), UNTYPED_RETYPE, 1,
		{ machine_slot(AT_FREE + 40) }, { OBJECT_ENDPOINT, 0, 100, RETYPE_COUNT_MAX } }));
}

static void retype_slots_refused(void **state)
{
	(void)state;
	assert_refused(ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, SLOTS, 1));
	assert_refused(ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, SLOTS - 1, 2));
	assert_refused(ERR_ARGUMENT, do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, UINT64_MAX, 2));
	assert_refused(ERR_OCCUPIED, do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_REGION, 1));
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE + 3, 1));
	assert_refused(ERR_OCCUPIED, do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE, 4));
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE, 3));
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, SLOTS - 1, 1));
}

static void retype_destination_refused(void **state)
{
	struct request request = { untyped(), UNTYPED_RETYPE, 1, { machine_slot(AT_REGION) },
		{ OBJECT_ENDPOINT, 0, AT_FREE, 1 } };

	(void)state;
	assert_refused(ERR_TYPE, request_make(&request));
	assert_done(do_copy(AT_FREE + 1, AT_CNODE, RIGHTS_ALL & ~RIGHT_WRITE));
	request.cap[0] = machine_slot(AT_FREE + 1);
	assert_refused(ERR_RIGHTS, request_make(&request));
	assert_done(do_copy(AT_FREE + 2, AT_CNODE, RIGHT_WRITE));
	request.cap[0] = machine_slot(AT_FREE + 2);
	assert_done(request_make(&request));
}

static void retype_memory_ends(void **state)
{
	(void)state;
	assert_done(do_retype(AT_UNTYPED, OBJECT_UNTYPED, 2 * PAGE_SIZE, AT_FREE, 1));
	assert_done(do_retype(AT_FREE, OBJECT_ENDPOINT, 0, AT_FREE + 1, 1));
	assert_refused(ERR_NOMEM, do_retype(AT_FREE, OBJECT_REGION, PAGE_SIZE, AT_FREE + 2, 2));
	assert_refused(ERR_NOMEM, do_retype(AT_FREE, OBJECT_REGION, 2 * PAGE_SIZE, AT_FREE + 2, 1));
	assert_refused(ERR_NOMEM, do_retype(AT_FREE, OBJECT_VSPACE, 0, AT_FREE + 2, 1));
	assert_done(do_retype(AT_FREE, OBJECT_ENDPOINT, 0, AT_FREE + 100, 63));
	assert_done(do_retype(AT_FREE, OBJECT_REGION, PAGE_SIZE, AT_FREE + 2, 1));
	assert_int_equal(machine_slot(AT_FREE)->watermark, 2 * PAGE_SIZE);
	assert_refused(ERR_NOMEM, do_retype(AT_FREE, OBJECT_REPLY, 0, AT_FREE + 3, 1));
	assert_refused(ERR_NOMEM, do_retype(AT_FREE, OBJECT_REGION, PAGE_SIZE, AT_FREE + 3, 1));
}

static void retype_alignment(void **state)
{
	(void)state;
	assert_done(do_retype(AT_LARGE, OBJECT_ENDPOINT, 0, AT_FREE, 1));
	assert_done(do_retype(AT_LARGE, OBJECT_CNODE, 4, AT_FREE + 1, 1));
	assert_int_equal(machine_slot(AT_FREE + 1)->object % 1024, 0);
	assert_done(do_retype(AT_LARGE, OBJECT_CNODE, 10, AT_FREE + 2, 1));
	assert_int_equal(machine_slot(AT_FREE + 2)->object % PAGE_SIZE, 0);
	assert_done(do_retype(AT_LARGE, OBJECT_REGION, LARGE_PAGE_SIZE, AT_FREE + 3, 1));
	assert_int_equal(machine_slot(AT_FREE + 3)->object % LARGE_PAGE_SIZE, 0);
	assert_refused(
		ERR_NOMEM, do_retype(AT_LARGE, OBJECT_REGION, LARGE_PAGE_SIZE, AT_FREE + 4, 3));
	assert_done(
		do_retype(AT_LARGE, OBJECT_REGION, LARGE_PAGE_SIZE - PAGE_SIZE, AT_FREE + 4, 1));
}

/* Aligned upward, the start lies behind the end of the Untyped. */
static void retype_aligned_beyond(void **state)
{
	uint64_t size = LARGE_PAGE_SIZE + LARGE_PAGE_SIZE / 2;

	(void)state;
	assert_done(do_retype(AT_LARGE, OBJECT_UNTYPED, size, AT_FREE, 1));
	/* Only Regions are aligned to more than a page. */
	assert_int_equal(machine_slot(AT_FREE)->object, machine_slot(AT_LARGE)->object);
	assert_int_not_equal(machine_slot(AT_LARGE)->object % LARGE_PAGE_SIZE, 0);
	while (machine_slot(AT_FREE)->watermark < size - LARGE_PAGE_SIZE / 8) {
		assert_done(
			do_retype(AT_FREE, OBJECT_UNTYPED, LARGE_PAGE_SIZE / 8, AT_FREE + 1, 1));
		assert_done(do_delete(AT_FREE + 1));
	}
	assert_refused(
		ERR_NOMEM, do_retype(AT_FREE, OBJECT_REGION, LARGE_PAGE_SIZE, AT_FREE + 1, 1));
}

static void retype_device(void **state)
{
	uint64_t questions;

	(void)state;
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].type != OBJECT_UNTYPED && kinds[i].type != OBJECT_REGION)
			assert_refused(ERR_ARGUMENT,
				do_retype(AT_DEVICE, kinds[i].type, kinds[i].size, AT_FREE, 1));
	questions = machine.questions;
	assert_done(do_retype(AT_DEVICE, OBJECT_REGION, PAGE_SIZE, AT_FREE, 2));
	assert_done(do_retype(AT_DEVICE, OBJECT_UNTYPED, PAGE_SIZE, AT_FREE + 2, 1));
	assert_int_equal(machine.questions, questions);
	assert_int_equal(machine_slot(AT_FREE)->flags, SLOT_ORIGINAL | SLOT_DEVICE);
	assert_int_equal(machine_slot(AT_FREE + 2)->flags, SLOT_ORIGINAL | SLOT_DEVICE);
	assert_int_equal(machine_slot(AT_FREE + 1)->object, DEVICE_BASE + PAGE_SIZE);
	assert_refused(ERR_ARGUMENT, do_retype(AT_FREE + 2, OBJECT_CNODE, 4, AT_FREE + 3, 1));
	assert_done(do_retype(AT_FREE + 2, OBJECT_REGION, PAGE_SIZE, AT_FREE + 3, 1));
	assert_int_equal(machine_slot(AT_FREE + 3)->flags, SLOT_ORIGINAL | SLOT_DEVICE);
}

/*
 * hook_object_created() checks that every object is made of clear memory; here it is dirty again
 * each time.
 */
static void memory_is_cleared(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		unsigned char *bytes;

		assert_done(do_retype(AT_UNTYPED, OBJECT_REGION, 16 * PAGE_SIZE, AT_FREE, 1));
		bytes = core_arena + machine_slot(AT_FREE)->object;
		for (size_t i = 0; i < 16 * PAGE_SIZE; i++)
			assert_int_equal(bytes[i], 0);
		memset(bytes, 0x5a, 16 * PAGE_SIZE);
		assert_done(do_reclaim(AT_UNTYPED));
		assert_int_equal(untyped()->watermark, 0);
		assert_int_equal(untyped()->cleared, 0);
		assert_done(do_retype(AT_UNTYPED, OBJECT_THREAD, 0, AT_FREE, 2));
		assert_done(do_reclaim(AT_UNTYPED));
	}
}

/*
 * Memory that was cleared for a call that never came to an end is not trusted for what a smaller
 * Untyped makes of it.
 */
static void clearing_is_bounded(void **state)
{
	bool restarted = false;
	struct request request = { untyped(), UNTYPED_RETYPE, 1, { machine_slot(AT_CNODE) },
		{ OBJECT_REGION, 8 * PAGE_SIZE, AT_FREE, 1 } };

	(void)state;
	machine.pending_every = 1;
	for (unsigned page = 1; page <= 8; page++) {
		assert_int_equal(request_execute(&request, &restarted), ERR_RESTART);
		assert_false(restarted);
		assert_int_equal(untyped()->cleared, page * PAGE_SIZE);
		assert_int_equal(untyped()->watermark, 0);
	}
	assert_done(request_execute(&request, &restarted));
	assert_int_equal(untyped()->watermark, 8 * PAGE_SIZE);
	request.words[2] = AT_FREE + 1;
	assert_int_equal(request_execute(&request, &restarted), ERR_RESTART);
	machine.pending_every = 0;
	assert_done(do_retype(AT_UNTYPED, OBJECT_UNTYPED, PAGE_SIZE * 2, AT_FREE + 2, 1));
	assert_done(do_retype(AT_FREE + 2, OBJECT_THREAD, 0, AT_FREE + 3, 2));
	assert_done(do_retype(AT_UNTYPED, OBJECT_THREAD, 0, AT_FREE + 5, 2));
}

/* A call that would leave a gap for alignment is given up; the gap becomes something small. */
static void gaps_are_cleared(void **state)
{
	struct request request = { untyped(), UNTYPED_RETYPE, 1, { machine_slot(AT_CNODE) },
		{ OBJECT_THREAD, 0, AT_FREE + 1, 1 } };
	bool restarted = false;

	(void)state;
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE, 1));
	machine.pending_every = 1;
	while (untyped()->cleared < 2 * PAGE_SIZE)
		assert_int_equal(request_execute(&request, &restarted), ERR_RESTART);
	machine.pending_every = 0;
	assert_done(do_retype(AT_UNTYPED, OBJECT_CNODE, 5, AT_FREE + 2, 1));
}

/* Small objects are cleared to their end, not to the end of a page. */
static void clearing_is_exact(void **state)
{
	(void)state;
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_FREE, 3));
	assert_int_equal(untyped()->cleared, 192);
	assert_done(do_retype(AT_UNTYPED, OBJECT_CNODE, 2, AT_FREE + 3, 1));
	assert_int_equal(untyped()->cleared, 512);
	assert_done(do_retype(AT_UNTYPED, OBJECT_UNTYPED, PAGE_SIZE, AT_FREE + 4, 1));
	assert_int_equal(untyped()->cleared, 512);
}

static void reclaim(void **state)
{
	uint64_t head;

	(void)state;
	head = commit_ring->head;
	assert_done(do_reclaim(AT_UNTYPED));
	assert_int_equal(commit_ring->head, head);
	assert_done(do_retype(AT_UNTYPED, OBJECT_UNTYPED, 16 * PAGE_SIZE, AT_FREE, 1));
	assert_done(do_retype(AT_FREE, OBJECT_ENDPOINT, 0, AT_FREE + 1, 4));
	assert_done(do_copy(AT_FREE + 5, AT_FREE + 1, RIGHTS_ALL));
	assert_done(do_reclaim(AT_UNTYPED));
	assert_int_equal(record_back(0)->operation, COMMIT_RESET);
	for (unsigned i = 0; i < 6; i++)
		assert_true(is_empty(AT_FREE + i));
	assert_int_equal(untyped()->watermark, 0);
	assert_int_equal(machine.destroyed[OBJECT_ENDPOINT], 4);
	assert_int_equal(machine.destroyed[OBJECT_UNTYPED], 1);
}

/*
 * The Untyped lies in a CNode that was made from it: it goes with its memory, and there is nothing
 * left to reset.
 */
static void reclaim_of_itself(void **state)
{
	struct slot *own;

	(void)state;
	assert_done(do_retype(AT_UNTYPED, OBJECT_UNTYPED, 16 * PAGE_SIZE, AT_FREE, 1));
	assert_done(do_retype(AT_FREE, OBJECT_CNODE, 4, AT_FREE + 1, 1));
	own = slot_in(AT_FREE + 1, 5);
	assert_done(request_make(&(struct request){ machine_slot(AT_FREE + 1), CNODE_MOVE, 1,
		{ machine_slot(AT_CNODE) }, { 5, AT_FREE } }));
	assert_int_equal(own->type, OBJECT_UNTYPED);
	assert_done(request_make(&(struct request){ own, UNTYPED_RECLAIM, 0, { NULL }, { 0 } }));
	assert_true(is_empty(AT_FREE + 1));
	assert_int_equal(machine.destroyed[OBJECT_UNTYPED], 1);
	assert_int_equal(machine.destroyed[OBJECT_CNODE], 1);
	assert_int_equal(record_back(0)->operation, COMMIT_REVOKE);
}

const struct core_test untyped_tests[] = {
	{ "untyped.retype", "each type is made upward from the watermark, aligned, as originals",
		retype_each },
	{ "untyped.types", "what cannot be made by retype is refused", retype_types_refused },
	{ "untyped.sizes", "sizes that are zero, odd, too small or too large are refused",
		retype_sizes_refused },
	{ "untyped.counts", "no and too many objects are refused", retype_counts_refused },
	{ "untyped.slots", "slots beyond the CNode or in use are refused", retype_slots_refused },
	{ "untyped.destination", "a destination that is no CNode or may not be written is refused",
		retype_destination_refused },
	{ "untyped.memory", "memory ends exactly at the end of the Untyped", retype_memory_ends },
	{ "untyped.alignment", "objects are aligned to their size, a page, or 2 MiB",
		retype_alignment },
	{ "untyped.beyond", "alignment does not lead over the end of the Untyped",
		retype_aligned_beyond },
	{ "untyped.device", "device memory makes Regions and Untypeds only and is never cleared",
		retype_device },
	{ "untyped.cleared", "objects are made of clear memory, also after a reclaim",
		memory_is_cleared },
	{ "untyped.clearing", "clearing goes on after each interrupt where it was",
		clearing_is_bounded },
	{ "untyped.gaps", "a gap that an abandoned call would have left is clear when it is used",
		gaps_are_cleared },
	{ "untyped.exact", "clearing ends where the objects end", clearing_is_exact },
	{ "untyped.reclaim", "reclaim deletes everything and starts over", reclaim },
	{ "untyped.own", "an Untyped inside its own memory goes with it", reclaim_of_itself },
	{ 0 },
};
