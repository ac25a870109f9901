/* SPDX-License-Identifier: MIT */
/* What is left of a service's last instance: registers, call chain, memory. Read through init, written line by line to wherever the caller says. */
#pragma once

#include "abi/types.h"

/* Writes formatted text (lib/format.h), as log_print does. */
typedef void remains_print(const char *format, ...);

/* Writes fault, registers and call chain. `fault` are the words of the fault message, or a null pointer. */
void remains_report(uint32_t index, const uint64_t *fault, remains_print *print);

/* Writes `words` words of its private memory from `address` on, four a line. */
void remains_memory(uint32_t index, vaddr_t address, uint64_t words, remains_print *print);
