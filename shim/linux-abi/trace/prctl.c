/* SPDX-License-Identifier: MIT */
/* prctl: the option says what the other arguments are, and how many of them there are. */
#include "abi/linux/constants.h"
#include "trace/calls.h"
#include "trace/quote.h"

#define NAME_BYTES 16 /* TASK_COMM_LEN */
#define SIGNALS_MOST 128

/* What the second argument of an option is. The arguments behind it are hexadecimal, as many as `more` says. */
enum shape { SHAPE_HEX, SHAPE_NONE, SHAPE_UNSIGNED, SHAPE_SIGNED, SHAPE_NAMED, SHAPE_FLAGS, SHAPE_SIGNAL, SHAPE_SETS_NAME, SHAPE_TELLS_NAME, SHAPE_TELLS_UNSIGNED, SHAPE_TELLS_SIGNAL, SHAPE_TELLS_ADDRESS };

struct option {
	uint32_t number;
	enum shape shape;
	const struct names *names;
	uint8_t more;
};

static const struct option options[] = {
	{LINUX_PR_GET_KEEPCAPS, SHAPE_NONE, NULL, 0},
	{LINUX_PR_GET_SECCOMP, SHAPE_NONE, NULL, 0},
	{LINUX_PR_GET_TIMERSLACK, SHAPE_NONE, NULL, 0},
	{LINUX_PR_GET_TIMING, SHAPE_NONE, NULL, 0},
	{LINUX_PR_GET_DUMPABLE, SHAPE_NONE, NULL, 0},
	{LINUX_PR_GET_SECUREBITS, SHAPE_NONE, NULL, 0},
	{LINUX_PR_TASK_PERF_EVENTS_DISABLE, SHAPE_NONE, NULL, 0},
	{LINUX_PR_TASK_PERF_EVENTS_ENABLE, SHAPE_NONE, NULL, 0},
	{LINUX_PR_GET_CHILD_SUBREAPER, SHAPE_TELLS_UNSIGNED, NULL, 0},
	{LINUX_PR_GET_NAME, SHAPE_TELLS_NAME, NULL, 0},
	{LINUX_PR_GET_PDEATHSIG, SHAPE_TELLS_SIGNAL, NULL, 0},
	{LINUX_PR_GET_TID_ADDRESS, SHAPE_TELLS_ADDRESS, NULL, 0},
	{LINUX_PR_SET_CHILD_SUBREAPER, SHAPE_UNSIGNED, NULL, 0},
	{LINUX_PR_SET_KEEPCAPS, SHAPE_UNSIGNED, NULL, 0},
	{LINUX_PR_SET_TIMING, SHAPE_UNSIGNED, NULL, 0},
	{LINUX_PR_SET_DUMPABLE, SHAPE_NAMED, &names_dumpable, 0},
	{LINUX_PR_CAPBSET_DROP, SHAPE_NAMED, &names_capabilities, 0},
	{LINUX_PR_CAPBSET_READ, SHAPE_NAMED, &names_capabilities, 0},
	{LINUX_PR_CAP_AMBIENT, SHAPE_NAMED, &names_capability_ambient, 3},
	{LINUX_PR_SET_NAME, SHAPE_SETS_NAME, NULL, 0},
	{LINUX_PR_SET_VMA, SHAPE_NAMED, &names_area_parts, 3},
	{LINUX_PR_SET_MM, SHAPE_NAMED, &names_memory_parts, 3},
	{LINUX_PR_SET_PDEATHSIG, SHAPE_SIGNAL, NULL, 0},
	{LINUX_PR_SET_SECCOMP, SHAPE_NAMED, &names_seccomp_modes, 3},
	{LINUX_PR_SET_SECUREBITS, SHAPE_FLAGS, &names_secure_bits, 0},
	{LINUX_PR_SET_TIMERSLACK, SHAPE_SIGNED, NULL, 0},
	{LINUX_PR_SET_NO_NEW_PRIVS, SHAPE_UNSIGNED, NULL, 3},
	{LINUX_PR_SET_THP_DISABLE, SHAPE_UNSIGNED, NULL, 3},
	{LINUX_PR_SET_IO_FLUSHER, SHAPE_UNSIGNED, NULL, 3},
	{0, SHAPE_HEX, NULL, 3},
};

