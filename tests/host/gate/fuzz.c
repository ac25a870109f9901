/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target for the gate: any label, words and capabilities, on a small system of any shape.
 *
 * An input is a few bytes that shape the system (CNode size, memory, what is there at the start,
 * size and reserve of the ring), then operations of about ten bytes each until it ends: calls with
 * and without interrupts, deletions cut short, the deeds of others (the log's reader, the kernel
 * finishing what a dead caller left, another maximum or priority of the caller). After each the
 * core must agree with the reference model, satisfy every invariant, and have left no trace if it
 * refused. A violation aborts with a sentence.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/exhaustive/compare.h"
#include "tests/host/exhaustive/systems.h"
#include "tests/host/harness/invariants.h"

#define OPERATIONS_PER_INPUT 200

static const uint8_t *input;
static size_t input_left;

static uint8_t byte_next(void)
{
	if (!input_left)
		return 0;
	input_left--;
	return *input++;
}

static void system_make(struct system *system)
{
	static const struct kind_of_object kinds[KINDS_MAX - 1] = {
		{ OBJECT_CNODE, 2 },
		{ OBJECT_ENDPOINT, 0 },
		{ OBJECT_NOTIFICATION, 0 },
		{ OBJECT_REGION, PAGE_SIZE },
		{ OBJECT_THREAD, 0 },
		{ OBJECT_VSPACE, 0 },
		{ OBJECT_IRQ_HANDLER, 0 },
	};
	uint8_t shape = byte_next(), ring = byte_next(), present = byte_next();
	unsigned count = 0;

	*system = (struct system){ .name = "fuzz",
		.cnode_bits = 4 + (shape & 1),
		.pages = 6 + (shape >> 1) % 7,
		.device = shape & 0x10,
		.region = shape & 0x20,
		.controls = true,
		.ring_capacity = ring & 1 ? (uint64_t)4 << (ring >> 1) % 4 : 0,
		.first = 8 };
	system->ring_reserve = system->ring_capacity ? (ring >> 3) % (system->ring_capacity / 2 + 1)
						     : 0;
	for (unsigned i = 0; i < KINDS_MAX - 1; i++)
		if (present & 1u << i)
			system->start[count++] = kinds[i];
	system_build(system, &twin);
	drain_always = !system->ring_capacity;
	machine.limbo_per_vspace = shape >> 6;
}

/*
 * A live capability that lies in a CNode, as a handle could reach it; the first entry of the model
 * when there is none.
 */
static uint16_t handle_next(void)
{
	int candidates[MODEL_CAPABILITIES], count = 0;
	uint8_t choice = byte_next();

	for (int i = 0; i < twin.count; i++) {
		const struct capability *capability = &twin.capability[i];
		int container = capability->type != OBJECT_NULL && !capability->dying
			? model_container(&twin, capability->place)
			: NOBODY;

		if (container != NOBODY && twin.capability[container].type == OBJECT_CNODE)
			candidates[count++] = i;
	}
	return count ? (uint16_t)(twin.capability[candidates[choice % count]].place / PLACE_UNIT)
		     : 0;
}

/* Small numbers as they are; above 128 numbers at which something ends. */
static uint64_t word_next(void)
{
	static const uint64_t ends[] = {
		PAGE_SIZE,
		2 * PAGE_SIZE,
		3 * PAGE_SIZE,
		PAGE_SIZE / 2,
		LARGE_PAGE_SIZE,
		RIGHTS_ALL,
		255,
		256,
		257,
		65535,
		65536,
		65537,
		IRQ_LINE_MSI,
		UINT32_MAX,
		(uint64_t)1 << 32,
		(uint64_t)1 << 32 | 1,
		(uint64_t)2 << 32,
		(uint64_t)3 << 32 | 1,
		(uint64_t)UINT32_MAX << 32,
		UINT64_MAX,
		UINT64_MAX - 1,
		(uint64_t)1 << 63,
		((uint64_t)1 << 52) + 1,
		-(uint64_t)PAGE_SIZE,
		0x640060,
		0x600064,
		0x3ff03f8,
	};
	uint8_t choice = byte_next();

	if (choice < 128)
		return choice;
	if (choice < 128 + sizeof(ends) / sizeof(ends[0]))
		return ends[choice - 128];
	return twin.head - twin.ring_used + choice - 192;
}

