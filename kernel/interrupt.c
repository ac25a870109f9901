/* SPDX-License-Identifier: MIT */
/*
 * Traps: interrupts, and faults of user mode. Those of the kernel itself are its end (panic.c).
 *
 * The kernel runs with interrupts off. At preemption points it asks the local APIC whether one is pending (hook_interrupt_pending); then the operation gives up, to be
 * executed again, and the interrupt is taken on the way, in user mode. In kernel mode they are taken only by the idle loop (schedule.c).
 */
#include "kernel/interrupt.h"

#include "kernel/arch/x86_64/apic.h"
#include "kernel/arch/x86_64/x86.h"
#include "kernel/ipc.h"
#include "kernel/schedule.h"

#define VECTOR_FIRST_INTERRUPT 32

bool hook_interrupt_pending(void)
{
	uint32_t requested = 0;

	for (unsigned vector = VECTOR_FIRST_INTERRUPT; vector < VECTORS; vector += 32)
		requested |= *apic_register(APIC_REQUESTED(vector));
	return requested;
}

/* A device's interrupt becomes a signal. Its line stays masked until it is acknowledged; the interrupt controller is done with it. */
static void device_interrupt(unsigned vector)
{
	const struct irq_core *irq = core_pointer(core->vector[vector]);

	if (!irq)
		return;
	ioapic_mask(irq->line, true);
	if (irq->notification.type == OBJECT_NOTIFICATION)
		notification_signal(core_pointer(irq->notification.object), irq->notification.badge);
}

static void interrupt_handle(unsigned vector)
{
	if (vector == VECTOR_SPURIOUS)
		return;
	trace_record(this_cpu(), TRACE_INTERRUPT, vector, core_ref(this_cpu()->current));
	if (vector == VECTOR_TIMER)
		timer_handle();
	else
		device_interrupt(vector);
	apic_eoi();
}

void trap_handle(struct thread *self)
{
	unsigned vector = (unsigned)self->frame.vector;

	if (vector >= VECTOR_FIRST_INTERRUPT) {
		interrupt_handle(vector);
		schedule();
	} else if (vector == VECTOR_NO_FPU) {
		fpu_take();
	} else {
		trace_record(this_cpu(), TRACE_FAULT, vector, self->frame.rip);
		self->fault_address = vector == VECTOR_PAGE_FAULT ? cr2_read() : 0;
		fault_send(self);
	}
	thread_resume_current();
}
