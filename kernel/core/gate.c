/* SPDX-License-Identifier: MIT */
/*
 * From a label to the decoder of a method. What methods have in common is checked here, from the table that abi/methods.def is: the label, the rights of the invoked
 * capability, number, types and rights of the capability arguments, and the slot that the call names by word 0.
 */
#include "kernel/core/core.h"

#define METHODS_MAX 8 /* of one type */

static const struct method_entry {
	enum error (*decode)(struct call *call);
	uint8_t rights, caps, takes, takes_rights;
} methods[OBJECT_TYPES][METHODS_MAX] = {
#define METHOD(type, name, number, rights, caps, takes, takes_rights, function, sentence) \
	[OBJECT_##type][number] = { function, rights, caps, OBJECT_##takes, takes_rights },
#include "abi/methods.def"
};

/* Is a capability argument for an object of this type (OBJECT_NULL: of any), with these rights? */
static enum error argument_check(const struct slot *argument, unsigned type, unsigned rights)
{
	if (type != OBJECT_NULL && argument->type != type)
		return refuse(ERR_TYPE, "a capability argument is for an object of another type");
	return rights & ~(unsigned)argument->rights ? refuse(ERR_RIGHTS, "a capability argument lacks a right") : OK;
}

/* The slot that word 0 names, in the invoked CNode or in the one that is the second capability argument; with capability arguments, the new one is to appear there. */
static enum error call_slot_find(struct call *call, unsigned caps)
{
	const struct slot *cnode = caps == 2 ? call->cap[1] : call->target;

	if (cnode->type != OBJECT_CNODE)
		return OK;
	call->slot = slot_at(cnode, call->words[0]);
	if (!call->slot)
		return refuse(ERR_ARGUMENT, "the index is beyond the CNode");
	return caps && !slot_is_empty(call->slot) ? refuse(ERR_OCCUPIED, "the destination slot is in use") : OK;
}

enum error method_invoke(struct call *call, uint32_t label, unsigned caps)
{
	const struct method_entry *method = &methods[call->target->type][label < METHODS_MAX ? label : 0];
	enum error error = OK;

	if (label >= METHODS_MAX || !method->decode)
		return refuse(ERR_METHOD, "the object has no method of this number");
	if (method->rights & ~call->target->rights)
		return refuse(ERR_RIGHTS, "the invoked capability lacks a right");
	if (caps != method->caps)
		return refuse(ERR_ARGUMENT, "the method takes another number of capability arguments");
	call->label = label;
	if (caps)
		error = argument_check(call->cap[0], method->takes, method->takes_rights);
	if (!error && caps == 2)
		error = argument_check(call->cap[1], OBJECT_CNODE, RIGHT_WRITE);
	if (!error)
		error = call_slot_find(call, caps);
	return error ? error : method->decode(call);
}
