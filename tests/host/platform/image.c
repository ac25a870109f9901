/* SPDX-License-Identifier: MIT */
/* What the tables in an image of a machine's memory say. The image holds the physical memory from 0 on, as QEMU's pmemsave writes it; the root pointer is searched in all of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "servers/platform/machine.h"
#include "servers/platform/power.h"
#include "tests.h"

#define POOL (4 << 20)

static bool image_read(const char *path, struct memory *memory)
{
	FILE *file = fopen(path, "rb");
	long size;

	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < ACPI_ROOT_BYTES || fseek(file, 0, SEEK_SET))
		return false;
	memory_make(memory, (size_t)size);
	memory->base = 0;
	size = (long)fread(memory->bytes, 1, memory->size, file) - size;
	return fclose(file) == 0 && size == 0;
}

/* The first root pointer whose list can be read. */
static bool tables_find(struct memory *memory, struct acpi *acpi, uint8_t *pool, uint64_t *at)
{
	const struct acpi_source source = memory_source(memory);

	for (*at = 0; *at + ACPI_ROOT_BYTES <= memory->size; *at += 16)
		if (memcmp(memory->bytes + *at, "RSD PTR ", 8) == 0 && acpi_open(acpi, &source, memory->bytes + *at, pool, POOL) == ACPI_SOUND)
			return true;
	return false;
}

static void tables_print(const struct acpi *acpi)
{
	printf("tables");
	for (unsigned i = 0; i < acpi->count; i++)
		printf("%c%.4s", i ? '+' : '=', (const char *)acpi->table[i].data);
}

static void machine_print(const struct acpi *acpi)
{
	struct interrupt_route timer, sci;
	struct ecam_window window;
	uint64_t address;

	if (machine_route(acpi, 0, &timer) == MACHINE_FOUND && machine_route(acpi, 9, &sci) == MACHINE_FOUND)
		printf(" timer=%u sci=%u:%s:%s", timer.line, sci.line, sci.level ? "level" : "edge", sci.low ? "low" : "high");
	if (machine_ecam(acpi, 0, &window) == MACHINE_FOUND)
		printf(" ecam=%llx:%u:%u-%u", (unsigned long long)window.base, window.segment, window.first_bus, window.last_bus);
	if (machine_timer(acpi, &address) == MACHINE_FOUND)
		printf(" hpet=%llx", (unsigned long long)address);
}

static void register_print(const char *name, const struct power_register *of)
{
	if (of->address)
		printf(" %s=%s%llx", name, of->space == SPACE_PORT ? "port:" : of->space == SPACE_MEMORY ? "memory:" : "other:", (unsigned long long)of->address);
}

static void power_print(const struct acpi *acpi)
{
	struct power power;

	power_read(&power, acpi);
	register_print(power.reduced ? "sleep" : "control", &power.control[0]);
	register_print("control-b", &power.control[1]);
	register_print("reset", &power.reset);
	if (power.sleep == SLEEP_FOUND)
		printf(" type=%u,%u", power.type[0], power.type[1]);
	printf(" century=%x clock=%s", power.century, power.no_clock ? "no" : "yes");
}

int image_print(const char *path)
{
	static struct acpi acpi;
	struct memory memory;
	uint8_t *pool = malloc(POOL);
	uint64_t root;
	bool found = pool && image_read(path, &memory);

	if (!found) {
		fprintf(stderr, "%s cannot be read\n", path);
		return 1;
	}
	found = tables_find(&memory, &acpi, pool, &root);
	if (found) {
		tables_print(&acpi);
		machine_print(&acpi);
		power_print(&acpi);
		printf("\n");
	}
	free(pool);
	memory_free(&memory);
	return !found;
}
