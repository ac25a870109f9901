/* SPDX-License-Identifier: MIT */
/*
 * The exhaustive check: breadth first through every state that a small system can reach, with every
 * operation in each.
 *
 * A state is kept as the operation that led to it and the state before; it is built again by
 * replaying them. Each operation is made in the core and in the reference model, and both must
 * agree: on success or on a reason to refuse, on the results, and on the whole state afterwards.
 * Beyond that
 *   - what is refused leaves every byte of memory and the ring as they were, and so does what
 *   succeeds without a record;
 *   - a new state satisfies every invariant of the harness.
 * States that differ only in names count once (canonical.c).
 *
 *   exhaustive [--pairs N] [--system NAME] [--quiet]
 *
 * ends with 0 when N pairs of state and operation (default 12 million, shared evenly by the
 * systems) were tried, or all that there are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/exhaustive/compare.h"
#include "tests/host/exhaustive/operate.h"
#include "tests/host/exhaustive/systems.h"
#include "tests/host/harness/invariants.h"

#define PAIRS_DEFAULT	12000000
#define PATH_MAX_LENGTH 64

struct state {
	uint32_t before;
	uint32_t depth;
	struct operation operation; /* that led here */
};

static const struct system *system_now;

static struct state *states;
static uint32_t state_count, state_room;
static uint64_t *visited; /* open addressing; 0 is free */
static uint64_t visited_room, visited_count;
static uint64_t pairs, refused;

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
	states[state_count] = (struct state){ .before = before,
		.depth = state_count ? states[before].depth + 1 : 0 };
	if (operation)
		states[state_count].operation = *operation;
	state_count++;
}

/* Saying what went wrong. */

static void operation_print(const struct operation *operation)
{
	static const char *const kinds[] = { "call", "interrupted call", "begin to delete", "step",
		"step of revoking" };

	printf("  %s: label %u of slot %#x, %u capabilities (%#x, %#x), words %#" PRIx64
	       " %#" PRIx64 " %#" PRIx64 " %#" PRIx64 "\n",
		kinds[operation->kind], operation->label, operation->target * PLACE_UNIT,
		operation->caps, operation->cap[0] * PLACE_UNIT, operation->cap[1] * PLACE_UNIT,
		operation->words[0], operation->words[1], operation->words[2], operation->words[3]);
}

static _Noreturn void fail(
	uint32_t state, const struct operation *operation, const char *sentence, int error)
{
	uint32_t path[PATH_MAX_LENGTH];
	unsigned length = 0;

	printf("exhaustive: system %s: %s (the core answered %d)\n", system_now->name, sentence,
		error);
	for (; state && length < PATH_MAX_LENGTH; state = states[state].before)
		path[length++] = state;
	while (length--)
		operation_print(&states[path[length]].operation);
	operation_print(operation);
	exit(1);
}

/* Going through the states. */

static void state_rebuild(uint32_t index)
{
	uint32_t path[PATH_MAX_LENGTH];
	unsigned length = 0;
	enum error error;

	for (; index; index = states[index].before)
		path[length++] = index;
	system_build(system_now, &twin);
	while (length--) {
		operation_begin();
		if (operation_make(&states[path[length]].operation, &error))
			abort();
	}
}

static void pair_try(uint32_t index, const struct operation *operation)
{
	uint8_t order[MODEL_CAPABILITIES];
	enum error error;
	const char *sentence = operation_make(operation, &error);

	pairs++;
	if (!sentence)
		sentence = operation_left_no_trace(operation, error);
	if (!sentence)
		sentence = states_compare(&twin, order);
	if (sentence)
		fail(index, operation, sentence, (int)error);
	if (error != OK && error < ERR_RESTART) {
		refused++;
		/* An interrupted call may have cleared memory before it was refused. */
		if (operation->kind != OPERATION_CALL)
			operation_undo();
		return;
	}
	if (is_new(model_canonical(&twin, order))) {
		sentence = invariants_check(false);
		if (sentence)
			fail(index, operation, sentence, (int)error);
		state_add(index, operation);
	}
	operation_undo();
}

static void system_search(const struct system *system, uint64_t budget)
{
	static struct operation list[OPERATIONS_MAX];
	uint64_t end = pairs + budget, begun = pairs;
	uint8_t order[MODEL_CAPABILITIES];
	uint32_t index = 0;

	system_now = system;
	state_count = 0;
	system_build(system, &twin);
	drain_always = !system->ring_capacity;
	if (states_compare(&twin, order) || invariants_check(true))
		fail(0, &list[0], "the system differs from its twin at the beginning", 0);
	is_new(model_canonical(&twin, order));
	state_add(0, NULL);
	for (; index < state_count && pairs < end; index++) {
		unsigned count;

		state_rebuild(index);
		operation_begin();
		count = operations_list(system, &twin, list);
		for (unsigned i = 0; i < count && pairs < end; i++)
			pair_try(index, &list[i]);
	}
	printf("%-13s %9" PRIu64 " pairs, %8u states, %7u of them done, depth %u%s\n", system->name,
		pairs - begun, state_count, index,
		states[index < state_count ? index : state_count - 1].depth,
		index == state_count ? " (complete)" : "");
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
	for (unsigned i = 0; i < system_count; i++, systems_left--)
		if (!only || strcmp(only, systems[i].name) == 0)
			system_search(&systems[i], only ? budget : (budget - pairs) / systems_left);
	printf("%" PRIu64 " distinct states, %" PRIu64
	       " distinct pairs of state and operation, %" PRIu64 " refused, %" PRIu64
	       " single steps of teardown\n",
		visited_count, pairs, refused, operation_steps);
	return 0;
}
