/* SPDX-License-Identifier: MIT */
/* The monotonic clock without a kernel call: the time-stamp counter, with the scale that the kernel tells in the boot information. */
#pragma once

#include "abi/boot.h"

/* How counter ticks become ns; the fields are those of struct boot_information. */
struct clock {
	uint64_t mult, shift, base;
};

/* Takes the scale from the boot information. */
void clock_use(const struct boot_information *information);

/* Takes the scale as it is given. */
void clock_set(struct clock scale);

/* The scale in use. */
struct clock clock_scale(void);

/* Time in ns since boot, on the same clock as the deadlines of kernel calls. */
uint64_t clock_now(void);

/* The time-stamp counter, in ticks. */
static inline uint64_t clock_ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}
