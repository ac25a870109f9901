/* SPDX-License-Identifier: MIT */
/* Formatted text (lib/format.h): one output cursor that drops what does not fit, one function for each kind of conversion. */
#include "lib/format.h"

#include <stdint.h>

struct output {
	char *buffer;
	size_t size, used;
};

static void put_character(struct output *out, char c)
{
	if (out->used < out->size)
		out->buffer[out->used++] = c;
}

static void put_text(struct output *out, const char *text)
{
	for (text = text ? text : "(none)"; *text; text++)
		put_character(out, *text);
}

static void put_number(struct output *out, uint64_t value, unsigned base, int digits_least)
{
	char digits[20];
	int count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value || count < digits_least);
	while (count)
		put_character(out, digits[--count]);
}

static void put_signed(struct output *out, int64_t value)
{
	if (value < 0)
		put_character(out, '-');
	put_number(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, 1);
}

size_t text_format(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct output out = {buffer, size, 0};

	for (; *format; format++) {
		if (*format != '%') {
			put_character(&out, *format);
			continue;
		}
		switch (*++format) {
		case 's':
			put_text(&out, va_arg(arguments, const char *));
			break;
		case 'c':
			put_character(&out, (char)va_arg(arguments, int));
			break;
		case 'd':
			put_signed(&out, va_arg(arguments, int64_t));
			break;
		case 'u':
			put_number(&out, va_arg(arguments, uint64_t), 10, 1);
			break;
		case 'x':
			put_number(&out, va_arg(arguments, uint64_t), 16, 1);
			break;
		case 'p':
			put_text(&out, "0x");
			put_number(&out, va_arg(arguments, uint64_t), 16, 16);
			break;
		case '\0':
			return out.used;
		default:
			put_character(&out, *format);
		}
	}
	return out.used;
}
