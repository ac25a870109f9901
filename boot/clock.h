/* SPDX-License-Identifier: MIT */
/* Finds out how fast the clocks of this machine go, and tells the kernel. */
#ifndef KOZO_BOOT_CLOCK_H
#define KOZO_BOOT_CLOCK_H

#include <stdint.h>

/*
 * Finds the rates of TSC and local APIC timer for the kernel; time begins when the TSC was `start`. Takes about half a millisecond. After
 * interrupts_silence().
 */
void clock_calibrate(uint64_t start);

#endif
