/* SPDX-License-Identifier: MIT */
/*
 * The exhaustive check: breadth first through every state that a small system can reach, with every operation in each.
 *
 * A state is kept as the operation that led to it and the state before; it is built again by replaying them. Each operation is made in the core and in the
 * reference model, and both must agree: on success or on a reason to refuse, on the results, and on the whole state afterwards. Beyond that
 *   - what is refused leaves every byte of memory and the ring as they were, and so does what succeeds without a record;
 *   - a new state satisfies every invariant of the harness.
 * States that differ only in names count once (canonical.c).
 *
 *   exhaustive [--pairs N] [--system NAME] [--quiet]
 *
 * ends with 0 when N pairs of state and operation (default 12 million, shared evenly by the systems) were tried, or all that there are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/exhaustive/compare.h"
#include "tests/host/exhaustive/systems.h"
#include "tests/host/harness/invariants.h"

#define PAIRS_DEFAULT 12000000
/* The call lost the capability that it invokes while it was interrupted: its work is left to others. */
#define ORPHANED ((enum error)0x102)
#define EXECUTIONS_MAX 200 /* of one call that is interrupted: more is no progress */
#define PATH_MAX_LENGTH 64

struct state {
	uint32_t before;
	uint32_t depth;
	struct operation operation; /* that led here */
};

static const struct system *system_now;
static struct model model, model_before;
static unsigned char *arena_before;

static struct state *states;
static uint32_t state_count, state_room;
static uint64_t *visited; /* open addressing; 0 is free */
static uint64_t visited_room, visited_count;
static uint64_t pairs, refused, steps_taken;

static void *must_have(void *memory)
{
	if (!memory) {
		fprintf(stderr, "exhaustive: no memory\n");
		exit(2);
	}
	return memory;
}

/* The set of visited states. */

static bool visited_insert(uint64_t *table, uint64_t room, uint64_t number)
{
	uint64_t i = number & (room - 1);

	for (; table[i]; i = (i + 1) & (room - 1))
		if (table[i] == number)
			return false;
	table[i] = number;
	return true;
}

static void visited_grow(void)
{
	uint64_t room = visited_room ? visited_room * 2 : 1 << 16;
	uint64_t *table = must_have(calloc(room, sizeof(*table)));

	for (uint64_t i = 0; i < visited_room; i++)
		if (visited[i])
			visited_insert(table, room, visited[i]);
	free(visited);
	visited = table;
	visited_room = room;
}

static bool is_new(uint64_t number)
{
	if (visited_count * 2 >= visited_room)
		visited_grow();
	if (!visited_insert(visited, visited_room, number ? number : 1))
		return false;
	visited_count++;
	return true;
}

static void state_add(uint32_t before, const struct operation *operation)
{
	if (state_count == state_room) {
		state_room = state_room ? state_room * 2 : 1024;
		states = must_have(realloc(states, state_room * sizeof(*states)));
	}
	states[state_count] = (struct state){ .before = before, .depth = state_count ? states[before].depth + 1 : 0 };
	if (operation)
		states[state_count].operation = *operation;
	state_count++;
}

/* Saying what went wrong. */

static void operation_print(const struct operation *operation)
{
	static const char *const kinds[] = { "call", "interrupted call", "begin to delete", "step", "step of revoking" };

	printf("  %s: label %u of slot %#x, %u capabilities (%#x, %#x), words %#" PRIx64 " %#" PRIx64 " %#" PRIx64 " %#" PRIx64 "\n", kinds[operation->kind],
		operation->label, operation->target * PLACE_UNIT, operation->caps, operation->cap[0] * PLACE_UNIT, operation->cap[1] * PLACE_UNIT,
		operation->words[0], operation->words[1], operation->words[2], operation->words[3]);
}

static _Noreturn void fail(uint32_t state, const struct operation *operation, const char *sentence, int error)
{
	uint32_t path[PATH_MAX_LENGTH];
	unsigned length = 0;

	printf("exhaustive: system %s: %s (the core answered %d)\n", system_now->name, sentence, error);
	for (; state && length < PATH_MAX_LENGTH; state = states[state].before)
		path[length++] = state;
	while (length--)
		operation_print(&states[path[length]].operation);
	operation_print(operation);
	exit(1);
}

/* Making one operation in the core and in the model. */

static void model_call_of(const struct operation *operation, struct model_call *call)
{
	*call = (struct model_call){ .label = operation->label, .caps = operation->caps, .target = (paddr_t)operation->target * PLACE_UNIT };
	for (unsigned i = 0; i < 2; i++)
		call->cap[i] = (paddr_t)operation->cap[i] * PLACE_UNIT;
	memcpy(call->words, operation->words, sizeof(call->words));
}

static struct slot *slot_at_unit(uint16_t unit)
{
	return (struct slot *)(core_arena + (uint64_t)unit * PLACE_UNIT);
}

