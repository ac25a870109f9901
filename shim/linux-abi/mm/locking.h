/* SPDX-License-Identifier: MIT */
/*
 * Locked memory (mlock(2)): areas whose pages are brought in at once, or stay once they are there (MLOCK_ONFAULT), and count against RLIMIT_MEMLOCK. Private pages are never taken away from a program, so that being there is all that
 * locking adds.
 */
#pragma once

#include "process/task.h"

/* Whether so many more bytes may be locked: 0, -EPERM (none at all), or what is told when it is too much. */
int locking_check(const struct task *task, uint64_t bytes, int too_much);

/* Whether so many more bytes may be mapped: 0, or -EAGAIN when what is mapped is to be locked (mlockall(MCL_FUTURE)) and is too much. */
int locking_check_new(const struct task *task, uint64_t bytes);

/* What a new area's flags have besides: AREA_LOCKED or nothing. */
static inline uint32_t locking_of_new(const struct memory *memory)
{
	return memory->locks_new ? AREA_LOCKED : 0;
}

/* Brings a new area, or what it has grown by, in when it is locked. What cannot be had is left to a fault. May wait. */
void locking_bring(struct task *task, uint64_t address, uint64_t bytes, uint32_t flags);
