/* SPDX-License-Identifier: MIT */
/* The table of calls as the tracer has it, made from syscalls.def: what prints each argument, and what the result is. */
#pragma once

#include "trace/structures.h"

enum outcome {
	PRINTED,
	LATER,   /* only the exit tells; nothing was written */
	BEGUN,   /* a first part is written; the exit asks again, for the second */
	OMITTED, /* the call has no such argument with these others: neither it nor its comma appears */
};

/* What syscalls.def says of results; result.c makes use of it. */
enum result_kind {
	ZERO, VALUE, BYTES, PROCESS, NEVER,
	NEW_FD, NEW_SHM, NEW_SEM, NEW_MSG, NEW_WATCH, NEW_ADDRESS, OLD_MODE,
	READY_POLLS, READY_SETS, RECEIVED_MESSAGES, RESTORED, OF_FCNTL, OF_SIGNAL, OF_PERSONALITY, OF_SCHEDULER, OF_PRCTL, OF_CLOCK_STATE, OF_TIME, OF_IO_PRIORITY, OF_MEMBARRIER,
};

struct argument;

/* Prints one argument, or says why not. At the exit (line->returned) the answer is never LATER. */
typedef enum outcome argument_function(struct trace_line *line, const struct argument *argument, uint64_t value);

struct argument {
	const char *name; /* null: the call has fewer */
	argument_function *print;
	const char *other; /* the argument that this one is read by, or null */
	const struct names *names;
	const struct structure *structure;
	enum value_kind kind;
};

struct trace_call {
	const char *name;
	struct argument arguments[TRACE_ARGUMENTS];
	enum result_kind result;
};

/*
 * For what only the exit of a call that did its work tells: true then. Else *outcome says what to return, and an address was written when the call has failed.
 */
bool is_told_now(struct trace_line *line, uint64_t address, enum outcome *outcome);

/* The row of a number, or null. */
const struct trace_call *call_of(uint64_t number);

/* Value of the argument that `argument` is read by. */
uint64_t other_of(const struct trace_line *line, const struct argument *argument);

/* Value of the argument of this name. */
uint64_t argument_named(const struct trace_line *line, const char *name);

/* Of each kind of syscalls.def (arguments.c). */
argument_function argument_value, argument_long_set, argument_path, argument_string, argument_strings, argument_in_buffer, argument_out_buffer, argument_in, argument_out, argument_in_array, argument_out_array, argument_in_vector, argument_out_vector;

/* A vector of the process with its data, of which there are `bytes` (iov_len may be more), or with addresses only. */
void put_data_vector(struct trace_line *line, uint64_t address, uint64_t count, uint64_t bytes);
void put_address_vector(struct trace_line *line, uint64_t address, uint64_t count);

/* Of SPECIAL and SPECIAL_BY: argument_KIND for each. */
#define INT(name)
#define UINT(name)
#define LONG(name)
#define ULONG(name)
#define SIZE(name)
#define OFFSET(name)
#define HEX(name)
#define HEX32(name)
#define MODE(name)
#define FD(name)
#define DIRFD(name)
#define PID(name)
#define UID(name)
#define GID(name)
#define SIGNAL(name)
#define ID(name, kind)
#define SET(name, set)
#define LONG_SET(name, set)
#define CHOICE(name, set)
#define ADDRESS(name)
#define OPAQUE(name)
#define PATH(name)
#define STRING(name)
#define STRINGS(name)
#define IN_BUFFER(name, length)
#define OUT_BUFFER(name, length)
#define IN(name, type)
#define OUT(name, type)
#define INOUT(name, type)
#define IN_ARRAY(name, type, count)
#define OUT_ARRAY(name, type, count)
#define IN_VECTOR(name, count)
#define OUT_VECTOR(name, count)
#define SPECIAL(name, kind) extern argument_function argument_##kind;
#define SPECIAL_BY(name, kind, other) extern argument_function argument_##kind;
#define SYSCALL(number, name, arguments, result, handler, status) arguments
#include "shim/linux-abi/syscalls.def"
#include "shim/linux-abi/arguments_undefine.h"
