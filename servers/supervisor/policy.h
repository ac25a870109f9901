/* SPDX-License-Identifier: MIT */
/*
 * When a service that has ended is started again. Pure.
 *
 * The first death is answered at once. A service that dies by its own doing soon after its start is in a crash loop: each time it waits twice as long as the time before, up to POLICY_DELAY_MOST. Having
 * lived for POLICY_LIFE it is as good as new. Deaths from outside do not count.
 */
#pragma once

#include "abi/start.h"

#define POLICY_LIFE 10000000000ull       /* ns */
#define POLICY_DELAY_FIRST 20000000ull   /* ns: before the second restart of a crash loop */
#define POLICY_DELAY_MOST 10000000000ull /* ns */
#define POLICY_LOOP 3                    /* deaths in a row from which on it is called a crash loop */

struct policy {
	uint64_t started; /* ns: when the running instance was */
	uint64_t due;     /* ns: when the next one is to be, while none runs */
	uint64_t deaths;  /* in a row, by its own doing */
};

/* An instance has been started. */
void policy_started(struct policy *policy, uint64_t now);

/* It has ended: decides when the next one is due. Returns the delay in ns. */
uint64_t policy_ended(struct policy *policy, uint64_t now, enum start_ended ended);
