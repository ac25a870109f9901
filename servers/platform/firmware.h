/* SPDX-License-Identifier: MIT */
/* The firmware's memory as this service sees it: through read-only Regions (grants of kind FIRMWARE), of which one page at a time is mapped. */
#pragma once

#include "servers/platform/acpi.h"

/* Copies bytes of physical memory; false when they are not all within the firmware's memory, or cannot be mapped. For struct acpi_source. */
bool firmware_read(void *context, uint64_t address, void *to, size_t bytes);
