/* SPDX-License-Identifier: MIT */
/* The small system that each test starts from, and the calls on it: see calls.h. */
#include "tests/host/core/calls.h"

#include <stdlib.h>

#define ARENA		  ((uint64_t)8 << 20)
#define KEPT_REGION_PAGES 3

struct call answer;
static unsigned char *before;
static size_t before_bytes;
static bool trusting;

void system_start_ring(uint64_t capacity, uint64_t reserve)
{
	paddr_t kept, untyped;

	machine_start(&(struct machine_config){ .memory = ARENA,
		.ring_capacity = capacity,
		.ring_reserve = reserve,
		.cnode_bits = CNODE_BITS,
		.mappings_per_page = 64 });
	kept = machine.free;
	untyped = kept + KEPT_REGION_PAGES * PAGE_SIZE;
	machine_give_memory(AT_UNTYPED, untyped, UNTYPED_BYTES, false);
	machine_give_memory(
		AT_LARGE, untyped + UNTYPED_BYTES, ARENA - untyped - UNTYPED_BYTES, false);
	machine_give_memory(AT_DEVICE, DEVICE_BASE, UNTYPED_BYTES, true);
	machine_give_control(AT_IRQ_CONTROL, OBJECT_IRQ_CONTROL);
	machine_give_control(AT_CPU_CONTROL, OBJECT_CPU_CONTROL);
	machine_give_control(AT_LOG_CONTROL, OBJECT_LOG_CONTROL);
	machine_give_control(AT_IO_PORTS, OBJECT_IO_PORTS);
	machine_give_region(AT_REGION, kept, KEPT_REGION_PAGES * PAGE_SIZE, RIGHT_READ);
	machine_drain();
	before_bytes = untyped + UNTYPED_BYTES;
	before = realloc(before, before_bytes);
	assert_non_null(before);
	trusting = false;
}

void system_start(void)
{
	system_start_ring(4096, 16);
}

void request_trust(bool trust)
{
	trusting = trust;
}

enum error request_execute(const struct request *request, bool *restarted)
{
	uint64_t head = commit_ring->head;
	enum error error;
	const char *broken;

	if (!trusting)
		machine_save(before, before_bytes);
	answer = (struct call){
		.caller = machine.caller,
		.target = request->target,
		.words = request->words,
		.cap = { request->cap[0], request->cap[1] },
		.restarted = *restarted,
	};
	error = method_invoke(&answer, request->method, request->caps);
	*restarted |= answer.progress;
	machine_forget_reclaimed(&answer, request->method, error);
	if (trusting)
		return error;
	if (error != OK && error < ERR_RESTART) {
		assert_int_equal(commit_ring->head, head);
		assert_true(machine_is_saved(before, before_bytes));
		assert_int_equal(machine.refusal, error);
	}
	broken = invariants_check(true);
	if (broken)
		fail_msg("%s", broken);
	return error;
}

enum error request_make(const struct request *request)
{
	bool restarted = false;
	enum error error;

	do
		error = request_execute(request, &restarted);
	while (error == ERR_RESTART);
	return error;
}

enum error do_retype(
	uint64_t untyped, enum object_type type, uint64_t size, uint64_t first, uint64_t count)
{
	return request_make(&(struct request){ machine_slot(untyped), UNTYPED_RETYPE, 1,
		{ machine_slot(AT_CNODE) }, { type, size, first, count } });
}

enum error do_reclaim(uint64_t untyped)
{
	return request_make(
		&(struct request){ machine_slot(untyped), UNTYPED_RECLAIM, 0, { NULL }, { 0 } });
}

enum error do_copy(uint64_t destination, uint64_t source, uint64_t rights)
{
	return request_make(&(struct request){ machine_slot(AT_CNODE), CNODE_COPY, 1,
		{ machine_slot(AT_CNODE) }, { destination, source, rights } });
}

