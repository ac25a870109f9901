/* SPDX-License-Identifier: MIT */
/* Times as programs give them (time/convert.h). */
#include "time/convert.h"

#include "abi/errno.h"
#include "lib/clock.h"

#define LONGEST (UINT64_MAX / 4)

bool time_to_ns(const struct time_value *time, uint64_t per_second, uint64_t *ns)
{
	if (time->seconds < 0 || time->fraction < 0 || (uint64_t)time->fraction >= per_second)
		return false;
	if ((uint64_t)time->seconds >= LONGEST / NS_PER_SECOND)
		*ns = LONGEST;
	else
		*ns = (uint64_t)time->seconds * NS_PER_SECOND + (uint64_t)time->fraction * (NS_PER_SECOND / per_second);
	return true;
}

int64_t deadline_read(struct memory *memory, uint64_t address, uint64_t *deadline)
{
	struct time_value time;
	uint64_t ns;

	if (user_get(memory, &time, address) != 0)
		return -EFAULT;
	if (!time_to_ns(&time, NS_PER_SECOND, &ns))
		return -EINVAL;
	*deadline = clock_now() + ns;
	return 0;
}
