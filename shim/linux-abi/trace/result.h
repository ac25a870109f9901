/* SPDX-License-Identifier: MIT */
/* The end of a line: the result, what it means, or what went wrong; and what has to be kept for it at the entry. */
#pragma once

#include "trace/calls.h"

/* Writes "= 3", "= -1 ENOENT (No such file or directory)", "= ?", with what is told behind it. */
void put_result(struct trace_line *line);

/* Keeps a timeout that only the exit will write (time.c). */
void timeout_keep(struct trace_line *line);

/* A priority of I/O, as its two parts (time.c). */
void put_io_priority(struct trace_line *line, uint64_t value);
