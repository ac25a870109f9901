/* SPDX-License-Identifier: MIT */
/* The timer of the local APIC, and the lines of the IOAPIC: each is masked; routed and masked; or routed and unmasked. See apic.h. */
#include "kernel/arch/x86_64/apic.h"

#define IOAPIC_WINDOW 0x10
#define IOAPIC_VERSION 1
#define IOAPIC_ABSENT 0xffffffff
#define IOAPIC_REDIRECTION(line) (0x10 + 2 * (line))
#define IOAPIC_LOW 0x2000
#define IOAPIC_LEVEL 0x8000
#define IOAPIC_MASKED 0x10000u

uint64_t apic_timer_ticks_per_ns;

void apic_timer_arm(uint64_t ns)
{
	uint64_t ticks = (uint64_t)((unsigned __int128)ns * apic_timer_ticks_per_ns >> 32);

	if (ticks == 0)
		ticks = 1; /* 0 would disarm */
	*apic_register(APIC_TIMER_INITIAL) = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

/* The window onto register `index`, until the next call. */
static volatile uint32_t *ioapic(uint32_t index)
{
	*(volatile uint32_t *)IOAPIC_MAPPED = index;
	return (volatile uint32_t *)(IOAPIC_MAPPED + IOAPIC_WINDOW);
}

uint32_t ioapic_lines(void)
{
	uint32_t version = *ioapic(IOAPIC_VERSION);

	return version == IOAPIC_ABSENT ? 0 : (version >> 16 & 0xff) + 1 /* it tells the last line */;
}

void ioapic_route(uint32_t line, uint8_t vector, uint32_t flags)
{
	uint32_t level = flags & IRQ_LEVEL ? IOAPIC_LEVEL : 0, low = flags & IRQ_LOW ? IOAPIC_LOW : 0;

	*ioapic(IOAPIC_REDIRECTION(line)) = IOAPIC_MASKED | level | low | vector;
	*ioapic(IOAPIC_REDIRECTION(line) + 1) = *apic_register(APIC_ID) & (uint32_t)-1 << APIC_ID_SHIFT;
}

void ioapic_mask(uint32_t line, bool masked)
{
	volatile uint32_t *entry = ioapic(IOAPIC_REDIRECTION(line));

	*entry = (*entry & ~IOAPIC_MASKED) | (masked ? IOAPIC_MASKED : 0);
}
