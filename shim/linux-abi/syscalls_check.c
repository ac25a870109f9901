/* SPDX-License-Identifier: MIT */
/*
 * Checks syscalls.def when it is compiled; there is no code in it. A row whose number is not its place in the table, two rows of one name, two arguments of one name, an argument that another one refers
 * to and that does not exist, a status that is no status: each is an error of the compiler in the line of the row. (More than six arguments are one in trace/calls.c.)
 */
#include <stddef.h>

#include "abi/errno.h"
#include "shim/linux-abi/status.h"

/* Numbers 335 to 423 are no calls. */
#define FIRST_BLOCK 335
#define SECOND_BLOCK_START 424

enum row {
#define SYSCALL(number, name, arguments, result, handler, status) ROW_##name,
#include "shim/linux-abi/syscalls.def"
	ROWS
};
_Static_assert(ROWS == FIRST_BLOCK + (462 - SECOND_BLOCK_START), "the table ends with 461");

#define SYSCALL(number, name, arguments, result, handler, status) \
	_Static_assert((number) == ROW_##name + (ROW_##name < FIRST_BLOCK ? 0 : SECOND_BLOCK_START - FIRST_BLOCK), "numbers follow each other"); \
	_Static_assert(ERRNO_##status >= 0 && sizeof(WORD_##status) > 1 && sizeof(NOTE_##status) >= 1, "FULL, PARTIAL or ABSENT");
#include "shim/linux-abi/syscalls.def"

/*
 * Arguments become labels of a function of their call, and who refers to another one jumps to it: so the compiler says what is missing and what is there twice.
 */
#define ARGUMENT(name) name: __attribute__((unused));
#define REFERRING(name, other) ARGUMENT(name) goto other;
#define INT(name) ARGUMENT(name)
#define UINT(name) ARGUMENT(name)
#define LONG(name) ARGUMENT(name)
#define ULONG(name) ARGUMENT(name)
#define SIZE(name) ARGUMENT(name)
#define OFFSET(name) ARGUMENT(name)
#define HEX(name) ARGUMENT(name)
#define HEX32(name) ARGUMENT(name)
#define MODE(name) ARGUMENT(name)
#define FD(name) ARGUMENT(name)
#define DIRFD(name) ARGUMENT(name)
#define PID(name) ARGUMENT(name)
#define UID(name) ARGUMENT(name)
#define GID(name) ARGUMENT(name)
#define SIGNAL(name) ARGUMENT(name)
#define ID(name, kind) ARGUMENT(name)
#define SET(name, set) ARGUMENT(name)
#define LONG_SET(name, set) ARGUMENT(name)
#define CHOICE(name, set) ARGUMENT(name)
#define ADDRESS(name) ARGUMENT(name)
#define OPAQUE(name) ARGUMENT(name)
#define PATH(name) ARGUMENT(name)
#define STRING(name) ARGUMENT(name)
#define STRINGS(name) ARGUMENT(name)
#define IN(name, type) ARGUMENT(name)
#define OUT(name, type) ARGUMENT(name)
#define INOUT(name, type) ARGUMENT(name)
#define SPECIAL(name, kind) ARGUMENT(name)
#define IN_BUFFER(name, length) REFERRING(name, length)
#define OUT_BUFFER(name, length) REFERRING(name, length)
#define IN_ARRAY(name, type, count) REFERRING(name, count)
#define OUT_ARRAY(name, type, count) REFERRING(name, count)
#define IN_VECTOR(name, count) REFERRING(name, count)
#define OUT_VECTOR(name, count) REFERRING(name, count)
#define SPECIAL_BY(name, kind, other) REFERRING(name, other)

#define SYSCALL(number, name, arguments, result, handler, status) \
	static inline void arguments_of_##name(void) \
	{ \
		arguments; \
	}
#include "shim/linux-abi/syscalls.def"
