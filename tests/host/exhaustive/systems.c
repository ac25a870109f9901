/* SPDX-License-Identifier: MIT */
/*
 * The small systems and their operations.
 *
 * Every live capability that lies in a CNode is tried as target and as argument of every method
 * that takes one of its type; wrong types are tried with the first capability of each other type.
 * As destination of something new serve the first empty slot of the CNode (all empty ones are
 * alike), the first one in use, and the first index beyond. Every method is also tried with words
 * at and beyond its limits.
 */
#include "tests/host/exhaustive/systems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CNODE_SMALL 2

const struct system systems[] = {
	{ .name = "capabilities",
		.cnode_bits = 2,
		.pages = 2,
		.partial = true,
		.kinds = { { OBJECT_CNODE, CNODE_SMALL }, { OBJECT_ENDPOINT, 0 },
			{ OBJECT_UNTYPED, PAGE_SIZE } } },
	{ .name = "deletions",
		.cnode_bits = 2,
		.pages = 1,
		.partial = true,
		.lean = true,
		.kinds = { { OBJECT_CNODE, CNODE_SMALL }, { OBJECT_REPLY, 0 } } },
	{ .name = "tables",
		.cnode_bits = 3,
		.pages = 5,
		.partial = true,
		.lean = true,
		.first = 3,
		.kinds = { { OBJECT_REGION, PAGE_SIZE } },
		.start = { { OBJECT_VSPACE, 0 }, { OBJECT_REGION, PAGE_SIZE } } },
	{ .name = "badges",
		.cnode_bits = 3,
		.pages = 1,
		.first = 3,
		.kinds = { { OBJECT_NOTIFICATION, 0 }, { OBJECT_CNODE, CNODE_SMALL } },
		.start = { { OBJECT_CNODE, CNODE_SMALL }, { OBJECT_ENDPOINT, 0 } } },
	{ .name = "spaces",
		.cnode_bits = 3,
		.pages = 7,
		.partial = true,
		.first = 3,
		.kinds = { { OBJECT_VSPACE, 0 }, { OBJECT_REGION, PAGE_SIZE } },
		.start = { { OBJECT_VSPACE, 0 }, { OBJECT_REGION, 2 * PAGE_SIZE } } },
	{ .name = "threads",
		.cnode_bits = 3,
		.pages = 4,
		.partial = true,
		.machine_methods = true,
		.first = 3,
		.kinds = { { OBJECT_THREAD, 0 }, { OBJECT_NOTIFICATION, 0 }, { OBJECT_REPLY, 0 } },
		.start = { { OBJECT_THREAD, 0 }, { OBJECT_NOTIFICATION, 0 },
			{ OBJECT_ENDPOINT, 0 } } },
	{ .name = "interrupts",
		.cnode_bits = 3,
		.pages = 2,
		.controls = true,
		.ring_capacity = 4,
		.ring_reserve = 1,
		.first = 6,
		.kinds = { { OBJECT_IRQ_HANDLER, 0 }, { OBJECT_NOTIFICATION, 0 },
			{ OBJECT_THREAD, 0 } },
		.start = { { OBJECT_IRQ_HANDLER, 0 } } },
	{ .name = "devices",
		.cnode_bits = 3,
		.pages = 4,
		.device = true,
		.region = true,
		.controls = true,
		.first = 0,
		.kinds = { { OBJECT_REGION, PAGE_SIZE }, { OBJECT_UNTYPED, PAGE_SIZE },
			{ OBJECT_VSPACE, 0 } } },
	{ .name = "everything",
		.cnode_bits = 4,
		.pages = 10,
		.controls = true,
		.partial = true,
		.machine_methods = true,
		.first = 6,
		.kinds = { { OBJECT_CNODE, CNODE_SMALL }, { OBJECT_IRQ_HANDLER, 0 } },
		.start = { { OBJECT_CNODE, CNODE_SMALL }, { OBJECT_ENDPOINT, 0 },
			{ OBJECT_NOTIFICATION, 0 }, { OBJECT_REGION, 2 * PAGE_SIZE },
			{ OBJECT_THREAD, 0 }, { OBJECT_VSPACE, 0 }, { OBJECT_REPLY, 0 } } },
};
const unsigned system_count = sizeof(systems) / sizeof(systems[0]);

