/* SPDX-License-Identifier: MIT */
/* How one number is written, by what it is. Arguments and members of structures are the same here. */
#pragma once

#include "trace/names.h"

enum value_kind {
	VALUE_INT,  /* 32 bits, signed; also FD, PID and ID */
	VALUE_UINT, /* 32 bits */
	VALUE_LONG,
	VALUE_ULONG,
	VALUE_HEX,
	VALUE_UINT_HEX,
	VALUE_ADDRESS,
	VALUE_MODE,
	VALUE_FILE_MODE, /* S_IFREG|0644 */
	VALUE_OPEN_MODES, /* O_RDWR|O_CREAT */
	VALUE_DEVICE,
	VALUE_UID,  /* -1 is no user */
	VALUE_DIRFD,
	VALUE_SIGNAL,
	VALUE_CLOCK_TICKS,
	VALUE_LIMIT,
	VALUE_SET,    /* of a struct names */
	VALUE_CHOICE,
};

#define VALUE_FD VALUE_INT
#define VALUE_PID VALUE_INT
#define VALUE_GID VALUE_UID
#define VALUE_SIZE VALUE_ULONG
#define VALUE_OFFSET VALUE_LONG

/* `names` is for sets and choices. */
void put_value(struct trace_line *line, enum value_kind kind, const struct names *names, uint64_t value);
