/* SPDX-License-Identifier: MIT */
/* One operation, made in core and model: see operate.h. */
#include "tests/host/exhaustive/operate.h"

#include <stdlib.h>
#include <string.h>

#include "tests/host/exhaustive/compare.h"

#define EXECUTIONS_MAX 2000 /* of one call that is interrupted: more is no progress */

struct model twin;
bool drain_always;
uint64_t operation_steps;

static struct model model_before;
static struct commit_ring ring_before;
static unsigned char *arena_before;
static uint64_t arena_before_size;

void operation_begin(void)
{
	if (arena_before_size < machine.config.memory) {
		arena_before_size = machine.config.memory;
		arena_before = realloc(arena_before, arena_before_size);
		if (!arena_before)
			abort();
	}
	model_before = twin;
	ring_before = *commit_ring;
	machine_save(arena_before, machine.config.memory);
}

void operation_undo(void)
{
	twin = model_before;
	memcpy(core_arena, arena_before, machine.config.memory);
}

static void model_call_of(const struct operation *operation, struct model_call *call)
{
	*call = (struct model_call){ .label = operation->label,
		.caps = operation->caps,
		.target = (paddr_t)operation->target * PLACE_UNIT };
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
		*call = (struct call){ .caller = machine.caller,
			.target = slot_at_unit(operation->target),
			.words = words,
			.cap = { slot_at_unit(operation->cap[0]), slot_at_unit(operation->cap[1]) },
			.restarted = restarted };
		error = method_invoke(call, operation->label, operation->caps);
		restarted |= call->progress;
	} while (error == ERR_RESTART && call->target->type != OBJECT_NULL &&
		executions++ < EXECUTIONS_MAX);
	machine.pending_every = 0;
	return error == ERR_RESTART && call->target->type == OBJECT_NULL ? ORPHANED : error;
}

static bool room_for_one(void)
{
	return model_before.ring_used +
		(model_before.caller_reserve ? 0 : model_before.ring_reserve) + 1 <=
		model_before.ring_capacity;
}

/* The machine's choice for a new Mapping must be new, and in the table memory of its VSpace. */
static const char *choice_check(const struct model_choice *choice, paddr_t vspace)
{
	bool in_tables = false;

	for (int i = 0; i < model_before.count; i++) {
		const struct capability *other = &model_before.capability[i];

		if (other->type == OBJECT_MAPPING && other->original &&
			(other->object == choice->mapping ||
				(other->vspace == vspace && other->index == choice->index)))
			return "a Mapping got the place or the index of another one";
		in_tables |= other->type == OBJECT_TABLE_MEMORY && other->object == vspace &&
			choice->mapping >= other->memory &&
			choice->mapping < other->memory + other->size;
	}
	return in_tables ? NULL : "a Mapping lies outside of table memory";
}

static const char *results_compare(const struct call *call, const struct model_answer *answer)
{
	if (call->results != answer->results)
		return "the number of results differs";
	return memcmp(call->result, answer->result, answer->results * sizeof(answer->result[0]))
		? "the results differ"
		: NULL;
}

/*
 * What the core answered against what the model expects; the model is left in the state after the
 * call.
 */
static const char *answer_judge(enum error error, const struct call *call,
	const struct model_answer *answer, uint64_t records)
{
	struct model last;

	if (error == ERR_RING_FULL || error == ORPHANED) {
		if (answer->refusals || !(answer->commits || answer->teardown) ||
			(answer->commits && (room_for_one() || records)))
			return "the core found no room in the ring where there is, or where none is needed";
		/*
		 * A change that has to wait has not been made; a teardown stops between two
		 * records, a RECLAIM before its last one.
		 */
		last = twin;
		twin = model_before;
		twin.ring_used += records;
		return answer->commits ? NULL : states_observe(&twin, &last);
	}
	if (error != OK)
		return answer->refusals & 1u << error ? NULL
			: answer->refusals	      ? "the core gives another reason to refuse"
						      : "the core refuses what is allowed";
	if (answer->refusals)
		return "the core allows what is to be refused";
	if (answer->commits && (!room_for_one() || records != 1))
		return "a change is not one record, or there was no room for it";
	twin.ring_used += records;
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
	choice = (struct model_choice){ machine.mapping - DIRECT_MAP_BASE, machine.mapping_index,
		machine.config.mappings_per_page };
	model_call_of(operation, &same);
	model_invoke(&twin, &same, &choice, &answer);
	machine_forget_reclaimed(&call, operation->label, *error);
	if (*error == OK && machine.mapping)
		sentence = choice_check(&choice, model_at(&model_before, same.target)->object);
	if (!sentence)
		sentence = answer_judge(*error, &call, &answer, commit_ring->head - head);
	return sentence;
}

/* A record of a teardown with a count of its own, as if its caller had come so far and died. */
static const char *partial_make(const struct operation *operation, enum error *error)
{
	bool begin = operation->kind == OPERATION_BEGIN;
	paddr_t place = (paddr_t)operation->target * PLACE_UNIT;
	struct model last = twin;

	*error = commit(NULL,
		&(struct commit_record){ .operation = operation->kind == OPERATION_REVOKE_STEP
				? COMMIT_REVOKE
				: COMMIT_DELETE,
			.flags = begin ? COMMIT_DELETE_BEGIN : 0,
			.count = !begin,
			.argument = { DIRECT_MAP_BASE + place } });
	if (*error)
		return twin.ring_used + twin.ring_reserve < twin.ring_capacity
			? "there is no room for a step of teardown"
			: NULL;
	operation_steps++;
	twin.ring_used++;
	if (begin)
		model_delete(&last, place);
	else if (operation->kind == OPERATION_REVOKE_STEP)
		model_revoke(&last, place);
	else
		model_finish(&last);
	return states_observe(&twin, &last);
}

const char *operation_make(const struct operation *operation, enum error *error)
{
	const char *sentence;

	*error = OK;
	sentence = operation->kind <= OPERATION_INTERRUPTED ? call_make(operation, error)
							    : partial_make(operation, error);
	if (drain_always) {
		machine_drain();
		twin.ring_used = 0;
	}
	twin.head = commit_ring->head;
	return sentence;
}

const char *operation_left_no_trace(const struct operation *operation, enum error error)
{
	if (operation->kind != OPERATION_CALL || error >= ERR_RESTART)
		return NULL;
	if (error != OK && commit_ring->head != ring_before.head)
		return "a refused call left a record";
	if (error == OK &&
		(commit_ring->head != ring_before.head || commit_ring->tail != ring_before.tail))
		return NULL;
	return machine_is_saved(arena_before, machine.config.memory)
		? NULL
		: "memory changed without a record";
}