#define ARENA_PAGES	   20
#define DEVICE_BASE	   ((paddr_t)1 << 40)
#define SLOT_UNTYPED	   2
#define SLOT_DEVICE_MEMORY 3
#define SLOT_CONTROLS \
	3 /* IRQ_CONTROL, LOG_CONTROL, IO_PORTS; after the device memory if there is any */

static paddr_t place_at(unsigned index)
{
	return machine.cnode + index * SLOT_SIZE;
}

static void controls_give(struct model *model, unsigned first)
{
	static const enum object_type types[] = { OBJECT_IRQ_CONTROL, OBJECT_LOG_CONTROL,
		OBJECT_IO_PORTS };

	for (unsigned i = 0; i < 3; i++) {
		machine_give_control(first + i, types[i]);
		model_give_control(model, place_at(first + i), types[i]);
	}
}

/* Make what the system starts with, in core and model, by calls like any other. */
static void start_make(const struct system *system, struct model *model)
{
	for (unsigned i = 0; i < KINDS_MAX && system->start[i].type != OBJECT_NULL; i++) {
		uint64_t words[8] = { system->start[i].type, system->start[i].size,
			system->first + i, 1 };
		struct call call = { .caller = machine.caller,
			.target = machine_slot(SLOT_UNTYPED),
			.words = words,
			.cap = { machine_slot(1) } };
		struct model_call same = { .label = UNTYPED_RETYPE,
			.target = place_at(SLOT_UNTYPED),
			.caps = 1,
			.cap = { place_at(1) } };
		struct model_answer answer;

		memcpy(same.words, words, sizeof(same.words));
		model_invoke(model, &same, NULL, &answer);
		if (method_invoke(&call, UNTYPED_RETYPE, 1) != OK || answer.refusals) {
			fprintf(stderr, "the system %s cannot be built\n", system->name);
			abort();
		}
		machine_drain();
	}
}

void system_build(const struct system *system, struct model *model)
{
	paddr_t memory;

	machine_start(&(struct machine_config){ .memory = ARENA_PAGES * PAGE_SIZE,
		.ring_capacity = 64,
		.cnode_bits = system->cnode_bits,
		.mappings_per_page = 1 });
	machine.irq_lines = 2;
	machine.caller->priority_max = 2;
	model_start(model, machine.cnode, system->cnode_bits,
		(paddr_t)((unsigned char *)&core->log - core_arena));
	memory = machine.free + (system->region ? PAGE_SIZE : 0);
	machine_give_memory(SLOT_UNTYPED, memory, system->pages * PAGE_SIZE, false);
	model_give_memory(model, place_at(SLOT_UNTYPED), memory, system->pages * PAGE_SIZE, false);
	if (system->device) {
		machine_give_memory(SLOT_DEVICE_MEMORY, DEVICE_BASE, 2 * PAGE_SIZE, true);
		model_give_memory(
			model, place_at(SLOT_DEVICE_MEMORY), DEVICE_BASE, 2 * PAGE_SIZE, true);
	}
	if (system->controls)
		controls_give(model, SLOT_CONTROLS + system->device);
	if (system->region) {
		machine_give_region(7, machine.free, PAGE_SIZE, RIGHT_READ | RIGHT_WRITE);
		model_give_region(
			model, place_at(7), machine.free, PAGE_SIZE, RIGHT_READ | RIGHT_WRITE);
	}
	machine_drain();
	start_make(system, model);
	if (system->ring_capacity)
		commit_ring->capacity = system->ring_capacity;
	commit_ring->reserve = system->ring_reserve;
	model->caller_max = 2;
	model->lines = 2;
	model->ring_capacity = commit_ring->capacity;
	model->ring_reserve = commit_ring->reserve;
	model->head = commit_ring->head;
}

/* The list under construction. */
static const struct system *current;
static struct model *state;
static struct operation *operations;
static unsigned operation_count;
static int handles[MODEL_CAPABILITIES]; /* live capabilities in CNodes, by index */
static int handle_count;

static uint16_t unit(const struct capability *capability)
{
	return (uint16_t)(capability->place / PLACE_UNIT);
}

