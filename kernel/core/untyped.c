/* SPDX-License-Identifier: MIT */
/*
 * Untyped memory: a base, a size and a watermark. RETYPE makes objects upward from the watermark; RECLAIM deletes them all and starts again.
 *
 * Memory is cleared before an object is made of it, in pieces between which interrupts are taken; how far that has come is kept in the slot (`cleared`), so
 * that the re-executed call goes on from there. Device memory is never cleared and becomes nothing but Regions (and smaller Untypeds).
 */
#include "kernel/core/core.h"

enum error untyped_reserve(struct slot *untyped, uint64_t bytes, uint64_t align, bool clear, uint64_t *end)
{
	uint64_t start = ((untyped->object + untyped->watermark + align - 1) & ~(align - 1)) - untyped->object;

	if (start > untyped->size || bytes > untyped->size - start)
		return refuse(ERR_NOMEM, "the Untyped has not enough memory above its watermark");
	*end = start + bytes;
	if (!clear || untyped->flags & SLOT_DEVICE)
		return OK;
	/* Not from where the object will start: if this call is given up, the gap that alignment leaves may become part of something smaller. */
	if (untyped->cleared < untyped->watermark)
		untyped->cleared = untyped->watermark;
	while (untyped->cleared < *end) {
		uint64_t piece = *end - untyped->cleared < PAGE_SIZE ? *end - untyped->cleared : PAGE_SIZE;

		hook_memory_clear(untyped->object + untyped->cleared, piece);
		untyped->cleared += piece;
		if (hook_interrupt_pending())
			return ERR_RESTART;
	}
	return OK;
}

static const uint64_t object_bytes[OBJECT_TYPES] = {
#define OBJECT(name, number, bytes, sentence) [number] = bytes,
#include "abi/objects.def"
};

/* Bytes of one object, from the type and the size argument; 0 when that type cannot be made so. */
static uint64_t retype_bytes(uint64_t type, uint64_t size, const struct slot *untyped)
{
	if (type == OBJECT_UNTYPED || type == OBJECT_REGION)
		return size % PAGE_SIZE == 0 && size <= untyped->size ? size : 0;
	if (untyped->flags & SLOT_DEVICE)
		return 0;
	if (type == OBJECT_CNODE)
		return size >= CNODE_BITS_MIN && size <= CNODE_BITS_MAX ? CNODE_BYTES(size) : 0;
	return type < OBJECT_TYPES && size == 0 ? object_bytes[type] : 0;
}

static uint64_t retype_alignment(uint64_t type, uint64_t bytes)
{
	if (type == OBJECT_REGION && bytes >= LARGE_PAGE_SIZE)
		return LARGE_PAGE_SIZE;
	return bytes < PAGE_SIZE ? bytes : PAGE_SIZE;
}

/* The first of `count` empty slots at `index`. */
static enum error slots_find(const struct slot *cnode, uint64_t index, uint64_t count, struct slot **first)
{
	if (index > cnode->mask || count > cnode->mask - index + 1)
		return refuse(ERR_ARGUMENT, "the destination slots lie beyond the CNode");
	*first = slot_at(cnode, index);
	for (uint64_t i = 0; i < count; i++)
		if (!slot_is_empty(*first + i))
			return refuse(ERR_OCCUPIED, "a destination slot is in use");
	return OK;
}

enum error untyped_retype(struct call *call)
{
	uint64_t type = call->words[0], size = call->words[1], count = call->words[3];
	uint64_t bytes = retype_bytes(type, size, call->target), end;
	/* Making an address space or a Thread takes longer than a small object: fewer in one call keep it bounded. */
	uint64_t most = type == OBJECT_VSPACE ? RETYPE_COUNT_MAX / 16 : type == OBJECT_THREAD ? RETYPE_COUNT_MAX / 4 : RETYPE_COUNT_MAX;
	struct slot *first;
	enum error error;

	if (!bytes)
		return refuse(ERR_ARGUMENT, "no such object can be made of this memory");
	if (count == 0 || count > most)
		return refuse(ERR_ARGUMENT, "too few or too many objects in one call");
	error = slots_find(call->cap[0], call->words[2], count, &first);
	if (!error)
		error = untyped_reserve(call->target, bytes * count, retype_alignment(type, bytes), type != OBJECT_UNTYPED, &end);
	if (error)
		return error;
	return commit(call->caller, &(struct commit_record){
		.operation = COMMIT_RETYPE, .count = (uint32_t)count,
		.argument = { core_ref(call->target), core_ref(first), type, type == OBJECT_CNODE ? size : bytes, end },
	});
}

enum error untyped_reclaim(struct call *call)
{
	struct slot *untyped = call->target;
	enum error error;

	call->slot = untyped;
	error = cnode_revoke(call);
	/* The Untyped itself may have gone with what was made from it: its slot is empty then. */
	if (error || untyped->watermark == 0)
		return error;
	return commit(call->caller, &(struct commit_record){ .operation = COMMIT_RESET, .argument = { core_ref(untyped) } });
}
