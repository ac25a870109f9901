/* SPDX-License-Identifier: MIT */
/* The pairing heap of timers (time/timer.h): insertion in constant time, removal in logarithmic time on the whole. Fredman, Sedgewick, Sleator, Tarjan: The Pairing Heap, 1986. */
#include "time/timer.h"

#include <stddef.h>

static struct timer *root;

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
	root = timer;
	if (root) {
		root->sibling = NULL;
		root->at = &root;
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
	root_set(meld(root, timer));
}

void timer_stop(struct timer *timer)
{
	struct timer *rest;

	if (!timer->at)
		return;
	if (timer != root) {
		*timer->at = timer->sibling;
		if (timer->sibling)
			timer->sibling->at = timer->at;
	}
	rest = siblings_meld(timer->child);
	root_set(timer == root ? rest : meld(root, rest));
	timer->at = NULL;
	timer->child = timer->sibling = NULL;
}

uint64_t timers_next(void)
{
	return root ? root->deadline : UINT64_MAX;
}

uint64_t timers_run(uint64_t now)
{
	while (root && root->deadline <= now) {
		struct timer *timer = root;

		timer_stop(timer);
		timer->expired(timer);
	}
	return timers_next();
}
