/* SPDX-License-Identifier: MIT */
/* Files as a whole, for the programs that make packages. Their own fail() says what is wrong and ends them. */
#pragma once

#include <stddef.h>

/* Bytes of a file, on the heap until the process ends. */
struct file {
	unsigned char *data;
	size_t size;
};

/* Reads a file, or fails. */
struct file file_read(const char *path);

/* Each program's own: says it, and ends the process. */
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);
