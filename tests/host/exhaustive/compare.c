/* SPDX-License-Identifier: MIT */
/*
 * Comparing core and model: see compare.h. Reads the core's memory directly and uses none of its
 * functions that walk it.
 */
#include "tests/host/exhaustive/compare.h"

#include <string.h>

#define DIFFERS(condition, sentence)     \
	do {                             \
		if (condition)           \
			return sentence; \
	} while (0)

static paddr_t place_of(const void *slot)
{
	return (paddr_t)((const unsigned char *)slot - core_arena);
}

static struct slot *slot_of(const struct capability *capability)
{
	return (struct slot *)(core_arena + capability->place);
}

static bool lies_in_memory(enum object_type type)
{
	return type == OBJECT_UNTYPED || type == OBJECT_REGION;
}

static bool is_control(enum object_type type)
{
	return type >= OBJECT_IO_PORTS && type <= OBJECT_LOG_CONTROL;
}

static uint64_t size_expected(const struct capability *capability)
{
	return capability->type == OBJECT_CNODE ? capability->size - 1 : capability->size;
}

static uint64_t badge_expected(const struct capability *capability)
{
	if (capability->type == OBJECT_UNTYPED)
		return capability->used;
	return capability->type == OBJECT_TABLE_MEMORY ? capability->memory : capability->badge;
}

static const char *slot_compare(const struct capability *capability, const struct slot *slot)
{
	ref_t object = lies_in_memory((enum object_type)capability->type) ||
			is_control((enum object_type)capability->type)
		? 0
		: DIRECT_MAP_BASE;

	if (capability->dying) {
		DIFFERS(slot->type != OBJECT_NULL || slot->remains != capability->type,
			"a slot is not dying as the model says");
		return NULL;
	}
	DIFFERS(slot->type != capability->type || slot->remains != OBJECT_NULL, "the type differs");
	DIFFERS(slot->rights != capability->rights, "the rights differ");
	DIFFERS(slot->object != object + capability->object, "the object differs");
	DIFFERS(slot->size != size_expected(capability), "the size differs");
	DIFFERS(slot->badge != badge_expected(capability), "badge, watermark or base differ");
	DIFFERS(!(slot->flags & SLOT_ORIGINAL) != !capability->original,
		"one of them says that it is an original");
	DIFFERS(!(slot->flags & SLOT_DEVICE) != !capability->device,
		"one of them says that it is device memory");
	return NULL;
}

/* The children of one slot in the core are those of the model; adds their number to *children. */
static const char *children_compare(
	struct model *model, const struct slot *parent, int index, int *children)
{
	for (ref_t ref = parent->child; ref; ref = ((struct slot *)core_pointer(ref))->next) {
		const struct capability *child = model_at(model, place_of(core_pointer(ref)));

		DIFFERS(!child, "the core has a child that the model does not know");
		DIFFERS(child->parent != index,
			"a capability was derived from another one than the model says");
		(*children)++;
	}
	return NULL;
}

static const char *range_is_empty(struct model *model, paddr_t first, uint64_t slots)
{
	for (uint64_t i = 0; i < slots; i++) {
		const struct slot *slot = (const struct slot *)(core_arena + first) + i;

		DIFFERS((slot->type != OBJECT_NULL || slot->remains != OBJECT_NULL) &&
				!model_at(model, place_of(slot)),
			"the core has a capability that the model does not know");
	}
	return NULL;
}

static bool bound_to(const struct model *model, const struct capability *notification, ref_t thread)
{
	ref_t expected = 0;

	for (int i = 0; i < model->count; i++) {
		const struct capability *holder = &model->capability[i];
		paddr_t place = holder->object + THREAD_NOTIFICATION * SLOT_SIZE;
		const struct capability *held;

		if (holder->type != OBJECT_THREAD || !holder->original ||
			!model->at[place / SLOT_SIZE])
			continue;
		held = &model->capability[model->at[place / SLOT_SIZE] - 1];
		if (held->object == notification->object && !held->dying)
			expected = DIRECT_MAP_BASE + holder->object;
	}
	return expected == thread;
}

