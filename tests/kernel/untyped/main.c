/* SPDX-License-Identifier: MIT */
/* Untyped: every type of object made from it, sizes and alignment, exhaustion, refused arguments, reclaiming and what is cleared, device memory. */
#include "tests/kernel/harness/harness.h"
#include "lib/string.h"

#define SMALL_BYTES (64 * PAGE_SIZE)

/* An Untyped of 64 pages from the test's memory. */
static handle_t small_untyped(void)
{
	handle_t untyped = 0;
	enum error error = object_create(OBJECT_UNTYPED, SMALL_BYTES, &untyped);

	if (error != OK)
		check_error_failed(__FILE__, __LINE__, "making a small Untyped", OK, error);
	return untyped;
}

static enum error retype(handle_t untyped, uint64_t type, uint64_t size, uint64_t index, uint64_t count)
{
	return untyped_retype(untyped, (enum object_type)type, size, INIT_SLOT_CNODE, index, count);
}

static uint64_t watermark(handle_t untyped)
{
	struct capability_state state = {0};

	return cnode_query(INIT_SLOT_CNODE, untyped, &state) == OK ? state.watermark : UINT64_MAX;
}

static const struct {
	enum object_type type;
	uint64_t size;  /* as RETYPE takes it */
	uint64_t bytes; /* that the object takes */
} makeable[] = {
	{OBJECT_ENDPOINT, 0, 64},         {OBJECT_NOTIFICATION, 0, 64}, {OBJECT_REPLY, 0, 64},       {OBJECT_IRQ_HANDLER, 0, 128},
	{OBJECT_CNODE, 2, CNODE_BYTES(2)}, {OBJECT_THREAD, 0, 4096},     {OBJECT_VSPACE, 0, 8192},    {OBJECT_REGION, 4096, 4096},
	{OBJECT_UNTYPED, 4096, 4096},     {OBJECT_CNODE, 8, CNODE_BYTES(8)}, {OBJECT_REGION, 3 * 4096, 3 * 4096},
};

static void makes_every_type(void)
{
	for (uint64_t i = 0; i < sizeof(makeable) / sizeof(makeable[0]); i++) {
		handle_t untyped = small_untyped(), slot = slot_allocate();
		struct capability_state made;

		CHECK_OK(retype(untyped, makeable[i].type, makeable[i].size, slot, 1));
		CHECK_OK(cnode_query(INIT_SLOT_CNODE, slot, &made));
		CHECK_EQUAL(makeable[i].type, made.type);
		CHECK(made.original && !made.device);
		CHECK_EQUAL(makeable[i].bytes, watermark(untyped));
	}
}

static void aligns_objects(void)
{
	handle_t untyped = small_untyped(), slots = slots_allocate(6);

	CHECK_OK(retype(untyped, OBJECT_ENDPOINT, 0, slots, 3));
	CHECK_EQUAL(3 * 64, watermark(untyped));
	CHECK_OK(retype(untyped, OBJECT_IRQ_HANDLER, 0, slots + 3, 1));
	CHECK_EQUAL(256 + 128, watermark(untyped));
	CHECK_OK(retype(untyped, OBJECT_CNODE, 4, slots + 4, 1));
	CHECK_EQUAL(1024 + 1024, watermark(untyped));
	CHECK_OK(retype(untyped, OBJECT_THREAD, 0, slots + 5, 1));
	CHECK_EQUAL(2 * 4096, watermark(untyped));
}

static void aligns_large_regions(void)
{
	handle_t region, page;
	struct capability_state state;

	CHECK_OK(region_allocate(1, &page));
	CHECK_OK(object_create(OBJECT_REGION, LARGE_PAGE_SIZE, &region));
	CHECK_OK(cnode_query(INIT_SLOT_CNODE, region, &state));
	CHECK_EQUAL(LARGE_PAGE_SIZE, state.size);
	CHECK(state.base != 0);
	CHECK_EQUAL(0, state.base % LARGE_PAGE_SIZE);
}

