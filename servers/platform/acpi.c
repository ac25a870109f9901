/* SPDX-License-Identifier: MIT */
/*
 * Finding, copying and checking the firmware's tables (acpi.h).
 *
 *   root pointer ("RSDP")  ->  XSDT, addresses of 8 bytes; if it is bad or absent: RSDT, addresses of 4  ->  the tables
 *   FADT ("FACP")          ->  DSDT, which is in no list
 *
 * The FACS is not read: it has no checksum, and nothing here sleeps and wakes up again. A table of the list that has the signature of a list or of the DSDT is not followed; it is a table like any other.
 */
#include "servers/platform/acpi.h"

#include "lib/string.h"

/* The root pointer, 5.2.5.3. */
#define ROOT_SIGNATURE "RSD PTR "
#define ROOT_REVISION 15
#define ROOT_RSDT 16
#define ROOT_FIRST_BYTES 20 /* what ACPI 1.0 has, and the first checksum covers */
#define ROOT_LENGTH 20
#define ROOT_XSDT 24

#define HEADER_LENGTH 4
#define FADT_DSDT 40
#define FADT_X_DSDT 140

const char *acpi_fault_sentence(enum acpi_fault fault)
{
	switch (fault) {
#define FAULT(name, number, sentence) \
	case name:                    \
		return sentence;
#include "servers/platform/faults.def"
#undef FAULT
	}
	return "a fault that the list does not have";
}

static uint64_t little_endian(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = bytes; i > 0; i--)
		value = value << 8 | at[i - 1];
	return value;
}

uint64_t acpi_field(const struct acpi_table *table, uint64_t offset, unsigned bytes)
{
	if (offset > table->bytes || bytes > table->bytes - offset)
		return 0;
	return little_endian(table->data + offset, bytes);
}

const struct acpi_table *acpi_find(const struct acpi *acpi, const char signature[4], uint64_t which)
{
	for (unsigned i = 0; i < acpi->count; i++)
		if (memcmp(acpi->table[i].data, signature, 4) == 0 && which-- == 0)
			return &acpi->table[i];
	return NULL;
}

/* All bytes of what has a checksum add up to 0. */
static bool sum_is_zero(const uint8_t *data, size_t bytes)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + data[i]);
	return sum == 0;
}

/* Copies the table at an address to the free part of the pool. The pool is given back when the table is bad. */
static enum acpi_fault table_copy(struct acpi *acpi, const struct acpi_source *source, uint64_t address, struct acpi_table *table)
{
	uint8_t *to = acpi->pool + acpi->pool_used;
	size_t room = acpi->pool_bytes - acpi->pool_used;
	uint64_t length;

	if (room < ACPI_HEADER_BYTES)
		return ACPI_NO_ROOM;
	if (!source->read(source->context, address, to, ACPI_HEADER_BYTES))
		return ACPI_UNREADABLE;
	length = little_endian(to + HEADER_LENGTH, 4);
	if (length < ACPI_HEADER_BYTES)
		return ACPI_LENGTH;
	if (length > room)
		return ACPI_NO_ROOM;
	/* The header is not read a second time: the length that was checked is the one that the table has. */
	if (!source->read(source->context, address + ACPI_HEADER_BYTES, to + ACPI_HEADER_BYTES, length - ACPI_HEADER_BYTES))
		return ACPI_UNREADABLE;
	if (!sum_is_zero(to, length))
		return ACPI_CHECKSUM;
	*table = (struct acpi_table){to, (uint32_t)length, address};
	acpi->pool_used += length;
	return ACPI_SOUND;
}

static void table_report(const struct acpi_source *source, const char signature[4], uint64_t address, enum acpi_fault fault)
{
	if (fault != ACPI_SOUND)
		source->report(source->context, signature, address, fault);
}

/* Adds the table at an address to the list. `signature` is what it must be; a null pointer: anything. */
static enum acpi_fault table_add(struct acpi *acpi, const struct acpi_source *source, uint64_t address, const char *signature)
{
	struct acpi_table *table = &acpi->table[acpi->count];
	size_t used = acpi->pool_used;
	enum acpi_fault fault;

