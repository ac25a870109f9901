/* SPDX-License-Identifier: MIT */
/* Stacks (stacks.h), one beside the other in a piece of address space, the service's own first. */
#define _GNU_SOURCE
#include "stacks.h"

#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "lib/fiber.h"

#define STACKS_AT ((unsigned char *)0x600000000000)
#define STACK_STRIDE ((size_t)512 * 1024)
#define STACK_BORDER 4096 /* unmapped, below each */
#define STACKS_MOST 2200
#define REGISTERS_SAVED 6

static unsigned count;

static unsigned char *stack_take(void)
{
	unsigned char *stack = STACKS_AT + count++ * STACK_STRIDE;

	if (count > STACKS_MOST)
		abort();
	if (mmap(stack + STACK_BORDER, STACK_STRIDE - STACK_BORDER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		abort();
	__asan_unpoison_memory_region(stack + STACK_BORDER, STACK_STRIDE - STACK_BORDER);
	return stack + STACK_BORDER;
}

uint64_t *stack_begin(void (*entry)(void))
{
	uint64_t *top = (uint64_t *)(stack_take() + STACK_STRIDE - STACK_BORDER);

	top -= 1; /* as a function finds its stack: 8 bytes off a border of 16 */
	*--top = (uint64_t)entry;
	return top - REGISTERS_SAVED;
}

void __real_fiber_create(struct fiber *fiber, void *stack, size_t bytes);
void __wrap_fiber_create(struct fiber *fiber, void *stack, size_t bytes);

/* Linked in the place of fiber_create(). */
void __wrap_fiber_create(struct fiber *fiber, void *stack, size_t bytes)
{
	(void)stack;
	(void)bytes;
	__real_fiber_create(fiber, stack_take(), STACK_STRIDE - STACK_BORDER);
}

unsigned stacks_count(void)
{
	return count;
}

unsigned char *stack_kept(unsigned index)
{
	return STACKS_AT + (index + 1) * STACK_STRIDE - STACK_KEPT_BYTES;
}

void stacks_unpoison(void)
{
	for (unsigned i = 0; i < count; i++)
		__asan_unpoison_memory_region(STACKS_AT + i * STACK_STRIDE + STACK_BORDER, STACK_STRIDE - STACK_BORDER);
}
