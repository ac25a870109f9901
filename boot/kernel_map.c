/* SPDX-License-Identifier: MIT */
/*
 * Builds the page tables of the kernel's half of every address space (kernel/arch/x86_64/kernel_map.h). They never change after boot.
 *
 * The direct map's second 2 MiB are the very table that maps the kernel image, with NX added one level above: so code and constants are
 * read-only there too, a stack's guard page is absent there too, and the two views cannot disagree.
 */
#include "boot/kernel_map.h"

#include "boot/memory.h"
#include "boot/x86.h"
#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/arch/x86_64/machine.h"

#define APIC_PHYSICAL 0xfee00000
#define IOAPIC_PHYSICAL 0xfec00000
#define DIRECT_MAP_SLOT (DIRECT_MAP_BASE >> 39 & 511) /* in a top-level table */
#define DEVICES_SLOT (KERNEL_DEVICES >> 30 & 511)     /* in the table below it */

#define LEAF_AMD_EDX_GIB_PAGES (1u << 26)

/* The loader's own tables (start.asm). */
extern uint64_t boot_root[PAGE_TABLE_ENTRIES], boot_pointers[PAGE_TABLE_ENTRIES];

/* Bytes that one entry of a table of this level maps; level 1 maps small pages. */
static uint64_t entry_size(int level)
{
	return 1ull << (PAGE_BITS + 9 * (level - 1));
}

/* The entry for `address` in its table of `level`; makes the tables above. */
static uint64_t *entry_find(vaddr_t address, int level)
{
	uint64_t *table = kernel_root;

	for (int at = 4;; at--) {
		uint64_t *entry = &table[address / entry_size(at) % PAGE_TABLE_ENTRIES];

		if (at == level)
			return entry;
		if (*entry == 0)
			*entry = boot_memory_take(1) | PTE_PRESENT | PTE_WRITE;
		table = paddr_pointer(*entry & PTE_ADDRESS);
	}
}

/* Maps physical memory `base`..`end` at `address`, in pages of at most level `largest`. */
static void range_map(vaddr_t address, paddr_t base, paddr_t end, uint64_t flags, int largest)
{
	while (base < end) {
		int level = largest;

		while (level > 1 && (((address | base) & (entry_size(level) - 1)) || end - base < entry_size(level)))
			level--;
		*entry_find(address, level) = base | flags | PTE_PRESENT | PTE_GLOBAL | (level > 1 ? PTE_LARGE : 0);
		address += entry_size(level);
		base += entry_size(level);
	}
}

static void image_map(vaddr_t start, vaddr_t end, uint64_t flags)
{
	range_map(start, start - KERNEL_BASE, end - KERNEL_BASE, flags, 1);
}

static void image_window_map(void)
{
	vaddr_t window = KERNEL_BASE + LARGE_PAGE_SIZE;

	image_map((vaddr_t)__text_start, (vaddr_t)__rodata_start, 0);
	image_map((vaddr_t)__rodata_start, (vaddr_t)__data_start, PTE_NX);
	image_map((vaddr_t)__data_start, window + LARGE_PAGE_SIZE, PTE_WRITE | PTE_NX);
	for (int i = 0; i < CPU_STACKS; i++)
		*entry_find((vaddr_t)cpu_stacks[i], 1) = 0;
	*entry_find(DIRECT_MAP_BASE + LARGE_PAGE_SIZE, 2) = *entry_find(window, 2) | PTE_NX;
}

/* Ranges grow to 2 MiB: what they take in along the way is never touched, and MTRRs keep its memory type. */
static void direct_map_build(void)
{
	int largest = cpuid_read(LEAF_AMD, 0).edx & LEAF_AMD_EDX_GIB_PAGES ? 3 : 2;
	struct memory_range range = {0};
	paddr_t base, end, mapped = 2 * LARGE_PAGE_SIZE; /* the image window ends there */

	range_map(DIRECT_MAP_BASE, 0, LARGE_PAGE_SIZE, PTE_WRITE | PTE_NX, largest);
	while (boot_memory_next(&range)) {
		base = range.base & -(uint64_t)LARGE_PAGE_SIZE;
		end = (range.end + LARGE_PAGE_SIZE - 1) & -(uint64_t)LARGE_PAGE_SIZE;
		if (range.kind == MEMORY_RESERVED || end <= mapped)
			continue;
		base = base > mapped ? base : mapped;
		range_map(DIRECT_MAP_BASE + base, base, end, PTE_WRITE | PTE_NX, largest);
		mapped = end;
	}
}

void kernel_map_build(void)
{
	image_window_map();
	direct_map_build();
	range_map(APIC_MAPPED, APIC_PHYSICAL, APIC_PHYSICAL + PAGE_SIZE, PTE_WRITE | PTE_NX | PTE_UNCACHED, 1);
	range_map(IOAPIC_MAPPED, IOAPIC_PHYSICAL, IOAPIC_PHYSICAL + PAGE_SIZE, PTE_WRITE | PTE_NX | PTE_UNCACHED, 1);
	boot_root[DIRECT_MAP_SLOT] = kernel_root[DIRECT_MAP_SLOT];
	boot_pointers[DEVICES_SLOT] = *entry_find(KERNEL_DEVICES, 3);
	cr3_write(cr3_read());
}
