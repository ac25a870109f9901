/* SPDX-License-Identifier: MIT */
/*
 * CNode methods: copy, mint, move, delete, revoke, query.
 *
 * The invoked CNode is the destination; the source CNode is a capability argument, which may be the same one. A copy is a child of its source and never has a
 * right that the source lacks. Mint also gives a badge (once: a badged capability cannot be badged again) or narrows a range.
 */
#include "kernel/core/core.h"

/* Copies would let two holders disagree about a watermark, or about who is the one authority. */
static bool type_is_copyable(unsigned type)
{
	return type == OBJECT_CNODE || type == OBJECT_IO_PORTS || (type >= OBJECT_THREAD && type <= OBJECT_IRQ_HANDLER);
}

/* The capability at an index of the source CNode. */
static enum error source_find(const struct call *call, struct slot **source)
{
	*source = slot_at(call->cap[0], call->words[1]);
	if (!*source)
		return refuse(ERR_ARGUMENT, "the source index is beyond the CNode");
	return (*source)->type == OBJECT_NULL ? refuse(ERR_NOCAP, "the source slot is empty") : OK;
}

/* What the badge word of MINT changes; refuses what widens or does not fit the type. */
static enum error mint_change(const struct slot *source, uint64_t word, struct copy_change *change)
{
	uint64_t first = word & 0xffffffff, pages = word >> 32;

	switch (source->type) {
	case OBJECT_ENDPOINT:
	case OBJECT_NOTIFICATION:
		if (word == 0 || source->badge != 0)
			return refuse(ERR_ARGUMENT, "the badge is zero, or the source has one already");
		*change = (struct copy_change){ .flags = COMMIT_COPY_BADGE, .badge = word };
		return OK;
	case OBJECT_REGION:
		if (pages == 0 || first + pages > source->size >> PAGE_BITS)
			return refuse(ERR_ARGUMENT, "the pages lie beyond the Region");
		*change = (struct copy_change){ COMMIT_COPY_RANGE, source->object + (first << PAGE_BITS), pages << PAGE_BITS };
		return OK;
	case OBJECT_IO_PORTS:
		if ((word & 0xffff) > word >> 16 || (word & 0xffff) < (source->ports & 0xffff) || word >> 16 > source->ports >> 16)
			return refuse(ERR_ARGUMENT, "the ports lie outside the source's range");
		*change = (struct copy_change){ .flags = COMMIT_COPY_RANGE, .range = word };
		return OK;
	default:
		return type_is_copyable(source->type) ? refuse(ERR_ARGUMENT, "capabilities of this type carry no badge and no range") : OK;
	}
}

enum error slot_copy(const struct thread_core *caller, const struct slot *source, const struct slot *destination, uint64_t rights, const struct copy_change *change)
{
	if (!type_is_copyable(source->type))
		return refuse(ERR_TYPE, "a capability of this type can be moved but not copied");
	return commit(caller, &(struct commit_record){
		.operation = COMMIT_COPY, .flags = change->flags,
		.argument = { core_ref(source), core_ref(destination), source->rights & rights, change->badge, change->range },
	});
}

/* COPY and MINT. */
enum error cnode_copy(struct call *call)
{
	struct copy_change change = { 0 };
	struct slot *source;
	enum error error = source_find(call, &source);

	if (!error && call->label == CNODE_MINT)
		error = mint_change(source, call->words[3], &change);
	return error ? error : slot_copy(call->caller, source, call->slot, call->words[2], &change);
}

enum error cnode_move(struct call *call)
{
	struct slot *source;
	enum error error = source_find(call, &source);

	if (error)
		return error;
	if (source->type == OBJECT_TABLE_MEMORY)
		return refuse(ERR_TYPE, "table memory stays where it was made");
	return commit(call->caller, &(struct commit_record){ .operation = COMMIT_MOVE, .argument = { core_ref(source), core_ref(call->slot) } });
}

enum error cnode_query(struct call *call)
{
	const struct slot *slot = call->slot;
	bool badged = slot->type == OBJECT_ENDPOINT || slot->type == OBJECT_NOTIFICATION;
	bool memory = slot->type == OBJECT_UNTYPED || slot->type == OBJECT_REGION;

	if (slot->type == OBJECT_NULL)
		return refuse(ERR_NOCAP, "the slot is empty");
	call->result[0] = slot->type | (uint64_t)slot->rights << 8 | (uint64_t)(slot->flags & (SLOT_ORIGINAL | SLOT_DEVICE)) << 16;
	call->result[1] = slot->size;
	call->result[2] = badged ? slot->badge : slot->type == OBJECT_UNTYPED ? slot->watermark : 0;
	call->result[3] = memory && slot->rights & RIGHT_DMA ? slot->object : 0;
	call->results = 4;
	return OK;
}
