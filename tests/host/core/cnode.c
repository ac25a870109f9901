/* SPDX-License-Identifier: MIT */
/*
 * CNodes: copy, mint, move, query, delete and revoke of small trees, transfer by message; every
 * refusal of each.
 */
#include "tests/host/core/calls.h"

enum { AT_ENDPOINT = AT_FREE, AT_COPY, AT_OTHER = AT_FREE + 4 };

static struct slot *parent_of(const struct slot *slot)
{
	while (!(slot->prev & 1))
		slot = core_pointer(slot->prev);
	return core_pointer(slot->prev & ~(ref_t)1);
}

static void make(enum object_type type, uint64_t index)
{
	uint64_t size = 0;

	if (type == OBJECT_CNODE)
		size = 4;
	if (type == OBJECT_REGION)
		size = 4 * PAGE_SIZE;
	assert_done(do_retype(AT_UNTYPED, type, size, index, 1));
}

/* The object of each type that can be copied, at AT_FREE + 0.. ; returns how many. */
static unsigned make_copyable(void)
{
	static const enum object_type types[] = {
		OBJECT_CNODE,
		OBJECT_THREAD,
		OBJECT_ENDPOINT,
		OBJECT_NOTIFICATION,
		OBJECT_REPLY,
		OBJECT_REGION,
		OBJECT_IRQ_HANDLER,
		OBJECT_VSPACE,
	};
	const unsigned count = sizeof(types) / sizeof(types[0]);

	for (unsigned i = 0; i < count; i++)
		make(types[i], AT_FREE + i);
	assert_done(do_donate(AT_FREE + count - 1, AT_FREE + 90, 1, AT_UNTYPED));
	assert_done(do_attach(AT_FREE + count - 1, AT_FREE + count, RIGHTS_ALL, AT_FREE + 5));
	return count + 1;
}

static void copy_each(void **state)
{
	unsigned count = make_copyable();

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		const struct slot *from = machine_slot(AT_FREE + i),
				  *to = machine_slot(AT_FREE + 20 + i),
				  *third = machine_slot(AT_FREE + 40 + i);
		uint8_t expected = from->rights & (RIGHT_READ | RIGHT_GRANT);

		assert_done(do_copy(AT_FREE + 20 + i, AT_FREE + i, RIGHT_READ | RIGHT_GRANT));
		assert_int_equal(record_back(0)->operation, COMMIT_COPY);
		assert_int_equal(record_back(0)->flags, 0);
		assert_int_equal(to->type, from->type);
		assert_int_equal(to->rights, expected);
		assert_int_equal(to->object, from->object);
		assert_int_equal(to->size, from->size);
		assert_int_equal(to->flags & SLOT_ORIGINAL, 0);
		assert_ptr_equal(parent_of(to), from);
		assert_done(do_copy(AT_FREE + 40 + i, AT_FREE + 20 + i, UINT64_MAX));
		assert_int_equal(third->rights, expected);
		assert_ptr_equal(parent_of(third), to);
	}
	assert_done(do_copy(AT_FREE + 60, AT_IO_PORTS, RIGHT_WRITE));
	assert_int_equal(machine_slot(AT_FREE + 60)->ports, machine_slot(AT_IO_PORTS)->ports);
}

static void copy_keeps_device(void **state)
{
	(void)state;
	assert_done(do_retype(AT_DEVICE, OBJECT_REGION, PAGE_SIZE, AT_FREE, 1));
	assert_done(do_copy(AT_FREE + 1, AT_FREE, RIGHTS_ALL));
	assert_done(do_mint(AT_FREE + 2, AT_FREE, RIGHTS_ALL, (uint64_t)1 << 32));
	assert_int_equal(machine_slot(AT_FREE + 1)->flags, SLOT_DEVICE);
	assert_int_equal(machine_slot(AT_FREE + 2)->flags, SLOT_DEVICE);
}

