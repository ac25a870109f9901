/* SPDX-License-Identifier: MIT */
/*
 * The reference model (model.h): which capabilities there are, what lies in which object, and what
 * goes with what when it is deleted. What calls do is in methods.c.
 */
#include "tests/host/exhaustive/model.h"

#include <stdlib.h>
#include <string.h>

struct capability *model_at(struct model *model, paddr_t place)
{
	int index = place < MODEL_MEMORY ? model->at[place / SLOT_SIZE] - 1 : NOBODY;

	return index >= 0 ? &model->capability[index] : NULL;
}

struct capability *model_live_at(struct model *model, paddr_t place)
{
	struct capability *capability = model_at(model, place);

	return capability && !capability->dying ? capability : NULL;
}

struct capability *model_capability_new(struct model *model, paddr_t place, int parent,
	enum object_type type, uint8_t rights, paddr_t object)
{
	int index = 0;

	while (index < model->count && model->capability[index].type != OBJECT_NULL)
		index++;
	if (index == MODEL_CAPABILITIES)
		abort();
	if (index == model->count)
		model->count++;
	model->capability[index] = (struct capability){ .place = place,
		.type = (uint8_t)type,
		.rights = rights,
		.parent = (int8_t)parent,
		.object = object };
	model->at[place / SLOT_SIZE] = (int8_t)(index + 1);
	return &model->capability[index];
}

void model_start(struct model *model, paddr_t cnode, unsigned bits, paddr_t log_place)
{
	struct capability *own;

	memset(model, 0, sizeof(*model));
	model->log_place = log_place;
	own = model_capability_new(model, cnode + SLOT_SIZE, NOBODY, OBJECT_CNODE, RIGHTS_ALL, cnode);
	own->size = (uint64_t)1 << bits;
	own->original = true;
}

void model_give_memory(struct model *model, paddr_t place, paddr_t base, uint64_t size, bool device)
{
	struct capability *untyped = model_capability_new(
		model, place, NOBODY, OBJECT_UNTYPED, RIGHTS_ALL, base);

	untyped->size = size;
	untyped->device = device;
	untyped->original = true;
}

void model_give_region(
	struct model *model, paddr_t place, paddr_t base, uint64_t size, uint8_t rights)
{
	struct capability *region = model_capability_new(
		model, place, NOBODY, OBJECT_REGION, rights, base);

	region->size = size;
	region->original = true;
}

void model_give_control(struct model *model, paddr_t place, enum object_type type)
{
	struct capability *control = model_capability_new(model, place, NOBODY, type, RIGHTS_ALL, 0);

	control->original = true;
	if (type == OBJECT_IO_PORTS)
		control->size = (uint64_t)0xffff << 16;
}

/* Containment. */

/* Bytes of slots at the beginning of an object. */
static uint64_t slots_bytes(const struct capability *original)
{
	switch (original->type) {
	case OBJECT_CNODE:
		return original->size * SLOT_SIZE;
	case OBJECT_THREAD:
		return THREAD_SLOTS * SLOT_SIZE;
	case OBJECT_IRQ_HANDLER:
		return SLOT_SIZE;
	default:
		return 0;
	}
}

static bool contains(const struct capability *original, paddr_t place)
{
	return original->original && place >= original->object &&
		place < original->object + slots_bytes(original);
}

int model_container(const struct model *model, paddr_t place)
{
	for (int i = 0; i < model->count; i++)
		if (model->capability[i].type != OBJECT_NULL &&
			contains(&model->capability[i], place))
			return i;
	return NOBODY;
}

int model_original(const struct model *model, const struct capability *capability)
{
	if (capability->type == OBJECT_REGION || capability->type == OBJECT_IO_PORTS) {
		while (!capability->original && capability->parent != NOBODY)
			capability = &model->capability[capability->parent];
		return capability->original ? model_index(model, capability) : NOBODY;
	}
	for (int i = 0; i < model->count; i++)
		if (model->capability[i].original &&
			model->capability[i].type == capability->type &&
			model->capability[i].object == capability->object)
			return i;
	return NOBODY;
}

/* Deletion. */

static void kill(struct model *model, int index)
{
	struct capability dead = model->capability[index];

	if (dead.type == OBJECT_NULL)
		return;
	model->at[dead.place / SLOT_SIZE] = 0;
	memset(&model->capability[index], 0, sizeof(dead));
	for (int i = 0; i < model->count; i++) {
		const struct capability *other = &model->capability[i];
		bool child = other->parent == index;
		bool content = dead.original && contains(&dead, other->place);
		bool of_space = dead.type == OBJECT_VSPACE && dead.original && other->original &&
			((other->type == OBJECT_MAPPING && other->vspace == dead.object) ||
				(other->type == OBJECT_TABLE_MEMORY &&
					other->object == dead.object));
		bool space = dead.type == OBJECT_TABLE_MEMORY && other->original &&
			other->type == OBJECT_VSPACE && other->object == dead.object;

		if (other->type != OBJECT_NULL && (child || content || of_space || space))
			kill(model, i);
	}
}

void model_finish(struct model *model)
{
	for (int i = 0; i < model->count; i++)
		if (model->capability[i].dying)
			kill(model, i);
}

void model_delete(struct model *model, paddr_t place)
{
	struct capability *capability = model_live_at(model, place);

	if (capability)
		kill(model, model_index(model, capability));
	model_finish(model);
}

void model_revoke(struct model *model, paddr_t place)
{
	struct capability *capability = model_live_at(model, place);
	int index = capability ? model_index(model, capability) : NOBODY;

	if (index != NOBODY)
		for (int i = 0; i < model->count; i++)
			if (model->capability[i].type != OBJECT_NULL &&
				model->capability[i].parent == index)
				kill(model, i);
	model_finish(model);
}

void model_observe_dying(struct model *model, paddr_t place)
{
	struct capability *capability = model_at(model, place);

	capability->dying = true;
	capability->parent = NOBODY;
}

void model_observe_gone(struct model *model, paddr_t place)
{
	struct capability *capability = model_at(model, place);

	model->at[place / SLOT_SIZE] = 0;
	memset(capability, 0, sizeof(*capability));
}