static void runs_out_exactly(void)
{
	handle_t untyped = small_untyped(), slots = slots_allocate(64);

	CHECK_OK(retype(untyped, OBJECT_REGION, PAGE_SIZE, slots, 63));
	CHECK_REFUSED(ERR_NOMEM, retype(untyped, OBJECT_REGION, 2 * PAGE_SIZE, slots + 63, 1));
	CHECK_REFUSED(ERR_NOMEM, retype(untyped, OBJECT_VSPACE, 0, slots + 63, 1));
	CHECK_OK(retype(untyped, OBJECT_REGION, PAGE_SIZE, slots + 63, 1));
	CHECK_EQUAL(SMALL_BYTES, watermark(untyped));
	CHECK_OK(cnode_delete(INIT_SLOT_CNODE, slots + 63));
	CHECK_REFUSED(ERR_NOMEM, retype(untyped, OBJECT_ENDPOINT, 0, slots + 63, 1));
}

static void refuses_types_and_sizes(void)
{
	handle_t untyped = small_untyped(), slot = slot_allocate();
	static const uint64_t types[] = {OBJECT_NULL, OBJECT_MAPPING, OBJECT_IO_PORTS, OBJECT_IRQ_CONTROL, OBJECT_CPU_CONTROL, OBJECT_LOG_CONTROL,
					 OBJECT_TABLE_MEMORY, OBJECT_TYPES, 255, 256 + OBJECT_ENDPOINT, UINT64_MAX};
	static const uint64_t sizes[] = {0, 1, PAGE_SIZE - 1, PAGE_SIZE + 1, SMALL_BYTES + PAGE_SIZE, 1ull << 63, UINT64_MAX & ~(PAGE_SIZE - 1ull), UINT64_MAX};
	static const uint64_t bits[] = {0, 1, CNODE_BITS_MAX + 1, 58, 64, 1ull << 32, UINT64_MAX};

	for (uint64_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, types[i], 0, slot, 1));
		CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, types[i], PAGE_SIZE, slot, 1));
	}
	for (uint64_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, OBJECT_REGION, sizes[i], slot, 1));
		CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, OBJECT_UNTYPED, sizes[i], slot, 1));
	}
	for (uint64_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, OBJECT_CNODE, bits[i], slot, 1));
	CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, OBJECT_THREAD, 1, slot, 1));
	CHECK_EQUAL(0, watermark(untyped));
}

static void refuses_counts_and_slots(void)
{
	handle_t untyped = small_untyped(), slots = slots_allocate(4);
	uint64_t limit = 1ull << INIT_CNODE_BITS;

	CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, OBJECT_ENDPOINT, 0, slots, 0));
	CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, OBJECT_ENDPOINT, 0, slots, RETYPE_COUNT_MAX + 1));
	CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, OBJECT_ENDPOINT, 0, slots, UINT64_MAX));
	CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, OBJECT_ENDPOINT, 0, limit, 1));
	CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, OBJECT_ENDPOINT, 0, limit - 1, 2));
	CHECK_REFUSED(ERR_ARGUMENT, retype(untyped, OBJECT_ENDPOINT, 0, UINT64_MAX, 2));
	CHECK_OK(retype(untyped, OBJECT_ENDPOINT, 0, slots + 2, 1));
	CHECK_REFUSED(ERR_OCCUPIED, retype(untyped, OBJECT_ENDPOINT, 0, slots, 4));
	CHECK_REFUSED(ERR_OCCUPIED, retype(untyped, OBJECT_ENDPOINT, 0, slots + 2, 1));
	CHECK_REFUSED(ERR_TYPE, untyped_retype(untyped, OBJECT_ENDPOINT, 0, slots + 2, 0, 1));
	CHECK_REFUSED(ERR_NOCAP, untyped_retype(untyped, OBJECT_ENDPOINT, 0, slots, 0, 1));
	CHECK_EQUAL(64, watermark(untyped));
}

static void needs_rights_on_the_cnode(void)
{
	handle_t untyped = small_untyped(), cnode, readable = slot_allocate();

	CHECK_OK(object_create(OBJECT_CNODE, 4, &cnode));
	CHECK_OK(cnode_copy(INIT_SLOT_CNODE, readable, INIT_SLOT_CNODE, cnode, RIGHT_READ));
	CHECK_REFUSED(ERR_RIGHTS, untyped_retype(untyped, OBJECT_ENDPOINT, 0, readable, 0, 1));
	CHECK_OK(untyped_retype(untyped, OBJECT_ENDPOINT, 0, cnode, 0, 16));
	CHECK_REFUSED(ERR_OCCUPIED, untyped_retype(untyped, OBJECT_ENDPOINT, 0, cnode, 15, 1));
}

