/* SPDX-License-Identifier: MIT */
/*
 * What the shim tells the code of the vDSO: a page that every process can read, just below that code ([vvar] in /proc/PID/maps). The scale of the clock is written once, before there is a program; the offset of the wall clock only
 * grows (lib/wall.h), and is one word, so nobody needs a lock.
 */
#pragma once

#include "abi/types.h"

struct vdso_data {
	uint64_t mult, shift, base; /* (ticks - base) * mult >> shift is CLOCK_MONOTONIC in ns (lib/clock.h) */
	uint64_t wall_offset;       /* [a] ns to add for CLOCK_REALTIME */
};
