/* SPDX-License-Identifier: MIT */
/* Physical memory with firmware tables for the tests of servers/platform (memory.h). Written from the specification, not from what is tested. */
#include "tests/host/platform/memory.h"

#include <stdlib.h>
#include <string.h>

void memory_make(struct memory *memory, size_t size)
{
	*memory = (struct memory){.bytes = calloc(size, 1), .size = size, .base = MEMORY_BASE};
	if (!memory->bytes)
		abort();
}

void memory_free(struct memory *memory)
{
	free(memory->bytes);
}

static bool memory_read(void *context, uint64_t address, void *to, size_t bytes)
{
	struct memory *memory = context;

	memory->reads++;
	if (address < memory->base || address - memory->base > memory->size || bytes > memory->size - (address - memory->base))
		return false;
	memcpy(to, memory->bytes + (address - memory->base), bytes);
	if (memory->after_read)
		memory->after_read(memory, address);
	return true;
}

static void memory_report(void *context, const char signature[4], uint64_t address, enum acpi_fault fault)
{
	struct memory *memory = context;

	(void)signature;
	(void)address;
	if (fault == ACPI_SOUND || (unsigned)fault >= FAULTS || !*acpi_fault_sentence(fault))
		abort();
	memory->reported[fault]++;
}

struct acpi_source memory_source(struct memory *memory)
{
	return (struct acpi_source){memory_read, memory_report, memory};
}

void memory_set(struct memory *memory, uint64_t address, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		memory->bytes[address - memory->base + i] = (uint8_t)(value >> (8 * i));
}

/* The byte `at` of `data` becomes what makes all add up to 0. */
static void sum_set(uint8_t *data, size_t bytes, size_t at)
{
	uint8_t sum = 0;

	data[at] = 0;
	for (size_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + data[i]);
	data[at] = (uint8_t)-sum;
}

void memory_sum(struct memory *memory, uint64_t address)
{
	uint8_t *table = memory->bytes + (address - memory->base);

	sum_set(table, table[4] | (size_t)table[5] << 8 | (size_t)table[6] << 16, 9);
}

size_t memory_table(struct memory *memory, uint64_t address, const char signature[4], const void *body, size_t bytes)
{
	uint8_t *table = memory->bytes + (address - memory->base);

	memset(table, 0, ACPI_HEADER_BYTES);
	memcpy(table, signature, 4);
	memory_set(memory, address + 4, ACPI_HEADER_BYTES + bytes, 4);
	if (bytes)
		memcpy(table + ACPI_HEADER_BYTES, body, bytes);
	memory_sum(memory, address);
	return ACPI_HEADER_BYTES + bytes;
}

void memory_list(struct memory *memory, uint64_t address, unsigned width, const uint64_t *tables, size_t count)
{
	memory_table(memory, address, width == 8 ? "XSDT" : "RSDT", NULL, 0);
	memory_set(memory, address + 4, ACPI_HEADER_BYTES + width * count, 4);
	for (size_t i = 0; i < count; i++)
		memory_set(memory, address + ACPI_HEADER_BYTES + width * i, tables[i], width);
	memory_sum(memory, address);
}

void root_sum(uint8_t root[ACPI_ROOT_BYTES])
{
	sum_set(root, 20, 8);
	sum_set(root, ACPI_ROOT_BYTES, 32);
}

void root_make(uint8_t root[ACPI_ROOT_BYTES], uint64_t rsdt, uint64_t xsdt)
{
	memset(root, 0, ACPI_ROOT_BYTES);
	memcpy(root, "RSD PTR ", 8);
	root[15] = 2;
	root[20] = ACPI_ROOT_BYTES;
	for (int i = 0; i < 4; i++)
		root[16 + i] = (uint8_t)(rsdt >> (8 * i));
	for (int i = 0; i < 8; i++)
		root[24 + i] = (uint8_t)(xsdt >> (8 * i));
	root_sum(root);
}
