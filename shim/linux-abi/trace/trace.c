/* SPDX-License-Identifier: MIT */
/*
 * A line from its beginning to its end (trace.h). Arguments are written in their order; one that only the exit tells stops the entry's part, and the exit goes on with it.
 */
#include "trace/trace.h"

#include "trace/result.h"

#define RESULT_COLUMN 40

/* Writes the argument `line->next`; false when it must wait. */
static bool put_argument(struct trace_line *line, bool begun)
{
	const struct argument *argument = &line->call->arguments[line->next];
	size_t start = line->used;
	enum outcome outcome;

	if (line->text[line->used - 1] != '(' && !begun)
		put_text(line, ", ");
	outcome = argument->print(line, argument, line->arguments[line->next]);
	if (outcome == OMITTED || outcome == LATER)
		line->used = start;
	line->begun = outcome == BEGUN;
	return outcome == PRINTED || outcome == OMITTED;
}

static void put_arguments(struct trace_line *line)
{
	bool begun = line->begun;

	while (line->next < TRACE_ARGUMENTS && line->call->arguments[line->next].name && put_argument(line, begun)) {
		line->next++;
		begun = false;
	}
}

/* Calls without a row: the number, and all six arguments. */
static void put_unknown(struct trace_line *line)
{
	put_text(line, "syscall_");
	put_hex_padded(line, line->number, 1);
	put_character(line, '(');
	for (unsigned i = 0; i < TRACE_ARGUMENTS; i++) {
		if (i)
			put_text(line, ", ");
		put_hex(line, line->arguments[i]);
	}
}

void trace_begin(struct trace_line *line, char *text, size_t before, size_t size, const struct trace_memory *memory, uint64_t number, const uint64_t arguments[TRACE_ARGUMENTS])
{
	*line = (struct trace_line){.text = text, .used = before, .size = size, .memory = memory, .number = number, .call = call_of(number)};
	for (unsigned i = 0; i < TRACE_ARGUMENTS; i++)
		line->arguments[i] = arguments[i];
	if (!line->call) {
		put_unknown(line);
		return;
	}
	put_text(line, line->call->name);
	put_character(line, '(');
	put_arguments(line);
	timeout_keep(line);
}

size_t trace_end(struct trace_line *line, int64_t result)
{
	line->returned = true;
	line->result = result;
	if (line->call)
		put_arguments(line);
	line->next = TRACE_ARGUMENTS;
	put_text(line, ") ");
	while (line->used < RESULT_COLUMN)
		put_character(line, ' ');
	put_result(line);
	return line->used;
}
