/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target for the reader of firmware tables. The input lays tables into memory (tests/host/platform/laying.h). Then the reader runs, with a pool of any size, and everything that asks the tables is asked. Each answer must be one that can be; ASan watches the rest.
 *
 *   input: pool size (2 bytes), then what is laid
 */
#include <stdlib.h>
#include <string.h>

#include "servers/platform/machine.h"
#include "servers/platform/power.h"
#include "tests/host/platform/laying.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct acpi acpi;
	struct input input = {data, size};
	size_t room = input_take(&input, 2) % (2 * LAID_BYTES);
	uint8_t bytes[ACPI_ROOT_BYTES], *pool = malloc(room ? room : 1);
	struct memory memory;
	struct acpi_source source;

	require(pool != NULL);
	memory_make(&memory, LAID_BYTES);
	tables_lay(&input, &memory, bytes);
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
