/* SPDX-License-Identifier: MIT */
/* Methods that reach hardware directly: I/O ports, interrupt acknowledgement, the processors. */
#include "kernel/arch/x86_64/apic.h"
#include "kernel/panic.h"
#include "kernel/thread.h"

#define HALT_TEXT_MAX 128

/* IN and OUT: an access of 1, 2 or 4 bytes, all of whose ports must be in the range. */
enum error ioports_access(struct call *call)
{
	uint64_t port = call->words[0], width = call->words[1];

	if (width != 1 && width != 2 && width != 4)
		return refuse(ERR_ARGUMENT, "a port access has 1, 2 or 4 bytes");
	if (port < (call->target->ports & 0xffff) || port + width - 1 > call->target->ports >> 16 || port > 0xffff)
		return refuse(ERR_ARGUMENT, "the port lies outside the capability's range");
	if (call->label == IO_PORTS_IN) {
		call->result[0] = port_read((uint16_t)port, width);
		call->results = 1;
	} else {
		port_write((uint16_t)port, width, (uint32_t)call->words[2]);
	}
	return OK;
}

enum error irq_acknowledge(struct call *call)
{
	const struct irq_core *irq = core_pointer(call->target->object);

	if (!irq->vector)
		return refuse(ERR_STATE, "the IrqHandler is not attached");
	ioapic_mask(irq->line, false);
	return OK;
}

enum error cpu_halt(struct call *call)
{
	const struct message_page *page = thread_page((struct thread *)call->caller);
	char line[HALT_TEXT_MAX + 1];

	if (!page)
		return refuse(ERR_MESSAGE, "the reason is in the message page");
	memory_copy(line, page, HALT_TEXT_MAX);
	line[HALT_TEXT_MAX] = '\0';
	halt(line);
}
