/* SPDX-License-Identifier: MIT */
/* The back-off of crash loops (policy.h): the delay doubles from death to death. */
#include "policy.h"

void policy_started(struct policy *policy, uint64_t now)
{
	policy->started = now;
}

uint64_t policy_ended(struct policy *policy, uint64_t now, enum start_ended ended)
{
	uint64_t delay = 0;

	if (ended == ENDED_KILLED) {
		policy->due = now;
		return 0;
	}
	policy->deaths = now - policy->started >= POLICY_LIFE ? 1 : policy->deaths + 1;
	if (policy->deaths > 1) {
		delay = POLICY_DELAY_FIRST;
		for (uint64_t i = 2; i < policy->deaths && delay < POLICY_DELAY_MOST; i++)
			delay *= 2;
		if (delay > POLICY_DELAY_MOST)
			delay = POLICY_DELAY_MOST;
	}
	policy->due = now + delay;
	return delay;
}
