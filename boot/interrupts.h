/* SPDX-License-Identifier: MIT */
/* The interrupt controllers before the kernel runs. */
#pragma once

#include <stdint.h>

/* Masks every source of interrupts and enables the local APIC of this CPU. Halts with a line where firmware left it in x2APIC mode. */
void interrupts_silence(void);

/* Calibration: let the timer count down from its largest value, see how far it came, and tell its ticks per second. */
void apic_timer_count(void);
uint32_t apic_timer_counted(void);
void apic_timer_set_rate(uint64_t hz);
