/* SPDX-License-Identifier: MIT */
/*
 * Address spaces: attaching Regions, mapping in batches, rights and W^X, large pages, table memory and its end, and what deleting each part does.
 *
 * Whether a page can be read, written or executed is found out by threads that try (probes): one that cannot stops with a fault.
 */
#include "tests/kernel/harness/harness.h"

#define ROOT INIT_SLOT_CNODE
#define FAR_ADDRESS 0x200000000000 /* in no 512 GiB that anything else uses */
#define USER_LAST_LARGE 0x00007fffffe00000 /* the 2 MiB that hold the page which is kept empty */
#define READ_WRITE (MAP_READ | MAP_WRITE)
#define RETURN_INSTRUCTION 0xc3

static struct map_entry *batch(void)
{
	return (struct map_entry *)thread_self()->page;
}

static enum error map_one(handle_t mapping, uint64_t address, uint64_t page)
{
	uint64_t done;

	batch()[0] = (struct map_entry){address, page};
	return mapping_map(mapping, 1, &done);
}

static enum error unmap_one(handle_t mapping, uint64_t address)
{
	uint64_t done;

	batch()[0] = (struct map_entry){address, 0};
	return mapping_unmap(mapping, 1, &done);
}

static enum error protect_one(handle_t mapping, uint64_t address)
{
	uint64_t done;

	batch()[0] = (struct map_entry){address, 0};
	return mapping_protect(mapping, 1, &done);
}

/* What a probe does at its address. */
static void probe_read(uint64_t address)
{
	(void)*(volatile uint8_t *)address;
}

static void probe_write(uint64_t address)
{
	*(volatile uint8_t *)address = RETURN_INSTRUCTION;
}

static void probe_execute(uint64_t address)
{
	((void (*)(void))address)();
}

/* Whether a thread of `space` can do that at `address`. */
static bool probe(struct space *space, void (*act)(uint64_t), vaddr_t address)
{
	struct thread_status status = {0};
	struct thread thread;
	enum error error = thread_spawn(&thread, space, act, address, TEST_PRIORITY);

	for (int i = 0; error == OK && i < 10000 && !status.suspended && status.state != THREAD_FAULTED; i++) {
		pause_ns(MILLISECOND / 20);
		error = thread_inform(thread.thread, &status);
	}
	if (error != OK)
		check_error_failed(__FILE__, __LINE__, "probing", OK, error);
	if (status.state == THREAD_FAULTED && status.fault_address != address)
		check_value_failed(__FILE__, __LINE__, "fault address", address, status.fault_address);
	return status.suspended;
}

/* A Region attached to `space`; nothing mapped. */
static handle_t attached(struct space *space, uint64_t pages, uint64_t rights, handle_t *region)
{
	handle_t mapping = 0;
	enum error error = region_allocate(pages, region);

	if (error == OK)
		error = space_attach(space, *region, rights, &mapping);
	if (error != OK)
		check_error_failed(__FILE__, __LINE__, "attaching a Region", OK, error);
	return mapping;
}

static void maps_and_unmaps(void)
{
	handle_t region, mapping = attached(&own_space, 2, READ_WRITE, &region);
	uint64_t records = records_committed();
	volatile uint64_t *low = (uint64_t *)FAR_ADDRESS, *high = (uint64_t *)(FAR_ADDRESS + 0x40000000);

	CHECK_OK(map_one(mapping, FAR_ADDRESS | READ_WRITE, 1));
	CHECK_OK(map_one(mapping, (FAR_ADDRESS + 0x40000000) | MAP_READ, 1));
	*low = 0x123;
	CHECK_EQUAL(0x123, *high);
	CHECK_OK(unmap_one(mapping, FAR_ADDRESS));
	CHECK_EQUAL(records, records_committed());
	CHECK(!probe(&own_space, probe_read, FAR_ADDRESS));
	CHECK(probe(&own_space, probe_read, FAR_ADDRESS + 0x40000000));
	CHECK(!probe(&own_space, probe_write, FAR_ADDRESS + 0x40000000));
}