static void uncopyable(void **state)
{
	static const uint64_t fixed[] = { AT_UNTYPED, AT_DEVICE, AT_IRQ_CONTROL, AT_CPU_CONTROL,
		AT_LOG_CONTROL, AT_FREE + 1 };

	(void)state;
	make_vspace(AT_FREE, AT_FREE + 1, 1);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		assert_refused(ERR_TYPE, do_copy(AT_FREE + 2, fixed[i], RIGHTS_ALL));
		assert_refused(
			ERR_TYPE, do_mint(AT_FREE + 2, fixed[i], RIGHTS_ALL, (uint64_t)1 << 32));
		assert_int_equal(do_transfer(AT_FREE + 2, fixed[i]), ERR_TYPE);
		assert_true(is_empty(AT_FREE + 2));
	}
}

/* The same refusals for copy, mint and move; `source` is the CNode argument. */
static void source_and_destination(void **state)
{
	static const uint32_t methods[] = { CNODE_COPY, CNODE_MINT, CNODE_MOVE };

	(void)state;
	make(OBJECT_ENDPOINT, AT_ENDPOINT);
	assert_done(do_copy(AT_OTHER, AT_CNODE, RIGHT_WRITE));
	assert_done(do_copy(AT_OTHER + 1, AT_CNODE, RIGHT_READ));
	for (unsigned i = 0; i < 3; i++) {
		struct request request = { machine_slot(AT_CNODE), methods[i], 1,
			{ machine_slot(AT_CNODE) }, { AT_COPY, AT_ENDPOINT, RIGHTS_ALL, 7 } };

		request.cap[0] = machine_slot(AT_UNTYPED);
		assert_refused(ERR_TYPE, request_make(&request));
		request.cap[0] = machine_slot(methods[i] == CNODE_MOVE ? AT_OTHER + 1 : AT_OTHER);
		assert_refused(ERR_RIGHTS, request_make(&request));
		request.cap[0] = machine_slot(AT_CNODE);
		request.words[1] = SLOTS;
		assert_refused(ERR_ARGUMENT, request_make(&request));
		request.words[1] = (uint64_t)1 << 32 | AT_ENDPOINT;
		assert_refused(ERR_ARGUMENT, request_make(&request));
		request.words[1] = AT_COPY + 1;
		assert_refused(ERR_NOCAP, request_make(&request));
		request.words[1] = AT_ENDPOINT;
		request.words[0] = SLOTS;
		assert_refused(ERR_ARGUMENT, request_make(&request));
		request.words[0] = UINT64_MAX;
		assert_refused(ERR_ARGUMENT, request_make(&request));
		request.words[0] = AT_REGION;
		assert_refused(ERR_OCCUPIED, request_make(&request));
		request.words[0] = AT_ENDPOINT;
		assert_refused(ERR_OCCUPIED, request_make(&request));
		request.words[0] = AT_COPY;
		request.cap[0] = machine_slot(methods[i] == CNODE_MOVE ? AT_OTHER : AT_OTHER + 1);
		assert_done(request_make(&request));
		if (methods[i] != CNODE_MOVE)
			assert_done(do_delete(AT_COPY));
	}
	assert_true(is_empty(AT_ENDPOINT));
}

static void mint_badges(void **state)
{
	static const enum object_type types[] = { OBJECT_ENDPOINT, OBJECT_NOTIFICATION };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t base = AT_FREE + 8 * i;

		make(types[i], base);
		assert_refused(ERR_ARGUMENT, do_mint(base + 1, base, RIGHTS_ALL, 0));
		assert_done(do_mint(base + 1, base, RIGHT_WRITE, 0xfeedfacecafebeef));
		assert_int_equal(machine_slot(base + 1)->badge, 0xfeedfacecafebeef);
		assert_int_equal(machine_slot(base + 1)->rights, RIGHT_WRITE);
		assert_refused(ERR_ARGUMENT, do_mint(base + 2, base + 1, RIGHTS_ALL, 5));
		assert_refused(
			ERR_ARGUMENT, do_mint(base + 2, base + 1, RIGHTS_ALL, 0xfeedfacecafebeef));
		assert_done(do_copy(base + 2, base + 1, RIGHTS_ALL));
		assert_int_equal(machine_slot(base + 2)->badge, 0xfeedfacecafebeef);
		assert_refused(ERR_ARGUMENT, do_mint(base + 3, base + 2, RIGHTS_ALL, 5));
		assert_done(do_copy(base + 4, base, RIGHTS_ALL));
		assert_done(do_mint(base + 5, base + 4, RIGHTS_ALL, 1));
	}
}

