/* SPDX-License-Identifier: MIT */
/* From a label to the decoder of a method: the table is abi/methods.def, and every label that is not in it answers ERR_METHOD. */
#include "kernel/core/core.h"

#define METHODS_MAX 10 /* of one type */

struct method_entry {
	enum error (*decode)(struct call *call);
	uint8_t rights;
	uint8_t caps;
};

static const struct method_entry methods[OBJECT_TYPES][METHODS_MAX] = {
#define METHOD(type, name, number, rights, caps, function, sentence) [OBJECT_##type][number] = { function, rights, caps },
#include "abi/methods.def"
#undef METHOD
};

unsigned method_caps(const struct slot *target, uint32_t label)
{
	return label < METHODS_MAX ? methods[target->type][label].caps : 0;
}

enum error method_invoke(struct call *call, uint32_t label, unsigned caps)
{
	const struct method_entry *method = &methods[call->target->type][label < METHODS_MAX ? label : 0];

	if (label >= METHODS_MAX || !method->decode)
		return refuse(ERR_METHOD, "the object has no method of this number");
	if ((call->target->rights & method->rights) != method->rights)
		return refuse(ERR_RIGHTS, "the invoked capability lacks a right");
	if (caps != method->caps)
		return refuse(ERR_ARGUMENT, "the method takes another number of capability arguments");
	return method->decode(call);
}