static struct operation *operation_add(const struct capability *target, uint32_t label,
	uint64_t word0, uint64_t word1, uint64_t word2, uint64_t word3)
{
	struct operation *operation = &operations[operation_count++];

	if (operation_count == OPERATIONS_MAX)
		abort();
	*operation = (struct operation){ .kind = OPERATION_CALL,
		.label = (uint8_t)label,
		.target = unit(target),
		.words = { word0, word1, word2, word3 } };
	return operation;
}

static void operation_with(const struct capability *target, uint32_t label,
	const struct capability *first, const struct capability *second, uint64_t word0,
	uint64_t word1, uint64_t word2, uint64_t word3)
{
	struct operation *operation = operation_add(target, label, word0, word1, word2, word3);

	operation->cap[0] = unit(first);
	operation->caps = 1;
	if (second) {
		operation->cap[1] = unit(second);
		operation->caps = 2;
	}
}

/* The last operation once more, interrupted. */
static void operation_interrupt(void)
{
	operations[operation_count] = operations[operation_count - 1];
	operations[operation_count++].kind = OPERATION_INTERRUPTED;
}

static const struct capability *handle(int n)
{
	return &state->capability[handles[n]];
}

static void handles_list(void)
{
	handle_count = 0;
	for (int i = 0; i < state->count; i++) {
		const struct capability *capability = &state->capability[i];
		int container;

		if (capability->type == OBJECT_NULL || capability->dying)
			continue;
		container = model_container(state, capability->place);
		if (container != NOBODY && state->capability[container].type == OBJECT_CNODE)
			handles[handle_count++] = i;
	}
}

/* The first slot of a CNode that is empty, or in use; its size when there is none. */
static uint64_t first_slot(const struct capability *cnode, bool empty)
{
	uint64_t index = 0;

	while (index < cnode->size &&
		(model_at(state, cnode->object + index * SLOT_SIZE) == NULL) != empty)
		index++;
	return index;
}

/* Is this one of the wanted type, or the first of another type? */
static bool is_tried(int n, enum object_type type)
{
	if (handle(n)->type == type)
		return true;
	for (int i = 0; i < n; i++)
		if (handle(i)->type == handle(n)->type)
			return false;
	return true;
}