static uint64_t pages(uint64_t first, uint64_t count)
{
	return first | count << 32;
}

static void mint_regions(void **state)
{
	const struct slot *region = machine_slot(AT_FREE), *part = machine_slot(AT_FREE + 1);

	(void)state;
	make(OBJECT_REGION, AT_FREE);
	assert_refused(ERR_ARGUMENT, do_mint(AT_FREE + 1, AT_FREE, RIGHTS_ALL, pages(0, 0)));
	assert_refused(ERR_ARGUMENT, do_mint(AT_FREE + 1, AT_FREE, RIGHTS_ALL, pages(4, 1)));
	assert_refused(ERR_ARGUMENT, do_mint(AT_FREE + 1, AT_FREE, RIGHTS_ALL, pages(0, 5)));
	assert_refused(ERR_ARGUMENT,
		do_mint(AT_FREE + 1, AT_FREE, RIGHTS_ALL, pages(0xffffffff, 0xffffffff)));
	assert_refused(
		ERR_ARGUMENT, do_mint(AT_FREE + 1, AT_FREE, RIGHTS_ALL, pages(0xffffffff, 2)));
	assert_done(do_mint(AT_FREE + 1, AT_FREE, RIGHT_READ, pages(1, 2)));
	assert_int_equal(part->object, region->object + PAGE_SIZE);
	assert_int_equal(part->size, 2 * PAGE_SIZE);
	assert_int_equal(part->rights, RIGHT_READ);
	assert_done(do_mint(AT_FREE + 2, AT_FREE + 1, RIGHTS_ALL, pages(1, 1)));
	assert_int_equal(machine_slot(AT_FREE + 2)->object, region->object + 2 * PAGE_SIZE);
	assert_refused(ERR_ARGUMENT, do_mint(AT_FREE + 3, AT_FREE + 2, RIGHTS_ALL, pages(1, 1)));
	assert_refused(ERR_ARGUMENT, do_mint(AT_FREE + 3, AT_FREE + 1, RIGHTS_ALL, pages(0, 3)));
	assert_done(do_mint(AT_FREE + 3, AT_FREE, RIGHTS_ALL, pages(0, 4)));
}

static uint64_t ports(uint64_t first, uint64_t last)
{
	return first | last << 16;
}

static void mint_ports(void **state)
{
	(void)state;
	assert_done(do_mint(AT_FREE, AT_IO_PORTS, RIGHTS_ALL, ports(0x3f8, 0x3ff)));
	assert_int_equal(machine_slot(AT_FREE)->ports, ports(0x3f8, 0x3ff));
	assert_int_equal(machine_slot(AT_FREE)->object, 0);
	assert_refused(
		ERR_ARGUMENT, do_mint(AT_FREE + 1, AT_FREE, RIGHTS_ALL, ports(0x3f7, 0x3ff)));
	assert_refused(
		ERR_ARGUMENT, do_mint(AT_FREE + 1, AT_FREE, RIGHTS_ALL, ports(0x3f8, 0x400)));
	assert_refused(
		ERR_ARGUMENT, do_mint(AT_FREE + 1, AT_FREE, RIGHTS_ALL, ports(0x3fa, 0x3f9)));
	assert_refused(ERR_ARGUMENT,
		do_mint(AT_FREE + 1, AT_FREE, RIGHTS_ALL, (uint64_t)1 << 32 | ports(0x3f8, 0x3f8)));
	assert_refused(ERR_ARGUMENT, do_mint(AT_FREE + 1, AT_FREE, RIGHTS_ALL, 0));
	assert_done(do_mint(AT_FREE + 1, AT_FREE, RIGHT_READ, ports(0x3f8, 0x3f8)));
	assert_done(do_mint(AT_FREE + 2, AT_FREE, RIGHT_READ, ports(0x3ff, 0x3ff)));
	assert_done(do_mint(AT_FREE + 3, AT_FREE, RIGHT_READ, ports(0x3f8, 0x3ff)));
}

