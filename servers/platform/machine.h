/* SPDX-License-Identifier: MIT */
/* What the firmware's tables say about the machine: interrupts (MADT), PCI configuration space (MCFG), the event timer (HPET). Pure. Sections are those of ACPI 6.4. */
#pragma once

#include "servers/platform/acpi.h"

/* A table that tells something can be absent, or end in the middle of an entry. */
enum machine_answer { MACHINE_FOUND, MACHINE_ABSENT, MACHINE_DAMAGED };

#define ISA_INTERRUPTS 16

struct interrupt_route {
	uint32_t line; /* global system interrupt */
	bool level, low;
};

/* Where an ISA interrupt (below ISA_INTERRUPTS) arrives, 5.2.12.5. Without a table, or when that does not mention it: at the line of its own number, edge, high. */
enum machine_answer machine_route(const struct acpi *acpi, unsigned interrupt, struct interrupt_route *route);

/* Configuration space of the buses first_bus..last_bus of a segment group: that of bus b begins at base + (b << 20) (PCI Firmware Specification 3.3, 4.1.2). */
struct ecam_window {
	uint64_t base;
	uint16_t segment;
	uint8_t first_bus, last_bus;
};

/* The `which`-th window, 0 first. One that cannot be (not at 1 MiB, buses in the wrong order, beyond the end of physical memory) counts as damage. */
enum machine_answer machine_ecam(const struct acpi *acpi, uint64_t which, struct ecam_window *window);

/* Physical address of the event timer's registers (IA-PC HPET 1.0a, 3.2.4). */
enum machine_answer machine_timer(const struct acpi *acpi, uint64_t *address);
