/* SPDX-License-Identifier: MIT */
/* Takes the place of lib/ticks.h in the host build: a counter that stands still, so that a run is the same each time. What the personality does takes no time there. */
#pragma once

#include <stdint.h>

static inline uint32_t ticks_low(void)
{
	return 0;
}
