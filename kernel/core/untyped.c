/* SPDX-License-Identifier: MIT */
/*
 * Untyped memory: a base, a size and a watermark. RETYPE makes objects upward from the watermark; RECLAIM deletes them all and starts again.
 *
 * Memory is cleared before an object is made of it, in pieces between which interrupts are taken; how far that has come is kept in the slot (`cleared`), so
 * that the re-executed call goes on from there. Device memory is never cleared and becomes nothing but Regions (and smaller Untypeds).
 */
#include "kernel/core/core.h"

#define CLEAR_PIECE PAGE_SIZE
/* Making an address space or a Thread takes longer than a small object: fewer in one call keep it bounded. */
#define RETYPE_VSPACES_MAX 8
#define RETYPE_THREADS_MAX 32

static uint64_t round_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

uint64_t untyped_place(const struct slot *untyped, uint64_t bytes, uint64_t align)
{
	uint64_t start = round_up(untyped->object + untyped->watermark, align) - untyped->object;

	return start <= untyped->size && bytes <= untyped->size - start ? start : UINT64_MAX;
}

enum error untyped_clear(struct slot *untyped, uint64_t end)
{
	if (untyped->flags & SLOT_DEVICE)
		return OK;
	/* Not from where the object will start: if this call is given up, the gap that alignment leaves may become part of something smaller. */
	if (untyped->cleared < untyped->watermark)
		untyped->cleared = untyped->watermark;
	while (untyped->cleared < end) {
		uint64_t piece = end - untyped->cleared < CLEAR_PIECE ? end - untyped->cleared : CLEAR_PIECE;

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
#undef OBJECT
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

static uint64_t retype_count_max(uint64_t type)
{
	if (type == OBJECT_VSPACE)
		return RETYPE_VSPACES_MAX;
	return type == OBJECT_THREAD ? RETYPE_THREADS_MAX : RETYPE_COUNT_MAX;
}

/* Are `count` slots from `index` there, and empty? */
static enum error slots_are_free(const struct slot *cnode, uint64_t index, uint64_t count)
{
	if (index > cnode->mask || count > cnode->mask - index + 1)
		return refuse(ERR_ARGUMENT, "the destination slots lie beyond the CNode");
	for (uint64_t i = 0; i < count; i++)
		if (!slot_is_empty(slot_at(cnode, index + i)))
			return refuse(ERR_OCCUPIED, "a destination slot is in use");
	return OK;
}

enum error untyped_retype(struct call *call)
{
	struct slot *untyped = call->target;
	struct slot *cnode = call->cap[0];
	uint64_t type = call->words[0], size = call->words[1], index = call->words[2], count = call->words[3];
	struct commit_record *record;
	uint64_t bytes, start, end;
	enum error error;

	if (cnode->type != OBJECT_CNODE)
		return refuse(ERR_TYPE, "the destination is no CNode");
	if (!(cnode->rights & RIGHT_WRITE))
		return refuse(ERR_RIGHTS, "the destination CNode may not be written");
	bytes = retype_bytes(type, size, untyped);
	if (!bytes)
		return refuse(ERR_ARGUMENT, "no such object can be made of this memory");
	if (count == 0 || count > retype_count_max(type))
		return refuse(ERR_ARGUMENT, "too few or too many objects in one call");
	error = slots_are_free(cnode, index, count);
	if (error)
		return error;
	start = untyped_place(untyped, bytes * count, retype_alignment(type, bytes));
	if (start == UINT64_MAX)
		return refuse(ERR_NOMEM, "the Untyped has not enough memory above its watermark");
	end = start + bytes * count;
	error = type == OBJECT_UNTYPED ? OK : untyped_clear(untyped, end);
	if (error)
		return error;
	record = commit_begin(call->caller, COMMIT_RETYPE);
	if (!record)
		return ERR_RING_FULL;
	record->count = (uint32_t)count;
	record->argument[0] = core_ref(untyped);
	record->argument[1] = core_ref(slot_at(cnode, index));
	record->argument[2] = type;
	record->argument[3] = type == OBJECT_CNODE ? size : bytes;
	record->argument[4] = end;
	commit_apply(record);
	return OK;
}

enum error untyped_reclaim(struct call *call)
{
	struct slot *untyped = call->target;
	struct commit_record *record;
	enum error error = revoke_slot(call, untyped);

	/* The Untyped itself may have gone with what was made from it. */
	if (error || untyped->type != OBJECT_UNTYPED || untyped->watermark == 0)
		return error;
	record = commit_begin(call->caller, COMMIT_RESET);
	if (!record)
		return ERR_RING_FULL;
	record->argument[0] = core_ref(untyped);
	commit_apply(record);
	return OK;
}

enum error untyped_inform(struct call *call)
{
	const struct slot *untyped = call->target;

	call->result[0] = untyped->rights & RIGHT_DMA ? untyped->object : 0;
	call->result[1] = untyped->size;
	call->result[2] = untyped->watermark;
	call->result[3] = (untyped->flags & SLOT_DEVICE) != 0;
	call->results = 4;
	return OK;
}
