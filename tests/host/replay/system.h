/* SPDX-License-Identifier: MIT */
/*
 * A small system that leaves a log: kernel/core driven through its decoders, on an arena of the replay tool.
 *
 * The scene is always the same. It ends with at least one live or dying slot of each type, an object of each type, and an unfinished deletion; its log has at least one record
 * of each operation, several subjects, and teardown that went on after its caller had lost everything.
 */
#pragma once

#include "tools/replay/arena.h"
#include "tools/replay/records.h"

#define SYSTEM_MEMORY_BASE 0x400000
#define SYSTEM_MEMORY_SIZE 0x1000000
#define SYSTEM_END (SYSTEM_MEMORY_BASE + SYSTEM_MEMORY_SIZE) /* no byte of the state lies at or above this */

/* Plays the scene on an empty arena and returns its log; the arena holds the state and the commit ring. Ends the program when a call is refused. */
struct records system_play(struct arena *arena);