#define FOR_EACH(name, wanted)                                      \
	for (int n_##name = 0; n_##name < handle_count; n_##name++) \
		if (is_tried(n_##name, wanted))                     \
			for (const struct capability *name = handle(n_##name); name; name = NULL)

static void retype_list(const struct capability *untyped)
{
	FOR_EACH (cnode, OBJECT_CNODE) {
		uint64_t empty = cnode->type == OBJECT_CNODE ? first_slot(cnode, true) : 0,
			 used = cnode->type == OBJECT_CNODE ? first_slot(cnode, false) : 0;

		for (unsigned i = 0; i < KINDS_MAX && current->kinds[i].type != OBJECT_NULL; i++) {
			operation_with(untyped, UNTYPED_RETYPE, cnode, NULL, current->kinds[i].type,
				current->kinds[i].size, empty, 1);
			operation_interrupt();
			operation_with(untyped, UNTYPED_RETYPE, cnode, NULL, current->kinds[i].type,
				current->kinds[i].size, used, 1);
		}
		operation_with(
			untyped, UNTYPED_RETYPE, cnode, NULL, OBJECT_ENDPOINT, 0, cnode->size, 1);
		operation_with(untyped, UNTYPED_RETYPE, cnode, NULL, OBJECT_ENDPOINT, 0, empty, 2);
		operation_with(untyped, UNTYPED_RETYPE, cnode, NULL, OBJECT_ENDPOINT, 0, empty, 0);
		operation_with(untyped, UNTYPED_RETYPE, cnode, NULL, OBJECT_ENDPOINT, 1, empty, 1);
		operation_with(untyped, UNTYPED_RETYPE, cnode, NULL, OBJECT_CNODE, 1, empty, 1);
		operation_with(untyped, UNTYPED_RETYPE, cnode, NULL, OBJECT_MAPPING, 0, empty, 1);
		operation_with(untyped, UNTYPED_RETYPE, cnode, NULL, OBJECT_REGION, 0, empty, 1);
		operation_with(untyped, UNTYPED_RETYPE, cnode, NULL, OBJECT_REGION, PAGE_SIZE / 2,
			empty, 1);
		operation_with(untyped, UNTYPED_RETYPE, cnode, NULL, OBJECT_UNTYPED, 64 * PAGE_SIZE,
			empty, 1);
	}
	operation_add(untyped, UNTYPED_RECLAIM, 0, 0, 0, 0);
	operation_interrupt();
}

static void mint_list(const struct capability *target, const struct capability *cnode, uint64_t to,
	uint64_t from, enum object_type type)
{
	static const uint64_t badges[] = { 0, 1, 2 };
	static const uint64_t ranges[] = { 0, (uint64_t)1 << 32, (uint64_t)1 << 32 | 1,
		(uint64_t)2 << 32, (uint64_t)3 << 32 };
	static const uint64_t ports[] = { 0x600060, 0x640060, 0x640064, 0x600064,
		(uint64_t)1 << 32 | 0x640060 };
	const uint64_t *words = type == OBJECT_REGION ? ranges
		: type == OBJECT_IO_PORTS	      ? ports
						      : badges;
	unsigned count = type == OBJECT_REGION || type == OBJECT_IO_PORTS ? 5 : 3;

	for (unsigned i = 0; i < count; i++)
		operation_with(target, CNODE_MINT, cnode, NULL, to, from, RIGHTS_ALL, words[i]);
}

/* From one CNode into another: each capability to the first empty slot; the other refusals once. */
static void copies_list(const struct capability *target, const struct capability *cnode)
{
	static const uint64_t masks[] = { RIGHTS_ALL, RIGHT_READ, RIGHT_WRITE | RIGHT_ATTACH };
	uint64_t to = first_slot(target, true), in_use = first_slot(target, false), from = 0;

	for (uint64_t index = 0; cnode->type == OBJECT_CNODE && index < cnode->size; index++) {
		const struct capability *source = model_at(
			state, cnode->object + index * SLOT_SIZE);

		if (!source || source->dying)
			continue;
		from = index;
		for (unsigned i = 0; i < 3; i++)
			operation_with(target, CNODE_COPY, cnode, NULL, to, index, masks[i], 0);
		mint_list(target, cnode, to, index, (enum object_type)source->type);
		operation_with(target, CNODE_MOVE, cnode, NULL, to, index, 0, 0);
	}
	for (uint32_t label = CNODE_COPY; label <= CNODE_MOVE; label++) {
		operation_with(target, label, cnode, NULL, in_use, from, RIGHTS_ALL, 1);
		operation_with(target, label, cnode, NULL, target->size, from, RIGHTS_ALL, 1);
		operation_with(target, label, cnode, NULL, to, cnode->size, RIGHTS_ALL, 1);
		if (cnode->type == OBJECT_CNODE)
			operation_with(target, label, cnode, NULL, to, first_slot(cnode, true),
				RIGHTS_ALL, 1);
	}
}

static void cnode_list(const struct capability *cnode)
{
	FOR_EACH (source, OBJECT_CNODE)
		copies_list(cnode, source);
	for (uint64_t index = 0; index <= cnode->size; index++) {
		if (index < cnode->size && index != first_slot(cnode, true) &&
			!model_at(state, cnode->object + index * SLOT_SIZE))
			continue;
		operation_add(cnode, CNODE_DELETE, index, 0, 0, 0);
		operation_interrupt();
		operation_add(cnode, CNODE_REVOKE, index, 0, 0, 0);
		operation_interrupt();
		operation_add(cnode, CNODE_QUERY, index, 0, 0, 0);
	}
}

static void machine_list(const struct capability *target, uint32_t first, uint32_t last)
{
	for (uint32_t label = first; current->machine_methods && label <= last; label++)
		operation_add(target, label, 0, 0, 0, 0);
}

static void thread_list(const struct capability *thread)
{
	static const uint64_t priorities[][2] = { { 0, 0 }, { 1, 2 }, { 2, 1 }, { 3, 0 }, { 0, 3 },
		{ 64, 0 }, { 0, 64 } };

	FOR_EACH (source, OBJECT_NOTIFICATION)
		for (uint64_t which = 0; which <= THREAD_SLOTS; which++)
			operation_with(thread, THREAD_BIND, source, NULL, which, 0, 0, 0);
	for (int n = 0; n < handle_count; n++)
		if (!is_tried(n, OBJECT_NOTIFICATION))
			for (uint64_t which = 0; which < THREAD_NOTIFICATION; which++)
				operation_with(
					thread, THREAD_BIND, handle(n), NULL, which, 0, 0, 0);
	for (uint64_t which = 0; which <= THREAD_SLOTS; which++) {
		operation_add(thread, THREAD_UNBIND, which, 0, 0, 0);
		operation_interrupt();
	}
	for (size_t i = 0; i < sizeof(priorities) / sizeof(priorities[0]); i++)
		operation_add(
			thread, THREAD_SET_PRIORITY, priorities[i][0], priorities[i][1], 0, 0);
	machine_list(thread, THREAD_READ_STATE, THREAD_INFORM);
}

static void vspace_list(const struct capability *vspace)
{
	static const uint64_t masks[] = { RIGHTS_ALL, RIGHT_READ, RIGHT_WRITE };

	FOR_EACH (cnode, OBJECT_CNODE) {
		uint64_t to = cnode->type == OBJECT_CNODE ? first_slot(cnode, true) : 0,
			 in_use = cnode->type == OBJECT_CNODE ? first_slot(cnode, false) : 0;

		FOR_EACH (untyped, OBJECT_UNTYPED) {
			operation_with(vspace, VSPACE_DONATE, untyped, cnode, to, 1, 0, 0);
			operation_interrupt();
			operation_with(vspace, VSPACE_DONATE, untyped, cnode, to, 0, 0, 0);
			operation_with(vspace, VSPACE_DONATE, untyped, cnode, to, 65537, 0, 0);
			operation_with(vspace, VSPACE_DONATE, untyped, cnode, in_use, 1, 0, 0);
		}
		FOR_EACH (region, OBJECT_REGION) {
			for (unsigned i = 0; i < 3; i++)
				operation_with(vspace, VSPACE_ATTACH_REGION, region, cnode, to,
					masks[i], 0, 0);
			operation_with(vspace, VSPACE_ATTACH_REGION, region, cnode, in_use,
				RIGHTS_ALL, 0, 0);
			operation_with(vspace, VSPACE_ATTACH_REGION, region, cnode, cnode->size,
				RIGHTS_ALL, 0, 0);
		}
	}
	machine_list(vspace, VSPACE_INFORM, VSPACE_INFORM);
}

static void irq_list(const struct capability *handler)
{
	FOR_EACH (source, OBJECT_NOTIFICATION)
		for (uint64_t which = 0; which < 2; which++)
			operation_with(handler, IRQ_HANDLER_BIND, source, NULL, which, 0, 0, 0);
	for (uint64_t which = 0; which < 2; which++)
		operation_add(handler, IRQ_HANDLER_UNBIND, which, 0, 0, 0);
	machine_list(handler, IRQ_HANDLER_ACKNOWLEDGE, IRQ_HANDLER_ACKNOWLEDGE);
}

static void irq_control_list(const struct capability *control)
{
	static const uint64_t lines[] = { 0, 1, 2, IRQ_LINE_MSI };

	FOR_EACH (handler, OBJECT_IRQ_HANDLER) {
		for (unsigned i = 0; i < 4; i++)
			operation_with(control, IRQ_CONTROL_ATTACH_HANDLER, handler, NULL, lines[i],
				i & 1 ? IRQ_LEVEL | IRQ_LOW : 0, 0, 0);
		operation_with(control, IRQ_CONTROL_ATTACH_HANDLER, handler, NULL, 0, 4, 0, 0);
	}
}

static void log_list(const struct capability *control)
{
	FOR_EACH (source, OBJECT_NOTIFICATION) {
		operation_with(control, LOG_CONTROL_BIND, source, NULL, 0, 0, 0, 0);
		operation_with(control, LOG_CONTROL_BIND, source, NULL, 1, 0, 0, 0);
	}
	for (uint64_t freed = 0; freed <= state->ring_used + 1; freed++)
		operation_add(control, LOG_CONTROL_ADVANCE, state->head - state->ring_used + freed,
			0, 0, 0);
	operation_add(control, LOG_CONTROL_ADVANCE, state->head - state->ring_used - 1, 0, 0, 0);
	for (uint64_t which = 0; which < 2; which++)
		operation_add(control, LOG_CONTROL_UNBIND, which, 0, 0, 0);
}

static void target_list(const struct capability *target)
{
	switch (target->type) {
	case OBJECT_UNTYPED:
		retype_list(target);
		break;
	case OBJECT_CNODE:
		cnode_list(target);
		break;
	case OBJECT_THREAD:
		thread_list(target);
		break;
	case OBJECT_VSPACE:
		vspace_list(target);
		break;
	case OBJECT_MAPPING:
		machine_list(target, MAPPING_MAP, MAPPING_UNMAP);
		break;
	case OBJECT_IRQ_HANDLER:
		irq_list(target);
		break;
	case OBJECT_IO_PORTS:
		machine_list(target, IO_PORTS_IN, IO_PORTS_OUT);
		break;
	case OBJECT_IRQ_CONTROL:
		irq_control_list(target);
		break;
	case OBJECT_LOG_CONTROL:
		log_list(target);
		break;
	default:
		break;
	}
	operation_add(target, 10, 0, 0, 0, 0);
	operation_add(target, 0, 0, 0, 0, 0)->caps = 3;
}

/* A deletion begins when what others have begun is done. */
static void partial_list(void)
{
	bool dying = false;

	for (int i = 0; i < state->count; i++)
		dying |= state->capability[i].dying;
	for (int i = 0; i < state->count; i++) {
		if (state->capability[i].type == OBJECT_NULL || state->capability[i].dying)
			continue;
		if (!dying)
			operation_add(&state->capability[i], 0, 0, 0, 0, 0)->kind = OPERATION_BEGIN;
		operation_add(&state->capability[i], 0, 0, 0, 0, 0)->kind = OPERATION_REVOKE_STEP;
	}
	if (dying)
		operation_add(&state->capability[0], 0, 0, 0, 0, 0)->kind = OPERATION_STEP;
}

static bool changes_something(const struct operation *operation)
{
	struct model_choice choice = { .mappings_per_page = machine.config.mappings_per_page };
	struct model scratch = *state;
	struct model_answer answer;
	struct model_call call = { .label = operation->label,
		.target = (paddr_t)operation->target * PLACE_UNIT,
		.caps = operation->caps };

	if (operation->kind != OPERATION_CALL)
		return operation->kind != OPERATION_INTERRUPTED;
	for (unsigned i = 0; i < operation->caps && i < 2; i++)
		call.cap[i] = (paddr_t)operation->cap[i] * PLACE_UNIT;
	memcpy(call.words, operation->words, sizeof(call.words));
	model_invoke(&scratch, &call, &choice, &answer);
	return !answer.refusals && (answer.commits || answer.teardown);
}

static void list_thin(void)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < operation_count; i++)
		if (changes_something(&operations[i]))
			operations[kept++] = operations[i];
	operation_count = kept;
}

static uint64_t operation_number(const struct operation *operation)
{
	uint64_t number = operation->kind | (uint64_t)operation->label << 8 |
			  (uint64_t)operation->caps << 16 | (uint64_t)operation->target << 32;

	number = number * 0x9e3779b97f4a7c15 + (operation->cap[0] | (uint64_t)operation->cap[1] << 32);
	for (unsigned i = 0; i < 4; i++)
		number = (number ^ number >> 29) * 0xd6e8feb86659fd93 + operation->words[i];
	return (number ^ number >> 32) | 1;
}

/* The same call can be a wrong one in two ways; it is tried once. */
static void list_unify(void)
{
	static uint64_t seen[4 * OPERATIONS_MAX];
	unsigned kept = 0;

	memset(seen, 0, sizeof(seen));
	for (unsigned n = 0; n < operation_count; n++) {
		uint64_t number = operation_number(&operations[n]), i = number % (4 * OPERATIONS_MAX);

		while (seen[i] && seen[i] != number)
			i = (i + 1) % (4 * OPERATIONS_MAX);
		if (!seen[i])
			operations[kept++] = operations[n];
		seen[i] = number;
	}
	operation_count = kept;
}

unsigned operations_list(const struct system *system, struct model *model, struct operation *list)
{
	current = system;
	state = model;
	operations = list;
	operation_count = 0;
	handles_list();
	for (int n = 0; n < handle_count; n++)
		target_list(handle(n));
	if (system->partial)
		partial_list();
	if (system->lean)
		list_thin();
	list_unify();
	return operation_count;
}
