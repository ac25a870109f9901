/* SPDX-License-Identifier: MIT */
/*
 * Writing into a line (trace.h): text and numbers, in the forms in which strace(1) writes them; and reading what the line is about. All of the tracer's files stand on this one.
 */
#pragma once

#include "trace/trace.h"

void put_character(struct trace_line *line, char character);
void put_text(struct trace_line *line, const char *text);

void put_signed(struct trace_line *line, int64_t value);
void put_unsigned(struct trace_line *line, uint64_t value);

/* 0x1f; zero is 0. */
void put_hex(struct trace_line *line, uint64_t value);

/* 0x001f: at least `digits` digits, also of zero. */
void put_hex_padded(struct trace_line *line, uint64_t value, unsigned digits);

/* 0644, 007, 000: at least three digits. */
void put_mode(struct trace_line *line, uint64_t value);

/* 0x1f; zero is NULL. */
void put_address(struct trace_line *line, uint64_t address);

/* A comment about what stands before it: " / * text * /" without the inner blanks. */
void put_comment(struct trace_line *line, const char *text);

/* ", ", but not as the first thing after an opening bracket: `first` is true once and then false. */
void put_separator(struct trace_line *line, bool *first);

/* Copies from the process's memory. */
bool read_memory(const struct trace_line *line, uint64_t address, void *to, size_t bytes);

/*
 * Copies a text of the process up to its NUL, at most `size` bytes. Returns its length without the NUL, `size` when there was none in them, -1 when it cannot be read.
 */
int64_t read_text(const struct trace_line *line, uint64_t address, char *to, size_t size);

/*
 * Whether the contents of memory are told: not at the exit of a call that has failed, when they mean nothing. (Texts and buffers, which are only asked for at the entry or when a call did its work, are told always.)
 */
bool contents_are_told(const struct trace_line *line);

/* True at the exit of a call that did its work. */
bool call_succeeded(const struct trace_line *line);
