/* SPDX-License-Identifier: MIT */
/* The generator's tables (table.h), expanded from shim/linux-abi/syscalls.def, abi/linux/constants.def and abi/linux/structures.def. Only built calls are rows. */
#include "tests/fuzz/linux/table.h"

#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "shim/linux-abi/status.h"
#include "tests/fuzz/linux/specials.h"

/* Some sets and structures belong to calls that are not built. */
#define UNUSED __attribute__((unused))

/* Sets. */
#define CONSTANTS(set, unknown) static const uint64_t values_of_##set[] = {
#define CONSTANT(name, value) (uint64_t)(LINUX_##name),
#define SAME(name) (uint64_t)(LINUX_##name),
#define CONSTANTS_END(set) 0};
#include "abi/linux/constants.def"

/* Without the 0 at the end, which is there so that no array is empty. */
#define CONSTANTS(set, unknown) UNUSED static const struct constants constants_of_##set = {values_of_##set, sizeof(values_of_##set) / sizeof(values_of_##set[0]) - 1};
#define CONSTANT(name, value)
#define SAME(name)
#define CONSTANTS_END(set)
#include "abi/linux/constants.def"

/* Structures: a function for each, in which `this_structure` is the type whose offsets its members have; those in structures are bytes. */
#define OF_MEMBER(member) offsetof(this_structure, member)
#define MEMBER(type, member, kind, set) {OF_MEMBER(member), sizeof(type), kind, set},
#define BYTES_MEMBER(member) {OF_MEMBER(member), sizeof(((this_structure *)0)->member), KIND_MEMORY, NULL},
#define STRUCTURE(name) \
	static const struct member *members_of_##name(void) \
	{ \
		typedef struct linux_##name this_structure; \
		static const struct member members[] = {
#define FIELD(type, member, kind) MEMBER(type, member, FIELD_##kind, NULL)
#define FIELD_SET(type, member, set) MEMBER(type, member, KIND_SET, &constants_of_##set)
#define FIELD_CHOICE(type, member, set) MEMBER(type, member, KIND_CHOICE, &constants_of_##set)
#define FIELD_IN(structure, member) BYTES_MEMBER(member)
#define FIELD_TEXT(member, bytes) BYTES_MEMBER(member)
#define FIELD_ARRAY(type, member, count, kind) BYTES_MEMBER(member)
#define FIELD_MORE(type, member) BYTES_MEMBER(member)
#define FIELD_MORE_ARRAY(type, member, count) BYTES_MEMBER(member)
#define FIELD_PAD(type, member, count)
#define STRUCTURE_END(name, size) \
			{0, 0, KIND_MEMORY, NULL}}; \
		return members; \
	}

/* Kinds of members. */
#define FIELD_INT KIND_INT
#define FIELD_UINT KIND_UINT
#define FIELD_LONG KIND_LONG
#define FIELD_ULONG KIND_LONG
#define FIELD_SIZE KIND_SIZE
#define FIELD_HEX KIND_ANYTHING
#define FIELD_MODE KIND_MODE
#define FIELD_FILE_MODE KIND_MODE
#define FIELD_OPEN_MODES KIND_ANYTHING
#define FIELD_DEVICE KIND_ANYTHING
#define FIELD_UID KIND_USER
#define FIELD_FD KIND_FILE
#define FIELD_PID KIND_ANYTHING
#define FIELD_SIGNAL KIND_SIGNAL
#define FIELD_ADDRESS KIND_ADDRESS
#define FIELD_LIMIT KIND_LONG
#define FIELD_CLOCK_TICKS KIND_LONG
#include "abi/linux/structures.def"

#define STRUCTURE(name) UNUSED static const struct layout layout_##name = {sizeof(struct linux_##name), members_of_##name};
#include "abi/linux/structures.def"

/* Numbers in memory, and structures with unions, are bytes. */
#define LAYOUT(name, bytes) UNUSED static const struct layout layout_##name = {bytes, NULL};
LAYOUT(int, 4)
LAYOUT(unsigned, 4)
LAYOUT(uid, 4)
LAYOUT(timer_id, 4)
LAYOUT(size, 8)
LAYOUT(offset, 8)
LAYOUT(address, 8)
LAYOUT(aio_context, 8)
LAYOUT(siginfo, sizeof(struct linux_siginfo))
LAYOUT(sigset_argument, sizeof(struct linux_sigset_argument))

