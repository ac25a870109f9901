/* SPDX-License-Identifier: MIT */
/* The arithmetic of the wall clock (wall.h): whether a hint of the instance before is believed, and what a further reading of the battery clock makes better. */
#include "servers/platform/wall.h"

#define HINT_MARK 0x6b636f6c636c6177 /* so that zeros are no hint */
#define DRIFT_MOST 100000000ull      /* ns by which the two clocks may have run apart since the hint was made, or a reading may have taken */

static uint64_t hint_check(const struct wall_hint *hint)
{
	return (hint->offset * 31 + hint->late) ^ HINT_MARK;
}

/* A right offset is ahead of a coarse one by less than a second. */
static bool hint_holds(const struct wall_hint *hint, uint64_t coarse)
{
	return hint->check == hint_check(hint) && hint->late < WALL_SECOND && hint->offset + DRIFT_MOST >= coarse && hint->offset < coarse + WALL_SECOND + DRIFT_MOST;
}

void wall_start(struct wall *wall, uint64_t second, uint64_t now, const struct wall_hint *hint)
{
	uint64_t coarse = second * WALL_SECOND - now;

	*wall = (struct wall){WALL_COARSE, coarse, WALL_SECOND, second};
	if (hint_holds(hint, coarse))
		*wall = (struct wall){WALL_FINE, hint->offset, hint->late, second};
}

void wall_refine(struct wall *wall, uint64_t second, uint64_t now, uint64_t gap)
{
	uint64_t offset = second * WALL_SECOND - now;

	if (wall->quality != WALL_COARSE || second <= wall->second)
		return;
	wall->second = second;
	if (gap >= WALL_SECOND)
		return;
	wall->offset = offset > wall->offset ? offset : wall->offset;
	wall->late = gap;
	wall->quality = WALL_FINE;
}

struct wall_hint wall_keep(const struct wall *wall)
{
	struct wall_hint hint = {wall->offset, wall->late, 0};

	if (wall->quality == WALL_FINE)
		hint.check = hint_check(&hint);
	return hint;
}
