/* SPDX-License-Identifier: MIT */
/* Texts of /proc, kept in frames while their file is open (proc/text.h). */
#include "proc/text.h"

#include <stdarg.h>

#include "lib/format.h"
#include "lib/string.h"

#define PIECE 512
_Static_assert(TEXT_FRAMES * sizeof(frame_t) <= PAGE_SIZE, "their numbers fit into one frame");

/* The frame for the byte at `offset`, made when it is not there; a null pointer when there is no memory. */
static unsigned char *frame_at(struct proc_text *text, uint64_t offset)
{
	frame_t *index;

	if (!text->index)
		text->index = frame_allocate(true);
	if (!text->index || offset / PAGE_SIZE >= TEXT_FRAMES)
		return NULL;
	index = (frame_t *)frame_bytes(text->index) + offset / PAGE_SIZE;
	if (!*index)
		*index = frame_allocate(false);
	return *index ? frame_bytes(*index) : NULL;
}

void text_add_bytes(struct proc_text *text, const void *bytes, size_t count)
{
	const unsigned char *at = bytes;

	while (count && !text->full) {
		size_t offset = text->bytes % PAGE_SIZE, part = PAGE_SIZE - offset < count ? PAGE_SIZE - offset : count;
		unsigned char *frame = frame_at(text, text->bytes);

		if (!frame) {
			text->full = true;
			return;
		}
		memcpy(frame + offset, at, part);
		text->bytes += part;
		at += part;
		count -= part;
	}
}

void text_add(struct proc_text *text, const char *format, ...)
{
	char piece[PIECE];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = text_format(piece, sizeof(piece), format, arguments);
	va_end(arguments);
	text_add_bytes(text, piece, length);
}

static void number_add(struct proc_text *text, uint64_t number, unsigned base, unsigned width, char fill)
{
	char digits[24];
	unsigned at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	while (sizeof(digits) - at < width && at)
		digits[--at] = fill;
	text_add_bytes(text, digits + at, sizeof(digits) - at);
}

void text_add_hex(struct proc_text *text, uint64_t number, unsigned width)
{
	number_add(text, number, 16, width, '0');
}

void text_add_padded(struct proc_text *text, uint64_t number, unsigned width)
{
	number_add(text, number, 10, width, ' ');
}

static void column_add(struct proc_text *text, const struct text_column *column)
{
	uint64_t size = column->value < 0 ? 0 - (uint64_t)column->value : (uint64_t)column->value;
	unsigned digits = 1;

	if (column->value >= 0) {
		number_add(text, size, column->base, column->width, ' ');
		return;
	}
	for (uint64_t rest = size; rest >= column->base; rest /= column->base)
		digits++;
	for (unsigned i = digits + 1; i < column->width; i++)
		text_add(text, " ");
	text_add(text, "-");
	number_add(text, size, column->base, 1, ' ');
}

void text_add_columns(struct proc_text *text, const struct text_column *columns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			text_add(text, " ");
		column_add(text, &columns[i]);
	}
	text_add(text, "\n");
}

size_t text_read(const struct proc_text *text, uint64_t offset, void *to, size_t count)
{
	size_t done = 0;

	if (offset >= text->bytes)
		return 0;
	if (count > text->bytes - offset)
		count = text->bytes - offset;
	while (done < count) {
		const frame_t *index = (const frame_t *)frame_bytes(text->index) + (offset + done) / PAGE_SIZE;
		size_t in_page = (offset + done) % PAGE_SIZE, part = PAGE_SIZE - in_page < count - done ? PAGE_SIZE - in_page : count - done;

		memcpy((unsigned char *)to + done, (const unsigned char *)frame_bytes(*index) + in_page, part);
		done += part;
	}
	return done;
}

void text_pages_free(struct proc_text *text)
{
	frame_t *index = text->index ? frame_bytes(text->index) : NULL;

	for (unsigned i = 0; index && i < TEXT_FRAMES; i++)
		if (index[i])
			frame_release(index[i]);
	if (index)
		frame_release(text->index);
	*text = (struct proc_text){0};
}
