/* SPDX-License-Identifier: MIT */
/* Texts that are made when a file of /proc is opened, and stay as they are while it is open. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/frames.h"

#define TEXT_FRAMES 1024 /* a text is at most 4 MiB; what is more is left out */

struct proc_text {
	frame_t index; /* a frame with the numbers of the text's frames; 0: there is nothing yet */
	uint64_t bytes;
	bool full;
};

/* Adds formatted text: %s, %c, %d, %u, %x as lib/format.h, at most 512 bytes a call. */
void text_add(struct proc_text *text, const char *format, ...);
void text_add_bytes(struct proc_text *text, const void *bytes, size_t count);

/* Numbers with at least `width` digits or places: hexadecimal with zeros, decimal with blanks before. */
void text_add_hex(struct proc_text *text, uint64_t number, unsigned width);
void text_add_padded(struct proc_text *text, uint64_t number, unsigned width);

/* Numbers in columns, which are set right with a blank before all but the first, and the end of the line. */
struct text_column {
	int64_t value; /* with base 8 it is no negative one */
	uint8_t width, base;
};
void text_add_columns(struct proc_text *text, const struct text_column *columns, size_t count);

/* Copies from an offset; how many bytes, 0 at the end. */
size_t text_read(const struct proc_text *text, uint64_t offset, void *to, size_t count);

void text_pages_free(struct proc_text *text);
