/* SPDX-License-Identifier: MIT */
/*
 * From a label to the decoder of a method. What all methods have in common is checked here, from tables: the label, the rights of the invoked capability, number, types and rights
 * of the capability arguments, and the empty slot in which a new capability is to appear (its index is always word 0).
 */
#include "kernel/core/core.h"

#define METHODS_MAX 10 /* of one type */

#define METHOD_INDEX(type, number) ((type) * METHODS_MAX + (number))
#define METHODS METHOD_INDEX(OBJECT_TYPES, 0)

static const struct method_entry {
	enum error (*decode)(struct call *call);
	uint8_t rights;
	uint8_t caps;
} methods[METHODS] = {
#define METHOD(type, name, number, rights, caps, function, sentence) [METHOD_INDEX(OBJECT_##type, number)] = { function, rights, caps },
#include "abi/methods.def"
#undef METHOD
};

enum destination {
	NO_DESTINATION,
	IN_TARGET, /* the invoked CNode */
	IN_CAP_1,  /* the second capability argument */
};

/* The methods that take capabilities: type and rights of each (BIND checks its own), and the CNode of the destination. */
static const struct operands {
	struct {
		uint8_t type, rights;
	} cap[2];
	uint8_t destination;
} operands[METHODS] = {
	[METHOD_INDEX(OBJECT_UNTYPED, UNTYPED_RETYPE)] = { .cap[0] = { OBJECT_CNODE, RIGHT_WRITE } },
	[METHOD_INDEX(OBJECT_CNODE, CNODE_COPY)] = { .cap[0] = { OBJECT_CNODE, RIGHT_READ }, .destination = IN_TARGET },
	[METHOD_INDEX(OBJECT_CNODE, CNODE_MINT)] = { .cap[0] = { OBJECT_CNODE, RIGHT_READ }, .destination = IN_TARGET },
	[METHOD_INDEX(OBJECT_CNODE, CNODE_MOVE)] = { .cap[0] = { OBJECT_CNODE, RIGHT_WRITE }, .destination = IN_TARGET },
	[METHOD_INDEX(OBJECT_VSPACE, VSPACE_DONATE)] = { { { OBJECT_UNTYPED, RIGHT_WRITE }, { OBJECT_CNODE, RIGHT_WRITE } }, IN_CAP_1 },
	[METHOD_INDEX(OBJECT_VSPACE, VSPACE_ATTACH_REGION)] = { { { OBJECT_REGION, 0 }, { OBJECT_CNODE, RIGHT_WRITE } }, IN_CAP_1 },
	[METHOD_INDEX(OBJECT_IRQ_CONTROL, IRQ_CONTROL_ATTACH_HANDLER)] = { .cap[0] = { OBJECT_IRQ_HANDLER, RIGHT_MANAGE } },
};

static enum error operands_check(struct call *call, const struct operands *operand, unsigned caps)
{
	for (unsigned i = 0; i < caps; i++) {
		if (operand->cap[i].type != OBJECT_NULL && call->cap[i]->type != operand->cap[i].type)
			return refuse(ERR_TYPE, "a capability argument is for an object of another type");
		if (operand->cap[i].rights & ~call->cap[i]->rights)
			return refuse(ERR_RIGHTS, "a capability argument lacks a right");
	}
	if (operand->destination == NO_DESTINATION)
		return OK;
	call->destination = slot_at(operand->destination == IN_TARGET ? call->target : call->cap[1], call->words[0]);
	if (!call->destination)
		return refuse(ERR_ARGUMENT, "the destination index is beyond the CNode");
	if (!slot_is_empty(call->destination))
		return refuse(ERR_OCCUPIED, "the destination slot is in use");
	return OK;
}

unsigned method_caps(const struct slot *target, uint32_t label)
{
	return label < METHODS_MAX ? methods[METHOD_INDEX(target->type, label)].caps : 0;
}

enum error method_invoke(struct call *call, uint32_t label, unsigned caps)
{
	unsigned index = METHOD_INDEX(call->target->type, label < METHODS_MAX ? label : 0);
	const struct method_entry *method = &methods[index];
	enum error error;

	if (label >= METHODS_MAX || !method->decode)
		return refuse(ERR_METHOD, "the object has no method of this number");
	call->label = label;
	if (method->rights & ~call->target->rights)
		return refuse(ERR_RIGHTS, "the invoked capability lacks a right");
	if (caps != method->caps)
		return refuse(ERR_ARGUMENT, "the method takes another number of capability arguments");
	error = caps ? operands_check(call, &operands[index], caps) : OK;
	return error ? error : method->decode(call);
}
