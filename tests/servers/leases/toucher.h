/* SPDX-License-Identifier: MIT */
/*
 * A thread of a program that touches memory whose faults the program serves: what a process with a shared mapping of a file is to the personality. Its manifest gives the program an Untyped. For one thread of the program.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Makes the thread. False when there is no memory for it. */
bool toucher_start(void);

/*
 * Has the thread call `what`, and calls `serve` for each of its faults with the address, and whether it was a store. Returns when `what` has: true. False when `serve` has said so: the thread still has its fault then, and is of no
 * more use.
 */
bool toucher_do(void (*what)(void), bool (*serve)(uint64_t address, bool writes));
