/* SPDX-License-Identifier: MIT */
/*
 * The time of day without a call: platform writes the distance between the wall clock and the monotonic one into a page that init owns (region `clock.wall`), and whoever the manifest gives that page (`needs region.clock.wall
 * read`) adds it to lib/clock.h. The page outlives all of them, so a service that is restarted has the time at once, and waits for nobody.
 */
#pragma once

#include "abi/types.h"

/* The page; written by platform alone. */
struct wall_page {
	uint64_t offset; /* [a] ns from 1970-01-01 00:00 UTC to the zero of the monotonic clock; 0: not known (yet) */
};
#define WALL_REGION "clock.wall"

/* The distance that holds now; 0 while nobody knows it. */
uint64_t wall_offset(void);

/* Time in ns since 1970-01-01 00:00 UTC; since boot while nobody knows the other. */
uint64_t wall_now(void);

/* platform: from now on the distance is this, unless that would turn the clock back. Returns the one that holds; without the page, this. */
uint64_t wall_publish(uint64_t offset);