/* Every combination of what is asked, with every mask of the attachment. */
static void rights_are_intersected(void)
{
	for (uint64_t mask = 0; mask < 8; mask++) {
		handle_t region, mapping = slot_allocate();
		enum error error;

		CHECK_OK(region_allocate(1, &region));
		error = vspace_attach(INIT_SLOT_VSPACE, region, ROOT, mapping, mask);
		CHECK_ERROR(mask & MAP_READ ? OK : ERR_RIGHTS, error);
		for (uint64_t asked = 0; error == OK && asked < 8; asked++) {
			bool allowed = asked & MAP_READ && (asked & ~mask) == 0 && (asked & (MAP_WRITE | MAP_EXECUTE)) != (MAP_WRITE | MAP_EXECUTE);

			CHECK_ERROR(allowed ? OK : ERR_ARGUMENT, map_one(mapping, FAR_ADDRESS | asked, 0));
			if (allowed)
				CHECK_OK(unmap_one(mapping, FAR_ADDRESS));
		}
	}
}

/* Rights of Region, VSpace and copy of the Mapping each limit. */
static void rights_of_every_capability(void)
{
	handle_t region, reader = slot_allocate(), vspace = slot_allocate(), mapping = slot_allocate(), weak = slot_allocate();

	CHECK_OK(region_allocate(1, &region));
	CHECK_OK(cnode_copy(ROOT, reader, ROOT, region, RIGHT_READ));
	CHECK_OK(vspace_attach(INIT_SLOT_VSPACE, reader, ROOT, mapping, RIGHTS_ALL));
	CHECK_ERROR(ERR_ARGUMENT, map_one(mapping, FAR_ADDRESS | READ_WRITE, 0));
	CHECK_OK(cnode_delete(ROOT, mapping));
	CHECK_OK(cnode_copy(ROOT, vspace, ROOT, INIT_SLOT_VSPACE, RIGHT_ATTACH | RIGHT_READ));
	CHECK_OK(vspace_attach(vspace, region, ROOT, mapping, RIGHTS_ALL));
	CHECK_ERROR(ERR_ARGUMENT, map_one(mapping, FAR_ADDRESS | READ_WRITE, 0));
	CHECK_OK(cnode_delete(ROOT, mapping));
	CHECK_OK(vspace_attach(INIT_SLOT_VSPACE, region, ROOT, mapping, RIGHTS_ALL));
	CHECK_OK(cnode_copy(ROOT, weak, ROOT, mapping, RIGHT_READ));
	CHECK_ERROR(ERR_ARGUMENT, map_one(weak, FAR_ADDRESS | READ_WRITE, 0));
	CHECK_OK(map_one(weak, FAR_ADDRESS | MAP_READ, 0));
	CHECK_ERROR(ERR_ARGUMENT, protect_one(weak, FAR_ADDRESS | READ_WRITE));
	CHECK_OK(protect_one(mapping, FAR_ADDRESS | READ_WRITE));
}

static void writable_is_not_executable(void)
{
	handle_t region, mapping = attached(&own_space, 1, RIGHTS_ALL, &region);

	CHECK_OK(map_one(mapping, FAR_ADDRESS | READ_WRITE, 0));
	CHECK(probe(&own_space, probe_write, FAR_ADDRESS));
	CHECK(!probe(&own_space, probe_execute, FAR_ADDRESS));
	CHECK_OK(protect_one(mapping, FAR_ADDRESS | MAP_READ | MAP_EXECUTE));
	CHECK(probe(&own_space, probe_execute, FAR_ADDRESS));
	CHECK(!probe(&own_space, probe_write, FAR_ADDRESS));
	CHECK_ERROR(ERR_ARGUMENT, protect_one(mapping, FAR_ADDRESS | READ_WRITE | MAP_EXECUTE));
	CHECK_OK(protect_one(mapping, FAR_ADDRESS | MAP_READ));
	CHECK(!probe(&own_space, probe_execute, FAR_ADDRESS));
	CHECK(probe(&own_space, probe_read, FAR_ADDRESS));
}

