/* SPDX-License-Identifier: MIT */
/* CNode: copy, mint, move, delete, revoke and query, with rights, badges, ranges, the derivation tree, and other CNodes than the caller's root. */
#include "tests/kernel/harness/harness.h"

#define ROOT INIT_SLOT_CNODE

static enum object_type type_at(handle_t cnode, uint64_t index)
{
	struct capability_state state = {.type = OBJECT_NULL};

	return cnode_query(cnode, index, &state) == OK ? state.type : OBJECT_NULL;
}

static void copy_keeps_or_drops_rights(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), slot = slot_allocate(), again = slot_allocate();
	struct capability_state first, state;

	CHECK_OK(cnode_query(ROOT, endpoint, &first));
	for (uint64_t mask = 0; mask <= RIGHTS_ALL; mask++) {
		CHECK_OK(cnode_copy(ROOT, slot, ROOT, endpoint, mask));
		CHECK_OK(cnode_query(ROOT, slot, &state));
		CHECK_EQUAL(first.rights & mask, state.rights);
		CHECK(!state.original);
		CHECK_OK(cnode_copy(ROOT, again, ROOT, slot, UINT64_MAX));
		CHECK_OK(cnode_query(ROOT, again, &state));
		CHECK_EQUAL(first.rights & mask, state.rights);
		CHECK_OK(cnode_delete(ROOT, slot));
	}
}

static void mint_gives_badges(void)
{
	static const enum object_type types[] = {OBJECT_ENDPOINT, OBJECT_NOTIFICATION};
	struct capability_state state;

	for (int i = 0; i < 2; i++) {
		handle_t object = object_make(types[i], 0), badged = slot_allocate(), again = slot_allocate();

		CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, badged, ROOT, object, RIGHTS_ALL, 0));
		CHECK_OK(cnode_mint(ROOT, badged, ROOT, object, RIGHT_WRITE, 0xfedcba9876543210));
		CHECK_OK(cnode_query(ROOT, badged, &state));
		CHECK_EQUAL(0xfedcba9876543210, state.badge);
		CHECK_EQUAL(RIGHT_WRITE, state.rights);
		CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, again, ROOT, badged, RIGHTS_ALL, 7));
		CHECK_OK(cnode_copy(ROOT, again, ROOT, badged, RIGHTS_ALL));
		CHECK_OK(cnode_query(ROOT, again, &state));
		CHECK_EQUAL(0xfedcba9876543210, state.badge);
	}
}

static uint64_t pages_range(uint64_t first, uint64_t pages)
{
	return first | pages << 32;
}

static void mint_narrows_regions(void)
{
	handle_t region, part = slot_allocate(), inner = slot_allocate();
	struct capability_state whole, state;

	CHECK_OK(region_allocate(8, &region));
	CHECK_OK(cnode_query(ROOT, region, &whole));
	CHECK_EQUAL(8 * PAGE_SIZE, whole.size);
	CHECK(whole.base != 0);
	CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, part, ROOT, region, RIGHTS_ALL, pages_range(0, 0)));
	CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, part, ROOT, region, RIGHTS_ALL, pages_range(0, 9)));
	CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, part, ROOT, region, RIGHTS_ALL, pages_range(8, 1)));
	CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, part, ROOT, region, RIGHTS_ALL, pages_range(0xffffffff, 0xffffffff)));
	CHECK_OK(cnode_mint(ROOT, part, ROOT, region, RIGHTS_ALL, pages_range(2, 4)));
	CHECK_OK(cnode_query(ROOT, part, &state));
	CHECK_EQUAL(4 * PAGE_SIZE, state.size);
	CHECK_EQUAL(whole.base + 2 * PAGE_SIZE, state.base);
	CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, inner, ROOT, part, RIGHTS_ALL, pages_range(1, 4)));
	CHECK_OK(cnode_mint(ROOT, inner, ROOT, part, RIGHT_READ, pages_range(3, 1)));
	CHECK_OK(cnode_query(ROOT, inner, &state));
	CHECK_EQUAL(0, state.base); /* without DMA the address is not told */
	CHECK_EQUAL(PAGE_SIZE, state.size);
}

