/* SPDX-License-Identifier: MIT */
/*
 * The local APIC in xAPIC mode (Intel SDM volume 3, chapter 11), the first IOAPIC (Intel 82093AA), and the PIC (Intel 8259A).
 *
 * After apic_init() nothing interrupts: a line must be routed and unmasked, the timer armed. An IOAPIC line is in one of three states:
 * masked; routed and masked; routed and unmasked. The PIC, which firmware leaves live (its timer interrupt would look like a double
 * fault), is masked twice: its own lines, and the local APIC's input for it.
 *
 * The local APIC belongs to its CPU. The IOAPIC is reached through an index register: only under the kernel lock.
 */
#include "kernel/arch/x86_64/apic.h"

#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/arch/x86_64/x86.h"
#include "kernel/panic.h"

#define APIC_BASE_BOOT_CPU (1u << 8)
#define APIC_BASE_ENABLED (1u << 11)

enum apic_register {
	APIC_ID = 0x20,
	APIC_PRIORITY = 0x80,
	APIC_EOI = 0xb0,
	APIC_SPURIOUS = 0xf0,
	APIC_LVT_TIMER = 0x320,
	APIC_LVT_LINT0 = 0x350,
	APIC_LVT_LINT1 = 0x360,
	APIC_TIMER_INITIAL = 0x380,
	APIC_TIMER_CURRENT = 0x390,
	APIC_TIMER_DIVIDE = 0x3e0,
};
#define APIC_ID_SHIFT 24
#define APIC_SPURIOUS_ENABLE 0x100
#define APIC_LVT_MASKED 0x10000
#define APIC_LVT_NMI 0x400
#define APIC_TIMER_BY_1 0xb

#define IOAPIC_WINDOW 0x10
#define IOAPIC_VERSION 1
#define IOAPIC_ABSENT 0xffffffff
#define IOAPIC_REDIRECTION(line) (0x10 + 2 * (line))
#define IOAPIC_LOW 0x2000
#define IOAPIC_LEVEL 0x8000
#define IOAPIC_MASKED 0x10000u

#define PIC1_MASK 0x21
#define PIC2_MASK 0xa1

static uint64_t timer_ticks_per_ns; /* 32.32 fixed point */

static volatile uint32_t *apic(enum apic_register at)
{
	return (volatile uint32_t *)(APIC_MAPPED + at);
}

/* The window onto register `index`, until the next call. */
static volatile uint32_t *ioapic(uint32_t index)
{
	*(volatile uint32_t *)IOAPIC_MAPPED = index;
	return (volatile uint32_t *)(IOAPIC_MAPPED + IOAPIC_WINDOW);
}

void apic_init(void)
{
	port_out8(PIC1_MASK, 0xff);
	port_out8(PIC2_MASK, 0xff);
	if ((msr_read(MSR_APIC_BASE) & ~(uint64_t)APIC_BASE_BOOT_CPU) != (APIC_PHYSICAL | APIC_BASE_ENABLED))
		halt("the local APIC is moved, off or in x2APIC mode: change that in the firmware's setup");
	*apic(APIC_SPURIOUS) = APIC_SPURIOUS_ENABLE | VECTOR_SPURIOUS;
	*apic(APIC_PRIORITY) = 0;
	*apic(APIC_LVT_LINT0) = APIC_LVT_MASKED;
	*apic(APIC_LVT_LINT1) = APIC_LVT_NMI;
	*apic(APIC_LVT_TIMER) = APIC_LVT_MASKED;
	*apic(APIC_TIMER_DIVIDE) = APIC_TIMER_BY_1;
	for (uint32_t line = 0; line < ioapic_lines(); line++)
		ioapic_mask(line, true);
}

uint32_t apic_id(void)
{
	return *apic(APIC_ID) >> APIC_ID_SHIFT;
}

void apic_eoi(void)
{
	*apic(APIC_EOI) = 0;
}

void apic_timer_arm(uint64_t ns)
{
	uint64_t ticks = (uint64_t)((unsigned __int128)ns * timer_ticks_per_ns >> 32);

	if (ticks == 0)
		ticks = 1; /* 0 would disarm */
	*apic(APIC_TIMER_INITIAL) = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

void apic_timer_count(void)
{
	*apic(APIC_TIMER_INITIAL) = UINT32_MAX;
}

uint32_t apic_timer_counted(void)
{
	return UINT32_MAX - *apic(APIC_TIMER_CURRENT);
}

void apic_timer_set_rate(uint64_t hz)
{
	timer_ticks_per_ns = (hz << 32) / 1000000000;
	*apic(APIC_TIMER_INITIAL) = 0;
	*apic(APIC_LVT_TIMER) = VECTOR_TIMER;
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
	*ioapic(IOAPIC_REDIRECTION(line) + 1) = apic_id() << APIC_ID_SHIFT;
}

void ioapic_mask(uint32_t line, bool masked)
{
	volatile uint32_t *entry = ioapic(IOAPIC_REDIRECTION(line));

	*entry = (*entry & ~IOAPIC_MASKED) | (masked ? IOAPIC_MASKED : 0);
}
