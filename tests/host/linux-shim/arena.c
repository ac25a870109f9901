/* SPDX-License-Identifier: MIT */
/* The arena (arena.h): taken upwards from one piece of address space. */
#include "arena.h"

#include <stdint.h>
#include <sys/mman.h>

#define ARENA_ADDRESS ((void *)0x400000000000)
#define ALIGNED(bytes) (((bytes) + 15) & ~(size_t)15)

static size_t used;

unsigned char *arena_start(void)
{
	static unsigned char *start;

	if (!start)
		start = mmap(ARENA_ADDRESS, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	return start;
}

size_t arena_used(void)
{
	return used;
}

void *arena_take(size_t bytes)
{
	unsigned char *memory = arena_start() + used;

	if (ALIGNED(bytes) > ARENA_BYTES - used)
		return NULL;
	used += ALIGNED(bytes);
	return memory;
}
