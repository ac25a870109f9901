/* SPDX-License-Identifier: MIT */
/* futex: what its arguments are, and which of them there are, is said by the operation. */
#include "abi/linux/constants.h"
#include "trace/calls.h"

#define COMMAND_BITS 0x7f

/* The kinds of the four arguments behind the operation. */
enum part { NONE_PART, COUNT, TIMEOUT, SECOND_COUNT, ADDRESS_PART, VALUE_PART, HEX_PART, BITSET, OPERATION, PLACE };

static const enum part parts[][4] = {
	[LINUX_FUTEX_WAIT] = {COUNT, TIMEOUT},
	[LINUX_FUTEX_WAKE] = {COUNT},
	[LINUX_FUTEX_FD] = {COUNT},
	[LINUX_FUTEX_REQUEUE] = {COUNT, SECOND_COUNT, ADDRESS_PART},
	[LINUX_FUTEX_CMP_REQUEUE] = {COUNT, SECOND_COUNT, ADDRESS_PART, VALUE_PART},
	[LINUX_FUTEX_WAKE_OP] = {COUNT, SECOND_COUNT, ADDRESS_PART, OPERATION},
	[LINUX_FUTEX_LOCK_PI] = {NONE_PART, TIMEOUT},
	[LINUX_FUTEX_LOCK_PI2] = {NONE_PART, TIMEOUT},
	[LINUX_FUTEX_UNLOCK_PI] = {NONE_PART},
	[LINUX_FUTEX_TRYLOCK_PI] = {NONE_PART},
	[LINUX_FUTEX_WAIT_BITSET] = {COUNT, TIMEOUT, NONE_PART, BITSET},
	[LINUX_FUTEX_WAKE_BITSET] = {COUNT, NONE_PART, NONE_PART, BITSET},
	[LINUX_FUTEX_WAIT_REQUEUE_PI] = {COUNT, TIMEOUT, ADDRESS_PART},
	[LINUX_FUTEX_CMP_REQUEUE_PI] = {COUNT, SECOND_COUNT, ADDRESS_PART, VALUE_PART},
};
#define COMMANDS (sizeof(parts) / sizeof(parts[0]))

static const enum part unknown_parts[4] = {COUNT, PLACE, ADDRESS_PART, HEX_PART};

enum outcome argument_futex_operation(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	const char *text = name_of(&names_futex_operations, value & COMMAND_BITS);
	uint32_t flags = (uint32_t)value & ~(uint32_t)COMMAND_BITS;
	bool private = flags & LINUX_FUTEX_PRIVATE_FLAG, real_time = flags & LINUX_FUTEX_CLOCK_REALTIME;
	bool timed = (value & COMMAND_BITS) == LINUX_FUTEX_WAIT || (value & COMMAND_BITS) == LINUX_FUTEX_WAIT_BITSET || (value & COMMAND_BITS) == LINUX_FUTEX_WAIT_REQUEUE_PI;

	(void)argument;
	if (!text || flags & ~(uint32_t)(LINUX_FUTEX_PRIVATE_FLAG | LINUX_FUTEX_CLOCK_REALTIME) || (real_time && !timed)) {
		put_hex(line, (uint32_t)value);
		put_comment(line, "FUTEX_???");
		return PRINTED;
	}
	put_text(line, text);
	if (private)
		put_text(line, (value & COMMAND_BITS) == LINUX_FUTEX_FD ? "|FUTEX_PRIVATE_FLAG" : "_PRIVATE");
	if (real_time)
		put_text(line, "|FUTEX_CLOCK_REALTIME");
	return PRINTED;
}

static void put_shifted(struct trace_line *line, const struct names *names, const char *unknown, uint32_t value, const char *shift)
{
	const char *text = name_of(names, value);

	if (text)
		put_text(line, text);
	else
		put_hex(line, value);
	put_text(line, shift);
	if (!text)
		put_comment(line, unknown);
	put_character(line, '|');
}

#define SHIFT_OPERAND 8 /* of the operation's four bits: its operand is a bit number */

static void put_operation(struct trace_line *line, uint32_t value)
{
	if (value >> 28 & SHIFT_OPERAND)
		put_text(line, "FUTEX_OP_OPARG_SHIFT<<28|");
	put_shifted(line, &names_futex_wake_operations, "FUTEX_OP_???", value >> 28 & 7, "<<28");
	put_hex(line, value >> 12 & 0xfff);
	put_text(line, "<<12|");
	put_shifted(line, &names_futex_comparisons, "FUTEX_OP_CMP_???", value >> 24 & 0xf, "<<24");
	put_hex(line, value & 0xfff);
}

static void put_part(struct trace_line *line, enum part part, uint64_t value)
{
	switch (part) {
	case COUNT:
	case SECOND_COUNT:
	case VALUE_PART:
		put_unsigned(line, (uint32_t)value);
		break;
	case TIMEOUT:
		put_structure_at(line, &structure_timespec, value);
		break;
	case PLACE:
	case ADDRESS_PART:
		put_address(line, value);
		break;
	case BITSET:
		if ((uint32_t)value == UINT32_MAX) {
			put_text(line, "FUTEX_BITSET_MATCH_ANY");
			break;
		}
		put_hex(line, (uint32_t)value);
		break;
	case HEX_PART:
		put_hex(line, (uint32_t)value);
		break;
	case OPERATION:
		put_operation(line, (uint32_t)value);
		break;
	case NONE_PART:
		break;
	}
}

/* The arguments from the third on. */
enum outcome argument_futex(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t command = other_of(line, argument) & COMMAND_BITS;
	const enum part *row = command < COMMANDS ? parts[command] : unknown_parts;
	enum part part = row[argument - &line->call->arguments[2]];

	if (part == NONE_PART)
		return OMITTED;
	put_part(line, part, value);
	return PRINTED;
}
