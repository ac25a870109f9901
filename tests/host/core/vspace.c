/* SPDX-License-Identifier: MIT */
/*
 * Address spaces: donating table memory, attaching Regions, and what becomes of both when one of
 * the three objects goes.
 */
#include "tests/host/core/calls.h"

enum {
	AT_VSPACE = AT_FREE,
	AT_TABLES,
	AT_MEMORY,
	AT_MAPPING,
	AT_WEAK,
	AT_SECOND,
	AT_LAST = AT_FREE + 10
};

static void make_memory(void)
{
	assert_done(do_retype(AT_UNTYPED, OBJECT_REGION, 4 * PAGE_SIZE, AT_MEMORY, 1));
}

static struct vspace_core *vspace(void)
{
	return core_pointer(machine_slot(AT_VSPACE)->object);
}

static void donate(void **state)
{
	const struct slot *tables = machine_slot(AT_TABLES), *untyped = machine_slot(AT_UNTYPED);

	(void)state;
	make_vspace(AT_VSPACE, 0, 0);
	assert_done(do_retype(AT_UNTYPED, OBJECT_ENDPOINT, 0, AT_LAST, 1));
	assert_done(do_donate(AT_VSPACE, AT_TABLES, 3, AT_UNTYPED));
	assert_int_equal(record_back(0)->operation, COMMIT_DONATE);
	assert_int_equal(tables->type, OBJECT_TABLE_MEMORY);
	assert_int_equal(tables->rights, RIGHTS_ALL);
	assert_int_equal(tables->flags, SLOT_ORIGINAL);
	assert_int_equal(tables->object, machine_slot(AT_VSPACE)->object);
	assert_int_equal(tables->base % PAGE_SIZE, 0);
	assert_int_equal(tables->size, 3 * PAGE_SIZE);
	assert_int_equal(tables->base + tables->size, untyped->object + untyped->watermark);
	assert_int_equal(machine.donated, 3 * PAGE_SIZE);
	assert_done(do_donate(AT_VSPACE, AT_TABLES + 1, 1, AT_UNTYPED));
	assert_int_equal(vspace()->donations, core_ref(machine_slot(AT_TABLES + 1)));
	assert_int_equal(machine_slot(AT_TABLES + 1)->next_donation, core_ref(tables));
}

static void donate_refused(void **state)
{
	struct request request;

	(void)state;
	make_vspace(AT_VSPACE, 0, 0);
	assert_done(do_copy(AT_WEAK, AT_CNODE, RIGHTS_ALL & ~RIGHT_WRITE));
	request = (struct request){ machine_slot(AT_VSPACE), VSPACE_DONATE, 2,
		{ machine_slot(AT_UNTYPED), machine_slot(AT_REGION) }, { AT_TABLES, 1 } };
	assert_refused(ERR_TYPE, request_make(&request));
	request.cap[1] = machine_slot(AT_WEAK);
	assert_refused(ERR_RIGHTS, request_make(&request));
	assert_refused(ERR_ARGUMENT, do_donate(AT_VSPACE, SLOTS, 1, AT_UNTYPED));
	assert_refused(ERR_OCCUPIED, do_donate(AT_VSPACE, AT_VSPACE, 1, AT_UNTYPED));
	assert_refused(ERR_TYPE, do_donate(AT_VSPACE, AT_TABLES, 1, AT_REGION));
	assert_refused(ERR_ARGUMENT, do_donate(AT_VSPACE, AT_TABLES, 0, AT_UNTYPED));
	assert_refused(ERR_ARGUMENT, do_donate(AT_VSPACE, AT_TABLES, 65537, AT_UNTYPED));
	assert_refused(
		ERR_ARGUMENT, do_donate(AT_VSPACE, AT_TABLES, ((uint64_t)1 << 52) + 1, AT_UNTYPED));
	assert_refused(ERR_ARGUMENT, do_donate(AT_VSPACE, AT_TABLES, 1, AT_DEVICE));
	assert_refused(ERR_NOMEM, do_donate(AT_VSPACE, AT_TABLES, 65536, AT_UNTYPED));
	assert_refused(ERR_NOMEM,
		do_donate(AT_VSPACE, AT_TABLES, UNTYPED_BYTES / PAGE_SIZE - 1, AT_UNTYPED));
	machine_slot(AT_UNTYPED)->rights = RIGHTS_ALL & ~RIGHT_WRITE;
	assert_refused(ERR_RIGHTS, do_donate(AT_VSPACE, AT_TABLES, 1, AT_UNTYPED));
	machine_slot(AT_UNTYPED)->rights = RIGHTS_ALL;
	assert_done(do_donate(AT_VSPACE, AT_TABLES, UNTYPED_BYTES / PAGE_SIZE - 2, AT_UNTYPED));
}

