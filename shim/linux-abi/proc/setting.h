/* SPDX-License-Identifier: MIT */
/* Numbers of /proc/sys that may be written. */
#pragma once

#include "proc/text.h"

/* The number as a line. */
void setting_tell(struct proc_text *text, int64_t value);

/* A number in C's notation, alone in its line (kstrtouint of Linux): decimal, hexadecimal behind 0x, octal behind 0. 0, -EINVAL: it is none, -ERANGE: it has more than 32 bits. */
int number_read(const char *line, size_t bytes, uint64_t *number);

/* The number that a line holds, between blanks, put into *value: the bytes of the line, or -EINVAL when it is none, or one beyond [least, most]. */
int64_t setting_take(const char *line, size_t bytes, int64_t least, int64_t most, int64_t *value);