static void mint_refused(void **state)
{
	static const enum object_type types[] = { OBJECT_CNODE, OBJECT_THREAD, OBJECT_REPLY,
		OBJECT_VSPACE, OBJECT_IRQ_HANDLER };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		make(types[i], AT_FREE + i);
		assert_refused(ERR_ARGUMENT, do_mint(AT_FREE + 10, AT_FREE + i, RIGHTS_ALL, 1));
		assert_refused(ERR_ARGUMENT, do_mint(AT_FREE + 10, AT_FREE + i, RIGHTS_ALL, 0));
	}
}

/*
 * Links of siblings, children and back references follow a move, wherever in the list of siblings
 * the slot stands.
 */
static void move_in_tree(void **state)
{
	(void)state;
	make(OBJECT_ENDPOINT, AT_FREE);
	for (unsigned i = 1; i <= 3; i++)
		assert_done(do_copy(AT_FREE + i, AT_FREE, RIGHTS_ALL));
	for (unsigned i = 1; i <= 3; i++)
		assert_done(do_copy(AT_FREE + 3 + i, AT_FREE + i, RIGHTS_ALL));
	for (unsigned i = 0; i < 7; i++) {
		struct slot *parent = parent_of(machine_slot(AT_FREE + i));
		struct slot *moved = machine_slot(AT_FREE + 20 + i);
		ref_t child = machine_slot(AT_FREE + i)->child;

		assert_done(do_move(AT_FREE + 20 + i, AT_FREE + i));
		assert_int_equal(record_back(0)->operation, COMMIT_MOVE);
		assert_true(is_empty(AT_FREE + i));
		assert_ptr_equal(parent_of(moved), parent);
		assert_int_equal(moved->child, child);
	}
	assert_true(machine_slot(AT_FREE + 20)->flags & SLOT_ORIGINAL);
	assert_done(do_delete(AT_FREE + 20));
	for (unsigned i = 0; i < 7; i++)
		assert_true(is_empty(AT_FREE + 20 + i));
	assert_int_equal(machine.destroyed[OBJECT_ENDPOINT], 1);
}

static void move_each(void **state)
{
	unsigned count = make_copyable();

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		struct slot before = *machine_slot(AT_FREE + i), after;

		assert_done(do_move(AT_FREE + 20 + i, AT_FREE + i));
		after = *machine_slot(AT_FREE + 20 + i);
		assert_true(is_empty(AT_FREE + i));
		assert_int_equal(after.type, before.type);
		assert_int_equal(after.rights, before.rights);
		assert_int_equal(after.flags, before.flags);
		assert_int_equal(after.object, before.object);
		assert_int_equal(after.size, before.size);
	}
	assert_int_equal(
		((struct vspace_core *)core_pointer(machine_slot(AT_FREE + 20 + 7)->object))->slot,
		core_ref(machine_slot(AT_FREE + 20 + 7)));
	assert_int_equal(
		((struct mapping_core *)core_pointer(machine_slot(AT_FREE + 20 + 8)->object))->slot,
		core_ref(machine_slot(AT_FREE + 20 + 8)));
	for (uint64_t i = AT_CNODE; i <= AT_REGION; i++) {
		struct slot *cnode = machine_slot(i == AT_CNODE ? AT_CNODE : i + 49);

		assert_done(do_move(i + 50, i));
		/* init's own CNode is moved first: go on with it where it is now. */
		if (i == AT_CNODE) {
			assert_int_equal(cnode->type, OBJECT_NULL);
			assert_done(request_make(&(struct request){ machine_slot(51), CNODE_MOVE, 1,
				{ machine_slot(51) }, { AT_CNODE, 51 } }));
		}
	}
	assert_done(do_copy(AT_FREE + 80, AT_FREE + 20 + 7, RIGHTS_ALL));
	assert_done(do_move(AT_FREE + 81, AT_FREE + 80));
	assert_int_equal(
		((struct vspace_core *)core_pointer(machine_slot(AT_FREE + 20 + 7)->object))->slot,
		core_ref(machine_slot(AT_FREE + 20 + 7)));
	assert_done(do_copy(AT_FREE + 82, AT_FREE + 20 + 8, RIGHTS_ALL));
	assert_done(do_move(AT_FREE + 83, AT_FREE + 82));
	assert_int_equal(
		((struct mapping_core *)core_pointer(machine_slot(AT_FREE + 20 + 8)->object))->slot,
		core_ref(machine_slot(AT_FREE + 20 + 8)));
}