static enum error core_call(const struct operation *operation, struct call *call)
{
	uint64_t words[8] = { 0 };
	bool restarted = false;
	enum error error;
	unsigned executions = 0;

	memcpy(words, operation->words, sizeof(operation->words));
	machine.pending_every = operation->kind == OPERATION_INTERRUPTED;
	machine.mapping = 0;
	do {
		*call = (struct call){ .caller = machine.caller, .target = slot_at_unit(operation->target), .words = words,
			.cap = { slot_at_unit(operation->cap[0]), slot_at_unit(operation->cap[1]) }, .restarted = restarted };
		error = method_invoke(call, operation->label, operation->caps);
		restarted |= call->progress;
	} while (error == ERR_RESTART && call->target->type != OBJECT_NULL && executions++ < EXECUTIONS_MAX);
	machine.pending_every = 0;
	return error == ERR_RESTART && call->target->type == OBJECT_NULL ? ORPHANED : error;
}

static bool room_for_one(void)
{
	return model_before.ring_used + (model_before.caller_reserve ? 0 : model_before.ring_reserve) + 1 <= model_before.ring_capacity;
}

/* The machine's choice for a new Mapping must be new, and in the table memory of its VSpace. */
static const char *choice_check(const struct model_choice *choice, paddr_t vspace)
{
	bool in_tables = false;

	for (int i = 0; i < model_before.count; i++) {
		const struct capability *other = &model_before.capability[i];

		if (other->type == OBJECT_MAPPING && other->original && (other->object == choice->mapping || (other->vspace == vspace && other->index == choice->index)))
			return "a Mapping got the place or the index of another one";
		in_tables |= other->type == OBJECT_TABLE_MEMORY && other->object == vspace && choice->mapping >= other->memory && choice->mapping < other->memory + other->size;
	}
	return in_tables ? NULL : "a Mapping lies outside of table memory";
}

static const char *results_compare(const struct call *call, const struct model_answer *answer)
{
	if (call->results != answer->results)
		return "the number of results differs";
	return memcmp(call->result, answer->result, answer->results * sizeof(answer->result[0])) ? "the results differ" : NULL;
}

/* What the core answered against what the model expects; the model is left in the state after the call. */
static const char *answer_judge(enum error error, const struct call *call, const struct model_answer *answer, uint64_t records)
{
	struct model last;

	if (error == ERR_RING_FULL || error == ORPHANED) {
		if (answer->refusals || !(answer->commits || answer->teardown) || (answer->commits && (room_for_one() || records)))
			return "the core found no room in the ring where there is, or where none is needed";
		/* A change that has to wait has not been made; a teardown stops between two records, a RECLAIM before its last one. */
		last = model;
		model = model_before;
		model.ring_used += records;
		return answer->commits ? NULL : states_observe(&model, &last);
	}
	if (error != OK)
		return answer->refusals & 1u << error ? NULL : answer->refusals ? "the core gives another reason to refuse" : "the core refuses what is allowed";
	if (answer->refusals)
		return "the core allows what is to be refused";
	if (answer->commits && (!room_for_one() || records != 1))
		return "a change is not one record, or there was no room for it";
	model.ring_used += records;
	return results_compare(call, answer);
}

static const char *call_make(const struct operation *operation, enum error *error)
{
	struct model_choice choice;
	struct model_answer answer;
	struct model_call same;
	struct call call;
	uint64_t head = commit_ring->head;
	const char *sentence = NULL;

	*error = core_call(operation, &call);
	choice = (struct model_choice){ machine.mapping - DIRECT_MAP_BASE, machine.mapping_index, machine.config.mappings_per_page };
	model_call_of(operation, &same);
	model_invoke(&model, &same, &choice, &answer);
	if (*error == OK && machine.mapping)
		sentence = choice_check(&choice, model_at(&model_before, same.target)->object);
	if (!sentence)
		sentence = answer_judge(*error, &call, &answer, commit_ring->head - head);
	return sentence;
}

/* A record of a teardown with a count of its own, as if its caller had come so far and died. */
static const char *partial_make(const struct operation *operation)
{
	bool begin = operation->kind == OPERATION_BEGIN;
	paddr_t place = (paddr_t)operation->target * PLACE_UNIT;
	struct model last = model;

	if (commit(NULL, &(struct commit_record){
		.operation = operation->kind == OPERATION_REVOKE_STEP ? COMMIT_REVOKE : COMMIT_DELETE,
		.flags = begin ? COMMIT_DELETE_BEGIN : 0, .count = !begin, .argument = { DIRECT_MAP_BASE + place } }) != OK)
		return "there is no room for a step of teardown";
	steps_taken++;
	if (begin)
		model_delete(&last, place);
	else if (operation->kind == OPERATION_REVOKE_STEP)
		model_revoke(&last, place);
	else
		model_finish(&last);
	return states_observe(&model, &last);
}