static void donate_restarts(void **state)
{
	struct request request;
	bool restarted = false;
	unsigned executions = 1;

	(void)state;
	make_vspace(AT_VSPACE, 0, 0);
	request = (struct request){ machine_slot(AT_VSPACE), VSPACE_DONATE, 2,
		{ machine_slot(AT_UNTYPED), machine_slot(AT_CNODE) }, { AT_TABLES, 5 } };
	machine.pending_every = 1;
	while (request_execute(&request, &restarted) == ERR_RESTART)
		executions++;
	assert_int_equal(executions, 6);
	assert_true(holds_type(AT_TABLES, OBJECT_TABLE_MEMORY));
}

static void attach(void **state)
{
	const struct slot *slot = machine_slot(AT_MAPPING);
	const struct mapping_core *mapping;

	(void)state;
	make_vspace(AT_VSPACE, AT_TABLES, 1);
	make_memory();
	assert_done(do_attach(
		AT_VSPACE, AT_MAPPING, RIGHT_READ | RIGHT_EXECUTE | RIGHT_DMA, AT_MEMORY));
	assert_int_equal(record_back(0)->operation, COMMIT_ATTACH);
	mapping = core_pointer(slot->object);
	assert_int_equal(slot->type, OBJECT_MAPPING);
	assert_int_equal(slot->flags, SLOT_ORIGINAL);
	assert_int_equal(slot->rights, RIGHT_READ | RIGHT_EXECUTE);
	assert_int_equal(mapping->rights, RIGHT_READ | RIGHT_EXECUTE);
	assert_int_equal(mapping->base, machine_slot(AT_MEMORY)->object);
	assert_int_equal(mapping->pages, 4);
	assert_int_equal(mapping->index, 1);
	assert_int_equal(mapping->device, 0);
	assert_int_equal(mapping->vspace, machine_slot(AT_VSPACE)->object);
	assert_done(do_attach(AT_VSPACE, AT_LAST, RIGHTS_ALL, AT_MEMORY));
	assert_int_equal(
		((struct mapping_core *)core_pointer(machine_slot(AT_LAST)->object))->index, 2);
	assert_int_equal(machine.created[OBJECT_MAPPING], 2);
	assert_int_equal(mapping->live, 0);
}

static void attach_rights(void **state)
{
	(void)state;
	make_vspace(AT_VSPACE, AT_TABLES, 1);
	make_memory();
	assert_refused(ERR_RIGHTS,
		do_attach(AT_VSPACE, AT_MAPPING, RIGHT_WRITE | RIGHT_EXECUTE, AT_MEMORY));
	assert_refused(ERR_RIGHTS, do_attach(AT_VSPACE, AT_MAPPING, 0, AT_MEMORY));
	assert_done(do_copy(AT_WEAK, AT_MEMORY, RIGHTS_ALL & ~RIGHT_READ));
	assert_refused(ERR_RIGHTS, do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_WEAK));
	assert_done(do_copy(AT_SECOND, AT_VSPACE, RIGHTS_ALL & ~RIGHT_READ));
	assert_refused(ERR_RIGHTS, do_attach(AT_SECOND, AT_MAPPING, RIGHTS_ALL, AT_MEMORY));
	assert_done(do_copy(AT_LAST, AT_VSPACE, RIGHT_ATTACH | RIGHT_READ));
	assert_done(do_copy(AT_LAST + 1, AT_MEMORY, RIGHT_READ | RIGHT_WRITE));
	assert_done(do_attach(AT_LAST, AT_MAPPING, RIGHTS_ALL, AT_LAST + 1));
	assert_int_equal(machine_slot(AT_MAPPING)->rights, RIGHT_READ);
	assert_done(do_attach(AT_VSPACE, AT_LAST + 2, RIGHTS_ALL, AT_LAST + 1));
	assert_int_equal(machine_slot(AT_LAST + 2)->rights, RIGHT_READ | RIGHT_WRITE);
	assert_done(do_attach(AT_VSPACE, AT_LAST + 3, RIGHTS_ALL, AT_MEMORY));
	assert_int_equal(
		machine_slot(AT_LAST + 3)->rights, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE);
}

