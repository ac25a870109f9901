/* SPDX-License-Identifier: MIT */
/*
 * What to make of the status of a row of syscalls.def, in the macro SYSCALL of whoever reads the table:
 *
 *   BUILT_##status(TEXT)    TEXT when the call is built (FULL or PARTIAL), nothing when it is ABSENT
 *   ABSENT_##status(TEXT)   the other way round
 *   ERRNO_##status          what an ABSENT call answers, 0 for others
 *   WORD_##status           "full", "partial", "absent"
 *   NOTE_##status           what is missing, or why; "" for FULL
 *
 * For example, a table of handlers, with null for what is absent:
 *
 *   #define SYSCALL(number, name, arguments, result, handler, status) BUILT_##status([number] = handler,)
 */
#pragma once

#define BUILT_FULL(...) __VA_ARGS__
#define BUILT_PARTIAL(missing) BUILT_FULL
#define BUILT_ABSENT(error, why) SYSCALL_DROP

#define ABSENT_FULL(...)
#define ABSENT_PARTIAL(missing) SYSCALL_DROP
#define ABSENT_ABSENT(error, why) BUILT_FULL

#define SYSCALL_DROP(...)

#define ERRNO_FULL 0
#define ERRNO_PARTIAL(missing) 0
#define ERRNO_ABSENT(error, why) error

#define WORD_FULL "full"
#define WORD_PARTIAL(missing) "partial"
#define WORD_ABSENT(error, why) "absent"

#define NOTE_FULL ""
#define NOTE_PARTIAL(missing) missing
#define NOTE_ABSENT(error, why) why
