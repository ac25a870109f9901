/* SPDX-License-Identifier: MIT */
/* What the firmware loader told about the machine, in one form for all of them. */
#pragma once

#include "abi/types.h"

/* As Multiboot2 tells it (specification 2.0, section 3.6.12). */
struct framebuffer {
	paddr_t address; /* 0: there is none */
	uint32_t pitch;  /* bytes from line to line */
	uint32_t width, height;
	uint8_t bits;
} __attribute__((packed));

/* From the linker script: the loader itself. */
extern char loader_start[], loader_end[];

#define COMMAND_LINE_SIZE 256

struct boot_info {
	paddr_t module; /* the boot package; page-aligned */
	uint64_t module_size;
	paddr_t rsdp; /* 0: unknown, or known only as a copy */
	uint8_t rsdp_copy[36];
	struct framebuffer framebuffer;
	char command_line[COMMAND_LINE_SIZE]; /* ends with a NUL; what follows that means nothing */
};

/*
 * Reads what it left: `magic` is what it had in eax, `address` what it had in ebx. Multiboot2 specification 2.0 section 3.6;
 * Xen public/arch-x86/hvm/start_info.h. Halts with one line if it cannot be used or names no boot module. The result stays valid.
 */
const struct boot_info *boot_info_read(uint32_t magic, paddr_t address);
