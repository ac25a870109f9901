/* SPDX-License-Identifier: MIT */
/* What of a state goes into its digest, word by word. See digest.h. */
#include "tools/replay/digest.h"

#include <stdio.h>

#include "lib/sha256.h"

/* One word, in an order of bytes that does not depend on the host. */
static void word_add(struct sha256 *hash, uint64_t word)
{
	unsigned char bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(word >> 8 * i);
	sha256_add(hash, bytes, sizeof(bytes));
}

static void words_add(struct sha256 *hash, const uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		word_add(hash, words[i]);
}
#define WORDS_ADD(hash, ...) words_add(hash, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void slot_add(struct sha256 *hash, const struct slot *slot, ref_t parent)
{
	uint8_t type = slot->type ? slot->type : slot->remains;

	WORDS_ADD(hash, parent, slot->type, slot->remains, slot->rights, slot->flags, slot->cursor, slot->object, slot->badge, slot->size,
		  type == OBJECT_UNTYPED ? 0 : slot->next_donation, slot->child, slot->next, slot->prev);
}

static void core_add(struct sha256 *hash, const struct core *part)
{
	WORDS_ADD(hash, part->abi_version, part->dying);
	slot_add(hash, &part->root, 0);
	words_add(hash, part->vector, VECTORS);
}

static void thread_add(struct sha256 *hash, const struct thread_core *thread)
{
	WORDS_ADD(hash, thread->priority, thread->priority_max, thread->foreign);
}

static void vspace_add(struct sha256 *hash, const struct vspace_core *vspace)
{
	WORDS_ADD(hash, vspace->slot, vspace->mappings, vspace->donations);
}

static void mapping_add(struct sha256 *hash, const struct mapping_core *mapping)
{
	WORDS_ADD(hash, mapping->slot, mapping->vspace, mapping->next, mapping->prev, mapping->base, mapping->pages, mapping->index,
		  mapping->rights, mapping->device);
}

static void irq_add(struct sha256 *hash, const struct irq_core *irq)
{
	WORDS_ADD(hash, irq->vector, irq->line, irq->flags);
}

static void object_add(struct sha256 *hash, const void *object, uint8_t type)
{
	switch (type) {
	case OBJECT_THREAD:
		thread_add(hash, object);
		break;
	case OBJECT_NOTIFICATION:
		word_add(hash, ((const struct notification_core *)object)->bound);
		break;
	case OBJECT_VSPACE:
		vspace_add(hash, object);
		break;
	case OBJECT_MAPPING:
		mapping_add(hash, object);
		break;
	case OBJECT_IRQ_HANDLER:
		irq_add(hash, object);
		break;
	default: /* a CNode is its slots; Endpoint and Reply hold nothing of authority */
		break;
	}
}

void state_digest(const struct image *image, const struct state *state, unsigned char digest[DIGEST_BYTES])
{
	struct sha256 hash;

	sha256_start(&hash);
	for (size_t i = 0; i < state->count; i++) {
		const struct entry *entry = &state->entry[i];
		const void *at = image_at(image, entry->address, 1); /* state_collect() has looked at all of it */

		WORDS_ADD(&hash, entry->address, entry->part, entry->type);
		if (entry->part == PART_CORE)
			core_add(&hash, at);
		else if (entry->part == PART_OBJECT)
			object_add(&hash, at, entry->type);
		else
			slot_add(&hash, at, entry->parent);
	}
	sha256_finish(&hash, digest);
}

bool image_digest(const struct image *image, unsigned char digest[DIGEST_BYTES], char *error, size_t size)
{
	struct state state;
	bool sound = state_collect(image, &state);

	if (sound)
		state_digest(image, &state, digest);
	else
		snprintf(error, size, "%s", state.error);
	state_free(&state);
	return sound;
}
