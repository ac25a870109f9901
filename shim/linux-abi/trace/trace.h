/* SPDX-License-Identifier: MIT */
/*
 * One line of text for a system call, as strace(1) prints it: trace_begin() at its entry, trace_end() at its exit. Pure: memory of the process is read through a callback, which may fail; then the address is
 * printed. Two steps, because what an argument points to may be another thing afterwards, or gone (execve).
 *
 *   struct trace_line line;
 *   trace_begin(&line, text, 0, sizeof(text), &memory, number, arguments);
 *   result = ...
 *   size_t length = trace_end(&line, result);
 *
 * A line that is too long for its buffer loses the end of its arguments, never its result. The owner of the line may use it for the next call. Nothing here keeps anything anywhere else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_ARGUMENTS 6

/* The least size of a buffer: the longest result fits beside the name of the call. */
#define TRACE_LINE_LEAST 512

/* A result of trace_end(): the call does not come back (exit, a thread that is killed in it). */
#define TRACE_NO_RESULT INT64_MIN

struct trace_memory {
	/* Copies `bytes` from the process's `address`; false when some of them cannot be read, and then `to` may hold anything. */
	bool (*read)(void *context, uint64_t address, void *to, size_t bytes);
	void *context;
};

/* A line being written. Only trace_begin() and trace_end() look inside. */
struct trace_line {
	char *text;
	size_t size, used; /* bytes; `used` may not grow beyond `size` */
	const struct trace_memory *memory;
	const struct trace_call *call; /* null: a number without a row */
	uint64_t number;
	uint64_t arguments[TRACE_ARGUMENTS];
	unsigned next;     /* the first argument that is not printed yet */
	uint64_t remembered; /* what an argument noted at the entry for the exit */
	uint64_t timeout[2]; /* of the call, as it was at the entry; valid when `has_timeout` */
	bool has_timeout;
	bool begun;        /* the first part of that argument is written */
	bool returned;     /* trace_end() is at work */
	bool despite_failure; /* contents are told though the call has failed */
	int64_t result;    /* valid when `returned` */
};

/*
 * Begins the line of a call: its name and the arguments that mean something at the entry. In `text`, of `size` bytes, stand `before` bytes already, which belong to the line (whose call it is); behind them are
 * at least TRACE_LINE_LEAST.
 */
void trace_begin(struct trace_line *line, char *text, size_t before, size_t size, const struct trace_memory *memory, uint64_t number, const uint64_t arguments[TRACE_ARGUMENTS]);

/*
 * Ends it: the other arguments, and the result, which is what the call returns: a value, a negative errno, a code of abi/linux/errno.def that makes Linux restart the call, or TRACE_NO_RESULT.
 * Returns the length of the line, with what stood before; neither NUL nor line feed is at its end.
 */
size_t trace_end(struct trace_line *line, int64_t result);