	for (unsigned i = 0; i < acpi->count; i++)
		if (acpi->table[i].address == address)
			return ACPI_TWICE;
	if (acpi->count == ACPI_TABLES_MAX)
		return ACPI_TOO_MANY;
	fault = table_copy(acpi, source, address, table);
	if (fault != ACPI_SOUND)
		return fault;
	if (signature && memcmp(table->data, signature, 4) != 0) {
		acpi->pool_used = used;
		return ACPI_SIGNATURE;
	}
	acpi->count++;
	return ACPI_SOUND;
}

/* Reads the tables that a list names by addresses of `width` bytes. The list itself stays in the pool, but is no table. */
static enum acpi_fault list_read(struct acpi *acpi, const struct acpi_source *source, uint64_t address, const char signature[4], unsigned width)
{
	struct acpi_table list;
	enum acpi_fault fault = table_copy(acpi, source, address, &list);

	if (fault == ACPI_SOUND && memcmp(list.data, signature, 4) != 0)
		fault = ACPI_SIGNATURE;
	if (fault != ACPI_SOUND) {
		acpi->pool_used = 0;
		return fault;
	}
	for (uint32_t at = ACPI_HEADER_BYTES; at + width <= list.bytes && fault != ACPI_TOO_MANY; at += width) {
		uint64_t entry = acpi_field(&list, at, width);

		fault = entry ? table_add(acpi, source, entry, NULL) : ACPI_SOUND;
		table_report(source, "????", entry, fault);
	}
	return ACPI_SOUND;
}

/* ACPI 1.0 has only the first bytes, and no XSDT. */
static bool root_is_extended(const uint8_t root[ACPI_ROOT_BYTES])
{
	return root[ROOT_REVISION] >= 2 && little_endian(root + ROOT_LENGTH, 4) == ACPI_ROOT_BYTES;
}

/* The XSDT when there is one that can be read, else the RSDT (5.2.7, 5.2.8). */
static enum acpi_fault lists_read(struct acpi *acpi, const struct acpi_source *source, const uint8_t root[ACPI_ROOT_BYTES])
{
	uint64_t rsdt = little_endian(root + ROOT_RSDT, 4), xsdt = root_is_extended(root) ? little_endian(root + ROOT_XSDT, 8) : 0;
	enum acpi_fault fault = ACPI_NO_ROOT;

	if (xsdt) {
		fault = list_read(acpi, source, xsdt, "XSDT", 8);
		table_report(source, "XSDT", xsdt, fault);
	}
	if (fault != ACPI_SOUND && rsdt) {
		fault = list_read(acpi, source, rsdt, "RSDT", 4);
		table_report(source, "RSDT", rsdt, fault);
	}
	return fault;
}

/* The 8-byte field has precedence (5.2.9). */
static void dsdt_read(struct acpi *acpi, const struct acpi_source *source)
{
	const struct acpi_table *fadt = acpi_find(acpi, "FACP", 0);
	uint64_t address;

	if (!fadt)
		return;
	address = acpi_field(fadt, FADT_X_DSDT, 8);
	if (!address)
		address = acpi_field(fadt, FADT_DSDT, 4);
	if (address)
		table_report(source, "DSDT", address, table_add(acpi, source, address, "DSDT"));
}

static enum acpi_fault root_check(const uint8_t root[ACPI_ROOT_BYTES])
{
	static const uint8_t none[ACPI_ROOT_BYTES];

	if (memcmp(root, none, sizeof(none)) == 0)
		return ACPI_NO_ROOT;
	if (memcmp(root, ROOT_SIGNATURE, sizeof(ROOT_SIGNATURE) - 1) != 0)
		return ACPI_ROOT_SIGNATURE;
	if (!sum_is_zero(root, ROOT_FIRST_BYTES))
		return ACPI_ROOT_CHECKSUM;
	if (root_is_extended(root) && !sum_is_zero(root, ACPI_ROOT_BYTES))
		return ACPI_ROOT_CHECKSUM;
	return ACPI_SOUND;
}

enum acpi_fault acpi_open(struct acpi *acpi, const struct acpi_source *source, const uint8_t root[ACPI_ROOT_BYTES], uint8_t *pool, size_t pool_bytes)
{
	enum acpi_fault fault = root_check(root);

	*acpi = (struct acpi){.pool = pool, .pool_bytes = pool_bytes};
	if (fault == ACPI_SOUND)
		fault = lists_read(acpi, source, root);
	if (fault == ACPI_SOUND)
		dsdt_read(acpi, source);
	return fault;
}
