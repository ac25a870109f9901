/* SPDX-License-Identifier: MIT */
/*
 * Which slots of the program's root CNode are free. Only a bookkeeping of intentions: the kernel refuses to overwrite a slot that is in use.
 * One allocator a program, for the thread that owns it; other threads are handed slots.
 */
#pragma once

#include "abi/types.h"

/* Manages the slots first .. first + count - 1, all free. At most SLOTS_MAX; both must be multiples of 64. */
void slots_use(uint64_t first, uint64_t count);
#define SLOTS_MAX 16384

/* Takes a free slot, or `count` (1..512) adjacent ones, and returns the first; 0 when there are none. */
handle_t slot_allocate(void);
handle_t slots_allocate(uint64_t count);

/* Gives a slot back; whatever was in it must be gone. */
void slot_free(handle_t slot);

/* Returns the lowest slot in use that is at or above `from`, 0 when there is none. */
handle_t slot_used_next(handle_t from);
