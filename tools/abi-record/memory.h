/* SPDX-License-Identifier: MIT */
/* The memory of a process as it was recorded with events: what the lines of a trace read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "tools/abi-record/record.h"

struct recorded_memory {
	const struct record_event *first, *second; /* looked at in this order; `second` may be null */
	unsigned absent;  /* readings that failed because a page was not in memory when the probe came */
	unsigned missing; /* readings of what no plan has named, or what there was no room for */
};

/* A struct trace_memory's function; its context is a struct recorded_memory. */
bool recorded_read(void *context, uint64_t address, void *to, size_t bytes);
