/* SPDX-License-Identifier: MIT */
/* When the personality's allocations fail, though there is memory: as an input says. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Every `period`-th one from now on; 0: none. */
void allocations_limit(uint32_t period);

/* Whether this one does. */
bool allocation_fails(void);

/* How many structures of all slabs are in use (slab.c). */
extern uint64_t slab_structures;

/* A number that grows with each structure; and a line on standard error for each that was made since, and is in use. */
uint64_t slab_serial(void);
void slab_tell(uint64_t since);

/* The same for frames. */
uint32_t frames_serial(void);
void frames_tell(uint32_t since);