enum error do_mint(uint64_t destination, uint64_t source, uint64_t rights, uint64_t badge)
{
	return request_make(&(struct request){ machine_slot(AT_CNODE), CNODE_MINT, 1,
		{ machine_slot(AT_CNODE) }, { destination, source, rights, badge } });
}

enum error do_move(uint64_t destination, uint64_t source)
{
	return request_make(&(struct request){ machine_slot(AT_CNODE), CNODE_MOVE, 1,
		{ machine_slot(AT_CNODE) }, { destination, source } });
}

enum error do_transfer(uint64_t destination, uint64_t source)
{
	return slot_copy(machine.caller, machine_slot(source), machine_slot(destination),
		RIGHTS_ALL, &(struct copy_change){ .flags = COMMIT_COPY_IPC });
}

enum error do_delete(uint64_t index)
{
	return request_make(
		&(struct request){ machine_slot(AT_CNODE), CNODE_DELETE, 0, { NULL }, { index } });
}

enum error do_revoke(uint64_t index)
{
	return request_make(
		&(struct request){ machine_slot(AT_CNODE), CNODE_REVOKE, 0, { NULL }, { index } });
}

enum error do_query(uint64_t index)
{
	return request_make(
		&(struct request){ machine_slot(AT_CNODE), CNODE_QUERY, 0, { NULL }, { index } });
}

enum error do_bind(uint64_t thread, uint64_t which, uint64_t source)
{
	return request_make(&(struct request){
		machine_slot(thread), THREAD_BIND, 1, { machine_slot(source) }, { which } });
}

enum error do_unbind(uint64_t thread, uint64_t which)
{
	return request_make(
		&(struct request){ machine_slot(thread), THREAD_UNBIND, 0, { NULL }, { which } });
}

enum error do_donate(uint64_t vspace, uint64_t destination, uint64_t pages, uint64_t untyped)
{
	return request_make(&(struct request){ machine_slot(vspace), VSPACE_DONATE, 2,
		{ machine_slot(untyped), machine_slot(AT_CNODE) }, { destination, pages } });
}

enum error do_attach(uint64_t vspace, uint64_t destination, uint64_t rights, uint64_t region)
{
	return request_make(&(struct request){ machine_slot(vspace), VSPACE_ATTACH_REGION, 2,
		{ machine_slot(region), machine_slot(AT_CNODE) }, { destination, rights } });
}

enum error do_irq_attach(uint64_t handler, uint64_t line, uint64_t flags)
{
	return request_make(&(struct request){ machine_slot(AT_IRQ_CONTROL),
		IRQ_CONTROL_ATTACH_HANDLER, 1, { machine_slot(handler) }, { line, flags } });
}

struct slot *make_cnode(uint64_t index, unsigned bits)
{
	assert_done(do_retype(AT_UNTYPED, OBJECT_CNODE, bits, index, 1));
	return machine_slot(index);
}

struct slot *slot_in(uint64_t cnode, uint64_t index)
{
	return slot_at(machine_slot(cnode), index);
}

void make_vspace(uint64_t index, uint64_t tables, uint64_t pages)
{
	assert_done(do_retype(AT_UNTYPED, OBJECT_VSPACE, 0, index, 1));
	if (pages)
		assert_done(do_donate(index, tables, pages, AT_UNTYPED));
}

bool is_empty(uint64_t index)
{
	return slot_is_empty(machine_slot(index));
}

bool holds_type(uint64_t index, enum object_type type)
{
	return machine_slot(index)->type == type;
}

const struct commit_record *record_back(uint64_t back)
{
	const struct commit_record *records = (const void *)((const unsigned char *)commit_ring +
		COMMIT_RING_HEADER);

	return &records[(commit_ring->head - 1 - back) & (commit_ring->capacity - 1)];
}

void teardown_drain(void)
{
	while (teardown_continue())
		assert_null(invariants_check(false));
	assert_int_equal(core->dying, 0);
}
