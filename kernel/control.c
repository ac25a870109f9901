/* SPDX-License-Identifier: MIT */
/* Methods that reach hardware directly: I/O ports, interrupt acknowledgement, the processors. */
#include "kernel/arch/x86_64/apic.h"
#include "kernel/arch/x86_64/clock.h"
#include "kernel/panic.h"
#include "kernel/thread.h"

#define HALT_TEXT_MAX 128

/* Are all ports of the access in the range? */
static enum error ports_check(const struct call *call)
{
	uint64_t port = call->words[0], width = call->words[1];

	if (width != 1 && width != 2 && width != 4)
		return refuse(ERR_ARGUMENT, "a port access has 1, 2 or 4 bytes");
	if (port < (call->target->ports & 0xffff) || port + width - 1 > call->target->ports >> 16 || port > 0xffff)
		return refuse(ERR_ARGUMENT, "the port lies outside the capability's range");
	return OK;
}

enum error ioports_in(struct call *call)
{
	uint16_t port = (uint16_t)call->words[0];
	uint64_t width = call->words[1];
	enum error error = ports_check(call);

	if (error)
		return error;
	call->result[0] = width == 1 ? port_in8(port) : width == 2 ? port_in16(port) : port_in32(port);
	call->results = 1;
	return OK;
}

enum error ioports_out(struct call *call)
{
	uint16_t port = (uint16_t)call->words[0];
	uint64_t width = call->words[1];
	uint32_t value = (uint32_t)call->words[2];
	enum error error = ports_check(call);

	if (error)
		return error;
	if (width == 1)
		port_out8(port, (uint8_t)value);
	else if (width == 2)
		port_out16(port, (uint16_t)value);
	else
		port_out32(port, value);
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

enum error cpu_inform(struct call *call)
{
	call->result[0] = CPU_MAX;
	call->result[1] = clock_scale.tsc_hz;
	call->result[2] = clock_now();
	call->results = 3;
	return OK;
}

enum error cpu_halt(struct call *call)
{
	const volatile char *text = (const volatile char *)thread_page((struct thread *)call->caller);
	char line[HALT_TEXT_MAX + 1];

	if (!text)
		return refuse(ERR_MESSAGE, "the reason is in the message page");
	for (unsigned i = 0; i < HALT_TEXT_MAX; i++)
		line[i] = text[i];
	line[HALT_TEXT_MAX] = '\0';
	halt(line);
}
