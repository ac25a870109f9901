/* SPDX-License-Identifier: MIT */
/* Stacks of the service and of its fibers: larger than the real ones, which are too small for functions that AddressSanitizer has instrumented. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The service's own, prepared for a first switch (lib/fiber_switch.asm) that leads to `entry`. */
uint64_t *stack_begin(void (*entry)(void));

/* What is in use of them between two inputs, from the top of each downwards. */
#define STACK_KEPT_BYTES (64 * 1024)
unsigned stacks_count(void);
unsigned char *stack_kept(unsigned index);

/* Nothing that was poisoned on them counts any more: the functions that did it will never return. */
void stacks_unpoison(void);
