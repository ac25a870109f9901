/* SPDX-License-Identifier: MIT */
/*
 * What the boot package looks like (made by tools/mkboot, the only boot module) and what init finds when it starts.
 *
 * A package is one header page, then page-aligned segments of init, then page-aligned blobs. init is mapped in place, so a segment's bytes in
 * the package are its memory (its zero-filled part and its stack included): the kernel copies and parses nothing else.
 */
#pragma once

#include "abi/types.h"

#define BOOT_PACKAGE_MAGIC 0x544f4f424f5a4f4b /* "KOZOBOOT" */
#define BOOT_PACKAGE_VERSION 1
#define BOOT_SEGMENTS_MAX 8
#define BOOT_BLOBS_MAX 32

struct boot_segment {
	uint64_t address; /* page-aligned virtual address */
	uint64_t offset;  /* page-aligned offset in the package */
	uint64_t size;    /* bytes, a multiple of the page size */
	uint64_t rights;  /* MAP_READ | MAP_WRITE | MAP_EXECUTE, never the last two together */
};

struct boot_blob {
	char name[32]; /* NUL-terminated */
	uint64_t offset;
	uint64_t size; /* bytes */
	uint8_t sha256[32];
};

struct boot_package {
	uint64_t magic;
	uint32_t version;
	uint32_t segment_count;
	uint32_t blob_count;
	uint32_t reserved;
	uint64_t size;     /* of the whole package, bytes */
	uint64_t entry;    /* init's first instruction */
	uint64_t checksum; /* boot_checksum() of header page and segments with this field 0 */
	uint8_t sha256[32]; /* of all bytes after this field */
	struct boot_segment segment[BOOT_SEGMENTS_MAX];
	struct boot_blob blob[BOOT_BLOBS_MAX];
};
_Static_assert(sizeof(struct boot_package) <= PAGE_SIZE, "the header is one page");

/*
 * Checksum against truncation and damage in transport (not against malice: that is what the SHA-256 in the log is for): FNV-1a over
 * the 64-bit words of `bytes` bytes, which may be of any type.
 */
typedef uint64_t __attribute__((may_alias)) boot_word;
static inline uint64_t boot_checksum(uint64_t sum, const void *data, uint64_t bytes)
{
	const boot_word *words = data;

	for (uint64_t i = 0; i < bytes / sizeof(*words); i++)
		sum = (sum ^ words[i]) * 0x100000001b3;
	return sum;
}
#define BOOT_CHECKSUM_START 0xcbf29ce484222325

/* Where init finds its things. Its stack is part of its image; rsp is 0 at the entry, rdi = INIT_INFORMATION_ADDRESS. */
#define INIT_INFORMATION_ADDRESS 0x200000 /* struct boot_information, read-only */
#define INIT_MESSAGE_ADDRESS 0x202000     /* its message page */
#define INIT_THREAD_ADDRESS 0x3ff000   /* its GS base at the start: lib keeps the thread block there */
#define INIT_CNODE_BITS 12
#define INIT_PRIORITY 63

/* The slots of init's CNode. Slot 0 is always empty: handle 0 is no capability. */
enum init_slot {
	INIT_SLOT_CNODE = 1,
	INIT_SLOT_THREAD = 2,
	INIT_SLOT_VSPACE = 3,
	INIT_SLOT_IRQ_CONTROL = 4,
	INIT_SLOT_CPU_CONTROL = 5,
	INIT_SLOT_LOG_CONTROL = 6,
	INIT_SLOT_IO_PORTS = 7,
	INIT_SLOT_PACKAGE = 8,      /* Region: the boot package */
	INIT_SLOT_RING = 9,         /* Region: the commit ring, read-only */
	INIT_SLOT_INFORMATION = 10, /* Region: struct boot_information */
	INIT_SLOT_MESSAGE = 11,     /* Region: the message page */
	INIT_SLOT_TABLES = 12,      /* TableMemory of init's VSpace */
	INIT_SLOT_INFORMATION_MAPPING = 13,
	INIT_SLOT_MESSAGE_MAPPING = 14,
	INIT_SLOT_IMAGE = 16,       /* 16..31: for each segment of the image its Mapping, then its part of the package's Region */
	INIT_SLOT_UNTYPED = 32,     /* 32..: the Untypeds, as listed in the boot information */
};

/* What an Untyped is for. All but the first are device Untypeds: never cleared, always uncached. */
enum boot_use {
	BOOT_MEMORY = 0,   /* RAM */
	BOOT_DEVICE = 1,   /* no memory that the firmware knows of: devices, or nothing */
	BOOT_FIRMWARE = 2, /* what the firmware's memory map reserves: its tables, its own data, some devices */
};

#define BOOT_UNTYPED_MAX 64
struct boot_untyped {
	uint64_t base, size; /* bytes */
	uint64_t device;     /* enum boot_use */
};

struct boot_information {
	uint64_t abi_version;
	uint64_t package_size;
	uint64_t ring_size; /* bytes of the ring's Region */
	uint64_t clock_mult, clock_shift, clock_base; /* ns = ((TSC - base) * mult) >> shift, with a 128-bit product */
	uint64_t tsc_hz;
	uint64_t rsdp; /* physical address of the ACPI RSDP, 0 if unknown; under UEFI a copy in rsdp_copy */
	uint8_t rsdp_copy[40];
	uint64_t framebuffer, framebuffer_pitch;
	uint32_t framebuffer_width, framebuffer_height, framebuffer_bits, untyped_count;
	uint64_t boot_instructions; /* TSC at the kernel's entry */
	char command_line[256];
	struct boot_untyped untyped[BOOT_UNTYPED_MAX];
};
_Static_assert(sizeof(struct boot_information) <= PAGE_SIZE, "the boot information is one page");
