/* SPDX-License-Identifier: MIT */
/*
 * Memory for what is made while one input runs. Nothing is used a second time before the next input, so what was given back can be poisoned and stay so (slab.c).
 */
#pragma once

#include <stddef.h>

#define ARENA_BYTES (1ull << 30)

/* Cleared memory; a null pointer when there is no more. */
void *arena_take(size_t bytes);

/* Where it begins, and how much of it is in use. */
unsigned char *arena_start(void);
size_t arena_used(void);
