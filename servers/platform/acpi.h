/* SPDX-License-Identifier: MIT */
/*
 * The firmware's tables: found from the root pointer, copied, checked. Pure; the host tests it.
 *
 * Nothing of the firmware's memory is believed. Each table is copied once, after its length has been checked, and judged by the copy: length, then checksum. One that fails is reported and left out; the others stay. Addresses are
 * followed from the root pointer to its list and from the list to tables, and from the FADT to the DSDT: lists name no lists, so nothing can go in circles.
 *
 * Sections are those of the ACPI specification 6.4.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACPI_ROOT_BYTES 36   /* the root pointer since ACPI 2.0, 5.2.5.3 */
#define ACPI_HEADER_BYTES 36 /* 5.2.6 */
#define ACPI_TABLES_MAX 64

enum acpi_fault {
#define FAULT(name, number, sentence) name = (number),
#include "servers/platform/faults.def"
#undef FAULT
};

/* The sentence of a fault. */
const char *acpi_fault_sentence(enum acpi_fault fault);

/* How physical memory is read, and who is told what is wrong. */
struct acpi_source {
	bool (*read)(void *context, uint64_t address, void *to, size_t bytes); /* false: it is not the firmware's */
	void (*report)(void *context, const char signature[4], uint64_t address, enum acpi_fault fault);
	void *context;
};

/* A table, in our own memory; `bytes` is its length, at least ACPI_HEADER_BYTES. */
struct acpi_table {
	const uint8_t *data;
	uint32_t bytes;
	uint64_t address; /* where it was */
};

struct acpi {
	struct acpi_table table[ACPI_TABLES_MAX];
	unsigned count;
	uint8_t *pool; /* the tables' bytes */
	size_t pool_bytes, pool_used;
};

/*
 * Reads all tables into `pool`, of `pool_bytes`. `root` is a copy of the root pointer (when only ACPI 1.0's 20 bytes are known: zeros behind them). Fails with the fault of the root pointer or of its list; faults of tables are only
 * reported. After a failure there are no tables.
 */
enum acpi_fault acpi_open(struct acpi *acpi, const struct acpi_source *source, const uint8_t root[ACPI_ROOT_BYTES], uint8_t *pool, size_t pool_bytes);

/* The `which`-th table (0 first) with that signature; a null pointer when there are not so many. */
const struct acpi_table *acpi_find(const struct acpi *acpi, const char signature[4], uint64_t which);

/* A little-endian field of 1..8 bytes. What lies beyond the table's end is 0: an older table lacks the fields of newer versions (5.2.9). */
uint64_t acpi_field(const struct acpi_table *table, uint64_t offset, unsigned bytes);