static bool fits_the_model(const struct operation *operation)
{
	return twin.count +
		(operation->label == UNTYPED_RETYPE && operation->words[3] <= RETYPE_COUNT_MAX
				? (int)operation->words[3]
				: 1) <
		MODEL_CAPABILITIES;
}

/* How many capability arguments a method takes; 0 also when there is no such method. */
static uint8_t caps_of(uint8_t type, uint32_t label)
{
	static const uint8_t caps[OBJECT_TYPES][256] = {
#define METHOD(object, name, number, rights, count, takes, takes_rights, function, sentence) \
	[OBJECT_##object][number] = (count),
#include "abi/methods.def"
	};

	return label < 256 ? caps[type][label] : 0;
}

static void operation_next(struct operation *operation, uint8_t choice)
{
	*operation = (struct operation){ .kind = choice % 8 == 5 ? OPERATION_INTERRUPTED
								 : OPERATION_CALL,
		.target = handle_next(),
		.label = byte_next() % 12 };
	operation->caps = caps_of(
		((const struct slot *)(core_arena + (uint64_t)operation->target * PLACE_UNIT))
			->type,
		operation->label);
	if (choice & 0x80)
		operation->caps = (choice >> 4) & 3;
	for (unsigned i = 0; i < 2; i++)
		operation->cap[i] = i < operation->caps ? handle_next() : 0;
	for (unsigned i = 0; i < 4; i++)
		operation->words[i] = word_next();
	if (choice % 8 == 6) {
		operation->kind = (uint8_t)(OPERATION_BEGIN + operation->label % 3);
		operation->label = 0;
	}
}

static _Noreturn void fail(const char *sentence)
{
	fprintf(stderr, "gate: %s\n", sentence);
	abort();
}

/* What others do meanwhile. */
static void others_act(uint8_t choice)
{
	struct model last = twin;
	uint64_t head = commit_ring->head;

	switch (choice >> 3 & 3) {
	case 0:
		machine_drain();
		twin.ring_used = 0;
		break;
	case 1:
		twin.caller_reserve = !twin.caller_reserve;
		machine.caller->priority = twin.caller_reserve ? PRIORITY_LEVELS - 1 : 0;
		break;
	case 2:
		machine.caller->priority_max = twin.caller_max = byte_next() % PRIORITY_LEVELS;
		break;
	default:
		teardown_continue();
		model_finish(&last);
		twin.ring_used += commit_ring->head - head;
		twin.head = commit_ring->head;
		if (drain_always) {
			machine_drain();
			twin.ring_used = 0;
		}
		if (states_observe(&twin, &last))
			fail("what a dead caller left took more than it must");
		break;
	}
}

static void state_check(void)
{
	uint8_t order[MODEL_CAPABILITIES];
	const char *sentence = states_compare(&twin, order);

	if (!sentence)
		sentence = invariants_check(true);
	if (sentence)
		fail(sentence);
}

static void step(void)
{
	uint8_t choice = byte_next();
	struct operation operation;
	const char *sentence;
	enum error error;

	if (choice % 8 == 7) {
		others_act(choice);
		state_check();
		return;
	}
	operation_next(&operation, choice);
	if (!operation.target || !fits_the_model(&operation))
		return;
	operation_begin();
	sentence = operation_make(&operation, &error);
	if (!sentence)
		sentence = operation_left_no_trace(&operation, error);
	if (sentence)
		fail(sentence);
	state_check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct system system;

	input = data;
	input_left = size;
	system_make(&system);
	state_check();
	for (unsigned i = 0; i < OPERATIONS_PER_INPUT && input_left; i++)
		step();
	return 0;
}
