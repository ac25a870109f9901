/* SPDX-License-Identifier: MIT */
/*
 * Turns what a loader says about the machine (Multiboot2 or PVH) into struct boot_info, and gives out memory until objects exist.
 *
 * The loader's words lie in memory that nothing protects and are not trusted: every length is checked, everything wanted is copied, and
 * once boot_info_read() has returned the original is free memory like any other. Only the boot package stays where the loader put it,
 * which under UEFI is in the first megabyte.
 *
 * The memory map keeps one rule: ranges are sorted and disjoint. range_claim() holds it by cutting what it adds out of all there was, so
 * whoever claims last wins. Hence the order: RAM, then what the firmware denies, then the boot package, then the kernel.
 *
 * Used by one thread before the first user thread runs; there is no lock.
 */
#include "kernel/arch/x86_64/boot_info.h"

#include "kernel/arch/x86_64/console.h"
#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/panic.h"

#define PHYSICAL_END (1ull << 52)
#define LOADER_END (1ull << 32) /* the boot page tables reach up to here */
#define LOW_MEMORY_END 0x100000
#define EBDA_START 0x80000 /* the BIOS keeps its data somewhere between these two */
#define EBDA_END 0xa0000

/* ACPI 6.4 table 15.9, also the layout of Multiboot2 and PVH entries. */
enum { E820_RAM = 1, E820_ACPI = 3, E820_NVS = 4 };
struct e820_entry {
	uint64_t base, size;
	uint32_t type, reserved;
};

#define PVH_MAGIC 0x336ec578
struct pvh_info {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, command_line, rsdp, memory_map;
	uint32_t memory_map_count, reserved;
};
struct pvh_module {
	uint64_t address, size, command_line, reserved;
};

#define MULTIBOOT2_MAGIC 0x36d76289
enum { TAG_COMMAND_LINE = 1, TAG_MODULE = 3, TAG_MEMORY_MAP = 6, TAG_FRAMEBUFFER = 8, TAG_RSDP_OLD = 14, TAG_RSDP_NEW = 15 };
#define TAG_FRAMEBUFFER_RGB 1
struct multiboot2_tag {
	uint32_t type, size;
	union {
		char text[1];
		struct {
			uint32_t start, end;
		} module;
		struct {
			uint32_t entry_size, entry_version;
			uint8_t entries[];
		} memory_map;
		struct {
			uint64_t address;
			uint32_t pitch, width, height;
			uint8_t bits, type;
		} framebuffer;
	};
};
#define TAG_HEADER 8
#define TAG_MODULE_FIXED 8       /* bytes of content that the tag must have */
#define TAG_FRAMEBUFFER_FIXED 22

_Static_assert(sizeof(struct e820_entry) == 24, "ACPI 6.4 table 15.9 as loaders pad it");
_Static_assert(sizeof(struct pvh_info) == 56 && sizeof(struct pvh_module) == 32, "start_info.h");
_Static_assert(offsetof(struct multiboot2_tag, text) == TAG_HEADER, "Multiboot2 section 3.6.2");

static struct boot_info boot;

static void range_remove(uint32_t index)
{
	boot.range_count--;
	for (; index < boot.range_count; index++)
		boot.range[index] = boot.range[index + 1];
}

static void range_drop_smallest(void)
{
	uint32_t smallest = 0;

	for (uint32_t i = 1; i < boot.range_count; i++)
		if (boot.range[i].kind < MEMORY_MODULE &&
		    boot.range[i].size < boot.range[smallest].size)
			smallest = i;
	console_print("memory map too long: %lu bytes at 0x%lx are not used\n", boot.range[smallest].size,
		      boot.range[smallest].base);
	range_remove(smallest);
}