static void batch_sizes(void)
{
	handle_t region, mapping = attached(&own_space, MAP_BATCH_MAX, READ_WRITE, &region);
	static const uint64_t bad[] = {0, MAP_BATCH_MAX + 1, 1ull << 32, UINT64_MAX};
	uint64_t done;

	for (uint64_t i = 0; i < MAP_BATCH_MAX; i++)
		batch()[i] = (struct map_entry){(FAR_ADDRESS + (i * 37 % MAP_BATCH_MAX) * PAGE_SIZE) | READ_WRITE, i};
	for (int i = 0; i < 4; i++) {
		CHECK_REFUSED(ERR_ARGUMENT, mapping_map(mapping, bad[i], &done));
		CHECK_EQUAL(0, done);
		CHECK_REFUSED(ERR_ARGUMENT, mapping_protect(mapping, bad[i], &done));
		CHECK_EQUAL(0, done);
		CHECK_REFUSED(ERR_ARGUMENT, mapping_unmap(mapping, bad[i], &done));
		CHECK_EQUAL(0, done);
	}
	CHECK_OK(mapping_map(mapping, MAP_BATCH_MAX, &done));
	CHECK_EQUAL(MAP_BATCH_MAX, done);
	for (uint64_t i = 0; i < MAP_BATCH_MAX; i++)
		*(volatile uint64_t *)(FAR_ADDRESS + (i * 37 % MAP_BATCH_MAX) * PAGE_SIZE) = i;
	CHECK_OK(mapping_protect(mapping, MAP_BATCH_MAX, &done));
	CHECK_EQUAL(MAP_BATCH_MAX, done);
	CHECK_OK(mapping_unmap(mapping, MAP_BATCH_MAX, &done));
	CHECK_EQUAL(MAP_BATCH_MAX, done);
	/* The pages came in the order of the entries. */
	CHECK_OK(mapping_fill(mapping, FAR_ADDRESS, 0, MAP_BATCH_MAX, MAP_READ));
	for (uint64_t i = 0; i < MAP_BATCH_MAX; i++)
		CHECK_EQUAL(i, *(volatile uint64_t *)(FAR_ADDRESS + i * PAGE_SIZE));
}

/* Ways to spoil an entry of each kind of batch. */
static const struct {
	struct map_entry entry;
	enum error map, unmap;
} spoiled[] = {
	{{FAR_ADDRESS | READ_WRITE, 0}, ERR_MAPPED, OK},
	{{0xffff800000000000 | READ_WRITE, 0}, ERR_ARGUMENT, ERR_ARGUMENT},
	{{0x0000800000000000 | READ_WRITE, 0}, ERR_ARGUMENT, ERR_ARGUMENT},
	{{USER_TOP | READ_WRITE, 0}, ERR_ARGUMENT, ERR_ARGUMENT},
	{{0xfffffffffffff000 | READ_WRITE, 0}, ERR_ARGUMENT, ERR_ARGUMENT},
	{{(FAR_ADDRESS + 0x5000) | READ_WRITE, 4}, ERR_ARGUMENT, ERR_NOTMAPPED},
	{{(FAR_ADDRESS + 0x5000) | READ_WRITE, UINT64_MAX}, ERR_ARGUMENT, ERR_NOTMAPPED},
	{{(FAR_ADDRESS + 0x5000) | READ_WRITE, 1ull << 52}, ERR_ARGUMENT, ERR_NOTMAPPED},
	{{(FAR_ADDRESS + 0x5000) | READ_WRITE | 0x10, 0}, ERR_ARGUMENT, ERR_ARGUMENT},
	{{(FAR_ADDRESS + 0x5000) | READ_WRITE | 0x800, 0}, ERR_ARGUMENT, ERR_ARGUMENT},
	{{(FAR_ADDRESS + 0x5000), 0}, ERR_ARGUMENT, ERR_NOTMAPPED},
	{{(FAR_ADDRESS + 0x5000) | READ_WRITE | MAP_LARGE, 0}, ERR_ARGUMENT, ERR_ARGUMENT},
	{{(FAR_ADDRESS + 0x40000000) | READ_WRITE | MAP_LARGE, 0}, ERR_ARGUMENT, ERR_NOTMAPPED},
};

