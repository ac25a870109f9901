/* SPDX-License-Identifier: MIT */
/*
 * The kernel's half of every address space, built by the loader (boot/kernel_map.c) and never changed afterwards:
 *
 *	DIRECT_MAP_BASE + p	all RAM, writable, never executable
 *	KERNEL_BASE + p		the kernel image, each part with the rights of its segment; p from 2 MiB to 4 MiB
 *	KERNEL_DEVICES		local APIC and IOAPIC, uncached
 */
#pragma once

#include "abi/abi.h"

#define PAGE_TABLE_ENTRIES 512
#define KERNEL_BASE 0xffffffff80000000
#define KERNEL_DEVICES 0xffffffffc0000000
#define APIC_MAPPED (KERNEL_DEVICES + 0x0000)
#define IOAPIC_MAPPED (KERNEL_DEVICES + 0x1000)

/* The top-level table. Entries 256..511 are final: an address space takes a copy of them. */
extern uint64_t kernel_root[PAGE_TABLE_ENTRIES];

/* The memory at a physical address, through the direct map. */
static inline void *paddr_pointer(paddr_t address)
{
	return (void *)(DIRECT_MAP_BASE + address);
}

/* The physical address of something in the kernel image. */
static inline paddr_t image_paddr(const void *object)
{
	return (paddr_t)((vaddr_t)object - KERNEL_BASE);
}

/* Clears `bytes` bytes, a multiple of eight. */
static inline void memory_zero(void *memory, uint64_t bytes)
{
	uint64_t words = bytes / 8;
	__asm__ volatile("rep stosq" : "+D"(memory), "+c"(words) : "a"(0ull) : "memory");
}

/* Copies `bytes` bytes, a multiple of eight; the two do not overlap. */
static inline void memory_copy(void *to, const void *from, uint64_t bytes)
{
	uint64_t words = bytes / 8;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}
