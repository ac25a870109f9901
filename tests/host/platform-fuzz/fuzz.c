/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target for the reader of firmware tables. The input is a program that lays tables into memory: what they are, where they lie, how long they say they are, whether their checksum is right (else no input
 * would ever come past it), and which lists name them. Then the reader runs, with a pool of any size, and everything that asks the tables is asked. Each answer must be one that can be; ASan watches the rest.
 *
 *   input: pool size (2 bytes), root pointer (1), list (1), then tables until the end: kind (1), place (2), lie about the length (1), bytes of the body (2), body
 */
#include <stdlib.h>
#include <string.h>

#include "servers/platform/machine.h"
#include "servers/platform/power.h"
#include "tests/host/platform/memory.h"

#define SIZE 0x4000
#define TABLES_MOST 80
#define LIST (MEMORY_BASE + 0x100)

#define ROOT_DAMAGED 0x01
#define ROOT_OLD 0x02
#define LIST_DAMAGED 0x01
#define LIST_NAMES_ITSELF 0x02
#define TABLE_DAMAGED 0x80
#define TABLE_UNLISTED 0x40
#define TABLE_SHRINKS 0x20

struct input {
	const uint8_t *data;
	size_t left;
};

static uint64_t take(struct input *input, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && input->left; i++, input->left--)
		value |= (uint64_t)*input->data++ << 8 * i;
	return value;
}

/* One table, wherever it fits; it may lie over others. Returns its address, 0 when it is in no list. */
static uint64_t table_lay(struct input *input, struct memory *memory)
{
	static const char *const kinds[] = {"FACP", "APIC", "MCFG", "HPET", "DSDT", "SSDT", "XSDT", "????"};
	unsigned kind = (unsigned)take(input, 1), lie;
	uint64_t address = MEMORY_BASE + 0x800 + take(input, 2) % (SIZE - 0x800 - ACPI_HEADER_BYTES), most = MEMORY_BASE + SIZE - address - ACPI_HEADER_BYTES;
	size_t bytes;

	lie = (unsigned)take(input, 1);
	bytes = take(input, 2);
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

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What the reader lists lies in its pool, one after the other, and is as long as it says. */
static void tables_require(const struct acpi *acpi)
{
	size_t end = 0;

	require(acpi->count <= ACPI_TABLES_MAX && acpi->pool_used <= acpi->pool_bytes);
	for (unsigned i = 0; i < acpi->count; i++) {
		const struct acpi_table *table = &acpi->table[i];
		uint8_t sum = 0;

		require(table->bytes >= ACPI_HEADER_BYTES && table->data >= acpi->pool + end);
		end = (size_t)(table->data - acpi->pool) + table->bytes;
		require(end <= acpi->pool_used && acpi_field(table, 4, 4) == table->bytes);
		for (uint32_t n = 0; n < table->bytes; n++)
			sum = (uint8_t)(sum + table->data[n]);
		require(sum == 0);
	}
}

static void machine_require(const struct acpi *acpi)
{
	struct interrupt_route route;
	struct ecam_window window;
	uint64_t address = 0;

	for (unsigned i = 0; i < ISA_INTERRUPTS; i++)
		require(machine_route(acpi, i, &route) != MACHINE_ABSENT || (route.line == i && !route.level && !route.low));
	for (uint64_t i = 0; machine_ecam(acpi, i, &window) != MACHINE_ABSENT; i++)
		if (machine_ecam(acpi, i, &window) == MACHINE_FOUND)
			require(window.base % (1 << 20) == 0 && window.first_bus <= window.last_bus);
	if (machine_timer(acpi, &address) == MACHINE_FOUND)
		require(address != 0);
}

/* Ports that are all there and hold nothing; only registers that the tables name may be written, and those of the keyboard controller and of the emulators. */
static const struct power *asked;

static bool port_read(void *context, uint16_t port, unsigned bytes, uint32_t *value)
{
	(void)context;
	(void)port;
	require(bytes == 1 || bytes == 2);
	*value = 0;
	return true;
}

static bool port_write(void *context, uint16_t port, unsigned bytes, uint32_t value)
{
	bool told = port == asked->control[0].address || port == asked->control[1].address || port == asked->reset.address || port == asked->command_port;

	(void)context;
	require(told || port == 0x64 || (!asked->told && (port == 0x604 || port == 0xb004 || port == 0x4004)));
	require(value < 1u << (8 * bytes));
	return true;
}

static void port_wait(void *context, uint64_t ns)
{
	(void)context;
	require(ns > 0);
}

static void power_require(const struct acpi *acpi)
{
	static const struct port_access ports = {port_read, port_write, port_wait, NULL};
	struct power power;

	power_read(&power, acpi);
	require(power.sleep != SLEEP_FOUND || (power.type[0] < 8 && power.type[1] < 8));
	asked = &power;
	(void)power_off(&power, &ports);
	(void)power_reset(&power, &ports);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct acpi acpi;
	struct input input = {data, size};
	size_t room = take(&input, 2) % (2 * SIZE), count = 0;
	unsigned root = (unsigned)take(&input, 1), list = (unsigned)take(&input, 1);
	uint64_t tables[TABLES_MOST];
	uint8_t bytes[ACPI_ROOT_BYTES], *pool = malloc(room ? room : 1);
	struct memory memory;
	struct acpi_source source;

	require(pool != NULL);
	memory_make(&memory, SIZE);
	if (list & LIST_NAMES_ITSELF)
		tables[count++] = LIST;
	while (input.left && count < TABLES_MOST) {
		uint64_t address = table_lay(&input, &memory);

		if (address)
			tables[count++] = address;
	}
	root_lay(root, list, &memory, tables, count, bytes);
	source = memory_source(&memory);
	if (acpi_open(&acpi, &source, bytes, pool, room) != ACPI_SOUND)
		require(acpi.count == 0);
	tables_require(&acpi);
	machine_require(&acpi);
	power_require(&acpi);
	memory_free(&memory);
	free(pool);
	return 0;
}
