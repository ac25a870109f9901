/* SPDX-License-Identifier: MIT */
/* Times as programs give them (timespec, timeval), and nanoseconds. */
#pragma once

#include "mm/user.h"

#define NS_PER_SECOND 1000000000ull

struct time_value { /* struct timespec; struct timeval has microseconds in the second word */
	int64_t seconds, fraction;
};

/* Reads a relative struct timespec and makes a deadline of it: -EFAULT, -EINVAL. */
int64_t deadline_read(struct memory *memory, uint64_t address, uint64_t *deadline);

/* Of a time as ns: UINT64_MAX - 1 when that is too long. False when it is not valid; `per_second` is 10^9 or 10^6. */
bool time_to_ns(const struct time_value *time, uint64_t per_second, uint64_t *ns);

static inline struct time_value time_of_ns(uint64_t ns, uint64_t per_second)
{
	return (struct time_value){(int64_t)(ns / NS_PER_SECOND), (int64_t)(ns % NS_PER_SECOND / (NS_PER_SECOND / per_second))};
}