static const struct option *option_of(uint64_t number)
{
	const struct option *option = options;

	while (option->number && option->number != (uint32_t)number)
		option++;
	return option;
}

static void put_signal_number(struct trace_line *line, uint64_t value)
{
	if (value > SIGNALS_MOST)
		put_unsigned(line, value);
	else
		put_signal(line, (int32_t)value);
}

static void put_told_signal(struct trace_line *line, uint64_t address)
{
	int32_t signal;

	if (!read_memory(line, address, &signal, sizeof(signal))) {
		put_address(line, address);
		return;
	}
	put_character(line, '[');
	put_signal(line, signal);
	put_character(line, ']');
}

/* A name: at most 15 bytes are read or written of it. */
static void put_name(struct trace_line *line, uint64_t address, size_t most)
{
	char name[NAME_BYTES];
	int64_t length = read_text(line, address, name, most);

	if (length < 0) {
		put_address(line, address);
		return;
	}
	put_quoted(line, name, (size_t)length, -1, QUOTE_OCTAL);
	if (length == (int64_t)most)
		put_text(line, "...");
}

static enum outcome put_told(struct trace_line *line, const struct option *option, uint64_t value)
{
	if (!line->returned)
		return LATER;
	if (!call_succeeded(line))
		put_address(line, value);
	else if (option->shape == SHAPE_TELLS_NAME)
		put_name(line, value, NAME_BYTES);
	else if (option->shape == SHAPE_TELLS_SIGNAL)
		put_told_signal(line, value);
	else
		put_structure_at(line, option->shape == SHAPE_TELLS_ADDRESS ? &structure_address : &structure_unsigned, value);
	return PRINTED;
}

enum outcome argument_prctl(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	const struct option *option = option_of(other_of(line, argument));

	switch (option->shape) {
	case SHAPE_NONE:
		return OMITTED;
	case SHAPE_HEX:
		put_hex(line, value);
		break;
	case SHAPE_UNSIGNED:
		put_unsigned(line, value);
		break;
	case SHAPE_SIGNED:
		put_signed(line, (int64_t)value);
		break;
	case SHAPE_NAMED:
		put_choice(line, option->names, value);
		break;
	case SHAPE_FLAGS:
		put_flags(line, option->names, value);
		break;
	case SHAPE_SIGNAL:
		put_signal_number(line, value);
		break;
	case SHAPE_SETS_NAME:
		put_name(line, value, NAME_BYTES - 1);
		break;
	default:
		return put_told(line, option, value);
	}
	return PRINTED;
}

/* The arguments from the third on. */
enum outcome argument_prctl_more(struct trace_line *line, const struct argument *argument, uint64_t value)
{
	uint64_t number = other_of(line, argument), second = argument_named(line, "arg2");
	const struct option *option = option_of(number);
	long index = argument - &line->call->arguments[2];

	if (index >= option->more || (number == LINUX_PR_SET_SECCOMP && (second == LINUX_SECCOMP_MODE_STRICT || (second == LINUX_SECCOMP_MODE_FILTER && index))))
		return OMITTED;
	if (number == LINUX_PR_CAP_AMBIENT && index == 0 && second != LINUX_PR_CAP_AMBIENT_CLEAR_ALL && name_of(&names_capability_ambient, second))
		put_choice(line, &names_capabilities, value);
	else if (number == LINUX_PR_SET_VMA && second == LINUX_PR_SET_VMA_ANON_NAME && index == 0)
		put_address(line, value);
	else if (number == LINUX_PR_SET_VMA && second == LINUX_PR_SET_VMA_ANON_NAME && index == 1)
		put_unsigned(line, value);
	else if (number == LINUX_PR_SET_VMA && second == LINUX_PR_SET_VMA_ANON_NAME)
		put_string(line, value);
	else
		put_hex(line, value);
	return PRINTED;
}