static void attach_refused(void **state)
{
	struct request request;

	(void)state;
	make_vspace(AT_VSPACE, AT_TABLES, 1);
	make_memory();
	request = (struct request){ machine_slot(AT_VSPACE), VSPACE_ATTACH_REGION, 2,
		{ machine_slot(AT_MEMORY), machine_slot(AT_UNTYPED) }, { AT_MAPPING, RIGHTS_ALL } };
	assert_refused(ERR_TYPE, request_make(&request));
	assert_done(do_copy(AT_WEAK, AT_CNODE, RIGHT_READ));
	request.cap[1] = machine_slot(AT_WEAK);
	assert_refused(ERR_RIGHTS, request_make(&request));
	assert_refused(ERR_ARGUMENT, do_attach(AT_VSPACE, SLOTS, RIGHTS_ALL, AT_MEMORY));
	assert_refused(ERR_OCCUPIED, do_attach(AT_VSPACE, AT_TABLES, RIGHTS_ALL, AT_MEMORY));
	assert_refused(ERR_TYPE, do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_UNTYPED));
	assert_refused(ERR_TYPE, do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_TABLES));
}

static void attach_device(void **state)
{
	const struct mapping_core *mapping;

	(void)state;
	make_vspace(AT_VSPACE, AT_TABLES, 1);
	assert_done(do_retype(AT_DEVICE, OBJECT_REGION, PAGE_SIZE, AT_MEMORY, 1));
	assert_done(do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_MEMORY));
	mapping = core_pointer(machine_slot(AT_MAPPING)->object);
	assert_int_equal(mapping->device, 1);
	assert_int_equal(mapping->rights, RIGHT_READ | RIGHT_WRITE);
}

/*
 * More pages than a Mapping can count; the memory is not there, so the capability is written by
 * hand.
 */
static void attach_too_large(void **state)
{
	(void)state;
	make_vspace(AT_VSPACE, AT_TABLES, 1);
	assert_done(do_retype(AT_DEVICE, OBJECT_REGION, PAGE_SIZE, AT_MEMORY, 1));
	machine_slot(AT_MEMORY)->size = (uint64_t)1 << 44;
	request_trust(true);
	assert_refused(ERR_ARGUMENT, do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_MEMORY));
	machine_slot(AT_MEMORY)->size = ((uint64_t)1 << 44) - PAGE_SIZE;
	assert_done(do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_MEMORY));
	assert_int_equal(
		((struct mapping_core *)core_pointer(machine_slot(AT_MAPPING)->object))->pages,
		UINT32_MAX);
}

static void attach_without_tables(void **state)
{
	(void)state;
	make_vspace(AT_VSPACE, 0, 0);
	make_memory();
	assert_refused(ERR_NOMEM, do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_MEMORY));
	assert_done(do_donate(AT_VSPACE, AT_TABLES, 1, AT_UNTYPED));
	for (unsigned i = 0; i < 64; i++)
		assert_done(do_attach(AT_VSPACE, AT_LAST + i, RIGHTS_ALL, AT_MEMORY));
	assert_refused(ERR_NOMEM, do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_MEMORY));
	assert_done(do_delete(AT_LAST + 17));
	assert_done(do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_MEMORY));
	assert_int_equal(
		((struct mapping_core *)core_pointer(machine_slot(AT_MAPPING)->object))->index, 18);
	assert_done(do_delete(AT_MEMORY));
	assert_int_equal(vspace()->mappings, 0);
	assert_int_equal(machine.destroyed[OBJECT_MAPPING], 65);
}

/*
 * A VSpace with five Mappings of two Regions, one of them copied; the middle, the first and the
 * last go.
 */
static void mappings_unlink(void **state)
{
	static const unsigned order[] = { 2, 4, 0, 3, 1 };

	(void)state;
	make_vspace(AT_VSPACE, AT_TABLES, 1);
	make_memory();
	for (unsigned i = 0; i < 5; i++)
		assert_done(do_attach(AT_VSPACE, AT_LAST + i, RIGHTS_ALL, AT_MEMORY));
	assert_done(do_copy(AT_WEAK, AT_LAST + 2, RIGHT_READ));
	assert_done(do_delete(AT_WEAK));
	assert_int_equal(machine.destroyed[OBJECT_MAPPING], 0);
	assert_done(do_copy(AT_WEAK, AT_LAST + 2, RIGHT_READ));
	for (unsigned i = 0; i < 5; i++) {
		assert_done(do_delete(AT_LAST + order[i]));
		assert_int_equal(machine.destroyed[OBJECT_MAPPING], i + 1);
	}
	assert_true(is_empty(AT_WEAK));
	assert_int_equal(vspace()->mappings, 0);
}

