/* SPDX-License-Identifier: MIT */
/* Signals of other services to the personality. */
#pragma once

#include <stdint.h>

/* Takes the bits of a signal: wakes fibers that wait for files, lets the console go on. */
void events_take(uint64_t bits);
