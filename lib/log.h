/* SPDX-License-Identifier: MIT */
/*
 * What a service says in words. Text goes to the service's own text ring (abi/start.h); the printing service puts the service's name before each line. Until it runs everything is kept that fits.
 * A service without a ring says nothing. Never blocks.
 */
#pragma once

#include <stddef.h>

/* Formatted text (lib/format.h), at most 256 bytes a call. A line ends with a line feed. */
void log_print(const char *format, ...);

/* Bytes as they are. */
void log_write(const char *text, size_t size);