static void mint_narrows_ports(void)
{
	handle_t ports = slot_allocate(), inner = slot_allocate();
	struct capability_state state;

	CHECK_OK(cnode_mint(ROOT, ports, ROOT, INIT_SLOT_IO_PORTS, RIGHTS_ALL, 0x70 | 0x7fu << 16));
	CHECK_OK(cnode_query(ROOT, ports, &state));
	CHECK_EQUAL(0x70 | 0x7f << 16, state.size);
	CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, inner, ROOT, ports, RIGHTS_ALL, 0x70 | 0x80u << 16));
	CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, inner, ROOT, ports, RIGHTS_ALL, 0x6f | 0x7fu << 16));
	CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, inner, ROOT, ports, RIGHTS_ALL, 0x7f | 0x70u << 16));
	CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, inner, ROOT, ports, RIGHTS_ALL, 1ull << 32 | 0x70 | 0x7fu << 16));
	CHECK_OK(cnode_mint(ROOT, inner, ROOT, ports, RIGHT_READ, 0x70 | 0x71u << 16));
}

static void mint_refuses_other_types(void)
{
	handle_t slot = slot_allocate();
	const handle_t objects[] = {object_make(OBJECT_CNODE, 4), object_make(OBJECT_THREAD, 0), object_make(OBJECT_REPLY, 0), object_make(OBJECT_VSPACE, 0), object_make(OBJECT_IRQ_HANDLER, 0)};

	for (uint64_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		CHECK_REFUSED(ERR_ARGUMENT, cnode_mint(ROOT, slot, ROOT, objects[i], RIGHTS_ALL, 1));
}

static void controls_are_not_copied(void)
{
	static const handle_t controls[] = {INIT_SLOT_IRQ_CONTROL, INIT_SLOT_CPU_CONTROL, INIT_SLOT_LOG_CONTROL, INIT_SLOT_TABLES};
	struct irq_attachment attachment;
	handle_t slot = slot_allocate();

	for (uint64_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		CHECK_REFUSED(ERR_TYPE, cnode_copy(ROOT, slot, ROOT, controls[i], RIGHTS_ALL));
	CHECK_REFUSED(ERR_TYPE, cnode_move(ROOT, slot, ROOT, INIT_SLOT_TABLES));
	CHECK_OK(cnode_move(ROOT, slot, ROOT, INIT_SLOT_IRQ_CONTROL));
	CHECK_OK(irq_attach(slot, object_make(OBJECT_IRQ_HANDLER, 0), IRQ_LINE_MSI, 0, &attachment));
	CHECK_OK(cnode_move(ROOT, INIT_SLOT_IRQ_CONTROL, ROOT, slot));
}

static void children_follow_a_move(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), moved = slot_allocate(), child = slot_allocate(), grandchild = slot_allocate();

	CHECK_OK(cnode_copy(ROOT, child, ROOT, endpoint, RIGHTS_ALL));
	CHECK_OK(cnode_copy(ROOT, grandchild, ROOT, child, RIGHTS_ALL));
	CHECK_OK(cnode_move(ROOT, moved, ROOT, endpoint));
	CHECK_EQUAL(OBJECT_NULL, type_at(ROOT, endpoint));
	CHECK_EQUAL(OBJECT_ENDPOINT, type_at(ROOT, child));
	CHECK_OK(cnode_move(ROOT, endpoint, ROOT, child));
	CHECK_OK(cnode_revoke(ROOT, moved));
	CHECK_EQUAL(OBJECT_NULL, type_at(ROOT, endpoint));
	CHECK_EQUAL(OBJECT_NULL, type_at(ROOT, grandchild));
	CHECK_EQUAL(OBJECT_ENDPOINT, type_at(ROOT, moved));
}

static void delete_takes_the_derived(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), slots = slots_allocate(4);

	for (uint64_t i = 0; i < 4; i++)
		CHECK_OK(cnode_copy(ROOT, slots + i, ROOT, i ? slots + i - 1 : endpoint, RIGHTS_ALL));
	CHECK_OK(cnode_delete(ROOT, slots + 1));
	CHECK_EQUAL(OBJECT_ENDPOINT, type_at(ROOT, endpoint));
	CHECK_EQUAL(OBJECT_ENDPOINT, type_at(ROOT, slots));
	for (uint64_t i = 1; i < 4; i++)
		CHECK_EQUAL(OBJECT_NULL, type_at(ROOT, slots + i));
}

