/* SPDX-License-Identifier: MIT */
/* Writing into a line and reading the process's memory (line.h). What does not fit is dropped, byte by byte, so that no caller needs to look. */
#include "trace/line.h"

#include "abi/types.h"
#include "lib/string.h"

/* The result must fit behind arguments of any length. */
#define RESULT_BYTES 256

static size_t limit_of(const struct trace_line *line)
{
	return line->next < TRACE_ARGUMENTS ? line->size - RESULT_BYTES : line->size;
}

void put_character(struct trace_line *line, char character)
{
	if (line->used < limit_of(line))
		line->text[line->used++] = character;
}

void put_text(struct trace_line *line, const char *text)
{
	while (*text)
		put_character(line, *text++);
}

static void put_digits(struct trace_line *line, uint64_t value, unsigned base, unsigned least)
{
	char digits[24];
	unsigned count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value || count < least);
	while (count)
		put_character(line, digits[--count]);
}

void put_signed(struct trace_line *line, int64_t value)
{
	if (value < 0)
		put_character(line, '-');
	put_digits(line, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, 1);
}

void put_unsigned(struct trace_line *line, uint64_t value)
{
	put_digits(line, value, 10, 1);
}

void put_hex(struct trace_line *line, uint64_t value)
{
	if (value)
		put_text(line, "0x");
	put_digits(line, value, 16, 1);
}

void put_hex_padded(struct trace_line *line, uint64_t value, unsigned digits)
{
	put_text(line, "0x");
	put_digits(line, value, 16, digits);
}

void put_mode(struct trace_line *line, uint64_t value)
{
	put_character(line, '0');
	put_digits(line, value, 8, 2);
}

void put_address(struct trace_line *line, uint64_t address)
{
	if (address)
		put_hex(line, address);
	else
		put_text(line, "NULL");
}

void put_comment(struct trace_line *line, const char *text)
{
	put_text(line, " /* ");
	put_text(line, text);
	put_text(line, " */");
}

void put_separator(struct trace_line *line, bool *first)
{
	if (!*first)
		put_text(line, ", ");
	*first = false;
}

bool read_memory(const struct trace_line *line, uint64_t address, void *to, size_t bytes)
{
	return address && address + bytes >= address && line->memory->read(line->memory->context, address, to, bytes);
}

/* Page by page: behind the NUL there may be nothing. */
int64_t read_text(const struct trace_line *line, uint64_t address, char *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		size_t part = PAGE_SIZE - (address + done) % PAGE_SIZE;

		if (part > size - done)
			part = size - done;
		if (!read_memory(line, address + done, to + done, part))
			return -1;
		for (size_t i = done; i < done + part; i++) {
			if (!to[i])
				return (int64_t)i;
		}
		done += part;
	}
	return (int64_t)size;
}

bool contents_are_told(const struct trace_line *line)
{
	return !line->returned || line->despite_failure || call_succeeded(line);
}

bool call_succeeded(const struct trace_line *line)
{
	return line->returned && (line->result >= 0 || line->result < -4095);
}
