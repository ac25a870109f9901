/* SPDX-License-Identifier: MIT */
/*
 * What the probe in Linux's kernel tells the recorder: events in a ring, in the order in which they happened, and two small tables by which the recorder tells the probe what to do.
 *
 * An event is a struct record_event with its parts behind it: pieces of the process's memory, each a struct record_part and `got` bytes, padded to eight. A piece never crosses a page, so what was asked for may be several of them.
 */
#pragma once

#include <stdint.h>

#define RECORD_ARGUMENTS 6
#define RECORD_CALLS 512       /* numbers of calls that have a plan */
#define RECORD_PAGE 4096
#define RECORD_PART_MAX 4096   /* bytes of a part */
#define RECORD_PARTS_MAX 65536 /* bytes of all parts of an event */
#define RECORD_LEVELS 3

enum record_kind {
	RECORD_ENTRY,   /* a call begins: number, arguments, memory as it is before */
	RECORD_EXIT,    /* it returns: its result, memory as it is afterwards */
	RECORD_RENAMED, /* execve() by a thread that is not the first: it has the id `task` now, and had `number` */
	RECORD_END,     /* the task is gone */
};

struct record_event {
	uint32_t kind, task;
	uint64_t number;
	uint64_t arguments[RECORD_ARGUMENTS];
	int64_t result;
	uint64_t stack; /* the task's stack pointer */
	uint32_t bytes; /* of the parts behind */
	uint32_t cut;   /* parts that there was no room for */
};

/* What became of a part. */
enum record_state {
	RECORD_READ,
	RECORD_NO_MEMORY, /* the process has nothing mapped there */
	RECORD_ABSENT,    /* it has, but the page was not in memory, and a probe cannot wait for it */
};

struct record_part {
	uint64_t address;
	uint32_t asked, got; /* bytes; `got` is `asked` or 0 */
	uint32_t state, padding;
};

_Static_assert(sizeof(struct record_event) == 88 && sizeof(struct record_part) == 24, "both compilers lay them out alike");

/* What is read where an argument points. */
enum record_flags {
	RECORD_TEXT = 1,  /* it ends with a NUL: no more than is needed for that */
	RECORD_STACK = 2, /* the argument is the stack pointer (rt_sigreturn) */
	RECORD_AFTER = 4, /* the call writes there: only the exit tells */
};

struct record_fetch {
	uint16_t bytes;               /* 0: it is no pointer */
	uint16_t inner[RECORD_LEVELS - 1]; /* the same for pointers in that memory, and for pointers in what they lead to */
	uint16_t flags;
};

struct record_plan {
	struct record_fetch fetches[RECORD_ARGUMENTS];
};

/* The table with one element that is neither. */
struct record_control {
	uint64_t lost;   /* [probe] events that the ring had no room for, and tasks that could not be followed */
	uint32_t parent; /* [recorder] whose children are followed */
	uint32_t padding;
};
