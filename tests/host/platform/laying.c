/* SPDX-License-Identifier: MIT */
/* Tables as an input lays them (laying.h). They may lie over one another. */
#include "tests/host/platform/laying.h"

#define TABLES_MOST 80
#define LIST (MEMORY_BASE + 0x100)

#define ROOT_DAMAGED 0x01
#define ROOT_OLD 0x02
#define LIST_DAMAGED 0x01
#define LIST_NAMES_ITSELF 0x02
#define TABLE_DAMAGED 0x80
#define TABLE_UNLISTED 0x40
#define TABLE_SHRINKS 0x20

/* One table, wherever it fits; it may lie over others. Returns its address, 0 when it is in no list. */
static uint64_t table_lay(struct input *input, struct memory *memory)
{
	static const char *const kinds[] = {"FACP", "APIC", "MCFG", "HPET", "DSDT", "SSDT", "XSDT", "????"};
	unsigned kind = (unsigned)input_take(input, 1), lie;
	uint64_t address = MEMORY_BASE + 0x800 + input_take(input, 2) % (LAID_BYTES - 0x800 - ACPI_HEADER_BYTES), most = MEMORY_BASE + LAID_BYTES - address - ACPI_HEADER_BYTES;
	size_t bytes;

	lie = (unsigned)input_take(input, 1);
	bytes = input_take(input, 2);
	bytes = bytes > most ? most : bytes;
	bytes = bytes > input->left ? input->left : bytes;
	memory_table(memory, address, kinds[kind & 7], input->data, bytes);
	input->data += bytes;
	input->left -= bytes;
	if (lie) {
		uint64_t length = ACPI_HEADER_BYTES + bytes + (kind & TABLE_SHRINKS ? -(uint64_t)lie : (uint64_t)lie * lie);

		memory_set(memory, address + 4, length, 4);
		if (length >= ACPI_HEADER_BYTES && length <= most + ACPI_HEADER_BYTES)
			memory_sum(memory, address);
	}
	if (kind & TABLE_DAMAGED)
		memory_set(memory, address + 9, (uint64_t)memory->bytes[address + 9 - MEMORY_BASE] + 1, 1);
	return kind & TABLE_UNLISTED ? 0 : address;
}

/* Everything in order or one thing not. Returns where the list is. */
static void root_lay(unsigned root, unsigned list, struct memory *memory, const uint64_t *tables, size_t count, uint8_t bytes[ACPI_ROOT_BYTES])
{
	memory_list(memory, LIST, root & ROOT_OLD ? 4 : 8, tables, count);
	if (list & LIST_DAMAGED)
		memory_set(memory, LIST + ACPI_HEADER_BYTES, 0x1234, 2);
	root_make(bytes, LIST, root & ROOT_OLD ? 0 : LIST);
	bytes[root >> 2 & 31] ^= root & ROOT_DAMAGED;
}

void tables_lay(struct input *input, struct memory *memory, uint8_t bytes[ACPI_ROOT_BYTES])
{
	unsigned root = (unsigned)input_take(input, 1), list = (unsigned)input_take(input, 1);
	uint64_t tables[TABLES_MOST];
	size_t count = 0;

	if (list & LIST_NAMES_ITSELF)
		tables[count++] = LIST;
	while (input->left && count < TABLES_MOST) {
		uint64_t address = table_lay(input, memory);

		if (address)
			tables[count++] = address;
	}
	root_lay(root, list, memory, tables, count, bytes);
}
