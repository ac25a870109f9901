/* SPDX-License-Identifier: MIT */
/*
 * The interrupt controllers at run time: the local APIC in xAPIC mode with its timer (Intel SDM volume 3, chapter 11) and the first IOAPIC (Intel 82093AA).
 *
 * The loader (boot/interrupts.c) has enabled the local APIC and masked everything: a line must be routed and unmasked, the timer armed. The local APIC belongs to
 * its CPU. The IOAPIC is reached through an index register: only under the kernel lock.
 */
#pragma once

#include "abi/call.h"
#include "kernel/arch/x86_64/kernel_map.h"

#define VECTOR_TIMER 0xfe
#define VECTOR_SPURIOUS 0xff /* needs no apic_eoi() */

#define APIC_EOI 0xb0
#define APIC_REQUESTED(vector) (0x200 + (vector) / 2) /* the word with the bits of this vector and the next 31: requested, not taken */
#define APIC_TIMER_INITIAL 0x380
#define IOAPIC_WINDOW 0x10
#define IOAPIC_REDIRECTION(line) (0x10 + 2 * (line)) /* and the destination in the next register */

/* How fast the timer counts, in 32.32 fixed point. Set by the loader, immutable. */
extern uint64_t apic_timer_ticks_per_ns;

static inline volatile uint32_t *apic_register(unsigned at)
{
	return (volatile uint32_t *)(APIC_MAPPED + at);
}

/* Ends the interrupt being served. */
static inline void apic_eoi(void)
{
	*apic_register(APIC_EOI) = 0;
}

/* One VECTOR_TIMER interrupt `ns` nanoseconds from now, instead of any armed before; sooner when that is more than the counter holds. */
void apic_timer_arm(uint64_t ns);

/* How many lines the IOAPIC has; 0 without one. Set by the loader, immutable. */
extern uint32_t ioapic_lines;

/* The window onto IOAPIC register `index`, until the next call. */
static inline volatile uint32_t *ioapic_register(uint32_t index)
{
	*(volatile uint32_t *)IOAPIC_MAPPED = index;
	return (volatile uint32_t *)(IOAPIC_MAPPED + IOAPIC_WINDOW);
}

/* Masks or unmasks `line`; no effect for IRQ_LINE_MSI. */
void ioapic_mask(uint32_t line, bool masked);
