/* SPDX-License-Identifier: MIT */
/*
 * For each argument of each call, how much memory the lines of the trace may ask for (plans.h): a structure is as long as it is, of texts, buffers and arrays as much is read as is shown. Arguments with a decoder of their own have a bounded
 * piece read where they point, if they do; those for which that is not enough have a row here. A piece that a line asks for and that nobody has read is counted by its reader, so a plan that is too small is noticed.
 */
#include "tools/abi-record/plans.h"

#include "abi/linux/structures.h"
#include "lib/string.h"
#include "trace/quote.h"
#include "trace/structures.h"

#define SHOWN_BYTES (TRACE_SHOWN + 8) /* one more tells that there are more */
#define SHOWN(bytes) ((TRACE_SHOWN + 1) * (bytes))
#define PATH_BYTES (4096 + 264)
#define SPECIAL_BYTES 1100
#define CONTROL_BYTES 1088 /* of a message: 253 files */
#define ENTRIES_BYTES 32768
#define VARIABLES_BYTES 4096

#define POINTER(bytes, flags) {(uint16_t)(bytes), {0, 0}, flags},
#define NONE_AT_ALL POINTER(0, 0)
#define INT(name) NONE_AT_ALL
#define UINT(name) NONE_AT_ALL
#define LONG(name) NONE_AT_ALL
#define ULONG(name) NONE_AT_ALL
#define SIZE(name) NONE_AT_ALL
#define OFFSET(name) NONE_AT_ALL
#define HEX(name) NONE_AT_ALL
#define HEX32(name) NONE_AT_ALL
#define MODE(name) NONE_AT_ALL
#define FD(name) NONE_AT_ALL
#define DIRFD(name) NONE_AT_ALL
#define PID(name) NONE_AT_ALL
#define UID(name) NONE_AT_ALL
#define GID(name) NONE_AT_ALL
#define SIGNAL(name) NONE_AT_ALL
#define ID(name, kind) NONE_AT_ALL
#define SET(name, set) NONE_AT_ALL
#define LONG_SET(name, set) NONE_AT_ALL
#define CHOICE(name, set) NONE_AT_ALL
#define ADDRESS(name) NONE_AT_ALL
#define OPAQUE(name) NONE_AT_ALL
#define PATH(name) POINTER(PATH_BYTES, RECORD_TEXT)
#define STRING(name) POINTER(SHOWN_BYTES, 0)
#define STRINGS(name) {SHOWN(8), {SHOWN_BYTES, 0}, 0},
#define IN_BUFFER(name, length) POINTER(SHOWN_BYTES, 0)
#define OUT_BUFFER(name, length) POINTER(SHOWN_BYTES, RECORD_AFTER)
#define IN(name, type) POINTER(structure_##type.bytes, 0)
#define OUT(name, type) POINTER(structure_##type.bytes, RECORD_AFTER)
#define INOUT(name, type) IN(name, type)
#define IN_ARRAY(name, type, count) POINTER(SHOWN(structure_##type.bytes), 0)
#define OUT_ARRAY(name, type, count) POINTER(SHOWN(structure_##type.bytes), RECORD_AFTER)
#define IN_VECTOR(name, count) {SHOWN(sizeof(struct linux_iovec)), {SHOWN_BYTES, 0}, 0},
#define OUT_VECTOR(name, count) IN_VECTOR(name, count)
#define SPECIAL(name, kind) special_find(#kind),
#define SPECIAL_BY(name, kind, other) special_find(#kind),

struct special {
	const char *kind;
	struct record_fetch fetch;
};

static struct record_fetch special_find(const char *kind)
{
	static const struct special specials[] = {
		{"frame_mask", {SPECIAL_BYTES, {0, 0}, RECORD_STACK}},
		{"clone_arguments", {sizeof(struct linux_clone_args), {8, 0}, 0}},
		{"environment", {VARIABLES_BYTES, {0, 0}, 0}},
		{"out_entries", {ENTRIES_BYTES, {0, 0}, RECORD_AFTER}},
		{"out_path", {PATH_BYTES, {0, 0}, RECORD_TEXT | RECORD_AFTER}},
		{"in_message", {sizeof(struct linux_msghdr), {CONTROL_BYTES, SHOWN_BYTES}, 0}},
		{"out_message", {sizeof(struct linux_msghdr), {CONTROL_BYTES, SHOWN_BYTES}, 0}},
		{"in_messages", {SHOWN(sizeof(struct linux_mmsghdr)), {CONTROL_BYTES, SHOWN_BYTES}, 0}},
		{"out_messages", {SHOWN(sizeof(struct linux_mmsghdr)), {CONTROL_BYTES, SHOWN_BYTES}, 0}},
	};

	for (unsigned i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
		if (!strcmp(specials[i].kind, kind))
			return specials[i].fetch;
	}
	return (struct record_fetch){SPECIAL_BYTES, {0, 0}, 0};
}

void plans_make(struct record_plan plans[RECORD_CALLS])
{
#define SYSCALL(number, name, arguments, result, handler, status) \
	_Static_assert((number) < RECORD_CALLS, "every call has a plan"); \
	plans[number] = (struct record_plan){{arguments}};
#include "shim/linux-abi/syscalls.def"
}
#include "shim/linux-abi/arguments_undefine.h"
