/* SPDX-License-Identifier: MIT */
/*
 * Turns what brought us here says about the machine (Multiboot2 or PVH) into struct boot_info, and claims the memory that it names.
 *
 * Those words lie in memory that nothing protects and are not trusted: every length is checked, everything wanted is copied, and
 * once boot_info_read() has returned the original is free memory like any other. Only the boot package stays where it was put,
 * which under UEFI is in the first megabyte.
 */
#include "boot/information.h"

#include "boot/kernel_map.h"
#include "boot/memory.h"
#include "boot/x86.h"
#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/panic.h"

#define TOLD_END (1ull << 32) /* the boot page tables reach up to here */
#define EBDA_START 0x80000 /* the BIOS keeps its data somewhere between these two */
#define EBDA_END 0xa0000

/* ACPI 6.4 table 15.9, also the layout of Multiboot2 and PVH entries. */
#define E820_RAM 1
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
enum tag_type { TAG_COMMAND_LINE = 1, TAG_MODULE = 3, TAG_MEMORY_MAP = 6, TAG_FRAMEBUFFER = 8, TAG_RSDP_OLD = 14, TAG_RSDP_NEW = 15 };
#define TAG_HEADER 8
#define TAG_FRAMEBUFFER_SIZE 30
#define TAG_FRAMEBUFFER_RGB 1
union multiboot2_tag {
	struct {
		uint32_t type, size;
		char content[];
	};
	struct {
		uint32_t header[2], start, end;
	} module;
	struct {
		uint32_t header[2], entry_size, entry_version;
	} memory_map;
	struct {
		uint32_t header[2];
		struct framebuffer is;
		uint8_t type;
	} framebuffer;
};

static struct boot_info boot;

static void memory_map_read(const char *entries, uint64_t bytes, uint32_t stride)
{
	for (uint64_t at = 0; at + sizeof(struct e820_entry) <= bytes; at += stride) {
		const struct e820_entry *entry = (const void *)(entries + at);

		memory_claim(entry->base, entry->size, entry->type == E820_RAM ? MEMORY_RAM : MEMORY_RESERVED);
	}
}

/* Copies at most `room` of `size` bytes. */
static void bytes_copy(void *to, uint64_t room, const void *from, uint64_t size)
{
	memory_copy_bytes(to, from, size < room ? size : room);
}

/* The `size` bytes at an address that it told, or a halt. */
static const void *told_pointer(paddr_t address, uint64_t size)
{
	if (address == 0 || size > TOLD_END || address > TOLD_END - size)
		halt("the boot information is damaged: it points to 0 or beyond 4 GiB");
	return paddr_pointer(address);
}

static void pvh_read(const struct pvh_info *info)
{
	uint64_t map_bytes = (uint64_t)info->memory_map_count * sizeof(struct e820_entry);

	if (info->version == 0)
		halt("PVH start information of version 0 has no memory map: use a newer one");
	memory_map_read(told_pointer(info->memory_map, map_bytes), map_bytes, sizeof(struct e820_entry));
	if (info->module_count > 0) {
		const struct pvh_module *module = told_pointer(info->modules, sizeof(*module));

		boot.module = module->address;
		boot.module_size = module->size;
	}
	if (info->command_line)
		memory_copy_bytes(boot.command_line, told_pointer(info->command_line, COMMAND_LINE_SIZE), COMMAND_LINE_SIZE - 1);
	boot.rsdp = info->rsdp;
	if (info->rsdp)
		memory_copy_bytes(boot.rsdp_copy, told_pointer(info->rsdp, sizeof(boot.rsdp_copy)), sizeof(boot.rsdp_copy));
}

static void multiboot2_tag_read(const union multiboot2_tag *tag)
{
	switch (tag->type) {
	case TAG_COMMAND_LINE:
		bytes_copy(boot.command_line, COMMAND_LINE_SIZE - 1, tag->content, tag->size - TAG_HEADER);
		break;
	case TAG_MODULE:
		if (boot.module_size > 0 || tag->size < sizeof(tag->module) || tag->module.end < tag->module.start)
			break;
		boot.module = tag->module.start;
		boot.module_size = tag->module.end - tag->module.start;
		break;
	case TAG_MEMORY_MAP:
		if (tag->size > sizeof(tag->memory_map) && tag->memory_map.entry_size >= sizeof(struct e820_entry))
			memory_map_read((const char *)(&tag->memory_map + 1), tag->size - sizeof(tag->memory_map),
					tag->memory_map.entry_size);
		break;
	case TAG_FRAMEBUFFER:
		if (tag->size >= TAG_FRAMEBUFFER_SIZE && tag->framebuffer.type == TAG_FRAMEBUFFER_RGB)
			boot.framebuffer = tag->framebuffer.is;
		break;
	case TAG_RSDP_OLD:
	case TAG_RSDP_NEW: /* GRUB gives the new one last */
		bytes_copy(boot.rsdp_copy, sizeof(boot.rsdp_copy), tag->content, tag->size - TAG_HEADER);
		break;
	}
}

static void multiboot2_read(paddr_t address)
{
	uint32_t total = *(const uint32_t *)told_pointer(address, TAG_HEADER);
	const char *info = told_pointer(address, total);

	for (uint64_t at = TAG_HEADER; at + TAG_HEADER <= total;) {
		const union multiboot2_tag *tag = (const void *)(info + at);

		if (tag->size < TAG_HEADER || tag->size > total - at)
			halt("the boot information is damaged: a Multiboot2 tag is longer than the whole");
		multiboot2_tag_read(tag);
		at += (tag->size + 7ull) & ~7ull;
	}
}

const struct boot_info *boot_info_read(uint32_t magic, paddr_t address)
{
	const struct pvh_info *pvh = told_pointer(address, sizeof(*pvh));

	if (magic == MULTIBOOT2_MAGIC)
		multiboot2_read(address);
	else if (pvh->magic == PVH_MAGIC)
		pvh_read(pvh);
	else
		halt("this is no way to boot: there are PVH and Multiboot2");
	if (boot.module_size == 0 || boot.module % PAGE_SIZE)
		halt("no boot module: give the boot package, page-aligned, as initrd (PVH) or module2 (GRUB)");
	memory_claim(0, PAGE_SIZE, MEMORY_RESERVED);
	memory_claim(EBDA_START, EBDA_END - EBDA_START, MEMORY_RESERVED);
	memory_claim(boot.module, boot.module_size, MEMORY_KERNEL);
	memory_claim(image_paddr(loader_start), (uint64_t)(loader_end - loader_start), MEMORY_LOADER);
	memory_claim(image_paddr(__text_start), (uint64_t)(__kernel_end - __text_start), MEMORY_KERNEL);
	return &boot;
}
