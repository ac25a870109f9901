/* SPDX-License-Identifier: MIT */
/*
 * The map of physical memory while the loader runs.
 *
 * It is kept as claims, which may overlap and be in any order: by the firmware, and here for the boot package, loader and kernel and what
 * is taken. A page is of the strongest kind that is claimed for it, so RAM is free only where nobody else wants it.
 */
#include "boot/memory.h"

#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/panic.h"

#define PAGE_FLOOR(address) ((address) & -(uint64_t)PAGE_SIZE)
#define PHYSICAL_END (1ull << 52)
#define LOW_MEMORY_END 0x100000
#define CLAIMS_MAX 128

static struct memory_range claim[CLAIMS_MAX];
static uint32_t claim_count;

void memory_claim(paddr_t base, uint64_t size, enum memory_kind kind)
{
	uint64_t inward = kind == MEMORY_RAM ? PAGE_SIZE - 1 : 0;

	if (base >= PHYSICAL_END)
		return;
	if (claim_count == CLAIMS_MAX)
		halt("the memory map has too many entries");
	size = size < PHYSICAL_END - base ? size : PHYSICAL_END - base;
	claim[claim_count++] = (struct memory_range){PAGE_FLOOR(base + inward), PAGE_FLOOR(base + size + PAGE_SIZE - 1 - inward), kind};
}

/* The strongest claim to the page at `at`, and in `next` where the answer can first change. */
static enum memory_kind kind_find(paddr_t at, paddr_t *next)
{
	enum memory_kind kind = MEMORY_NONE;

	*next = PHYSICAL_END;
	for (struct memory_range *c = claim; c < claim + claim_count; c++) {
		paddr_t change = at < c->base ? c->base : c->end;

		if (c->base <= at && at < c->end && c->kind > kind)
			kind = c->kind;
		if (at < change && change < *next)
			*next = change;
	}
	return kind;
}

bool boot_memory_next(struct memory_range *range)
{
	paddr_t next;

	for (range->base = range->end; !(range->kind = kind_find(range->base, &next)); range->base = next)
		if (next == PHYSICAL_END)
			return false;
	do
		range->end = next;
	while (kind_find(range->end, &next) == range->kind);
	return true;
}

paddr_t boot_memory_take(uint64_t pages)
{
	struct memory_range range = {0};
	uint64_t bytes = pages * PAGE_SIZE;

	do
		if (!boot_memory_next(&range))
			halt("there is not enough memory to boot");
	while (range.kind != MEMORY_RAM || range.base < LOW_MEMORY_END || range.end - range.base < bytes);
	if (claim[claim_count - 1].end == range.base)
		claim[claim_count - 1].end += bytes;
	else
		memory_claim(range.base, bytes, MEMORY_KERNEL);
	memory_zero(paddr_pointer(range.base), bytes);
	return range.base;
}