static void range_insert(paddr_t base, paddr_t end, enum memory_kind kind)
{
	uint32_t i;

	if (base >= end)
		return;
	if (boot.range_count == BOOT_RANGES_MAX)
		range_drop_smallest();
	for (i = boot.range_count++; i > 0 && boot.range[i - 1].base > base; i--)
		boot.range[i] = boot.range[i - 1];
	boot.range[i] = (struct memory_range){base, end - base, kind};
}

/* RAM shrinks to whole pages, everything else grows to them. */
static void range_claim(paddr_t base, uint64_t size, enum memory_kind kind)
{
	uint64_t round_base = kind == MEMORY_RAM ? PAGE_SIZE - 1 : 0;
	paddr_t end;

	if (size == 0 || base >= PHYSICAL_END)
		return;
	end = base + (size < PHYSICAL_END - base ? size : PHYSICAL_END - base);
	base = (base + round_base) & -(uint64_t)PAGE_SIZE;
	end = (end + PAGE_SIZE - 1 - round_base) & -(uint64_t)PAGE_SIZE;
	if (base >= end)
		return;
	for (uint32_t i = boot.range_count; i-- > 0;) {
		struct memory_range old = boot.range[i];
		paddr_t old_end = old.base + old.size;

		if (old_end <= base || old.base >= end)
			continue;
		range_remove(i);
		range_insert(old.base, base < old_end ? base : old_end, old.kind);
		range_insert(end > old.base ? end : old.base, old_end, old.kind);
	}
	range_insert(base, end, kind);
}

static void ranges_merge(void)
{
	for (uint32_t i = boot.range_count - 1; i > 0; i--) {
		struct memory_range *left = &boot.range[i - 1];

		if (left->kind != boot.range[i].kind || left->base + left->size != boot.range[i].base)
			continue;
		left->size += boot.range[i].size;
		range_remove(i);
	}
}

static void memory_map_read(const uint8_t *entries, uint64_t bytes, uint32_t stride)
{
	for (int ram = 1; ram >= 0; ram--) {
		for (uint64_t at = 0; at + sizeof(struct e820_entry) <= bytes; at += stride) {
			const struct e820_entry *entry = (const void *)(entries + at);
			bool acpi = entry->type == E820_ACPI || entry->type == E820_NVS;

			if ((entry->type == E820_RAM) == ram)
				range_claim(entry->base, entry->size,
					    ram ? MEMORY_RAM : acpi ? MEMORY_ACPI : MEMORY_RESERVED);
		}
	}
}

static void bytes_copy(void *to, const void *from, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
}

static void command_line_copy(const char *text, uint64_t size)
{
	for (uint64_t i = 0; i < size && i < sizeof(boot.command_line) - 1 && text[i]; i++)
		boot.command_line[i] = text[i];
}

/* Makes `size` bytes at an address that the loader named readable, or halts. */
static const void *loader_pointer(paddr_t address, uint64_t size)
{
	if (address == 0 || size > LOADER_END || address > LOADER_END - size)
		halt("boot information is damaged: it points beyond the first 4 GiB");
	return paddr_pointer(address);
}

static void pvh_read(const struct pvh_info *info)
{
	uint64_t map_bytes = (uint64_t)info->memory_map_count * sizeof(struct e820_entry);

	if (info->version == 0)
		halt("PVH start info of version 0 has no memory map: use a newer loader");
	memory_map_read(loader_pointer(info->memory_map, map_bytes), map_bytes, sizeof(struct e820_entry));
	if (info->module_count > 0) {
		const struct pvh_module *module = loader_pointer(info->modules, sizeof(*module));

		boot.module = module->address;
		boot.module_size = module->size;
	}
	if (info->command_line)
		command_line_copy(loader_pointer(info->command_line, sizeof(boot.command_line)),
				  sizeof(boot.command_line));
	boot.rsdp = info->rsdp;
	if (info->rsdp)
		bytes_copy(boot.rsdp_copy, loader_pointer(info->rsdp, sizeof(boot.rsdp_copy)),
			   sizeof(boot.rsdp_copy));
}

