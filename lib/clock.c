/* SPDX-License-Identifier: MIT */
/* The monotonic clock (lib/clock.h). The scale is set once at the start, before other threads exist. */
#include "lib/clock.h"

static struct clock clock;

void clock_use(const struct boot_information *information)
{
	clock = (struct clock){information->clock_mult, information->clock_shift, information->clock_base};
}

void clock_set(struct clock scale)
{
	clock = scale;
}

struct clock clock_scale(void)
{
	return clock;
}

uint64_t clock_now(void)
{
	return (uint64_t)(((unsigned __int128)(clock_ticks() - clock.base) * clock.mult) >> clock.shift);
}