/* Structures with unions whose other members are worth a choice. */
static const struct member *members_of_sigaction(void)
{
	static const struct member members[] = {
		{offsetof(struct linux_sigaction, handler), 8, KIND_ADDRESS, NULL},
		{offsetof(struct linux_sigaction, flags), 8, KIND_SET, &constants_of_sigaction_flags},
		{offsetof(struct linux_sigaction, restorer), 8, KIND_ADDRESS, NULL},
		{offsetof(struct linux_sigaction, mask), 8, KIND_LONG, NULL},
		{0, 0, KIND_MEMORY, NULL},
	};
	return members;
}

static const struct member *members_of_sigevent(void)
{
	static const struct member members[] = {
		{offsetof(struct linux_sigevent, value), 8, KIND_LONG, NULL},
		{offsetof(struct linux_sigevent, signo), 4, KIND_SIGNAL, NULL},
		{offsetof(struct linux_sigevent, notify), 4, KIND_CHOICE, &constants_of_notify_how},
		{offsetof(struct linux_sigevent, thread), 4, KIND_INT, NULL},
		{0, 0, KIND_MEMORY, NULL},
	};
	return members;
}

static const struct layout layout_sigaction = {sizeof(struct linux_sigaction), members_of_sigaction};
static const struct layout layout_sigevent = {sizeof(struct linux_sigevent), members_of_sigevent};

const struct layout *const pointed[] = {&layout_flock, &layout_f_owner_ex, &layout_timespec, &layout_itimerspec, &layout_itimerval, &layout_rlimit, &layout_sembuf, &layout_semid_ds, &layout_winsize, &layout_termio, &layout_ucred, &layout_linger};
const unsigned pointed_count = sizeof(pointed) / sizeof(pointed[0]);

/* Arguments. */
#define ARGUMENT(argument, ...) {.name = #argument, .kind = __VA_ARGS__},
#define INT(name) ARGUMENT(name, KIND_INT)
#define UINT(name) ARGUMENT(name, KIND_UINT)
#define LONG(name) ARGUMENT(name, KIND_LONG)
#define ULONG(name) ARGUMENT(name, KIND_SIZE)
#define SIZE(name) ARGUMENT(name, KIND_SIZE)
#define OFFSET(name) ARGUMENT(name, KIND_OFFSET)
#define HEX(name) ARGUMENT(name, KIND_ANYTHING)
#define HEX32(name) ARGUMENT(name, KIND_ANYTHING)
#define ANYTHING(name) ARGUMENT(name, KIND_ANYTHING)
#define OFTEN(name, type) ARGUMENT(name, KIND_ANYTHING, .structure = &layout_##type)
#define MODE(name) ARGUMENT(name, KIND_MODE)
#define FILE_MODE(name) ARGUMENT(name, KIND_SET, .set = &constants_of_mode_bits, .second = &constants_of_file_types)
#define FD(name) ARGUMENT(name, KIND_FILE)
#define DIRFD(name) ARGUMENT(name, KIND_DIRECTORY)
#define PID(name) ARGUMENT(name, KIND_RESOURCE, .resource = RESOURCE_PROCESS)
#define UID(name) ARGUMENT(name, KIND_USER)
#define GID(name) ARGUMENT(name, KIND_USER)
#define SIGNAL(name) ARGUMENT(name, KIND_SIGNAL)
#define ID(name, kind) ARGUMENT(name, KIND_RESOURCE, .resource = RESOURCE_##kind)
#define SET(name, values_) ARGUMENT(name, KIND_SET, .set = &constants_of_##values_)
#define LONG_SET(name, values_) SET(name, values_)
#define OPEN_MODES(name) ARGUMENT(name, KIND_SET, .set = &constants_of_open_flags, .second = &constants_of_open_access)
#define MAP_FLAGS(name) ARGUMENT(name, KIND_SET, .set = &constants_of_map_flags, .second = &constants_of_map_kinds)
#define CLONE_FLAGS(name) ARGUMENT(name, KIND_SET, .set = &constants_of_clone_flags, .second = &constants_of_signals)
#define SOCKET_TYPE(name) ARGUMENT(name, KIND_SET, .set = &constants_of_socket_flags, .second = &constants_of_socket_types)
#define FUTEX_OPERATION(name) ARGUMENT(name, KIND_SET, .set = &constants_of_futex_flags, .second = &constants_of_futex_operations)
#define CHOICE(name, values_) ARGUMENT(name, KIND_CHOICE, .set = &constants_of_##values_)
#define ADDRESS(name) ARGUMENT(name, KIND_ADDRESS)
#define OPAQUE(name) ARGUMENT(name, KIND_MEMORY, .bytes = 64)
#define PATH(name) ARGUMENT(name, KIND_PATH)
#define STRING(name) ARGUMENT(name, KIND_TEXT)
#define STRINGS(name) ARGUMENT(name, KIND_TEXTS)
#define IN_BUFFER(name, length) ARGUMENT(name, KIND_BUFFER, .other = #length)
#define OUT_BUFFER(name, length) ARGUMENT(name, KIND_BUFFER, .other = #length)
#define IN_BYTES(name, count) ARGUMENT(name, KIND_MEMORY, .bytes = (count))
#define OUT_BYTES(name, count) ARGUMENT(name, KIND_MEMORY, .bytes = (count))
#define IN(name, type) ARGUMENT(name, KIND_STRUCTURE, .structure = &layout_##type)
#define OUT(name, type) IN(name, type)
#define INOUT(name, type) IN(name, type)
#define IN_SIZED(name, type, size) ARGUMENT(name, KIND_STRUCTURE, .other = #size, .structure = &layout_##type)
#define IN_ARRAY(name, type, count) ARGUMENT(name, KIND_ARRAY, .other = #count, .structure = &layout_##type)
#define OUT_ARRAY(name, type, count) IN_ARRAY(name, type, count)
#define IN_VECTOR(name, count) ARGUMENT(name, KIND_VECTOR, .other = #count)
#define OUT_VECTOR(name, count) IN_VECTOR(name, count)
#define MESSAGE(name) ARGUMENT(name, KIND_MESSAGE)
#define SOCKET_ADDRESS(name, length) ARGUMENT(name, KIND_SOCKET_ADDRESS, .other = #length)
#define LENGTH(name) ARGUMENT(name, KIND_LENGTH)
#define OUT_FILES(name) ARGUMENT(name, KIND_FILES, .bytes = 8)
#define SPECIAL(name, kind) PLAIN_##kind(name)
#define SPECIAL_BY(name, kind, other) PLAIN_##kind(name, other)

