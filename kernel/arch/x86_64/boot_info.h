/* SPDX-License-Identifier: MIT */
/* What the loader told about the machine, in one form for every loader; and where the kernel gets memory before it has objects. */
#ifndef KOZO_ARCH_BOOT_INFO_H
#define KOZO_ARCH_BOOT_INFO_H

#include "abi/types.h"

/* Weakest first: where two claim a page, the later one here has it. */
enum memory_kind {
	MEMORY_NONE,     /* nobody's: a hole, or device memory */
	MEMORY_RAM,      /* free */
	MEMORY_RESERVED, /* the firmware's */
	MEMORY_KERNEL,   /* the kernel image, the boot package, and what boot_memory_take() gave out */
};

struct memory_range {
	paddr_t base, end; /* page-aligned */
	enum memory_kind kind;
};

/* As Multiboot2 tells it (specification 2.0, section 3.6.12). */
struct framebuffer {
	paddr_t address; /* 0: there is none */
	uint32_t pitch;  /* bytes from line to line */
	uint32_t width, height;
	uint8_t bits;
} __attribute__((packed));

#define COMMAND_LINE_SIZE 256

struct boot_info {
	paddr_t module; /* page-aligned */
	uint64_t module_size;
	paddr_t rsdp; /* 0: unknown, or known only as a copy */
	uint8_t rsdp_copy[36];
	struct framebuffer framebuffer;
	char command_line[COMMAND_LINE_SIZE]; /* ends with a NUL; what follows that means nothing */
};

/*
 * Reads what the loader left: `magic` is what it had in eax, `address` what it had in ebx. Multiboot2 specification 2.0 section 3.6;
 * Xen public/arch-x86/hvm/start_info.h. Halts with one line if it cannot be used or names no boot module. The result stays valid.
 */
const struct boot_info *boot_info_read(uint32_t magic, paddr_t address);

/*
 * Makes `range` the next range of memory after the one that it is; {0} comes before the first. Ranges are ascending and disjoint, neighbours
 * of one kind are one. Returns false when there is none, and skips MEMORY_NONE.
 */
bool boot_memory_next(struct memory_range *range);

/*
 * Takes `pages` contiguous zeroed pages of RAM for good, from above 1 MiB; returns their physical address, which the direct map covers.
 * Only during boot, by its one thread. What was taken is MEMORY_KERNEL from then on. Halts when there is too little.
 */
paddr_t boot_memory_take(uint64_t pages);

#endif
