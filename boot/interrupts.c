/* SPDX-License-Identifier: MIT */
/*
 * Silences every source of interrupts: the local APIC (Intel SDM volume 3, chapter 11), the IOAPIC, and the PIC (Intel 8259A).
 *
 * The PIC, which firmware leaves live (its timer interrupt would look like a double fault), is masked twice: its own lines, and the local
 * APIC's input for it.
 */
#include "boot/interrupts.h"

#include "boot/x86.h"
#include "kernel/arch/x86_64/apic.h"
#include "kernel/panic.h"

#define APIC_BASE_BOOT_CPU (1u << 8)
#define APIC_BASE_ENABLED (1u << 11)
#define APIC_BASE_EXPECTED 0xfee00000

#define APIC_ID 0x20 /* in bits 24 to 31, as in the destination of a line */
#define APIC_PRIORITY 0x80
#define APIC_SPURIOUS 0xf0
#define APIC_SPURIOUS_ENABLE 0x100
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_MASKED 0x10000
#define APIC_LVT_NMI 0x400
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE 0x3e0
#define APIC_TIMER_BY_1 0xb

#define IOAPIC_VERSION 1
#define IOAPIC_ABSENT 0xffffffff

#define PIC1_MASK 0x21
#define PIC2_MASK 0xa1

/* All lines masked, and directed to this CPU. */
static void ioapic_init(void)
{
	uint32_t version = *ioapic_register(IOAPIC_VERSION);

	ioapic_lines = version == IOAPIC_ABSENT ? 0 : (version >> 16 & 0xff) + 1 /* it tells the last line */;
	for (uint32_t line = 0; line < ioapic_lines; line++) {
		ioapic_mask(line, true);
		*ioapic_register(IOAPIC_REDIRECTION(line) + 1) = *apic_register(APIC_ID);
	}
}

void interrupts_silence(void)
{
	port_out8(PIC1_MASK, 0xff);
	port_out8(PIC2_MASK, 0xff);
	if ((msr_read(MSR_APIC_BASE) & ~(uint64_t)APIC_BASE_BOOT_CPU) != (APIC_BASE_EXPECTED | APIC_BASE_ENABLED))
		halt("the local APIC is moved, off or in x2APIC mode: change that in the firmware's setup");
	*apic_register(APIC_SPURIOUS) = APIC_SPURIOUS_ENABLE | VECTOR_SPURIOUS;
	*apic_register(APIC_PRIORITY) = 0;
	*apic_register(APIC_LVT_LINT0) = APIC_LVT_MASKED;
	*apic_register(APIC_LVT_LINT1) = APIC_LVT_NMI;
	*apic_register(APIC_LVT_TIMER) = APIC_LVT_MASKED;
	*apic_register(APIC_TIMER_DIVIDE) = APIC_TIMER_BY_1;
	ioapic_init();
}

void apic_timer_count(void)
{
	*apic_register(APIC_TIMER_INITIAL) = UINT32_MAX;
}

uint32_t apic_timer_counted(void)
{
	return UINT32_MAX - *apic_register(APIC_TIMER_CURRENT);
}

void apic_timer_set_rate(uint64_t hz)
{
	apic_timer_ticks_per_ns = (hz << 32) / 1000000000;
	*apic_register(APIC_TIMER_INITIAL) = 0;
	*apic_register(APIC_LVT_TIMER) = VECTOR_TIMER;
}
