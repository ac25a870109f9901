/* SPDX-License-Identifier: MIT */
/* The timer of the local APIC, and the lines of the IOAPIC: each is masked; routed and masked; or routed and unmasked. See apic.h. */
#include "kernel/arch/x86_64/apic.h"

#include "kernel/core/core.h"

#define IOAPIC_LOW 0x2000
#define IOAPIC_LEVEL 0x8000
#define IOAPIC_MASKED 0x10000u

uint64_t apic_timer_ticks_per_ns;
uint32_t ioapic_lines;

void apic_timer_arm(uint64_t ns)
{
	unsigned __int128 ticks = ((unsigned __int128)ns * apic_timer_ticks_per_ns >> 32) + 1; /* 0 would disarm */

	*apic_register(APIC_TIMER_INITIAL) = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

unsigned hook_irq_lines(void)
{
	return ioapic_lines;
}

void ioapic_mask(uint32_t line, bool masked)
{
	volatile uint32_t *entry;

	if (line == IRQ_LINE_MSI)
		return;
	entry = ioapic_register(IOAPIC_REDIRECTION(line));
	*entry = (*entry & ~IOAPIC_MASKED) | (masked ? IOAPIC_MASKED : 0);
}

void hook_irq_changed(struct irq_core *irq, bool attached)
{
	uint32_t level = irq->flags & IRQ_LEVEL ? IOAPIC_LEVEL : 0, low = irq->flags & IRQ_LOW ? IOAPIC_LOW : 0;

	ioapic_mask(irq->line, true);
	if (attached && irq->line != IRQ_LINE_MSI)
		*ioapic_register(IOAPIC_REDIRECTION(irq->line)) = IOAPIC_MASKED | level | low | irq->vector;
}