static void move_of_tables(void **state)
{
	(void)state;
	make_vspace(AT_FREE, AT_FREE + 1, 1);
	assert_refused(ERR_TYPE, do_move(AT_FREE + 2, AT_FREE + 1));
}

static void move_between_cnodes(void **state)
{
	(void)state;
	make(OBJECT_CNODE, AT_OTHER);
	make(OBJECT_ENDPOINT, AT_ENDPOINT);
	assert_done(do_copy(AT_COPY, AT_ENDPOINT, RIGHTS_ALL));
	assert_done(request_make(&(struct request){ machine_slot(AT_OTHER), CNODE_MOVE, 1,
		{ machine_slot(AT_CNODE) }, { 15, AT_ENDPOINT } }));
	assert_refused(ERR_ARGUMENT,
		request_make(&(struct request){ machine_slot(AT_OTHER), CNODE_MOVE, 1,
			{ machine_slot(AT_CNODE) }, { 16, AT_COPY } }));
	assert_ptr_equal(parent_of(machine_slot(AT_COPY)), slot_in(AT_OTHER, 15));
	assert_done(do_delete(AT_OTHER));
	assert_true(is_empty(AT_COPY));
	assert_int_equal(machine.destroyed[OBJECT_ENDPOINT], 1);
}

static void query(void **state)
{
	struct slot *readable;

	(void)state;
	assert_refused(ERR_ARGUMENT, do_query(SLOTS));
	assert_refused(ERR_NOCAP, do_query(AT_FREE));
	assert_done(do_query(AT_DEVICE));
	assert_int_equal(answer.results, 4);
	assert_int_equal(answer.result[0], OBJECT_UNTYPED | RIGHTS_ALL << 8 | 1 << 16 | 1 << 17);
	assert_int_equal(answer.result[1], UNTYPED_BYTES);
	assert_int_equal(answer.result[2], 0);
	assert_int_equal(answer.result[3], machine_slot(AT_DEVICE)->object);
	make(OBJECT_ENDPOINT, AT_ENDPOINT);
	assert_done(do_mint(AT_COPY, AT_ENDPOINT, RIGHT_WRITE, 99));
	assert_done(do_query(AT_COPY));
	assert_int_equal(answer.result[0], OBJECT_ENDPOINT | RIGHT_WRITE << 8);
	assert_int_equal(answer.result[2], 99);
	make(OBJECT_NOTIFICATION, AT_FREE + 2);
	assert_done(do_mint(AT_FREE + 3, AT_FREE + 2, RIGHT_READ, 98));
	assert_done(do_query(AT_FREE + 3));
	assert_int_equal(answer.result[2], 98);
	assert_done(do_retype(AT_UNTYPED, OBJECT_REGION, PAGE_SIZE, AT_FREE + 5, 1));
	assert_done(do_query(AT_UNTYPED));
	assert_int_equal(answer.result[2], machine_slot(AT_UNTYPED)->watermark);
	assert_int_equal(answer.result[2], 2 * PAGE_SIZE);
	assert_int_equal(answer.result[3], machine_slot(AT_UNTYPED)->object);
	machine_slot(AT_UNTYPED)->rights &= (uint8_t)~RIGHT_DMA;
	assert_done(do_query(AT_UNTYPED));
	assert_int_equal(answer.result[3], 0);
	assert_done(do_query(AT_FREE + 5));
	assert_int_equal(answer.result[3], machine_slot(AT_FREE + 5)->object);
	assert_done(do_copy(AT_FREE + 7, AT_FREE + 5, RIGHTS_ALL & ~RIGHT_DMA));
	assert_done(do_query(AT_FREE + 7));
	assert_int_equal(answer.result[2], 0);
	assert_int_equal(answer.result[3], 0);
	assert_done(do_query(AT_CNODE));
	assert_int_equal(answer.result[2], 0);
	assert_int_equal(answer.result[3], 0);
	readable = machine_slot(AT_FREE + 6);
	assert_done(do_copy(AT_FREE + 6, AT_CNODE, RIGHT_READ));
	assert_done(request_make(
		&(struct request){ readable, CNODE_QUERY, 0, { NULL }, { AT_FREE + 5 } }));
	assert_int_equal(answer.result[1], PAGE_SIZE);
}

