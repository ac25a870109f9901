/* SPDX-License-Identifier: MIT */
/* Interrupts: which IrqHandler belongs to which vector and IOAPIC line. A vector and a line have one handler at a time. */
#include "kernel/core/core.h"

#define MSI_ADDRESS 0xfee00000 /* Intel SDM 3A, 11.11.1: destination 0, physical, no redirection hint */

/* The lowest vector without a handler; 0 when all are taken. */
static unsigned vector_free(void)
{
	for (unsigned vector = IRQ_VECTOR_FIRST; vector <= IRQ_VECTOR_LAST; vector++)
		if (!core->vector[vector])
			return vector;
	return 0;
}

enum error irq_attach(struct call *call)
{
	uint64_t line = call->words[0], flags = call->words[1];
	struct slot *handler = call->cap[0];
	struct commit_record *record;
	unsigned vector;

	if (handler->type != OBJECT_IRQ_HANDLER)
		return refuse(ERR_TYPE, "only an IrqHandler can be attached to an interrupt");
	if (!(handler->rights & RIGHT_MANAGE))
		return refuse(ERR_RIGHTS, "the IrqHandler may not be managed");
	if (line != IRQ_LINE_MSI && line >= hook_irq_lines())
		return refuse(ERR_ARGUMENT, "there is no such interrupt line");
	if (flags & ~(uint64_t)(IRQ_LEVEL | IRQ_LOW))
		return refuse(ERR_ARGUMENT, "an unknown interrupt flag is set");
	if (((struct irq_core *)core_pointer(handler->object))->vector)
		return refuse(ERR_BUSY, "the IrqHandler is attached already");
	if (line != IRQ_LINE_MSI && core->line[line])
		return refuse(ERR_BUSY, "the interrupt line has a handler");
	vector = vector_free();
	if (!vector)
		return refuse(ERR_NOMEM, "all interrupt vectors are taken");
	record = commit_begin(call->caller, COMMIT_IRQ_ATTACH);
	if (!record)
		return ERR_RING_FULL;
	record->flags = (uint16_t)flags;
	record->argument[0] = handler->object;
	record->argument[1] = vector;
	record->argument[2] = line;
	commit_apply(record);
	call->result[0] = vector;
	call->result[1] = line == IRQ_LINE_MSI ? MSI_ADDRESS : 0;
	call->result[2] = line == IRQ_LINE_MSI ? vector : 0;
	call->results = 3;
	return OK;
}
