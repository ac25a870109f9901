/* SPDX-License-Identifier: MIT */
/* Samples of the shim's work (process/charge.h). The gaps between them are from 1 to twice the share less one, so that no pattern of calls keeps step with them. */
#include "process/charge.h"

#include "lib/ticks.h"
#include "process/load.h"

#define LOAD_LOOK (1u << 31) /* ticks: a second or so. Which of them come round unseen is left to chance */

int32_t charge_gap;
static struct task *charged; /* whose stretch is being measured; null: none is */
static uint64_t switches;    /* of fibers, when it began */
static uint32_t began;       /* ticks */
static uint32_t load_looked; /* ticks */

static int32_t gap_next(void)
{
	static uint32_t state = 0x2545f491;

	state = state * 1664525 + 1013904223;
	return (int32_t)((state >> 16) % (2 * CHARGE_SHARE - 1));
}

void charge_begin(struct task *task)
{
	charge_gap = gap_next();
	charged = task;
	switches = fibers_now.switches;
	began = ticks_low();
	if (began - load_looked > LOAD_LOOK) {
		load_look();
		load_looked = began = ticks_low();
	}
}

void charge_end(void)
{
	uint32_t ticks, many;

	if (charged && switches == fibers_now.switches) {
		ticks = ticks_low() - began;
		many = ticks < CHARGE_LONG ? ticks : CHARGE_LONG;
		charged->system_ticks += (uint64_t)many * CHARGE_SHARE + (ticks - many);
	}
	charged = NULL;
}
