/* SPDX-License-Identifier: MIT */
/* Text and bytes in quotation marks: which bytes need an escape, and which (quote.h). */
#include "trace/quote.h"

#include "lib/string.h"

#define PATH_BYTES 4096
#define PIECE 256 /* paths are read by pieces: the stack of a fiber is small */

static char letter_of(char byte)
{
	static const char pairs[] = "\"\"\\\\\ff\nn\rr\tt\vv";

	for (unsigned i = 0; pairs[i]; i += 2) {
		if (pairs[i] == byte)
			return pairs[i + 1];
	}
	return 0;
}

/* As few octal digits as the byte needs, three before a digit. */
static void put_octal(struct trace_line *line, unsigned char byte, int following)
{
	bool three = following >= '0' && following <= '7';

	put_character(line, '\\');
	if (three || byte >= 0100)
		put_character(line, (char)('0' + (byte >> 6)));
	if (three || byte >= 010)
		put_character(line, (char)('0' + (byte >> 3 & 7)));
	put_character(line, (char)('0' + (byte & 7)));
}

static void put_escaped(struct trace_line *line, unsigned char byte, int following, enum quote_style style)
{
	if (style == QUOTE_HEX) {
		put_text(line, "\\x");
		put_character(line, "0123456789abcdef"[byte >> 4]);
		put_character(line, "0123456789abcdef"[byte & 15]);
	} else if (letter_of((char)byte)) {
		put_character(line, '\\');
		put_character(line, letter_of((char)byte));
	} else if (byte >= ' ' && byte < 0x7f) {
		put_character(line, (char)byte);
	} else {
		put_octal(line, byte, following);
	}
}

static void put_bytes(struct trace_line *line, const char *bytes, size_t size, int following, enum quote_style style)
{
	for (size_t i = 0; i < size; i++)
		put_escaped(line, (unsigned char)bytes[i], i + 1 < size ? (unsigned char)bytes[i + 1] : following, style);
}

void put_quoted(struct trace_line *line, const char *bytes, size_t size, int following, enum quote_style style)
{
	put_character(line, '"');
	put_bytes(line, bytes, size, following, style);
	put_character(line, '"');
}

void put_buffer(struct trace_line *line, uint64_t address, uint64_t size, enum quote_style style)
{
	char bytes[TRACE_SHOWN + 1] = {0};
	size_t part = size < sizeof(bytes) ? (size_t)size : sizeof(bytes);

	if (!address || (part && !read_memory(line, address, bytes, part))) {
		put_address(line, address);
		return;
	}
	put_quoted(line, bytes, part <= TRACE_SHOWN ? part : TRACE_SHOWN, -1, style);
	if (part > TRACE_SHOWN)
		put_text(line, "...");
}

void put_string(struct trace_line *line, uint64_t address)
{
	char bytes[TRACE_SHOWN + 1];
	int64_t length = address ? read_text(line, address, bytes, sizeof(bytes)) : -1;

	if (length < 0) {
		put_address(line, address);
		return;
	}
	put_quoted(line, bytes, length <= TRACE_SHOWN ? (size_t)length : TRACE_SHOWN, -1, QUOTE_OCTAL);
	if (length > TRACE_SHOWN)
		put_text(line, "...");
}

/* Writes a piece of a path; returns true when there is more. */
static bool put_piece(struct trace_line *line, uint64_t address, size_t done, bool *readable)
{
	char piece[PIECE + 1];
	size_t size = done + PIECE < PATH_BYTES - 1 ? PIECE : PATH_BYTES - 1 - done;
	int64_t length = read_text(line, address + done, piece, size + 1);

	*readable = length >= 0;
	if (length <= (int64_t)size) {
		put_bytes(line, piece, length < 0 ? 0 : (size_t)length, -1, QUOTE_OCTAL);
		return false;
	}
	put_bytes(line, piece, size, (unsigned char)piece[size], QUOTE_OCTAL);
	return true;
}

void put_path(struct trace_line *line, uint64_t address)
{
	size_t start = line->used, done = 0;
	bool readable = true, more = address != 0;

	put_character(line, '"');
	while (more && done < PATH_BYTES - 1) {
		more = put_piece(line, address, done, &readable);
		done += PIECE;
	}
	if (!address || !readable) {
		line->used = start;
		put_address(line, address);
		return;
	}
	put_text(line, more ? "\"..." : "\"");
}

void put_text_array(struct trace_line *line, const char *text, size_t size)
{
	size_t length = 0;

	while (length < size && text[length])
		length++;
	put_quoted(line, text, length < size ? length : size - 1, -1, QUOTE_OCTAL);
	if (length == size)
		put_text(line, "...");
}