static const char *object_compare(struct model *model, const struct capability *capability)
{
	const void *object = core_arena + capability->object;
	const struct thread_core *thread = object;
	const struct irq_core *irq = object;
	const struct mapping_core *mapping = object;

	switch (capability->type) {
	case OBJECT_CNODE:
		return range_is_empty(model, capability->object, capability->size);
	case OBJECT_THREAD:
		DIFFERS(thread->priority != capability->priority ||
				thread->priority_max != capability->priority_max,
			"the priorities differ");
		DIFFERS(thread->foreign != capability->foreign, "foreign differs");
		return range_is_empty(model, capability->object, THREAD_SLOTS);
	case OBJECT_NOTIFICATION:
		DIFFERS(!bound_to(model, capability,
				((const struct notification_core *)object)->bound),
			"the bound Thread differs");
		return NULL;
	case OBJECT_IRQ_HANDLER:
		DIFFERS(irq->vector != capability->vector, "the vector differs");
		DIFFERS(irq->vector &&
				(irq->line != capability->line || irq->flags != capability->flags),
			"line or flags differ");
		return range_is_empty(model, capability->object, 1);
	case OBJECT_MAPPING:
		DIFFERS(mapping->vspace != DIRECT_MAP_BASE + capability->vspace ||
				mapping->base != capability->base,
			"VSpace or Region of a Mapping differ");
		DIFFERS(mapping->pages != capability->pages || mapping->index != capability->index,
			"pages or index of a Mapping differ");
		DIFFERS(mapping->rights != capability->rights && !capability->dying,
			"the rights of a Mapping differ");
		return NULL;
	default:
		return NULL;
	}
}

static const char *dying_compare(struct model *model, uint8_t order[MODEL_CAPABILITIES])
{
	uint8_t number = 0, expected = 0;

	memset(order, 0, MODEL_CAPABILITIES);
	for (ref_t ref = core->dying; ref; ref = ((struct slot *)core_pointer(ref))->next) {
		const struct capability *capability = model_at(model, place_of(core_pointer(ref)));

		DIFFERS(!capability || !capability->dying || number == MODEL_CAPABILITIES,
			"the dying list holds what is not dying");
		order[capability - model->capability] = ++number;
	}
	for (int i = 0; i < model->count; i++)
		expected += model->capability[i].dying;
	DIFFERS(number != expected, "a dying capability is not on the dying list");
	return NULL;
}

const char *states_compare(struct model *model, uint8_t order[MODEL_CAPABILITIES])
{
	int children = 0, expected = 0;
	const char *sentence = dying_compare(model, order);

	if (!sentence)
		sentence = children_compare(model, &core->root, NOBODY, &children);
	for (int i = 0; i < model->count && !sentence; i++) {
		const struct capability *capability = &model->capability[i];

		if (capability->type == OBJECT_NULL)
			continue;
		expected += !capability->dying;
		sentence = slot_compare(capability, slot_of(capability));
		if (!sentence)
			sentence = children_compare(model, slot_of(capability), i, &children);
		if (!sentence && capability->original)
			sentence = object_compare(model, capability);
	}
	if (!sentence)
		sentence = range_is_empty(model, model->log_place, 1);
	if (!sentence && children != expected)
		sentence = "the core lost a capability";
	return sentence;
}

const char *states_observe(struct model *model, struct model *last)
{
	for (int i = 0; i < model->count; i++) {
		const struct capability *capability = &model->capability[i];
		const struct slot *slot = slot_of(capability);
		bool survives = model_at(last, capability->place) != NULL;

		if (capability->type == OBJECT_NULL || slot->type != OBJECT_NULL)
			continue;
		DIFFERS(survives, "a deletion took what it must not take");
		if (slot->remains == OBJECT_NULL)
			model_observe_gone(model, capability->place);
		else if (!capability->dying)
			model_observe_dying(model, capability->place);
	}
	return NULL;
}