/* Three good entries, a bad one, another good one: three are done, whatever kind of batch. */
static void batches_have_prefix_semantics(void)
{
	handle_t region, mapping = attached(&own_space, 4, READ_WRITE, &region);

	CHECK_OK(map_one(mapping, FAR_ADDRESS | READ_WRITE, 3));
	for (uint64_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
		uint64_t done;

		for (uint64_t k = 0; k < 5; k++)
			batch()[k] = (struct map_entry){(FAR_ADDRESS + (k + 1) * PAGE_SIZE) | READ_WRITE, k & 3};
		batch()[3] = spoiled[i].entry;
		CHECK_REFUSED(spoiled[i].map, mapping_map(mapping, 5, &done));
		CHECK_EQUAL(3, done);
		CHECK_ERROR(ERR_NOTMAPPED, unmap_one(mapping, FAR_ADDRESS + 5 * PAGE_SIZE));
		if (spoiled[i].unmap == OK) {
			for (uint64_t k = 1; k < 4; k++)
				CHECK_OK(unmap_one(mapping, FAR_ADDRESS + k * PAGE_SIZE));
			continue;
		}
		for (uint64_t k = 0; k < 5; k++)
			batch()[k] = (struct map_entry){(FAR_ADDRESS + (k + 1) * PAGE_SIZE) | READ_WRITE, k & 3};
		batch()[3] = spoiled[i].entry;
		CHECK_REFUSED(spoiled[i].unmap, mapping_protect(mapping, 5, &done));
		CHECK_EQUAL(3, done);
		CHECK_REFUSED(spoiled[i].unmap, mapping_unmap(mapping, 5, &done));
		CHECK_EQUAL(3, done);
	}
}

static void mappings_are_kept_apart(void)
{
	handle_t region, one = attached(&own_space, 2, READ_WRITE, &region), two = 0;

	CHECK_OK(space_attach(&own_space, region, MAP_READ, &two));
	CHECK_OK(map_one(one, FAR_ADDRESS | READ_WRITE, 0));
	CHECK_OK(map_one(two, (FAR_ADDRESS + PAGE_SIZE) | MAP_READ, 0));
	CHECK_ERROR(ERR_NOTMAPPED, unmap_one(two, FAR_ADDRESS));
	CHECK_ERROR(ERR_NOTMAPPED, protect_one(one, (FAR_ADDRESS + PAGE_SIZE) | READ_WRITE));
	CHECK_ERROR(ERR_MAPPED, map_one(two, FAR_ADDRESS | MAP_READ, 1));
	*(volatile uint64_t *)FAR_ADDRESS = 55;
	CHECK_EQUAL(55, *(volatile uint64_t *)(FAR_ADDRESS + PAGE_SIZE));
	CHECK_OK(cnode_delete(ROOT, one));
	CHECK(!probe(&own_space, probe_read, FAR_ADDRESS));
	CHECK(probe(&own_space, probe_read, FAR_ADDRESS + PAGE_SIZE));
}

static struct map_entry far_entry(uint64_t page, uint64_t rights)
{
	return (struct map_entry){(FAR_ADDRESS + page * PAGE_SIZE) | rights, page};
}

/* What is found out at the third entry of a batch, in a space that is not the loaded one, where pages are changed many at once. */
static void batches_stop_elsewhere(struct space *space, handle_t one, handle_t two)
{
	uint64_t done;

	CHECK_OK(mapping_fill(one, FAR_ADDRESS, 0, 4, READ_WRITE));
	CHECK_OK(mapping_fill(two, FAR_ADDRESS + 4 * PAGE_SIZE, 4, 1, MAP_READ));
	for (uint64_t page = 0; page < 3; page++)
		batch()[page] = far_entry(page * 2, MAP_READ);
	CHECK_REFUSED(ERR_NOTMAPPED, mapping_protect(one, 3, &done));
	CHECK_EQUAL(2, done);
	CHECK_REFUSED(ERR_NOTMAPPED, mapping_unmap(one, 3, &done));
	CHECK_EQUAL(2, done);
	CHECK(!probe(space, probe_read, FAR_ADDRESS + 2 * PAGE_SIZE));
	CHECK(probe(space, probe_read, FAR_ADDRESS + 4 * PAGE_SIZE));
	batch()[0] = far_entry(1, MAP_READ);
	batch()[1] = far_entry(3, MAP_READ);
	batch()[2] = far_entry(1, READ_WRITE | MAP_EXECUTE);
	CHECK_REFUSED(ERR_ARGUMENT, mapping_protect(one, 3, &done));
	CHECK_EQUAL(2, done);
	CHECK(probe(space, probe_read, FAR_ADDRESS + 3 * PAGE_SIZE));
	CHECK(!probe(space, probe_write, FAR_ADDRESS + 3 * PAGE_SIZE));
}