static void revoke_keeps_the_capability(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), slots = slots_allocate(8);

	for (uint64_t i = 0; i < 8; i++)
		CHECK_OK(cnode_copy(ROOT, slots + i, ROOT, endpoint, RIGHTS_ALL));
	CHECK_OK(cnode_revoke(ROOT, endpoint));
	CHECK_EQUAL(OBJECT_ENDPOINT, type_at(ROOT, endpoint));
	for (uint64_t i = 0; i < 8; i++)
		CHECK_EQUAL(OBJECT_NULL, type_at(ROOT, slots + i));
}

static void empty_slots_cost_nothing(void)
{
	handle_t slot = slot_allocate(), endpoint = object_make(OBJECT_ENDPOINT, 0);
	uint64_t records = records_committed();

	CHECK_OK(cnode_delete(ROOT, slot));
	CHECK_EQUAL(records, records_committed());
	CHECK_OK(cnode_revoke(ROOT, endpoint));
	CHECK_EQUAL(records, records_committed());
	CHECK_REFUSED(ERR_NOCAP, cnode_revoke(ROOT, slot));
}

static void refuses_bad_places(void)
{
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), empty = slot_allocate(), other = object_make(OBJECT_CNODE, 4);
	static const uint64_t beyond[] = {1ull << INIT_CNODE_BITS, 1ull << 32, UINT64_MAX};

	for (int i = 0; i < 3; i++) {
		CHECK_REFUSED(ERR_ARGUMENT, cnode_copy(ROOT, beyond[i], ROOT, endpoint, RIGHTS_ALL));
		CHECK_REFUSED(ERR_ARGUMENT, cnode_copy(ROOT, empty, ROOT, beyond[i], RIGHTS_ALL));
		CHECK_REFUSED(ERR_ARGUMENT, cnode_move(ROOT, beyond[i], ROOT, endpoint));
		CHECK_REFUSED(ERR_ARGUMENT, cnode_delete(ROOT, beyond[i]));
		CHECK_REFUSED(ERR_ARGUMENT, cnode_revoke(ROOT, beyond[i]));
		CHECK_REFUSED(ERR_ARGUMENT, cnode_query(ROOT, beyond[i], &(struct capability_state){0}));
	}
	CHECK_REFUSED(ERR_ARGUMENT, cnode_copy(other, 16, ROOT, endpoint, RIGHTS_ALL));
	CHECK_REFUSED(ERR_OCCUPIED, cnode_copy(ROOT, endpoint, ROOT, endpoint, RIGHTS_ALL));
	CHECK_REFUSED(ERR_OCCUPIED, cnode_move(ROOT, endpoint, ROOT, endpoint));
	CHECK_REFUSED(ERR_OCCUPIED, cnode_move(ROOT, other, ROOT, endpoint));
	CHECK_REFUSED(ERR_NOCAP, cnode_copy(other, 0, ROOT, empty, RIGHTS_ALL));
	CHECK_REFUSED(ERR_TYPE, cnode_copy(ROOT, empty, endpoint, 0, RIGHTS_ALL));
	CHECK_REFUSED(ERR_NOCAP, cnode_query(ROOT, empty, &(struct capability_state){0}));
}

static void rights_of_both_cnodes(void)
{
	handle_t cnode = object_make(OBJECT_CNODE, 4), endpoint = object_make(OBJECT_ENDPOINT, 0), reader = slot_allocate(), writer = slot_allocate(), slot = slot_allocate();

	CHECK_OK(cnode_copy(ROOT, reader, ROOT, cnode, RIGHT_READ));
	CHECK_OK(cnode_copy(ROOT, writer, ROOT, cnode, RIGHT_WRITE));
	CHECK_OK(cnode_copy(writer, 0, ROOT, endpoint, RIGHTS_ALL));
	CHECK_REFUSED(ERR_RIGHTS, cnode_copy(reader, 1, ROOT, endpoint, RIGHTS_ALL));
	CHECK_REFUSED(ERR_RIGHTS, cnode_copy(ROOT, slot, writer, 0, RIGHTS_ALL));
	CHECK_REFUSED(ERR_RIGHTS, cnode_move(ROOT, slot, reader, 0));
	CHECK_REFUSED(ERR_RIGHTS, cnode_delete(reader, 0));
	CHECK_REFUSED(ERR_RIGHTS, cnode_revoke(reader, 0));
	CHECK_REFUSED(ERR_RIGHTS, cnode_query(writer, 0, &(struct capability_state){0}));
	CHECK_OK(cnode_copy(ROOT, slot, reader, 0, RIGHTS_ALL));
	CHECK_OK(cnode_delete(writer, 0));
	CHECK_EQUAL(OBJECT_NULL, type_at(ROOT, slot));
}