static void multiboot2_tag_read(const struct multiboot2_tag *tag, uint32_t content)
{
	switch (tag->type) {
	case TAG_COMMAND_LINE:
		command_line_copy(tag->text, content);
		break;
	case TAG_MODULE:
		if (boot.module_size == 0 && content >= TAG_MODULE_FIXED &&
		    tag->module.end > tag->module.start) {
			boot.module = tag->module.start;
			boot.module_size = tag->module.end - tag->module.start;
		}
		break;
	case TAG_MEMORY_MAP:
		if (content > TAG_HEADER && tag->memory_map.entry_size >= sizeof(struct e820_entry))
			memory_map_read(tag->memory_map.entries, content - TAG_HEADER,
					tag->memory_map.entry_size);
		break;
	case TAG_FRAMEBUFFER:
		if (content >= TAG_FRAMEBUFFER_FIXED && tag->framebuffer.type == TAG_FRAMEBUFFER_RGB)
			boot.framebuffer = (struct framebuffer){
				tag->framebuffer.address, tag->framebuffer.pitch, tag->framebuffer.width,
				tag->framebuffer.height, tag->framebuffer.bits};
		break;
	case TAG_RSDP_OLD:
	case TAG_RSDP_NEW: /* firmware that has both gives the new one after the old */
		bytes_copy(boot.rsdp_copy, tag->text,
			   content < sizeof(boot.rsdp_copy) ? content : sizeof(boot.rsdp_copy));
		break;
	}
}

static void multiboot2_read(paddr_t address)
{
	uint32_t total = *(const uint32_t *)loader_pointer(address, TAG_HEADER);
	const uint8_t *info = loader_pointer(address, total);

	for (uint64_t at = TAG_HEADER; at + TAG_HEADER <= total;) {
		const struct multiboot2_tag *tag = (const void *)(info + at);

		if (tag->size < TAG_HEADER || tag->size > total - at)
			halt("boot information is damaged: a Multiboot2 tag is longer than the whole");
		multiboot2_tag_read(tag, tag->size - TAG_HEADER);
		at += ((uint64_t)tag->size + 7) & ~7ull;
	}
}

static void module_check(void)
{
	if (boot.module_size == 0)
		halt("no boot module: give the boot package as initrd (PVH) or module2 (GRUB)");
	if (boot.module & (PAGE_SIZE - 1))
		halt("no boot module: the loader did not align it to a page");
	range_claim(boot.module, boot.module_size, MEMORY_MODULE);
}

const struct boot_info *boot_info_read(uint32_t magic, paddr_t address)
{
	const struct pvh_info *pvh = loader_pointer(address, sizeof(*pvh));

	if (magic == MULTIBOOT2_MAGIC)
		multiboot2_read(address);
	else if (pvh->magic == PVH_MAGIC)
		pvh_read(pvh);
	else
		halt("unknown loader: the kernel needs PVH or Multiboot2");
	range_claim(0, PAGE_SIZE, MEMORY_RESERVED);
	range_claim(EBDA_START, EBDA_END - EBDA_START, MEMORY_RESERVED);
	module_check();
	range_claim((paddr_t)kernel_start, (uint64_t)(kernel_end - kernel_start), MEMORY_KERNEL);
	ranges_merge();
	return &boot;
}

paddr_t boot_memory_take(uint64_t pages)
{
	uint64_t bytes = pages * PAGE_SIZE;

	for (uint32_t i = 0; i < boot.range_count; i++) {
		struct memory_range range = boot.range[i];

		if (range.kind != MEMORY_RAM || range.base < LOW_MEMORY_END || range.size <= bytes)
			continue;
		range_claim(range.base, bytes, MEMORY_KERNEL);
		ranges_merge();
		memory_zero(paddr_pointer(range.base), bytes);
		return range.base;
	}
	panic("not enough memory to boot");
}
