/* SPDX-License-Identifier: MIT */
/* Names of numbers (names.h), expanded from abi/linux/constants.def and errno.def. */
#include "trace/names.h"

#include "abi/errno.h"
#include "abi/linux/constants.h"

#define CONSTANTS(set, unknown) static const struct name list_of_##set[] = {
#define CONSTANT(name, value) {#name, (uint64_t)(LINUX_##name)},
#define SAME(name) {#name, (uint64_t)(LINUX_##name)},
#define CONSTANTS_END(set) {NULL, 0}};
#include "abi/linux/constants.def"

#define CONSTANTS(set, unknown) const struct names names_##set = {unknown, list_of_##set};
#define CONSTANT(name, value)
#define SAME(name)
#define CONSTANTS_END(set)
#include "abi/linux/constants.def"

#define FIRST_REAL_TIME 32
#define LAST_REAL_TIME 64

const char *name_of(const struct names *names, uint64_t value)
{
	for (const struct name *name = names->list; name->text; name++) {
		if (name->value == value || (value <= UINT32_MAX && (uint32_t)name->value == value))
			return name->text;
	}
	return NULL;
}

static void put_unknown(struct trace_line *line, const struct names *names)
{
	if (*names->unknown)
		put_comment(line, names->unknown);
}

void put_choice(struct trace_line *line, const struct names *names, uint64_t value)
{
	const char *text = name_of(names, value);

	if (text) {
		put_text(line, text);
		return;
	}
	put_hex(line, value);
	put_unknown(line, names);
}

void put_choice_decimal(struct trace_line *line, const struct names *names, int64_t value)
{
	const char *text = name_of(names, (uint64_t)value);

	if (text) {
		put_text(line, text);
		return;
	}
	put_signed(line, value);
	put_unknown(line, names);
}

static bool flag_is_in(uint64_t flags, const struct name *name)
{
	return flags == name->value || (name->value && (flags & name->value) == name->value);
}

/* Writes names, `count` of which stand there already, and takes their flags away. Returns how many there are now. */
static unsigned put_names(struct trace_line *line, const struct names *names, uint64_t *flags, unsigned count)
{
	for (const struct name *name = names->list; name->text && (*flags || !count); name++) {
		if (!flag_is_in(*flags, name))
			continue;
		if (count++)
			put_character(line, '|');
		put_text(line, name->text);
		*flags &= ~name->value;
	}
	return count;
}

static void put_rest(struct trace_line *line, uint64_t flags)
{
	if (!flags)
		return;
	put_character(line, '|');
	put_hex(line, flags);
}

unsigned put_flags_bare(struct trace_line *line, const struct names *names, uint64_t flags)
{
	unsigned count = put_names(line, names, &flags, 0);

	if (count)
		put_rest(line, flags);
	return count;
}

static void put_nameless(struct trace_line *line, const struct names *names, uint64_t flags)
{
	put_hex(line, flags);
	if (flags)
		put_unknown(line, names);
}

void put_flags(struct trace_line *line, const struct names *names, uint64_t flags)
{
	if (!put_flags_bare(line, names, flags))
		put_nameless(line, names, flags);
}

void put_flags_of_two(struct trace_line *line, const struct names *first, const struct names *second, uint64_t flags)
{
	unsigned count = put_names(line, second, &flags, put_names(line, first, &flags, 0));

	if (count)
		put_rest(line, flags);
	else
		put_nameless(line, first, flags);
}

/* Writes a name but for its first `skipped` letters; false when there is none. */
static bool put_signal_name(struct trace_line *line, int32_t number, unsigned skipped)
{
	const char *text = number > 0 ? name_of(&names_signals, (uint32_t)number) : NULL;

	if (number == FIRST_REAL_TIME)
		text = "SIGRTMIN";
	if (text) {
		put_text(line, text + skipped);
		return true;
	}
	if (number < FIRST_REAL_TIME || number > LAST_REAL_TIME)
		return false;
	put_text(line, &"SIGRT_"[skipped]);
	put_signed(line, number - FIRST_REAL_TIME);
	return true;
}

void put_signal(struct trace_line *line, int32_t number)
{
	if (!put_signal_name(line, number, 0))
		put_signed(line, number);
}

void put_signal_short(struct trace_line *line, int32_t number)
{
	put_signal_name(line, number, sizeof("SIG") - 1);
}

const char *error_name(int64_t number)
{
	switch (number) {
#define ERRNO(name, text) case name: return #name;
#define ERRNO_RESTART(name, code, text) case code: return #name;
#include "abi/linux/errno.def"
	default:
		return NULL;
	}
}

const char *error_text(int64_t number)
{
	switch (number) {
#define ERRNO(name, text) case name: return text;
#define ERRNO_RESTART(name, code, text) case code: return text;
#include "abi/linux/errno.def"
	default:
		return NULL;
	}
}
