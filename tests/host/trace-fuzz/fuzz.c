/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target for the tracer (shim/linux-abi/trace): any call, arguments, result, and memory of the process, which is the rest of the input at an address that arguments are given often, and at which
 * its own words can point. A line stays in its buffer; in the smallest buffer it keeps its result; memory is read only through the callback, and where it says that nothing is nothing is used.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/trace.h"

#define BASE 0x10000 /* so that three bytes of the input are an address */
#define CALLS 463
#define WORDS 8 /* number, six arguments, result */

struct process {
	const uint8_t *memory;
	size_t size;
};

static bool memory_read(void *context, uint64_t address, void *to, size_t bytes)
{
	const struct process *process = context;

	if (address < BASE || address - BASE > process->size || bytes > process->size - (address - BASE))
		return false;
	memcpy(to, process->memory + (address - BASE), bytes);
	return true;
}

/* A word of the input: its first byte says whether it is a small number, an address in the memory or anything. */
static uint64_t word_of(const uint8_t *input)
{
	uint64_t word;

	memcpy(&word, input, sizeof(word));
	switch (word & 3) {
	case 0:
		return word >> 8 & 0xff;
	case 1:
		return BASE + (word >> 8 & 0xfff);
	case 2:
		return word >> 2;
	default:
		return (uint64_t)((int64_t)word >> 2);
	}
}

/* Writes the line into a buffer of `size` bytes on the heap, where a sanitizer sees its end; returns its length. */
static size_t line_written(char **text, size_t size, const uint64_t words[WORDS], const struct process *process)
{
	struct trace_memory memory = {memory_read, (void *)process};
	struct trace_line line;
	size_t length;

	*text = malloc(size);
	trace_begin(&line, *text, 0, size, &memory, words[0] % CALLS, words + 1);
	length = trace_end(&line, (int64_t)words[WORDS - 1]);
	if (length > size)
		abort();
	return length;
}

/* The text from the last "= " on, or nothing. */
static const char *result_of(const char *text, size_t length)
{
	for (size_t i = length; i >= 2; i--) {
		if (text[i - 2] == '=' && text[i - 1] == ' ' && (i < 4 || text[i - 3] == ' '))
			return text + i;
	}
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t words[WORDS];
	struct process process;
	char *wide, *narrow;
	size_t wide_length, narrow_length;

	if (size < sizeof(words))
		return 0;
	for (unsigned i = 0; i < WORDS; i++)
		words[i] = word_of(data + i * sizeof(words[0]));
	process = (struct process){data + sizeof(words), size - sizeof(words)};
	wide_length = line_written(&wide, 1 << 20, words, &process);
	narrow_length = line_written(&narrow, TRACE_LINE_LEAST, words, &process);
	result_of(wide, wide_length);
	result_of(narrow, narrow_length);
	if (wide_length < 200 && (wide_length != narrow_length || memcmp(wide, narrow, wide_length)))
		abort();
	free(wide);
	free(narrow);
	return 0;
}
