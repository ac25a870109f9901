/* SPDX-License-Identifier: MIT */
/*
 * The time that the shim works for a task: its time in system mode (process/usage.h). It is told by samples, as Linux tells it by its ticks: of the stretches of work that the loop does for tasks (from a message to the answer or to a wait, from a wait to
 * the next one) one in CHARGE_SHARE is measured, chosen at random, and counts for as many. To look at the time-stamp counter for each would cost a short call more than it may. What is longer than CHARGE_LONG counts once from there on: it is the
 * machine that stood still rather than work.
 */
#pragma once

#include "process/task.h"

#define CHARGE_SHARE 32
#define CHARGE_LONG (1u << 22) /* ticks: some ms */

extern int32_t charge_gap; /* stretches up to the next one that is measured */

/* Whether the stretch that begins now is to be measured. */
static inline bool charge_chance(void)
{
	return __builtin_expect(--charge_gap < 0, 0);
}

/* Measures a stretch. It ends by charge_end(), while the task is there; one in which another fiber has run since is not counted. */
void charge_begin(struct task *task);
void charge_end(void);
