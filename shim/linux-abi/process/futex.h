/* SPDX-License-Identifier: MIT */
/* Futexes (futex(2)): tasks that wait for a word of memory to be changed. */
#pragma once

#include "process/task.h"

/* Wakes at most `count` that wait at an address of a memory. Returns how many. */
int64_t futex_wake(struct memory *memory, uint64_t address, uint32_t count);

/* A task ends: the locks of its robust list are marked as left by a dead owner, and one that waits for each is woken (set_robust_list(2)). */
void robust_list_leave(struct task *task);