static void batches_in_another_space(void)
{
	struct vspace_state before, after;
	struct space space;
	handle_t region, one, two = 0;
	uint64_t done;

	CHECK_OK(space_create(&space, 8, 24));
	one = attached(&space, 8, READ_WRITE, &region);
	CHECK_OK(space_attach(&space, region, MAP_READ, &two));
	batches_stop_elsewhere(&space, one, two);
	CHECK_OK(unmap_one(two, FAR_ADDRESS + 4 * PAGE_SIZE));
	CHECK_OK(unmap_one(one, FAR_ADDRESS + PAGE_SIZE));
	CHECK_OK(unmap_one(one, FAR_ADDRESS + 3 * PAGE_SIZE));
	CHECK_OK(vspace_inform(space.vspace, &before));
	CHECK_OK(mapping_fill(one, FAR_ADDRESS, 0, 8, READ_WRITE));
	for (uint64_t page = 0; page < 8; page++)
		batch()[page] = far_entry(page, 0);
	CHECK_OK(mapping_unmap(one, 8, &done));
	CHECK_EQUAL(8, done);
	/* The tables went with the last page, and no Mapping counts a page that it has not. */
	CHECK_OK(vspace_inform(space.vspace, &after));
	CHECK_EQUAL(before.tables_free, after.tables_free);
	CHECK(!probe(&space, probe_read, FAR_ADDRESS));
	CHECK_OK(map_one(one, FAR_ADDRESS | MAP_READ, 0));
	CHECK_OK(cnode_delete(ROOT, two));
	CHECK_OK(cnode_delete(ROOT, one));
	CHECK(!probe(&space, probe_read, FAR_ADDRESS));
}

static void large_pages(void)
{
	handle_t region, mapping = attached(&own_space, 2 * 512 + 8, READ_WRITE, &region);
	uint64_t large = FAR_ADDRESS | READ_WRITE | MAP_LARGE;
	volatile uint64_t *words = (uint64_t *)FAR_ADDRESS;

	CHECK_REFUSED(ERR_ARGUMENT, map_one(mapping, large + PAGE_SIZE, 0));
	CHECK_REFUSED(ERR_ARGUMENT, map_one(mapping, large, 1));
	CHECK_REFUSED(ERR_ARGUMENT, map_one(mapping, large, 1024));
	CHECK_REFUSED(ERR_ARGUMENT, map_one(mapping, large, UINT64_MAX - 511));
	CHECK_REFUSED(ERR_ARGUMENT, map_one(mapping, USER_LAST_LARGE | READ_WRITE | MAP_LARGE, 0));
	CHECK_OK(map_one(mapping, large, 512));
	words[LARGE_PAGE_SIZE / 8 - 1] = 99;
	CHECK_REFUSED(ERR_MAPPED, map_one(mapping, large, 0));
	CHECK_REFUSED(ERR_MAPPED, map_one(mapping, (FAR_ADDRESS + PAGE_SIZE) | MAP_READ, 0));
	CHECK_REFUSED(ERR_NOTMAPPED, unmap_one(mapping, FAR_ADDRESS));
	CHECK_OK(protect_one(mapping, FAR_ADDRESS | MAP_READ | MAP_LARGE));
	CHECK(!probe(&own_space, probe_write, FAR_ADDRESS + 0x1fffff));
	CHECK_OK(unmap_one(mapping, FAR_ADDRESS | MAP_LARGE));
	CHECK(!probe(&own_space, probe_read, FAR_ADDRESS));
	CHECK_OK(map_one(mapping, FAR_ADDRESS | MAP_READ, 1023));
	CHECK_EQUAL(99, words[PAGE_SIZE / 8 - 1]);
	CHECK_REFUSED(ERR_MAPPED, map_one(mapping, large, 0));
	CHECK_REFUSED(ERR_NOTMAPPED, unmap_one(mapping, FAR_ADDRESS | MAP_LARGE));
}

