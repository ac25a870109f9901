/* SPDX-License-Identifier: MIT */
/* Names of numbers: the sets of abi/linux, each as struct names names_SET, and how flags and choices of them are written. */
#pragma once

#include "trace/line.h"

struct name {
	const char *text; /* null: the end */
	uint64_t value;
};

struct names {
	const char *unknown; /* beside a number without a name; empty: nothing */
	const struct name *list;
};

#define CONSTANTS(set, unknown) extern const struct names names_##set;
#define CONSTANT(name, value)
#define SAME(name)
#define CONSTANTS_END(set)
#include "abi/linux/constants.def"

/* The name of a number, or null. Of numbers that fit into 32 bits the sign does not matter. */
const char *name_of(const struct names *names, uint64_t value);

/* One value of a set; without a name 0x1f and a comment. */
void put_choice(struct trace_line *line, const struct names *names, uint64_t value);

/* The same, but a number without a name is decimal. */
void put_choice_decimal(struct trace_line *line, const struct names *names, int64_t value);

/* Names with | between them, then what is left as a number. Zero is the name of zero, or 0. */
void put_flags(struct trace_line *line, const struct names *names, uint64_t flags);

/* As put_flags(), but writes nothing for zero without a name and no comment. Returns how many names and numbers were written. */
unsigned put_flags_bare(struct trace_line *line, const struct names *names, uint64_t flags);

/* Flags of which some have their names in one set and some in another. */
void put_flags_of_two(struct trace_line *line, const struct names *first, const struct names *second, uint64_t flags);

/* SIGINT, SIGRT_3, or the number. */
void put_signal(struct trace_line *line, int32_t number);

/* INT, RT_3: in a set. */
void put_signal_short(struct trace_line *line, int32_t number);

/* ENOENT, or null. */
const char *error_name(int64_t number);

/* "No such file or directory", or null. */
const char *error_text(int64_t number);
