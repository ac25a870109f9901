/* SPDX-License-Identifier: MIT */
/*
 * The small systems: what each starts with, and every operation that is tried in each of its
 * states.
 */
#pragma once

#include "tests/host/exhaustive/operate.h"

struct kind_of_object {
	enum object_type type;
	uint64_t size;
};

#define KINDS_MAX 8

struct system {
	const char *name;
	unsigned cnode_bits;
	uint64_t pages;			      /* of the Untyped in slot 2 */
	bool device;			      /* device memory in slot 3 */
	bool region;			      /* a Region of the kernel's */
	bool controls;			      /* IRQ_CONTROL, LOG_CONTROL, IO_PORTS */
	uint64_t ring_capacity, ring_reserve; /* capacity 0: a ring that never fills */
	bool partial;			      /* deletions are cut at every step */
	bool machine_methods;
	bool lean; /* only what changes something is tried: further from the start, with fewer branches */
	struct kind_of_object kinds[KINDS_MAX]; /* what is made by retype */
	struct kind_of_object
		start[KINDS_MAX]; /* what is there at the beginning, in the slots from `first` on */
	unsigned first;
};

extern const struct system systems[];
extern const unsigned system_count;

#define OPERATIONS_MAX 20000

/* Build the system in machine and model. */
void system_build(const struct system *system, struct model *model);

/* Every operation to try in this state; returns their number. */
unsigned operations_list(const struct system *system, struct model *model, struct operation *list);