/* Pages in different corners of the address space until the tables run out; then all comes back. */
static void tables_run_out_and_return(void)
{
	struct vspace_state before, full, after;
	struct space space;
	handle_t region, mapping;
	uint64_t mapped = 0, done;

	CHECK_OK(space_create_empty(&space, 2, 12));
	mapping = attached(&space, 1, READ_WRITE, &region);
	CHECK_OK(vspace_inform(space.vspace, &before));
	while (map_one(mapping, (mapped * 0x8000000000 + 0x1000) | MAP_READ, 0) == OK)
		mapped++;
	CHECK_EQUAL(before.tables_free / 3, mapped);
	CHECK_REFUSED(ERR_NOMEM, map_one(mapping, (mapped * 0x8000000000 + 0x1000) | MAP_READ, 0));
	CHECK_OK(vspace_inform(space.vspace, &full));
	CHECK_EQUAL(before.tables_free, full.tables_free + 3 * mapped);
	/* A batch that runs out says how far it came. */
	CHECK_OK(unmap_one(mapping, 0x1000));
	batch()[0] = (struct map_entry){0x1000 | MAP_READ, 0};
	batch()[1] = (struct map_entry){(mapped * 0x8000000000 + 0x1000) | MAP_READ, 0};
	CHECK_REFUSED(ERR_NOMEM, mapping_map(mapping, 2, &done));
	CHECK_EQUAL(1, done);
	for (uint64_t i = 0; i < mapped; i++)
		CHECK_OK(unmap_one(mapping, i * 0x8000000000 + 0x1000));
	CHECK_OK(vspace_inform(space.vspace, &after));
	CHECK_EQUAL(before.tables_free, after.tables_free);
	CHECK_EQUAL(before.tables_used, after.tables_used);
	/* Donating more helps. */
	CHECK_OK(vspace_donate(space.vspace, memory_untyped(), ROOT, slot_allocate(), 6));
	for (uint64_t i = 0; i < mapped + 2; i++)
		CHECK_OK(map_one(mapping, (i * 0x8000000000 + 0x1000) | MAP_READ, 0));
}

/* Deleting a Mapping with pages all over the space empties and frees every table. */
static void deleting_a_mapping_frees_tables(void)
{
	struct vspace_state before, after;
	struct space space;
	handle_t region, mapping;

	CHECK_OK(space_create_empty(&space, 2, 70));
	CHECK_OK(vspace_inform(space.vspace, &before));
	mapping = attached(&space, 16, READ_WRITE, &region);
	for (uint64_t i = 0; i < 20; i++)
		CHECK_OK(mapping_fill(mapping, i * 0x9040201000 + 0x1ff000, 0, 16, READ_WRITE));
	CHECK_OK(cnode_delete(ROOT, mapping));
	CHECK_OK(vspace_inform(space.vspace, &after));
	CHECK_EQUAL(before.tables_used, after.tables_used);
	CHECK_EQUAL(before.mappings, after.mappings);
}

static void no_tables_no_mapping(void)
{
	handle_t vspace, region, mapping = slot_allocate();

	CHECK_OK(object_create(OBJECT_VSPACE, 0, &vspace));
	CHECK_OK(region_allocate(1, &region));
	CHECK_REFUSED(ERR_NOMEM, vspace_attach(vspace, region, ROOT, mapping, RIGHTS_ALL));
	CHECK_OK(vspace_donate(vspace, memory_untyped(), ROOT, slot_allocate(), 1));
	CHECK_OK(vspace_attach(vspace, region, ROOT, mapping, RIGHTS_ALL));
	CHECK_REFUSED(ERR_NOMEM, map_one(mapping, FAR_ADDRESS | MAP_READ, 0));
}

