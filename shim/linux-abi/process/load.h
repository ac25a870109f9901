/* SPDX-License-Identifier: MIT */
/*
 * The load of the system (proc(5), loadavg): how many tasks want the processor or wait for a disk, averaged over 1, 5 and 15 minutes as Linux does (kernel/sched/loadavg.c): for every five seconds an average moves towards the count of that time.
 *
 * No timer is kept for it, which each call would pay for: it is looked at when somebody asks, and now and then while calls are carried out. Whoever looks runs himself: so those that run count by the part of the time since the last look in
 * which programs had the processor.
 */
#pragma once

#include <stdint.h>

#define LOAD_PERIODS 3
#define LOAD_BITS 11 /* of an average that are behind its point */

/* Tasks that run, or would. */
uint32_t tasks_running(void);

/* Brings the averages up to now. */
void load_look(void);

/* They, by now. */
const uint64_t *load_averages(void);
