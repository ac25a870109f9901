/* SPDX-License-Identifier: MIT */
/* Finds out how fast the clocks of this machine go, and tells the kernel. */
#pragma once

#include <stdint.h>

/*
 * Finds the rates of TSC and local APIC timer for the kernel; time begins when the TSC was `start`. Takes about half a millisecond. After
 * interrupts_silence().
 */
void clock_calibrate(uint64_t start);