static const char *operation_make(const struct operation *operation, enum error *error)
{
	const char *sentence;

	*error = OK;
	sentence = operation->kind <= OPERATION_INTERRUPTED ? call_make(operation, error) : partial_make(operation);
	if (!system_now->ring_capacity) {
		machine_drain();
		model.ring_used = 0;
	}
	model.head = commit_ring->head;
	return sentence;
}

/* Going through the states. */

static void snapshot(void)
{
	model_before = model;
	memcpy(arena_before, core_arena, machine.config.memory);
}

static void restore(void)
{
	model = model_before;
	memcpy(core_arena, arena_before, machine.config.memory);
}

static void state_rebuild(uint32_t index)
{
	uint32_t path[PATH_MAX_LENGTH];
	unsigned length = 0;
	enum error error;

	for (; index; index = states[index].before)
		path[length++] = index;
	system_build(system_now, &model);
	while (length--) {
		model_before = model;
		if (operation_make(&states[path[length]].operation, &error))
			abort();
	}
}

/* After a refusal, and after a success without a record, nothing is different. */
static const char *unchanged_check(const struct operation *operation, enum error error)
{
	const struct commit_ring *before = (const void *)(arena_before + ((unsigned char *)commit_ring - core_arena));

	if (operation->kind != OPERATION_CALL || error >= ERR_RESTART)
		return NULL;
	if (error != OK && commit_ring->head != before->head)
		return "a refused call left a record";
	if (error == OK && (commit_ring->head != before->head || commit_ring->tail != before->tail))
		return NULL;
	return memcmp(core_arena, arena_before, machine.config.memory) ? "memory changed without a record" : NULL;
}

static void pair_try(uint32_t index, const struct operation *operation)
{
	uint8_t order[MODEL_CAPABILITIES];
	enum error error;
	const char *sentence = operation_make(operation, &error);

	pairs++;
	if (!sentence)
		sentence = unchanged_check(operation, error);
	if (!sentence)
		sentence = states_compare(&model, order);
	if (sentence)
		fail(index, operation, sentence, (int)error);
	if (error != OK && error < ERR_RESTART) {
		refused++;
		/* An interrupted call may have cleared memory before it was refused. */
		if (operation->kind != OPERATION_CALL)
			restore();
		return;
	}
	if (is_new(model_canonical(&model, order))) {
		sentence = invariants_check(false);
		if (sentence)
			fail(index, operation, sentence, (int)error);
		state_add(index, operation);
	}
	restore();
}

static void system_search(const struct system *system, uint64_t budget)
{
	static struct operation list[OPERATIONS_MAX];
	uint64_t end = pairs + budget, begun = pairs;
	uint8_t order[MODEL_CAPABILITIES];
	uint32_t index = 0;

	system_now = system;
	state_count = 0;
	system_build(system, &model);
	if (states_compare(&model, order) || invariants_check(true))
		fail(0, &list[0], "the system differs from its model at the beginning", 0);
	is_new(model_canonical(&model, order));
	state_add(0, NULL);
	for (; index < state_count && pairs < end; index++) {
		unsigned count;

		state_rebuild(index);
		snapshot();
		count = operations_list(system, &model, list);
		for (unsigned i = 0; i < count && pairs < end; i++)
			pair_try(index, &list[i]);
	}
	printf("%-13s %9" PRIu64 " pairs, %8u states, %7u of them done, depth %u%s\n", system->name, pairs - begun, state_count, index,
		states[index < state_count ? index : state_count - 1].depth, index == state_count ? " (complete)" : "");
	fflush(stdout);
}

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: exhaustive [--pairs N] [--system NAME]\n");
	exit(2);
}

int main(int argc, char **argv)
{
	uint64_t budget = PAIRS_DEFAULT, systems_left = system_count;
	const char *only = NULL;

	for (int i = 1; i < argc; i++) {
		if (i + 1 < argc && strcmp(argv[i], "--pairs") == 0)
			budget = strtoull(argv[++i], NULL, 0);
		else if (i + 1 < argc && strcmp(argv[i], "--system") == 0)
			only = argv[++i];
		else
			usage();
	}
	system_now = &systems[0];
	system_build(system_now, &model);
	arena_before = must_have(malloc(machine.config.memory));
	for (unsigned i = 0; i < system_count; i++, systems_left--)
		if (!only || strcmp(only, systems[i].name) == 0)
			system_search(&systems[i], only ? budget : (budget - pairs) / systems_left);
	printf("%" PRIu64 " distinct states, %" PRIu64 " distinct pairs of state and operation, %" PRIu64 " refused, %" PRIu64 " single steps of teardown\n",
		visited_count, pairs, refused, steps_taken);
	return 0;
}
