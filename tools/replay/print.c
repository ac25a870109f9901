/* SPDX-License-Identifier: MIT */
/* Text for people: every field under the name that kernel/core/core.h gives it. See print.h. */
#include "tools/replay/print.h"

#include <string.h>

/* Long enough for any line here: vsnprintf cuts, and never beyond ENTRY_TEXT_MAX. */
#define APPEND(text, ...) snprintf((text) + strlen(text), ENTRY_TEXT_MAX - strlen(text), __VA_ARGS__)

typedef unsigned long long number;

static number physical(ref_t ref)
{
	return ref >= DIRECT_MAP_BASE ? ref - DIRECT_MAP_BASE : ref;
}

static void slot_text(const struct slot *slot, const struct entry *entry, char *text)
{
	const char *name = type_name(entry->type);

	APPEND(text, "slot   %010llx %s %s", physical(entry->address), name ? name : "?", slot->type ? "live" : slot->remains ? "dying" : "empty");
	APPEND(text, " rights=%02x flags=%02x object=%llx badge=%llx size=%llx", slot->rights, slot->flags, physical(slot->object),
	       (number)slot->badge, (number)slot->size);
	if (entry->type != OBJECT_UNTYPED)
		APPEND(text, " donation=%llx", physical(slot->next_donation));
	APPEND(text, " cursor=%u parent=%llx child=%llx next=%llx prev=%llx", slot->cursor, physical(entry->parent), physical(slot->child),
	       physical(slot->next), physical(slot->prev));
}

static void core_text(const struct core *part, const struct entry *entry, char *text)
{
	APPEND(text, "core   %010llx version=%llu dying=%llx child=%llx", physical(entry->address), (number)part->abi_version,
	       physical(part->dying), physical(part->root.child));
	for (unsigned i = 0; i < VECTORS; i++)
		if (part->vector[i])
			APPEND(text, " vector[%#x]=%llx", i, physical(part->vector[i]));
}

static void object_fields(const void *object, uint8_t type, char *text)
{
	const struct thread_core *thread = object;
	const struct vspace_core *vspace = object;
	const struct mapping_core *mapping = object;
	const struct irq_core *irq = object;

	if (type == OBJECT_THREAD)
		APPEND(text, " priority=%u priority_max=%u foreign=%u", thread->priority, thread->priority_max, thread->foreign);
	if (type == OBJECT_NOTIFICATION)
		APPEND(text, " bound=%llx", physical(((const struct notification_core *)object)->bound));
	if (type == OBJECT_VSPACE)
		APPEND(text, " slot=%llx mappings=%llx donations=%llx", physical(vspace->slot), physical(vspace->mappings),
		       physical(vspace->donations));
	if (type == OBJECT_MAPPING)
		APPEND(text, " slot=%llx vspace=%llx next=%llx prev=%llx base=%llx pages=%u index=%u rights=%x device=%u", physical(mapping->slot),
		       physical(mapping->vspace), physical(mapping->next), physical(mapping->prev), (number)mapping->base, mapping->pages,
		       mapping->index, mapping->rights, mapping->device);
	if (type == OBJECT_IRQ_HANDLER)
		APPEND(text, " vector=%#x line=%u flags=%x", irq->vector, irq->line, irq->flags);
}

void entry_text(const struct image *image, const struct entry *entry, char text[ENTRY_TEXT_MAX])
{
	const void *at = image_at(image, entry->address, 1);
	const char *name = type_name(entry->type);

	text[0] = 0;
	if (entry->part == PART_CORE) {
		core_text(at, entry, text);
	} else if (entry->part == PART_SLOT) {
		slot_text(at, entry, text);
	} else {
		APPEND(text, "object %010llx %s", physical(entry->address), name ? name : "?");
		object_fields(at, entry->type, text);
	}
}

void records_print(FILE *out, const struct records *records)
{
	for (uint64_t i = 0; i < records->count; i++) {
		const struct commit_record *record = &records->record[i];
		const char *name = operation_name(record->operation);

		fprintf(out, "%llu %s", (number)record->sequence, name ? name : "?");
		if (record->subject)
			fprintf(out, " by=%llx", physical(record->subject));
		if (record->count)
			fprintf(out, " count=%u", record->count);
		if (record->flags)
			fprintf(out, " flags=%#x", record->flags);
		for (unsigned a = 0; a < 5; a++)
			if (*argument_name(record->operation, a))
				fprintf(out, ", %s=%llx", argument_name(record->operation, a), physical(record->argument[a]));
		fputc('\n', out);
	}
}

void state_print(FILE *out, const struct image *image, const struct state *state)
{
	char text[ENTRY_TEXT_MAX];

	for (size_t i = 0; i < state->count; i++) {
		entry_text(image, &state->entry[i], text);
		fprintf(out, "%s\n", text);
	}
}

void state_graph(FILE *out, const struct image *image, const struct state *state)
{
	fprintf(out, "digraph capabilities {\n\tnode [shape=box, fontname=monospace];\n\trankdir=LR;\n");
	fprintf(out, "\ts%llx [label=\"genesis\"];\n", physical(image->core + offsetof(struct core, root)));
	for (size_t i = 0; i < state->count; i++) {
		const struct entry *entry = &state->entry[i];
		const struct slot *slot = image_at(image, entry->address, 1);

		if (entry->part != PART_SLOT || !entry->parent)
			continue;
		fprintf(out, "\ts%llx [label=\"%s %llx\\nslot %llx, rights %02x\"%s];\n", physical(entry->address), type_name(entry->type),
			physical(slot->object), physical(entry->address), slot->rights, slot->flags & SLOT_ORIGINAL ? ", style=bold" : "");
		fprintf(out, "\ts%llx -> s%llx;\n", physical(entry->parent), physical(entry->address));
	}
	fprintf(out, "}\n");
}

static int entry_compare(const struct entry *left, const struct entry *right)
{
	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return left->part - right->part;
}

void states_difference(FILE *out, const char *left_name, const struct image *left_image, const struct state *left, const char *right_name,
		       const struct image *right_image, const struct state *right)
{
	char left_text[ENTRY_TEXT_MAX], right_text[ENTRY_TEXT_MAX];

	for (size_t i = 0; i < left->count || i < right->count; i++) {
		int order = i == left->count ? 1 : i == right->count ? -1 : entry_compare(&left->entry[i], &right->entry[i]);

		left_text[0] = right_text[0] = 0;
		if (order <= 0)
			entry_text(left_image, &left->entry[i], left_text);
		if (order >= 0)
			entry_text(right_image, &right->entry[i], right_text);
		if (strcmp(left_text, right_text) == 0)
			continue;
		fprintf(out, "first difference:\n  %s: %s\n  %s: %s\n", left_name, *left_text ? left_text : "nothing there", right_name,
			*right_text ? right_text : "nothing there");
		return;
	}
}
