/* SPDX-License-Identifier: MIT */
/* The interrupt controllers: local APIC with its timer, IOAPIC, and the PIC, which only needs silencing. */
#ifndef KOZO_ARCH_APIC_H
#define KOZO_ARCH_APIC_H

#include "abi/call.h"

#define VECTOR_TIMER 0xfe
#define VECTOR_SPURIOUS 0xff /* needs no apic_eoi() */

/* Masks every source of interrupts and enables the local APIC of this CPU. Halts with a line where firmware left it in x2APIC mode. */
void apic_init(void);

/* The number that messages to this CPU's local APIC carry (bits 12..19 of an MSI address). */
uint32_t apic_id(void);

/* Ends the interrupt being served. */
void apic_eoi(void);

/* One VECTOR_TIMER interrupt `ns` nanoseconds from now, instead of any armed before; sooner when that is more than the counter holds. */
void apic_timer_arm(uint64_t ns);

/* Calibration only: let the timer count down from its largest value, see how far it came, and tell its ticks per second. */
void apic_timer_count(void);
uint32_t apic_timer_counted(void);
void apic_timer_set_rate(uint64_t hz);

/* How many lines the IOAPIC has; 0 without one. */
uint32_t ioapic_lines(void);

/* Sends interrupts of `line` as `vector` to this CPU; `flags` are IRQ_LEVEL, IRQ_LOW. The line is masked afterwards. */
void ioapic_route(uint32_t line, uint8_t vector, uint32_t flags);

/* Masks or unmasks `line`. */
void ioapic_mask(uint32_t line, bool masked);

#endif