static void other_cnodes_are_reached(void)
{
	handle_t outer = object_make(OBJECT_CNODE, 2), endpoint = object_make(OBJECT_ENDPOINT, 0), back = slot_allocate();

	for (uint64_t i = 0; i < 4; i++)
		CHECK_OK(cnode_copy(outer, i, ROOT, endpoint, RIGHTS_ALL));
	CHECK_EQUAL(OBJECT_ENDPOINT, type_at(outer, 3));
	CHECK_OK(cnode_move(ROOT, back, outer, 3));
	CHECK_EQUAL(OBJECT_NULL, type_at(outer, 3));
	CHECK_OK(cnode_delete(ROOT, endpoint));
	for (uint64_t i = 0; i < 4; i++)
		CHECK_EQUAL(OBJECT_NULL, type_at(outer, i));
	CHECK_EQUAL(OBJECT_NULL, type_at(ROOT, back));
}

static void deleting_a_cnode_deletes_its_content(void)
{
	handle_t cnode = object_make(OBJECT_CNODE, 4), endpoint = object_make(OBJECT_ENDPOINT, 0), child = slot_allocate();

	CHECK_OK(cnode_copy(cnode, 5, ROOT, endpoint, RIGHTS_ALL));
	CHECK_OK(cnode_copy(ROOT, child, cnode, 5, RIGHTS_ALL));
	CHECK_OK(cnode_delete(ROOT, cnode));
	CHECK_EQUAL(OBJECT_NULL, type_at(ROOT, child));
	CHECK_EQUAL(OBJECT_ENDPOINT, type_at(ROOT, endpoint));
}

/* The original moved into a CNode dies with it, and so do copies elsewhere. */
static void an_original_in_a_cnode_dies_with_it(void)
{
	handle_t cnode = object_make(OBJECT_CNODE, 4), endpoint = object_make(OBJECT_ENDPOINT, 0), copy = slot_allocate();

	CHECK_OK(cnode_copy(ROOT, copy, ROOT, endpoint, RIGHTS_ALL));
	CHECK_OK(cnode_move(cnode, 0, ROOT, endpoint));
	CHECK_OK(cnode_delete(ROOT, cnode));
	CHECK_EQUAL(OBJECT_NULL, type_at(ROOT, copy));
}

static const struct test tests[] = {
	{"cnode-copy-rights", "a copy has the rights of mask and source, a copy of a copy no more", copy_keeps_or_drops_rights},
	{"cnode-mint-badge", "a badge is given once and inherited", mint_gives_badges},
	{"cnode-mint-region", "a Region is narrowed, never widened", mint_narrows_regions},
	{"cnode-mint-ports", "a port range is narrowed, never widened", mint_narrows_ports},
	{"cnode-mint-others", "capabilities of other types cannot be minted", mint_refuses_other_types},
	{"cnode-controls", "controls and table memory cannot be copied, table memory not even moved", controls_are_not_copied},
	{"cnode-move", "children follow a moved capability", children_follow_a_move},
	{"cnode-delete", "deleting takes everything derived and nothing else", delete_takes_the_derived},
	{"cnode-revoke", "revoking keeps the capability itself", revoke_keeps_the_capability},
	{"cnode-empty", "deleting an empty slot and revoking a leaf commit nothing", empty_slots_cost_nothing},
	{"cnode-places", "indexes beyond a CNode, occupied and empty slots are refused", refuses_bad_places},
	{"cnode-rights", "each method needs its right on both CNodes", rights_of_both_cnodes},
	{"cnode-others", "capabilities in other CNodes are copied, moved and revoked", other_cnodes_are_reached},
	{"cnode-content", "deleting a CNode deletes what lies in it and what was derived from that", deleting_a_cnode_deletes_its_content},
	{"cnode-original", "an original dies with the CNode that it lies in", an_original_in_a_cnode_dies_with_it},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
