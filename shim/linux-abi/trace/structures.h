/* SPDX-License-Identifier: MIT */
/* Structures of the process's memory, member by member; struct structure structure_TYPE stands for what an argument IN, OUT or INOUT of type TYPE points to, which may be a number too. */
#pragma once

#include "trace/values.h"

/* The largest is struct utsname. */
#define STRUCTURE_BYTES_MAX 392

struct field;

struct structure {
	uint32_t bytes;
	enum value_kind kind;        /* of a number, when there are neither fields nor a function */
	const struct field *(*fields)(void); /* or null */
	void (*print)(struct trace_line *line, const void *structure); /* or null: a copy of it */
};

/* Those of abi/linux/structures.def by their members, or by a function of the tracer. */
#define STRUCTURE(name) extern const struct structure structure_##name;
#include "abi/linux/structures.def"

/* Numbers in memory, written in square brackets. */
extern const struct structure structure_int, structure_unsigned, structure_length, structure_size, structure_offset, structure_uid, structure_address, structure_time, structure_timer_id, structure_aio_context;

/* Structures with functions of their own. */
extern const struct structure structure_sigaction, structure_siginfo, structure_sigevent, structure_sigset_argument, structure_wait_status;

/* A structure that was copied from the process. */
void put_structure(struct trace_line *line, const struct structure *structure, const void *copy);

/* One at an address: NULL and what cannot be read are written as addresses. */
void put_structure_at(struct trace_line *line, const struct structure *structure, uint64_t address);

/* Writes one element of an array, which was copied. */
typedef void element_function(struct trace_line *line, const void *copy, void *context);

/* `count` elements in square brackets, the first TRACE_SHOWN; where memory ends before, its address stands in a comment. `bytes` of an element are at most STRUCTURE_BYTES_MAX. */
void put_elements(struct trace_line *line, uint64_t address, uint64_t count, uint32_t bytes, element_function *print, void *context);

/* `count` structures. */
void put_array_at(struct trace_line *line, const struct structure *structure, uint64_t address, uint64_t count);

/* What stands in an array for the element at this address and all behind it, which cannot be read. */
void put_cut(struct trace_line *line, uint64_t address);
