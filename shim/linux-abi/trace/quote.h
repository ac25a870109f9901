/* SPDX-License-Identifier: MIT */
/* Text and bytes of the process in quotation marks, with escapes, and ... behind what was cut off. */
#pragma once

#include "trace/line.h"

/* Of texts and buffers this many bytes are shown, of arrays this many elements. */
#define TRACE_SHOWN 32

/* How bytes that cannot be printed are written. */
enum quote_style {
	QUOTE_OCTAL, /* \n, \0, \12 */
	QUOTE_HEX,   /* each byte as \x0f */
};

/* `size` bytes in quotation marks. `following` is the byte behind them, or -1: an octal escape before a digit has three digits. */
void put_quoted(struct trace_line *line, const char *bytes, size_t size, int following, enum quote_style style);

/* A buffer of the process: its first TRACE_SHOWN bytes. NULL and addresses that cannot be read are written as such. */
void put_buffer(struct trace_line *line, uint64_t address, uint64_t size, enum quote_style style);

/* A text of the process, its first TRACE_SHOWN bytes. */
void put_string(struct trace_line *line, uint64_t address);

/* A path of the process, whole (up to 4,095 bytes). */
void put_path(struct trace_line *line, uint64_t address);

/* Text in an array of `size` bytes that was copied from the process: up to its NUL, and ... when there is none. */
void put_text_array(struct trace_line *line, const char *text, size_t size);
