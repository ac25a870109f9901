/* SPDX-License-Identifier: MIT */
/*
 * Formatted text into a buffer. Pure. Conversions: %s text (a null pointer prints as "(none)"), %c character, %d int64_t, %u uint64_t, %x hexadecimal without
 * prefix, %p sixteen hexadecimal digits with prefix, %%. Every number argument must be 64 bits wide.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Writes at most `size` bytes (no NUL) and returns how many; what does not fit is dropped. */
size_t text_format(char *buffer, size_t size, const char *format, va_list arguments);
