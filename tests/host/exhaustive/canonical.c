/* SPDX-License-Identifier: MIT */
/*
 * One number for all states that are equal up to names.
 *
 * Every capability starts with a number made of what it says itself. Then, a few times over, each
 * mixes in the numbers of what it hangs on: its parent and children, the object that it lies in and
 * what lies in its object, its object's original and the copies of it, the address space of a
 * Mapping. Sums make the order of siblings and slots irrelevant. Two states that are equal up to
 * names get the same number; two that differ may in rare, very regular cases get the same one too,
 * and then count as one: the check counts too few states, never too many.
 */
#include "tests/host/exhaustive/model.h"

#define ROUNDS 5

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = a ^ (b * 0x9e3779b97f4a7c15 + 0x7f4a7c15);

	x = (x ^ x >> 32) * 0xd6e8feb86659fd93;
	return x ^ x >> 29;
}

struct relations {
	int8_t parent, container, original, space;
};

/* A copy that shows only a part of its parent says which; where an object lies is a name. */
static uint64_t offset_of(const struct model *model, const struct capability *capability)
{
	if (capability->type != OBJECT_REGION || capability->original ||
		capability->parent == NOBODY)
		return 0;
	return capability->object - model->capability[capability->parent].object;
}

static uint64_t own_number(const struct model *model, const struct capability *capability,
	int container, uint8_t order)
{
	uint64_t place = container == NOBODY ? capability->place == model->log_place : 2;
	uint64_t number = mix(capability->type | (uint64_t)capability->rights << 8 |
			(uint64_t)capability->original << 16 | (uint64_t)capability->device << 17 |
			(uint64_t)order << 24,
		capability->size);

	if (container != NOBODY && model->capability[container].type == OBJECT_THREAD)
		place = 3 + (capability->place - model->capability[container].object) / SLOT_SIZE;
	number = mix(number, capability->badge ^ capability->used << 1 ^ place << 40);
	number = mix(number,
		capability->priority | (uint64_t)capability->priority_max << 8 |
			(uint64_t)capability->foreign << 16 |
			(uint64_t)capability->vector << 32 | (uint64_t)capability->line << 48);
	return mix(number,
		offset_of(model, capability) << 16 | capability->flags |
			(uint64_t)capability->pages << 48);
}

static int vspace_of(const struct model *model, const struct capability *capability)
{
	paddr_t address = capability->type == OBJECT_MAPPING ? capability->vspace
							     : capability->object;

	if (!capability->original ||
		(capability->type != OBJECT_MAPPING && capability->type != OBJECT_TABLE_MEMORY))
		return NOBODY;
	for (int i = 0; i < model->count; i++)
		if (model->capability[i].type == OBJECT_VSPACE && model->capability[i].original &&
			model->capability[i].object == address)
			return i;
	return NOBODY;
}

/* Let `one` and `other` know each other's number. */
static void relate(uint64_t *next, const uint64_t *now, int one, int other, uint64_t kind)
{
	if (other == NOBODY || other == one)
		return;
	next[one] += mix(now[other], kind);
	next[other] += mix(now[one], kind + 1);
}

uint64_t model_canonical(const struct model *model, const uint8_t *order)
{
	struct relations relations[MODEL_CAPABILITIES];
	uint64_t now[MODEL_CAPABILITIES], next[MODEL_CAPABILITIES], sum = 0;

	for (int i = 0; i < model->count; i++) {
		const struct capability *capability = &model->capability[i];

		if (capability->type == OBJECT_NULL)
			continue;
		relations[i] = (struct relations){ capability->parent,
			(int8_t)model_container(model, capability->place),
			(int8_t)model_original(model, capability),
			(int8_t)vspace_of(model, capability) };
		now[i] = own_number(model, capability, relations[i].container, order[i]);
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < model->count; i++)
			next[i] = 0;
		for (int i = 0; i < model->count; i++) {
			if (model->capability[i].type == OBJECT_NULL)
				continue;
			relate(next, now, i, relations[i].parent, 10);
			relate(next, now, i, relations[i].container, 20);
			relate(next, now, i, relations[i].original, 30);
			relate(next, now, i, relations[i].space, 40);
		}
		for (int i = 0; i < model->count; i++)
			now[i] = mix(now[i], next[i]);
	}
	for (int i = 0; i < model->count; i++)
		if (model->capability[i].type != OBJECT_NULL)
			sum += mix(now[i], 50);
	return mix(sum, model->ring_used | (uint64_t)model->caller_reserve << 32);
}
