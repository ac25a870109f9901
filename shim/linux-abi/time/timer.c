/* SPDX-License-Identifier: MIT */
/* The pairing heap of timers (time/timer.h): insertion in constant time, removal in logarithmic time on the whole. Fredman, Sedgewick, Sleator, Tarjan: The Pairing Heap, 1986. */
#include "time/timer.h"

#include <stddef.h>

struct timer *timers_soonest; /* the heap's root */

/* Joins two heaps; either may be null. */
static struct timer *meld(struct timer *a, struct timer *b)
{
	if (!a || !b)
		return a ? a : b;
	if (b->deadline < a->deadline) {
		struct timer *swap = a;

		a = b;
		b = swap;
	}
	b->sibling = a->child;
	if (b->sibling)
		b->sibling->at = &b->sibling;
	a->child = b;
	b->at = &a->child;
	return a;
}

static void root_set(struct timer *timer)
{
	timers_soonest = timer;
	if (timers_soonest) {
		timers_soonest->sibling = NULL;
		timers_soonest->at = &timers_soonest;
	}
}

/* One heap from a list of siblings: in pairs from the left, then all from the right. */
static struct timer *siblings_meld(struct timer *first)
{
	struct timer *pairs = NULL, *all = NULL;

	while (first) {
		struct timer *a = first, *b = a->sibling;

		first = b ? b->sibling : NULL;
		a->sibling = NULL;
		if (b)
			b->sibling = NULL;
		a = meld(a, b);
		a->sibling = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timer *next = pairs->sibling;

		pairs->sibling = NULL;
		all = meld(all, pairs);
		pairs = next;
	}
	return all;
}

void timer_start(struct timer *timer, uint64_t deadline)
{
	timer_stop(timer);
	timer->deadline = deadline;
	timer->child = timer->sibling = NULL;
	root_set(meld(timers_soonest, timer));
}

void timer_stop(struct timer *timer)
{
	struct timer *rest;

	if (!timer->at)
		return;
	if (timer != timers_soonest) {
		*timer->at = timer->sibling;
		if (timer->sibling)
			timer->sibling->at = timer->at;
	}
	rest = siblings_meld(timer->child);
	root_set(timer == timers_soonest ? rest : meld(timers_soonest, rest));
	timer->at = NULL;
	timer->child = timer->sibling = NULL;
}

uint64_t timers_run(uint64_t now)
{
	while (timers_soonest && timers_soonest->deadline <= now) {
		struct timer *timer = timers_soonest;

		timer_stop(timer);
		timer->expired(timer);
	}
	return timers_next();
}
