/* SPDX-License-Identifier: MIT */
/*
 * The kinds of arguments that many calls have. What a call reads is printed at its entry, what it writes at its exit, and then only when it has done its work: else the address is printed.
 */
#include "abi/linux/structures.h"
#include "trace/calls.h"
#include "trace/quote.h"

enum outcome argument_value(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (argument->kind == VALUE_MODE)
		value = (uint16_t)value;
	else if (argument->kind == VALUE_SET || argument->kind == VALUE_CHOICE)
		value = (uint32_t)value;
	put_value(line, argument->kind, argument->names, value);
	return PRINTED;
}

enum outcome argument_long_set(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_flags(line, argument->names, value);
	return PRINTED;
}

enum outcome argument_path(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	put_path(line, value);
	return PRINTED;
}

enum outcome argument_string(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	(void)argument;
	put_string(line, value);
	return PRINTED;
}

/* Pointers to texts, up to a null. */
enum outcome argument_strings(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t text;
	bool first = true;

	(void)argument;
	if (!read_memory(line, value, &text, sizeof(text))) {
		put_address(line, value);
		return PRINTED;
	}
	put_character(line, '[');
	for (unsigned i = 0; text; i++) {
		put_separator(line, &first);
		if (i == TRACE_SHOWN) {
			put_text(line, "...");
			break;
		}
		put_string(line, text);
		value += sizeof(text);
		if (!read_memory(line, value, &text, sizeof(text))) {
			put_text(line, ", ");
			put_cut(line, value);
			break;
		}
	}
	put_character(line, ']');
	return PRINTED;
}

enum outcome argument_in_buffer(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_buffer(line, value, other_of(line, argument), QUOTE_OCTAL);
	return PRINTED;
}

enum outcome argument_out_buffer(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	enum outcome outcome;

	(void)argument;
	if (is_told_now(line, value, &outcome))
		put_buffer(line, value, (uint64_t)line->result, QUOTE_OCTAL);
	return outcome;
}

enum outcome argument_in(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_structure_at(line, argument->structure, value);
	return PRINTED;
}

enum outcome argument_out(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	enum outcome outcome;

	if (is_told_now(line, value, &outcome))
		put_structure_at(line, argument->structure, value);
	return outcome;
}

enum outcome argument_in_array(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_array_at(line, argument->structure, value, (uint32_t)other_of(line, argument));
	return PRINTED;
}

/* The result is how many there are. */
enum outcome argument_out_array(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	enum outcome outcome;

	if (is_told_now(line, value, &outcome))
		put_array_at(line, argument->structure, value, (uint64_t)line->result);
	return outcome;
}

/* How much of a vector's memory is data; `shown` is false when only addresses are told. */
struct vector {
	uint64_t left;
	bool shown;
};

static void put_piece(struct trace_line *line, const void *copy, void *context)
{
	const struct linux_iovec *piece = copy;
	struct vector *vector = context;
	uint64_t bytes = piece->iov_len < vector->left ? piece->iov_len : vector->left;

	put_text(line, "{iov_base=");
	if (vector->shown)
		put_buffer(line, piece->iov_base, bytes, QUOTE_OCTAL);
	else
		put_address(line, piece->iov_base);
	put_text(line, ", iov_len=");
	put_unsigned(line, piece->iov_len);
	put_character(line, '}');
	vector->left -= bytes;
}

/* The caller has written the vector itself: it is told when the call has failed too. */
static void put_vector(struct trace_line *line, uint64_t address, uint64_t count, struct vector vector)
{
	bool before = line->despite_failure;

	line->despite_failure = true;
	put_elements(line, address, count, sizeof(struct linux_iovec), put_piece, &vector);
	line->despite_failure = before;
}

void put_data_vector(struct trace_line *line, uint64_t address, uint64_t count, uint64_t bytes)
{
	put_vector(line, address, count, (struct vector){bytes, true});
}

void put_address_vector(struct trace_line *line, uint64_t address, uint64_t count)
{
	put_vector(line, address, count, (struct vector){0, false});
}

enum outcome argument_in_vector(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_data_vector(line, value, other_of(line, argument), UINT64_MAX);
	return PRINTED;
}

enum outcome argument_out_vector(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	if (!line->returned)
		return LATER;
	if (call_succeeded(line))
		put_data_vector(line, value, other_of(line, argument), (uint64_t)line->result);
	else
		put_address_vector(line, value, other_of(line, argument));
	return PRINTED;
}

enum outcome argument_foreign_vector(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	put_address_vector(line, value, other_of(line, argument));
	return PRINTED;
}