/* Fills the pages of a new Region in `untyped` with a pattern, or checks that they are zero, through a Mapping that goes with the Region. */
static void region_touch(handle_t untyped, uint64_t pages, bool fill)
{
	handle_t before = memory_use(untyped), region = 0, mapping;
	enum error error = region_allocate(pages, &region);
	vaddr_t address = 0;
	uint64_t *words;

	memory_use(before);
	CHECK_OK(error);
	CHECK_OK(space_map(&own_space, region, pages, MAP_READ | MAP_WRITE, &address, &mapping));
	words = (uint64_t *)address;
	for (uint64_t i = 0; i < pages * PAGE_SIZE / 8; i += 64) {
		CHECK_EQUAL(0, words[i]);
		if (fill)
			words[i] = ~i;
	}
}

static void reclaims_and_clears(void)
{
	handle_t untyped = small_untyped(), slot = slot_allocate();

	region_touch(untyped, 32, true);
	CHECK_STILL();
	CHECK_OK(retype(untyped, OBJECT_ENDPOINT, 0, slot, 1));
	CHECK_OK(untyped_reclaim(untyped));
	CHECK_EQUAL(0, watermark(untyped));
	CHECK_ERROR(ERR_NOCAP, cnode_query(INIT_SLOT_CNODE, slot, &(struct capability_state){0}));
	region_touch(untyped, 64, true);
	CHECK_STILL();
	CHECK_OK(untyped_reclaim(untyped));
	region_touch(untyped, 64, false);
}

static void reclaims_nothing_quietly(void)
{
	handle_t untyped = small_untyped();
	uint64_t records = records_committed();

	CHECK_OK(untyped_reclaim(untyped));
	CHECK_EQUAL(records, records_committed());
}

static void reclaims_descendants(void)
{
	handle_t parent = small_untyped(), child = slot_allocate(), grandchild = slot_allocate(), object = slot_allocate(), copy = slot_allocate();

	CHECK_OK(retype(parent, OBJECT_UNTYPED, 8 * PAGE_SIZE, child, 1));
	CHECK_OK(retype(child, OBJECT_UNTYPED, 4 * PAGE_SIZE, grandchild, 1));
	CHECK_OK(retype(grandchild, OBJECT_ENDPOINT, 0, object, 1));
	CHECK_OK(cnode_copy(INIT_SLOT_CNODE, copy, INIT_SLOT_CNODE, object, RIGHTS_ALL));
	CHECK_OK(untyped_reclaim(parent));
	for (handle_t slot = child; slot <= copy; slot++)
		CHECK_ERROR(ERR_NOCAP, cnode_query(INIT_SLOT_CNODE, slot, &(struct capability_state){0}));
	CHECK_OK(retype(parent, OBJECT_REGION, SMALL_BYTES, object, 1));
}

static void moves_but_does_not_copy(void)
{
	handle_t untyped = small_untyped(), slot = slot_allocate(), object = slot_allocate();

	CHECK_REFUSED(ERR_TYPE, cnode_copy(INIT_SLOT_CNODE, slot, INIT_SLOT_CNODE, untyped, RIGHTS_ALL));
	CHECK_REFUSED(ERR_TYPE, cnode_mint(INIT_SLOT_CNODE, slot, INIT_SLOT_CNODE, untyped, RIGHTS_ALL, 1));
	CHECK_OK(retype(untyped, OBJECT_ENDPOINT, 0, object, 1));
	CHECK_OK(cnode_move(INIT_SLOT_CNODE, slot, INIT_SLOT_CNODE, untyped));
	CHECK_EQUAL(64, watermark(slot));
	CHECK_OK(untyped_reclaim(slot));
	CHECK_ERROR(ERR_NOCAP, cnode_query(INIT_SLOT_CNODE, object, &(struct capability_state){0}));
}

/* Clearing 16 MiB takes many times longer than an interrupt may wait: the clock goes on and the call still ends well. */
static void clears_in_pieces(void)
{
	handle_t region;
	uint64_t start = clock_now();

	CHECK_OK(object_create(OBJECT_REGION, 16ull << 20, &region));
	CHECK(clock_now() > start);
}