static void delete_and_revoke(void **state)
{
	uint64_t head;

	(void)state;
	head = commit_ring->head;
	assert_refused(ERR_ARGUMENT, do_delete(SLOTS));
	assert_refused(ERR_ARGUMENT, do_revoke(SLOTS));
	assert_refused(ERR_NOCAP, do_revoke(AT_FREE));
	assert_done(do_delete(AT_FREE));
	assert_int_equal(commit_ring->head, head);
	make(OBJECT_ENDPOINT, AT_ENDPOINT);
	for (unsigned i = 1; i < 5; i++)
		assert_done(do_copy(AT_ENDPOINT + i, AT_ENDPOINT + i - 1, RIGHTS_ALL));
	assert_done(do_delete(AT_ENDPOINT + 3));
	assert_int_equal(record_back(0)->operation, COMMIT_DELETE);
	assert_int_equal(record_back(0)->flags, COMMIT_DELETE_BEGIN);
	assert_true(is_empty(AT_ENDPOINT + 3) && is_empty(AT_ENDPOINT + 4));
	assert_true(holds_type(AT_ENDPOINT + 2, OBJECT_ENDPOINT));
	assert_done(do_revoke(AT_ENDPOINT));
	assert_int_equal(record_back(0)->operation, COMMIT_REVOKE);
	assert_true(is_empty(AT_ENDPOINT + 1) && is_empty(AT_ENDPOINT + 2));
	assert_true(holds_type(AT_ENDPOINT, OBJECT_ENDPOINT));
	assert_int_equal(machine.destroyed[OBJECT_ENDPOINT], 0);
	head = commit_ring->head;
	assert_done(do_revoke(AT_ENDPOINT));
	assert_int_equal(commit_ring->head, head);
	assert_done(do_delete(AT_ENDPOINT));
	assert_int_equal(machine.destroyed[OBJECT_ENDPOINT], 1);
}

static void transfer(void **state)
{
	(void)state;
	make(OBJECT_ENDPOINT, AT_ENDPOINT);
	assert_done(do_mint(AT_COPY, AT_ENDPOINT, RIGHT_WRITE | RIGHT_GRANT, 77));
	assert_done(do_transfer(AT_OTHER, AT_COPY));
	assert_int_equal(record_back(0)->flags, COMMIT_COPY_IPC);
	assert_int_equal(machine_slot(AT_OTHER)->rights, RIGHT_WRITE | RIGHT_GRANT);
	assert_int_equal(machine_slot(AT_OTHER)->badge, 77);
	assert_ptr_equal(parent_of(machine_slot(AT_OTHER)), machine_slot(AT_COPY));
	assert_null(invariants_check(true));
}

const struct core_test cnode_tests[] = {
	{ "cnode.copy", "a copy of each type is a child with at most the rights of source and mask",
		copy_each },
	{ "cnode.device", "copies of device memory remain device memory", copy_keeps_device },
	{ "cnode.uncopyable", "Untyped, table memory and controls are not copied, minted or sent",
		uncopyable },
	{ "cnode.refusals", "copy, mint and move refuse bad CNodes, rights, indices and slots",
		source_and_destination },
	{ "cnode.badges", "a badge is given once and never zero", mint_badges },
	{ "cnode.regions", "a Region is narrowed to pages it has", mint_regions },
	{ "cnode.ports", "I/O ports are narrowed to a range within the range", mint_ports },
	{ "cnode.unmintable", "other types carry neither badge nor range", mint_refused },
	{ "cnode.links", "a move keeps parent and children", move_in_tree },
	{ "cnode.move", "every type moves, with the references back to it", move_each },
	{ "cnode.tables", "table memory does not move", move_of_tables },
	{ "cnode.between", "capabilities move between CNodes and die with the one they lie in",
		move_between_cnodes },
	{ "cnode.query", "query tells type, rights, original, device, size, badge, watermark and, with DMA, the base", query },
	{ "cnode.delete", "delete takes what was derived along, revoke leaves the capability",
		delete_and_revoke },
	{ "cnode.transfer", "a transfer keeps rights and badge and is marked in its record",
		transfer },
	{ 0 },
};