static void region_goes(void **state)
{
	(void)state;
	make_vspace(AT_VSPACE, AT_TABLES, 1);
	make_memory();
	assert_done(do_mint(AT_WEAK, AT_MEMORY, RIGHT_READ, 1 | (uint64_t)2 << 32));
	assert_done(do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_WEAK));
	assert_int_equal(
		((struct mapping_core *)core_pointer(machine_slot(AT_MAPPING)->object))->base,
		machine_slot(AT_MEMORY)->object + PAGE_SIZE);
	assert_done(do_attach(AT_VSPACE, AT_LAST, RIGHTS_ALL, AT_MEMORY));
	assert_done(do_delete(AT_WEAK));
	assert_true(is_empty(AT_MAPPING));
	assert_true(holds_type(AT_LAST, OBJECT_MAPPING));
	assert_done(do_revoke(AT_MEMORY));
	assert_true(is_empty(AT_LAST));
	assert_true(holds_type(AT_MEMORY, OBJECT_REGION));
}

static void vspace_goes(void **state)
{
	(void)state;
	make_vspace(AT_VSPACE, AT_TABLES, 1);
	make_memory();
	make_cnode(AT_SECOND, 4);
	assert_done(do_donate(AT_VSPACE, AT_TABLES + 20, 1, AT_UNTYPED));
	assert_done(do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_MEMORY));
	assert_done(request_make(&(struct request){ machine_slot(AT_VSPACE), VSPACE_ATTACH_REGION,
		2, { machine_slot(AT_MEMORY), machine_slot(AT_SECOND) }, { 3, RIGHTS_ALL } }));
	assert_done(do_copy(AT_WEAK, AT_VSPACE, RIGHTS_ALL));
	assert_done(do_delete(AT_WEAK));
	assert_int_equal(machine.destroyed[OBJECT_VSPACE], 0);
	assert_done(do_delete(AT_VSPACE));
	assert_true(is_empty(AT_MAPPING) && is_empty(AT_TABLES) && is_empty(AT_TABLES + 20));
	assert_true(slot_is_empty(slot_in(AT_SECOND, 3)));
	assert_int_equal(machine.destroyed[OBJECT_VSPACE], 1);
	assert_int_equal(machine.destroyed[OBJECT_TABLE_MEMORY], 2);
	assert_int_equal(machine.destroyed[OBJECT_MAPPING], 2);
}

static void table_memory_goes(void **state)
{
	(void)state;
	make_vspace(AT_VSPACE, AT_TABLES, 1);
	make_memory();
	assert_done(do_donate(AT_VSPACE, AT_TABLES + 20, 1, AT_LARGE));
	assert_done(do_attach(AT_VSPACE, AT_MAPPING, RIGHTS_ALL, AT_MEMORY));
	assert_done(do_delete(AT_TABLES));
	assert_true(is_empty(AT_VSPACE) && is_empty(AT_MAPPING) && is_empty(AT_TABLES) &&
		is_empty(AT_TABLES + 20));
	assert_int_equal(machine.destroyed[OBJECT_TABLE_MEMORY], 2);
	assert_int_equal(machine.destroyed[OBJECT_VSPACE], 1);
	make_vspace(AT_VSPACE, 0, 0);
	assert_done(do_donate(AT_VSPACE, AT_TABLES, 1, AT_LARGE));
	assert_done(do_reclaim(AT_LARGE));
	assert_true(is_empty(AT_VSPACE) && is_empty(AT_TABLES));
	assert_int_equal(machine_slot(AT_LARGE)->watermark, 0);
}

const struct core_test vspace_tests[] = {
	{ "vspace.donate", "donated memory is a child of its Untyped and listed by its VSpace",
		donate },
	{ "vspace.donate.refused", "donate refuses other memory, rights, sizes, slots",
		donate_refused },
	{ "vspace.donate.restart", "donated memory is cleared in pieces", donate_restarts },
	{ "vspace.attach", "a Mapping shows its Region's pages, with an index of its own", attach },
	{ "vspace.attach.rights",
		"a Mapping has the rights that Region, VSpace and mask share, and READ among them",
		attach_rights },
	{ "vspace.attach.refused", "attach refuses other types and slots", attach_refused },
	{ "vspace.attach.device", "device memory is never executable", attach_device },
	{ "vspace.attach.size", "a Region of more pages than a Mapping counts is refused",
		attach_too_large },
	{ "vspace.attach.memory", "Mappings take table memory and give it back",
		attach_without_tables },
	{ "vspace.unlink", "Mappings leave their VSpace's list from any position",
		mappings_unlink },
	{ "vspace.region", "a Region takes the Mappings made through it along", region_goes },
	{ "vspace.delete", "a VSpace takes its Mappings and table memory along, wherever they lie",
		vspace_goes },
	{ "vspace.tables", "table memory takes its VSpace along", table_memory_goes },
	{ 0 },
};
