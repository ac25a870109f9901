/* SPDX-License-Identifier: MIT */
/*
 * Firmware tables that a fuzzer's input lays into memory: what they are, where they lie, how long they say they are, whether their checksum is right (else no input would ever come past it), and which lists name them.
 *
 *   root pointer (1 byte), list (1), then tables until the end: kind (1), place (2), lie about the length (1), bytes of the body (2), body
 */
#pragma once

#include "tests/host/harness/input.h"
#include "tests/host/platform/memory.h"

#define LAID_BYTES 0x4000 /* memory that there must be, from MEMORY_BASE on */

/* Lays all that the input has, and fills in the root pointer. */
void tables_lay(struct input *input, struct memory *memory, uint8_t root[ACPI_ROOT_BYTES]);
