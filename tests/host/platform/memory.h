/* SPDX-License-Identifier: MIT */
/* Physical memory of a machine that is not there, with tables in it: right ones, to be made wrong afterwards. What reads beyond it is refused; the memory is exactly as large as it says, so that ASan sees a read behind it. */
#pragma once

#include "servers/platform/acpi.h"

#define MEMORY_BASE 0xe0000
#define FAULTS 16

struct memory {
	uint8_t *bytes;
	size_t size;
	uint64_t base;
	unsigned reads;
	unsigned reported[FAULTS]; /* by enum acpi_fault */
	void (*after_read)(struct memory *memory, uint64_t address); /* may be a null pointer: what changes behind the reader's back */
};

void memory_make(struct memory *memory, size_t size);
void memory_free(struct memory *memory);

/* The source that reads it. */
struct acpi_source memory_source(struct memory *memory);

/* Little-endian numbers at an address within. */
void memory_set(struct memory *memory, uint64_t address, uint64_t value, unsigned bytes);

/* A table with that body. Returns its length. */
size_t memory_table(struct memory *memory, uint64_t address, const char signature[4], const void *body, size_t bytes);

/* Makes the checksum of the table at an address right again, by the length that it tells. */
void memory_sum(struct memory *memory, uint64_t address);

/* A list of tables with addresses of `width` bytes. */
void memory_list(struct memory *memory, uint64_t address, unsigned width, const uint64_t *tables, size_t count);

/* A root pointer of revision 2; an address of 0 leaves the list out. */
void root_make(uint8_t root[ACPI_ROOT_BYTES], uint64_t rsdt, uint64_t xsdt);

/* Makes both of its checksums right. */
void root_sum(uint8_t root[ACPI_ROOT_BYTES]);
