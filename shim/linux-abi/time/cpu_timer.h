/* SPDX-License-Identifier: MIT */
/*
 * Timers by CPU time. Nothing tells when a program has used so much: there is one processor, so it cannot have before that much time has passed, and then one looks again, at most once in CPU_TIMER_STEP_NS. That is also the precision:
 * such a timer expires up to one step late, never early. Linux, which looks at its clock tick, promises no more.
 */
#pragma once

#include "lib/clock.h"
#include "time/timer.h"

#define CPU_TIMER_STEP_NS 4000000ull

/* Has `timer` look again when a clock that says `now` may have come to `due`. */
static inline void cpu_timer_look(struct timer *timer, uint64_t now, uint64_t due)
{
	uint64_t left = due > now ? due - now : 0;

	timer_start(timer, clock_now() + (left > CPU_TIMER_STEP_NS ? left : CPU_TIMER_STEP_NS));
}
