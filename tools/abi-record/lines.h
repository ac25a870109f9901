/* SPDX-License-Identifier: MIT */
/* From events to lines: the calls of each task, as tools/kozo-run --trace prints them. */
#pragma once

#include <stdio.h>

#include "tools/abi-record/record.h"

struct lines {
	FILE *output;
	uint32_t root;       /* the task whose first lines belong to the recorder: up to its first execve() that works */
	uint64_t calls;      /* lines that were written */
	uint64_t not_read;   /* readings of memory that failed though there was some; their lines are marked */
	uint64_t cut;        /* parts for which an event had no room */
	struct waiting *waiting; /* entries whose exits have not come */
};

/* Takes the next event. Fails only when there is no memory left, which ends the program. */
void lines_take(struct lines *lines, const struct record_event *event);