/* What results give. */
enum {
	GIVES_ZERO = GIVES_NOTHING, GIVES_VALUE = GIVES_NOTHING, GIVES_BYTES = GIVES_NOTHING, GIVES_NEVER = GIVES_NOTHING, GIVES_OLD_MODE = GIVES_NOTHING, GIVES_READY_POLLS = GIVES_NOTHING,
	GIVES_READY_SETS = GIVES_NOTHING, GIVES_RECEIVED_MESSAGES = GIVES_NOTHING, GIVES_RESTORED = GIVES_NOTHING, GIVES_OF_SIGNAL = GIVES_NOTHING, GIVES_OF_PERSONALITY = GIVES_NOTHING,
	GIVES_OF_SCHEDULER = GIVES_NOTHING, GIVES_OF_PRCTL = GIVES_NOTHING, GIVES_OF_CLOCK_STATE = GIVES_NOTHING, GIVES_OF_TIME = GIVES_NOTHING, GIVES_OF_IO_PRIORITY = GIVES_NOTHING,
	GIVES_OF_MEMBARRIER = GIVES_NOTHING, GIVES_OF_FCNTL = GIVES_NOTHING, /* but F_DUPFD: grammar_learn() */
	GIVES_NEW_FD = RESOURCE_FILE, GIVES_PROCESS = RESOURCE_PROCESS, GIVES_NEW_ADDRESS = RESOURCE_ADDRESS, GIVES_NEW_SHM = RESOURCE_SHM, GIVES_NEW_SEM = RESOURCE_SEM,
	GIVES_NEW_MSG = RESOURCE_MSG, GIVES_NEW_WATCH = RESOURCE_WATCH,
};

const struct row rows[] = {
#define SYSCALL(number, name, arguments, result, handler, status) BUILT_##status({number, #name, {arguments}, GIVES_##result},)
#include "shim/linux-abi/syscalls.def"
};
const unsigned row_count = sizeof(rows) / sizeof(rows[0]);

const struct row *row_of(uint64_t number)
{
	for (unsigned i = 0; i < row_count; i++) {
		if (rows[i].number == number)
			return &rows[i];
	}
	return NULL;
}

unsigned grammar_calls(void)
{
	return row_count;
}

uint64_t grammar_number(unsigned index)
{
	return rows[index].number;
}
