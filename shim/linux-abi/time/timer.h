/* SPDX-License-Identifier: MIT */
/* Things to do at a time: a pairing heap of deadlines, looked at by the event loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct timer {
	uint64_t deadline; /* lib/clock.h, ns */
	void (*expired)(struct timer *timer); /* called from the loop, outside of the heap: may start it again; must not wait */
	struct timer *child, *sibling, **at;  /* `at` null: not started */
};

/* Starts a timer, or moves its deadline. */
void timer_start(struct timer *timer, uint64_t deadline);

void timer_stop(struct timer *timer);

static inline bool timer_is_started(const struct timer *timer)
{
	return timer->at;
}

/* Calls all whose deadline is not after `now`. Returns the next deadline, UINT64_MAX without one. */
uint64_t timers_run(uint64_t now);

/* The next deadline; UINT64_MAX without one. */
extern struct timer *timers_soonest;
static inline uint64_t timers_next(void)
{
	return timers_soonest ? timers_soonest->deadline : UINT64_MAX;
}
