/* SPDX-License-Identifier: MIT */
/* The low half of the time-stamp counter: for times shorter than it takes to come round (a second and more), where each instruction counts. */
#pragma once

#include <stdint.h>

static inline uint32_t ticks_low(void)
{
	uint32_t low;

	__asm__ volatile("rdtsc" : "=a"(low) : : "edx");
	return low;
}