static void donations_are_checked(void)
{
	handle_t vspace, region, slot = slot_allocate(), small, weak = slot_allocate();
	static const uint64_t bad[] = {0, 65537, 1ull << 52, UINT64_MAX};

	CHECK_OK(object_create(OBJECT_VSPACE, 0, &vspace));
	CHECK_OK(object_create(OBJECT_UNTYPED, 4 * PAGE_SIZE, &small));
	CHECK_OK(region_allocate(1, &region));
	for (int i = 0; i < 4; i++)
		CHECK_REFUSED(ERR_ARGUMENT, vspace_donate(vspace, memory_untyped(), ROOT, slot, bad[i]));
	CHECK_REFUSED(ERR_NOMEM, vspace_donate(vspace, small, ROOT, slot, 5));
	CHECK_REFUSED(ERR_TYPE, vspace_donate(vspace, region, ROOT, slot, 1));
	CHECK_REFUSED(ERR_TYPE, vspace_donate(vspace, small, region, slot, 1));
	CHECK_REFUSED(ERR_OCCUPIED, vspace_donate(vspace, small, ROOT, region, 1));
	CHECK_REFUSED(ERR_ARGUMENT, vspace_donate(vspace, small, ROOT, 1 << INIT_CNODE_BITS, 1));
	CHECK_OK(cnode_copy(ROOT, weak, ROOT, vspace, RIGHTS_ALL & ~RIGHT_MANAGE));
	CHECK_REFUSED(ERR_RIGHTS, vspace_donate(weak, small, ROOT, slot, 1));
	CHECK_OK(vspace_donate(vspace, small, ROOT, slot, 4));
}

/* A page of a Region in two other spaces and here; revoking the Region takes all of them away at once. */
static void revoking_a_region_unmaps_everywhere(void)
{
	struct space one, two;
	handle_t region, here, there;
	vaddr_t address = FAR_ADDRESS;

	CHECK_OK(space_create(&one, 8, 24));
	CHECK_OK(space_create(&two, 8, 24));
	CHECK_OK(region_allocate(1, &region));
	CHECK_OK(space_map(&own_space, region, 1, READ_WRITE, &address, &here));
	CHECK_OK(space_map(&one, region, 1, READ_WRITE, &address, &there));
	CHECK_OK(space_map(&two, region, 1, MAP_READ, &address, &there));
	*(volatile uint8_t *)address = 7;
	CHECK(probe(&one, probe_read, address) && probe(&two, probe_read, address) && probe(&one, probe_write, address));
	CHECK(!probe(&two, probe_write, address));
	CHECK_EQUAL(RETURN_INSTRUCTION, *(volatile uint8_t *)address);
	CHECK_OK(cnode_revoke(ROOT, region));
	CHECK(!probe(&own_space, probe_read, address));
	CHECK(!probe(&one, probe_read, address));
	CHECK(!probe(&two, probe_read, address));
	CHECK_ERROR(ERR_NOCAP, map_one(there, address | MAP_READ, 0));
}

static void a_destroyed_vspace_takes_its_mappings(void)
{
	struct capability_state state;
	struct space space;
	handle_t region, mapping, tables = slot_allocate(), cnode;

	for (int by_tables = 0; by_tables < 2; by_tables++) {
		CHECK_OK(object_create(OBJECT_VSPACE, 0, &space.vspace));
		CHECK_OK(vspace_donate(space.vspace, memory_untyped(), ROOT, tables, 8));
		mapping = attached(&space, 1, READ_WRITE, &region);
		CHECK_OK(object_create(OBJECT_CNODE, 4, &cnode));
		CHECK_OK(map_one(mapping, FAR_ADDRESS | MAP_READ, 0));
		CHECK_OK(cnode_move(cnode, 3, ROOT, mapping));
		CHECK_OK(cnode_delete(ROOT, by_tables ? tables : space.vspace));
		CHECK_ERROR(ERR_NOCAP, cnode_query(ROOT, space.vspace, &state));
		CHECK_ERROR(ERR_NOCAP, cnode_query(ROOT, tables, &state));
		CHECK_ERROR(ERR_NOCAP, cnode_query(cnode, 3, &state));
		CHECK_OK(cnode_query(ROOT, region, &state));
	}
}

