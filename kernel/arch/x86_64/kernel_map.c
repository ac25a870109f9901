/* SPDX-License-Identifier: MIT */
/*
 * Builds the page tables of the kernel's half of every address space. They never change after boot.
 *
 *	DIRECT_MAP_BASE + p	all RAM, writable, never executable
 *	KERNEL_BASE + p		p below 2 MiB, in small pages: the kernel image, each part with the rights of its segment
 *	KERNEL_DEVICES		local APIC and IOAPIC, uncached
 *
 * The direct map's first 2 MiB are the very table that maps the image, with NX added one level above: so code and constants are
 * read-only there too, a stack's guard page is absent there too, and the two views cannot disagree.
 */
#include "kernel/arch/x86_64/kernel_map.h"

#include "kernel/arch/x86_64/machine.h"

#define LEAF_AMD 0x80000001
#define LEAF_AMD_EDX_GIB_PAGES (1u << 26)

uint64_t kernel_root[PAGE_TABLE_ENTRIES] __attribute__((aligned(PAGE_SIZE)));

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
	image_map(KERNEL_BASE, (vaddr_t)__text_start, PTE_WRITE | PTE_NX);
	image_map((vaddr_t)__text_start, (vaddr_t)__rodata_start, 0);
	image_map((vaddr_t)__rodata_start, (vaddr_t)__data_start, PTE_NX);
	image_map((vaddr_t)__data_start, KERNEL_BASE + LARGE_PAGE_SIZE, PTE_WRITE | PTE_NX);
	for (int i = 0; i < CPU_STACKS; i++)
		*entry_find((vaddr_t)cpu_stacks[i], 1) = 0;
	*entry_find(DIRECT_MAP_BASE, 2) = *entry_find(KERNEL_BASE, 2) | PTE_NX;
}

/* Ranges grow to 2 MiB: what they take in along the way is never touched, and MTRRs keep its memory type. */
static void direct_map_build(void)
{
	int largest = cpuid_read(LEAF_AMD, 0).edx & LEAF_AMD_EDX_GIB_PAGES ? 3 : 2;
	struct memory_range range = {0};
	paddr_t base, end, mapped = LARGE_PAGE_SIZE;

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
	cr3_write(image_paddr(kernel_root));
}
