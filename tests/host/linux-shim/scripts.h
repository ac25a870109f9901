/* SPDX-License-Identifier: MIT */
/* What processes do that is no matter of chance: the first one, and how the others begin and end. */
#pragma once

#include <stdbool.h>

/* What a small system has done when its programs run. */
void system_begin(void);

/* More processes, children of the first. False when there is no memory. */
bool workers_make(unsigned count);

/* Ends all but the first, and waits for them; removes what outlives processes. */
void processes_end(void);
void objects_remove(void);