/* A part of a Region attaches as that part only. */
static void parts_of_regions(void)
{
	handle_t region, part = slot_allocate(), mapping = slot_allocate(), whole;
	vaddr_t address = 0;

	CHECK_OK(region_allocate(8, &region));
	CHECK_OK(space_map(&own_space, region, 8, READ_WRITE, &address, &whole));
	for (uint64_t i = 0; i < 8; i++)
		*(volatile uint64_t *)(address + i * PAGE_SIZE) = i;
	CHECK_OK(cnode_mint(ROOT, part, ROOT, region, RIGHTS_ALL, 5 | 2ull << 32));
	CHECK_OK(vspace_attach(INIT_SLOT_VSPACE, part, ROOT, mapping, RIGHTS_ALL));
	CHECK_OK(map_one(mapping, FAR_ADDRESS | MAP_READ, 1));
	CHECK_EQUAL(6, *(volatile uint64_t *)FAR_ADDRESS);
	CHECK_ERROR(ERR_ARGUMENT, map_one(mapping, (FAR_ADDRESS + PAGE_SIZE) | MAP_READ, 2));
	CHECK_ERROR(ERR_ARGUMENT, map_one(mapping, (FAR_ADDRESS + PAGE_SIZE) | MAP_READ, UINT64_MAX));
}

static void many_mappings(void)
{
	struct vspace_state state;
	handle_t vspace, region, tables = slot_allocate(), slots[300];

	CHECK_OK(object_create(OBJECT_VSPACE, 0, &vspace));
	CHECK_OK(vspace_donate(vspace, memory_untyped(), ROOT, tables, 5));
	CHECK_OK(region_allocate(1, &region));
	for (uint64_t i = 0; i < 300; i++) {
		slots[i] = slot_allocate();
		CHECK_OK(vspace_attach(vspace, region, ROOT, slots[i], RIGHTS_ALL));
	}
	CHECK_OK(vspace_inform(vspace, &state));
	CHECK_EQUAL(300, state.mappings);
	for (uint64_t i = 0; i < 300; i += 3)
		CHECK_OK(cnode_delete(ROOT, slots[i]));
	CHECK_OK(vspace_inform(vspace, &state));
	CHECK_EQUAL(200, state.mappings);
	for (uint64_t i = 0; i < 300; i += 3)
		CHECK_OK(vspace_attach(vspace, region, ROOT, slots[i], RIGHTS_ALL));
	CHECK_OK(cnode_revoke(ROOT, region));
	CHECK_OK(vspace_inform(vspace, &state));
	CHECK_EQUAL(0, state.mappings);
}

static const struct test tests[] = {
	{"vspace-map", "pages are mapped and unmapped without a record", maps_and_unmaps},
	{"vspace-rights", "what is mapped has rights that the attachment allows, never write and execute", rights_are_intersected},
	{"vspace-rights-each", "the rights of Region, VSpace and Mapping each limit", rights_of_every_capability},
	{"vspace-wx", "a writable page cannot be executed, an executable one not written", writable_is_not_executable},
	{"vspace-batch", "batches of 1 to 256 entries are mapped, protected and unmapped", batch_sizes},
	{"vspace-prefix", "a batch stops at the first bad entry and says how many were done", batches_have_prefix_semantics},
	{"vspace-apart", "a Mapping has no power over pages of another one", mappings_are_kept_apart},
	{"vspace-elsewhere", "batches change a space that is not loaded: entry by entry, with tables that come back", batches_in_another_space},
	{"vspace-large", "2 MiB pages are mapped where everything is aligned", large_pages},
	{"vspace-exhaustion", "table memory runs out, comes back, and can be added to", tables_run_out_and_return},
	{"vspace-mapping-delete", "deleting a Mapping unmaps all its pages and frees the tables", deleting_a_mapping_frees_tables},
	{"vspace-no-tables", "without table memory nothing is attached or mapped", no_tables_no_mapping},
	{"vspace-donate", "bad donations are refused", donations_are_checked},
	{"vspace-revoke", "revoking a Region unmaps it in every address space", revoking_a_region_unmaps_everywhere},
	{"vspace-destroy", "a VSpace takes its Mappings along, wherever they lie; table memory takes its VSpace", a_destroyed_vspace_takes_its_mappings},
	{"vspace-parts", "a narrowed Region attaches as its part", parts_of_regions},
	{"vspace-many", "hundreds of Mappings in one VSpace come and go", many_mappings},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
