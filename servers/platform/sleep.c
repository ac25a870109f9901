/* SPDX-License-Identifier: MIT */
/* The search for \_S5_ (sleep.h). The encoding of AML is that of ACPI 6.4, 20.2. */
#include "servers/platform/sleep.h"

#include "lib/string.h"

#define NAME_OP 0x08
#define ROOT_CHARACTER 0x5c
#define PACKAGE_OP 0x12
#define ZERO_OP 0x00
#define ONE_OP 0x01
#define BYTE_PREFIX 0x0a
#define WORD_PREFIX 0x0b
#define DWORD_PREFIX 0x0c
#define QWORD_PREFIX 0x0e
#define SLEEP_TYPE_MOST 7 /* three bits, 4.8.3.2.1 */

/* The rest of a table's byte code. */
struct code {
	const uint8_t *at, *end;
};

/* The next byte; -1 at the end. */
static int byte_take(struct code *code)
{
	return code->at < code->end ? *code->at++ : -1;
}

static bool byte_is(struct code *code, uint8_t byte)
{
	if (code->at == code->end || *code->at != byte)
		return false;
	code->at++;
	return true;
}

static bool name_is(struct code *code, const char name[4])
{
	if (code->end - code->at < 4 || memcmp(code->at, name, 4) != 0)
		return false;
	code->at += 4;
	return true;
}

/* PkgLength, 20.2.4: counts from its own first byte. Cuts the code off at the end that it tells. */
static bool length_take(struct code *code)
{
	const uint8_t *start = code->at;
	int lead = byte_take(code), more = lead >> 6;
	uint64_t length = lead & (more ? 0x0f : 0x3f);

	if (lead < 0)
		return false;
	for (int i = 0; i < more; i++) {
		int byte = byte_take(code);

		if (byte < 0)
			return false;
		length |= (uint64_t)byte << (4 + 8 * i);
	}
	if (length < (uint64_t)(code->at - start) || length > (uint64_t)(code->end - start))
		return false;
	code->end = start + length;
	return true;
}

/* Bytes of the constant after its prefix; -1: no integer. */
static int integer_bytes(int prefix)
{
	switch (prefix) {
	case BYTE_PREFIX:
		return 1;
	case WORD_PREFIX:
		return 2;
	case DWORD_PREFIX:
		return 4;
	case QWORD_PREFIX:
		return 8;
	default:
		return -1;
	}
}

/* A plain integer (20.2.3). */
static bool integer_take(struct code *code, uint64_t *value)
{
	int prefix = byte_take(code), bytes = integer_bytes(prefix);

	*value = 0;
	if (prefix == ZERO_OP || prefix == ONE_OP) {
		*value = (uint64_t)prefix;
		return true;
	}
	if (bytes < 0 || bytes > code->end - code->at)
		return false;
	for (int i = 0; i < bytes; i++)
		*value |= (uint64_t)*code->at++ << (8 * i);
	return true;
}

/* The two types: one integer each, or both in the bytes of a single one. */
static bool types_take(struct code *code, uint8_t type[2])
{
	int count = byte_take(code);
	uint64_t a, b;

	if (count < 1 || !integer_take(code, &a))
		return false;
	if (count == 1) {
		b = a >> 8;
		a &= 0xff;
	} else if (!integer_take(code, &b)) {
		return false;
	}
	type[0] = (uint8_t)a;
	type[1] = (uint8_t)b;
	return a <= SLEEP_TYPE_MOST && b <= SLEEP_TYPE_MOST;
}

/* Name (\_S5_, Package (count) { ... }) at the start of the code. */
static bool definition_read(struct code code, uint8_t type[2])
{
	if (!byte_is(&code, NAME_OP))
		return false;
	(void)byte_is(&code, ROOT_CHARACTER); /* may be left out at the top level */
	return name_is(&code, "_S5_") && byte_is(&code, PACKAGE_OP) && length_take(&code) && types_take(&code, type);
}

static enum sleep_answer table_search(const struct acpi_table *table, enum sleep_answer before, uint8_t type[2])
{
	struct code code = {table->data + ACPI_HEADER_BYTES, table->data + table->bytes};
	uint8_t found[2];

	for (; code.at < code.end && before != SLEEP_AMBIGUOUS; code.at++) {
		if (!definition_read(code, found))
			continue;
		if (before == SLEEP_FOUND && memcmp(found, type, sizeof(found)) != 0)
			return SLEEP_AMBIGUOUS;
		memcpy(type, found, sizeof(found));
		before = SLEEP_FOUND;
	}
	return before;
}

enum sleep_answer sleep_type_find(const struct acpi *acpi, uint8_t type[2])
{
	enum sleep_answer answer = SLEEP_ABSENT;

	for (unsigned i = 0; i < acpi->count; i++) {
		const struct acpi_table *table = &acpi->table[i];

		if (memcmp(table->data, "DSDT", 4) == 0 || memcmp(table->data, "SSDT", 4) == 0)
			answer = table_search(table, answer, type);
	}
	return answer;
}
