/* SPDX-License-Identifier: MIT */
/* The table of calls (calls.h), expanded from syscalls.def. */
#include "trace/calls.h"

#include "lib/string.h"

#define PLAIN(name, kind) {#name, argument_value, NULL, NULL, NULL, kind},
#define INT(name) PLAIN(name, VALUE_INT)
#define UINT(name) PLAIN(name, VALUE_UINT)
#define LONG(name) PLAIN(name, VALUE_LONG)
#define ULONG(name) PLAIN(name, VALUE_ULONG)
#define SIZE(name) PLAIN(name, VALUE_ULONG)
#define OFFSET(name) PLAIN(name, VALUE_LONG)
#define HEX(name) PLAIN(name, VALUE_HEX)
#define HEX32(name) PLAIN(name, VALUE_UINT_HEX)
#define MODE(name) PLAIN(name, VALUE_MODE)
#define FD(name) PLAIN(name, VALUE_FD)
#define DIRFD(name) PLAIN(name, VALUE_DIRFD)
#define PID(name) PLAIN(name, VALUE_PID)
#define UID(name) PLAIN(name, VALUE_UID)
#define GID(name) PLAIN(name, VALUE_UID)
#define SIGNAL(name) PLAIN(name, VALUE_SIGNAL)
#define ID(name, kind) PLAIN(name, VALUE_OF_##kind)
#define ADDRESS(name) PLAIN(name, VALUE_ADDRESS)
#define OPAQUE(name) PLAIN(name, VALUE_ADDRESS)
#define SET(name, set) {#name, argument_value, NULL, &names_##set, NULL, VALUE_SET},
#define LONG_SET(name, set) {#name, argument_long_set, NULL, &names_##set, NULL, VALUE_SET},
#define CHOICE(name, set) {#name, argument_value, NULL, &names_##set, NULL, VALUE_CHOICE},
#define PATH(name) {#name, argument_path, NULL, NULL, NULL, 0},
#define STRING(name) {#name, argument_string, NULL, NULL, NULL, 0},
#define STRINGS(name) {#name, argument_strings, NULL, NULL, NULL, 0},
#define IN_BUFFER(name, length) {#name, argument_in_buffer, #length, NULL, NULL, 0},
#define OUT_BUFFER(name, length) {#name, argument_out_buffer, #length, NULL, NULL, 0},
#define IN(name, type) {#name, argument_in, NULL, NULL, &structure_##type, 0},
#define OUT(name, type) {#name, argument_out, NULL, NULL, &structure_##type, 0},
#define INOUT(name, type) {#name, argument_in, NULL, NULL, &structure_##type, 0},
#define IN_ARRAY(name, type, count) {#name, argument_in_array, #count, NULL, &structure_##type, 0},
#define OUT_ARRAY(name, type, count) {#name, argument_out_array, #count, NULL, &structure_##type, 0},
#define IN_VECTOR(name, count) {#name, argument_in_vector, #count, NULL, NULL, 0},
#define OUT_VECTOR(name, count) {#name, argument_out_vector, #count, NULL, NULL, 0},
#define SPECIAL(name, kind) {#name, argument_##kind, NULL, NULL, NULL, 0},
#define SPECIAL_BY(name, kind, other) {#name, argument_##kind, #other, NULL, NULL, 0},

/* How ids are written that are no files. */
#define VALUE_OF_SHM VALUE_INT
#define VALUE_OF_SEM VALUE_INT
#define VALUE_OF_MSG VALUE_INT
#define VALUE_OF_WATCH VALUE_INT
#define VALUE_OF_TIMER VALUE_INT
#define VALUE_OF_AIO VALUE_ADDRESS

static const struct trace_call calls[] = {
#define SYSCALL(number, name, arguments, result, handler, status) [number] = {#name, {arguments}, result},
#include "shim/linux-abi/syscalls.def"
};
#include "shim/linux-abi/arguments_undefine.h"

const struct trace_call *call_of(uint64_t number)
{
	return number < sizeof(calls) / sizeof(calls[0]) && calls[number].name ? &calls[number] : NULL;
}

bool is_told_now(struct trace_line *line, uint64_t address, enum outcome *outcome)
{
	*outcome = line->returned ? PRINTED : LATER;
	if (line->returned && !call_succeeded(line))
		put_address(line, address);
	return call_succeeded(line);
}

uint64_t argument_named(const struct trace_line *line, const char *name)
{
	for (unsigned i = 0; i < TRACE_ARGUMENTS && line->call->arguments[i].name; i++) {
		if (!strcmp(line->call->arguments[i].name, name))
			return line->arguments[i];
	}
	return 0;
}

uint64_t other_of(const struct trace_line *line, const struct argument *argument)
{
	return argument_named(line, argument->other);
}
