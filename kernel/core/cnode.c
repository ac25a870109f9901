/* SPDX-License-Identifier: MIT */
/*
 * CNode methods: copy, mint, move, delete, revoke, query.
 *
 * The invoked CNode is the destination; the source CNode is a capability argument, which may be the same one. A copy is a child of its source and never has a
 * right that the source lacks. Mint also gives a badge (once: a badged capability cannot be badged again) or narrows a range.
 */
#include "kernel/core/core.h"

/* Copies would let two holders disagree about a watermark, or about who is the one authority. */
static bool type_is_copyable(enum object_type type)
{
	switch (type) {
	case OBJECT_NULL:
	case OBJECT_UNTYPED:
	case OBJECT_TABLE_MEMORY:
	case OBJECT_IRQ_CONTROL:
	case OBJECT_CPU_CONTROL:
	case OBJECT_LOG_CONTROL:
		return false;
	default:
		return true;
	}
}

/* The slot at word `word` of `cnode`, which must hold a capability. */
static enum error source_find(struct slot *cnode, uint64_t index, struct slot **source)
{
	if (cnode->type != OBJECT_CNODE)
		return refuse(ERR_TYPE, "the source is no CNode");
	*source = slot_at(cnode, index);
	if (!*source)
		return refuse(ERR_ARGUMENT, "the source index is beyond the CNode");
	if ((*source)->type == OBJECT_NULL)
		return refuse(ERR_NOCAP, "the source slot is empty");
	return OK;
}

static enum error destination_find(struct slot *cnode, uint64_t index, struct slot **destination)
{
	*destination = slot_at(cnode, index);
	if (!*destination)
		return refuse(ERR_ARGUMENT, "the destination index is beyond the CNode");
	if (!slot_is_empty(*destination))
		return refuse(ERR_OCCUPIED, "the destination slot is in use");
	return OK;
}

/* Turn the badge word of MINT into badge or range of the record; refuses what widens or does not fit the type. */
static enum error mint_range(const struct slot *source, uint64_t word, struct commit_record *draft)
{
	uint64_t first = word & 0xffffffff, pages = word >> 32;

	switch (source->type) {
	case OBJECT_ENDPOINT:
	case OBJECT_NOTIFICATION:
		if (word == 0 || source->badge != 0)
			return refuse(ERR_ARGUMENT, "the badge is zero, or the source has one already");
		draft->flags = COMMIT_COPY_BADGE;
		draft->argument[3] = word;
		return OK;
	case OBJECT_REGION:
		if (pages == 0 || first + pages > source->size >> PAGE_BITS)
			return refuse(ERR_ARGUMENT, "the pages lie beyond the Region");
		draft->flags = COMMIT_COPY_RANGE;
		draft->argument[3] = source->object + (first << PAGE_BITS);
		draft->argument[4] = pages << PAGE_BITS;
		return OK;
	case OBJECT_IO_PORTS:
		if (pages || (word & 0xffff) > word >> 16 || (word & 0xffff) < (source->ports & 0xffff) || word >> 16 > source->ports >> 16)
			return refuse(ERR_ARGUMENT, "the ports lie outside the source's range");
		draft->flags = COMMIT_COPY_RANGE;
		draft->argument[4] = word;
		return OK;
	default:
		return refuse(ERR_ARGUMENT, "capabilities of this type carry no badge and no range");
	}
}

static enum error copy_or_mint(struct call *call, bool mint)
{
	struct commit_record draft = { .flags = 0 };
	struct commit_record *record;
	struct slot *source, *destination;
	enum error error = source_find(call->cap[0], call->words[1], &source);

	if (error)
		return error;
	if (!(call->cap[0]->rights & RIGHT_READ))
		return refuse(ERR_RIGHTS, "the source CNode may not be read");
	error = destination_find(call->target, call->words[0], &destination);
	if (error)
		return error;
	if (!type_is_copyable((enum object_type)source->type))
		return refuse(ERR_TYPE, "a capability of this type can be moved but not copied");
	error = mint ? mint_range(source, call->words[3], &draft) : OK;
	if (error)
		return error;
	record = commit_begin(call->caller, COMMIT_COPY);
	if (!record)
		return ERR_RING_FULL;
	record->flags = draft.flags;
	record->argument[0] = core_ref(source);
	record->argument[1] = core_ref(destination);
	record->argument[2] = source->rights & call->words[2];
	record->argument[3] = draft.argument[3];
	record->argument[4] = draft.argument[4];
	commit_apply(record);
	return OK;
}

enum error cnode_copy(struct call *call)
{
	return copy_or_mint(call, false);
}

enum error cnode_mint(struct call *call)
{
	return copy_or_mint(call, true);
}

enum error capability_transfer(struct thread_core *caller, struct slot *source, struct slot *destination)
{
	struct commit_record *record;

	if (!type_is_copyable((enum object_type)source->type))
		return refuse(ERR_TYPE, "a capability of this type cannot be sent");
	record = commit_begin(caller, COMMIT_COPY);
	if (!record)
		return ERR_RING_FULL;
	record->flags = COMMIT_COPY_IPC;
	record->argument[0] = core_ref(source);
	record->argument[1] = core_ref(destination);
	record->argument[2] = source->rights;
	commit_apply(record);
	return OK;
}

enum error cnode_move(struct call *call)
{
	struct commit_record *record;
	struct slot *source, *destination;
	enum error error = source_find(call->cap[0], call->words[1], &source);

	if (error)
		return error;
	if (!(call->cap[0]->rights & RIGHT_WRITE))
		return refuse(ERR_RIGHTS, "the source CNode may not be written");
	if (source->type == OBJECT_TABLE_MEMORY)
		return refuse(ERR_TYPE, "table memory stays where it was made");
	error = destination_find(call->target, call->words[0], &destination);
	if (error)
		return error;
	record = commit_begin(call->caller, COMMIT_MOVE);
	if (!record)
		return ERR_RING_FULL;
	record->argument[0] = core_ref(source);
	record->argument[1] = core_ref(destination);
	commit_apply(record);
	return OK;
}

enum error cnode_delete(struct call *call)
{
	struct slot *slot = slot_at(call->target, call->words[0]);

	if (!slot)
		return refuse(ERR_ARGUMENT, "the index is beyond the CNode");
	return delete_slot(call, slot);
}

enum error cnode_revoke(struct call *call)
{
	struct slot *slot = slot_at(call->target, call->words[0]);

	if (!slot)
		return refuse(ERR_ARGUMENT, "the index is beyond the CNode");
	if (slot_is_empty(slot) && !call->restarted)
		return refuse(ERR_NOCAP, "the slot is empty");
	return revoke_slot(call, slot);
}

enum error cnode_query(struct call *call)
{
	const struct slot *slot = slot_at(call->target, call->words[0]);

	if (!slot)
		return refuse(ERR_ARGUMENT, "the index is beyond the CNode");
	if (slot->type == OBJECT_NULL)
		return refuse(ERR_NOCAP, "the slot is empty");
	call->result[0] = slot->type | (uint64_t)slot->rights << 8 | (uint64_t)(slot->flags & (SLOT_ORIGINAL | SLOT_DEVICE)) << 16;
	call->result[1] = slot->size;
	call->result[2] = slot->type == OBJECT_ENDPOINT || slot->type == OBJECT_NOTIFICATION ? slot->badge : 0;
	call->results = 3;
	return OK;
}