/* The first device Untyped of at least `bytes`; 0 when there is none. */
static handle_t device_untyped(uint64_t bytes)
{
	for (uint64_t i = 0; i < boot_information->untyped_count; i++)
		if (boot_information->untyped[i].device && boot_information->untyped[i].size >= bytes)
			return INIT_SLOT_UNTYPED + i;
	return 0;
}

static void limits_device_memory(void)
{
	handle_t device = device_untyped(2 * PAGE_SIZE), slot = slot_allocate(), mapping = slot_allocate();
	struct capability_state made;

	CHECK(device != 0);
	CHECK_REFUSED(ERR_ARGUMENT, retype(device, OBJECT_ENDPOINT, 0, slot, 1));
	CHECK_REFUSED(ERR_ARGUMENT, retype(device, OBJECT_CNODE, 4, slot, 1));
	CHECK_REFUSED(ERR_ARGUMENT, retype(device, OBJECT_THREAD, 0, slot, 1));
	CHECK_OK(retype(device, OBJECT_REGION, PAGE_SIZE, slot, 1));
	CHECK_OK(cnode_query(INIT_SLOT_CNODE, slot, &made));
	CHECK(made.device && made.type == OBJECT_REGION);
	CHECK_REFUSED(ERR_ARGUMENT, vspace_donate(INIT_SLOT_VSPACE, device, INIT_SLOT_CNODE, mapping, 1));
	CHECK_OK(untyped_reclaim(device));
}

/* Nobody may get at the interrupt controllers. */
static void withholds_interrupt_controllers(void)
{
	static const paddr_t kept[] = {0xfec00000, 0xfee00000};

	for (uint64_t i = 0; i < boot_information->untyped_count; i++)
		for (uint64_t k = 0; k < 2; k++) {
			const struct boot_untyped *untyped = &boot_information->untyped[i];

			CHECK(kept[k] < untyped->base || kept[k] >= untyped->base + untyped->size);
		}
}

/* What the boot information tells is what the capabilities are, and no two overlap. */
static void lists_all_memory(void)
{
	for (uint64_t i = 0; i < boot_information->untyped_count; i++) {
		const struct boot_untyped *told = &boot_information->untyped[i];
		struct capability_state state;

		CHECK_OK(cnode_query(INIT_SLOT_CNODE, INIT_SLOT_UNTYPED + i, &state));
		CHECK_EQUAL(told->base, state.base);
		CHECK_EQUAL(told->size, state.size);
		CHECK_EQUAL(told->device != BOOT_MEMORY, state.device);
		for (uint64_t k = 0; k < i; k++) {
			const struct boot_untyped *other = &boot_information->untyped[k];

			CHECK(told->base >= other->base + other->size || other->base >= told->base + told->size);
		}
	}
}

static const struct test tests[] = {
	{"untyped-types", "every type of object can be made and takes its size", makes_every_type},
	{"untyped-alignment", "small objects are aligned to their size, large ones to a page", aligns_objects},
	{"untyped-large-alignment", "a Region of 2 MiB is aligned to 2 MiB", aligns_large_regions},
	{"untyped-exhaustion", "an Untyped gives exactly its bytes, then ERR_NOMEM, deleted objects notwithstanding", runs_out_exactly},
	{"untyped-bad-types", "types that cannot be made and impossible sizes are refused", refuses_types_and_sizes},
	{"untyped-bad-slots", "impossible counts and destinations are refused", refuses_counts_and_slots},
	{"untyped-cnode-rights", "the destination CNode must be writable", needs_rights_on_the_cnode},
	{"untyped-reclaim", "reclaimed memory is made into cleared objects again", reclaims_and_clears},
	{"untyped-reclaim-unused", "reclaiming an unused Untyped commits nothing", reclaims_nothing_quietly},
	{"untyped-reclaim-tree", "reclaiming deletes children of children and their copies", reclaims_descendants},
	{"untyped-move", "an Untyped can be moved with its children but not copied", moves_but_does_not_copy},
	{"untyped-clear", "a large Region is cleared in pieces", clears_in_pieces},
	{"untyped-device", "device memory becomes nothing but Regions", limits_device_memory},
	{"untyped-controllers", "no Untyped contains an interrupt controller", withholds_interrupt_controllers},
	{"untyped-map", "the boot information lists every Untyped and none overlap", lists_all_memory},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
