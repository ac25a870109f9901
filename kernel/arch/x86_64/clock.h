/* SPDX-License-Identifier: MIT */
/* Time in nanoseconds since the loader's first instruction, from the TSC. */
#pragma once

#include "kernel/arch/x86_64/x86.h"

/* ns = ((TSC - base) * mult) >> shift, with a 128-bit product. User space gets the same numbers. */
struct clock_scale {
	uint64_t mult, shift, base;
	uint64_t tsc_hz;
};
extern struct clock_scale clock_scale; /* set by the loader (boot/clock.c), immutable */

static inline uint64_t clock_ticks_to_ns(uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * clock_scale.mult >> clock_scale.shift);
}

static inline uint64_t clock_now(void)
{
	return clock_ticks_to_ns(tsc_read() - clock_scale.base);
}
