/* SPDX-License-Identifier: MIT */
/* Reading MADT, MCFG and HPET (machine.h). Entries are walked by lengths that the table itself tells: each is checked against the end of the table before anything in it is read. */
#include "servers/platform/machine.h"

#define PHYSICAL_BITS_MOST 52

/* MADT, 5.2.12; interrupt source override, 5.2.12.5. */
#define MADT_ENTRIES 44
#define MADT_OVERRIDE 2
#define MADT_OVERRIDE_BYTES 10
#define OVERRIDE_BUS 2
#define OVERRIDE_SOURCE 3
#define OVERRIDE_LINE 4
#define OVERRIDE_FLAGS 8

/* MPS INTI flags, 5.2.12.5. Conforming to the bus means for ISA: edge, high. */
enum { POLARITY_CONFORMS = 0, POLARITY_HIGH = 1, POLARITY_LOW = 3 };
enum { TRIGGER_CONFORMS = 0, TRIGGER_EDGE = 1, TRIGGER_LEVEL = 3 };

#define MCFG_ENTRIES 44
#define MCFG_ENTRY_BYTES 16
#define ECAM_BUS_BYTES (1ull << 20)

#define HPET_ADDRESS_SPACE 40
#define HPET_ADDRESS 44
#define SPACE_MEMORY 0

/* One override. Flags of reserved values are damage. */
static enum machine_answer override_read(const struct acpi_table *madt, uint64_t at, struct interrupt_route *route)
{
	unsigned flags = (unsigned)acpi_field(madt, at + OVERRIDE_FLAGS, 2), polarity = flags & 3, trigger = flags >> 2 & 3;

	if (polarity == 2 || trigger == 2)
		return MACHINE_DAMAGED;
	*route = (struct interrupt_route){(uint32_t)acpi_field(madt, at + OVERRIDE_LINE, 4), trigger == TRIGGER_LEVEL, polarity == POLARITY_LOW};
	return MACHINE_FOUND;
}

enum machine_answer machine_route(const struct acpi *acpi, unsigned interrupt, struct interrupt_route *route)
{
	const struct acpi_table *madt = acpi_find(acpi, "APIC", 0);
	uint64_t length;

	*route = (struct interrupt_route){interrupt, false, false};
	for (uint64_t at = MADT_ENTRIES; madt && at < madt->bytes; at += length) {
		length = acpi_field(madt, at + 1, 1);
		if (length < 2 || length > madt->bytes - at)
			return MACHINE_DAMAGED;
		if (acpi_field(madt, at, 1) != MADT_OVERRIDE)
			continue;
		if (length < MADT_OVERRIDE_BYTES)
			return MACHINE_DAMAGED;
		if (acpi_field(madt, at + OVERRIDE_BUS, 1) == 0 && acpi_field(madt, at + OVERRIDE_SOURCE, 1) == interrupt)
			return override_read(madt, at, route);
	}
	return madt ? MACHINE_FOUND : MACHINE_ABSENT;
}

/* All buses of the window lie below the end of physical memory, and it begins where a bus can. */
static bool window_is_possible(const struct ecam_window *window)
{
	return window->base != 0 && window->base % ECAM_BUS_BYTES == 0 && window->first_bus <= window->last_bus &&
	       window->base <= (1ull << PHYSICAL_BITS_MOST) - (window->last_bus + 1ull) * ECAM_BUS_BYTES;
}

enum machine_answer machine_ecam(const struct acpi *acpi, uint64_t which, struct ecam_window *window)
{
	const struct acpi_table *mcfg = acpi_find(acpi, "MCFG", 0);
	uint64_t at;

	if (!mcfg || mcfg->bytes < MCFG_ENTRIES || which >= (mcfg->bytes - MCFG_ENTRIES) / MCFG_ENTRY_BYTES)
		return MACHINE_ABSENT;
	at = MCFG_ENTRIES + which * MCFG_ENTRY_BYTES;
	*window = (struct ecam_window){
		acpi_field(mcfg, at, 8), (uint16_t)acpi_field(mcfg, at + 8, 2), (uint8_t)acpi_field(mcfg, at + 10, 1), (uint8_t)acpi_field(mcfg, at + 11, 1),
	};
	return window_is_possible(window) ? MACHINE_FOUND : MACHINE_DAMAGED;
}

enum machine_answer machine_timer(const struct acpi *acpi, uint64_t *address)
{
	const struct acpi_table *hpet = acpi_find(acpi, "HPET", 0);

	if (!hpet)
		return MACHINE_ABSENT;
	*address = acpi_field(hpet, HPET_ADDRESS, 8);
	return *address && acpi_field(hpet, HPET_ADDRESS_SPACE, 1) == SPACE_MEMORY ? MACHINE_FOUND : MACHINE_DAMAGED;
}
