/* SPDX-License-Identifier: MIT */
/* The records that the kernel writes at boot without a call: genesis, modules, and what init is granted. */
#pragma once

#include "tools/replay/arena.h"
#include "tools/replay/records.h"

#define RANGES_MAX 256

/* A range of physical memory that has its one use. */
struct boot_range {
	paddr_t base;
	uint64_t size;
};

/* What is known of the boot so far. */
struct boot_state {
	ref_t cnode; /* init's; 0 before genesis */
	uint64_t slots;
	struct boot_range range[RANGES_MAX];
	unsigned ranges;
};

/* Is this operation one of those that the kernel writes by itself? */
bool boot_writes(unsigned operation);

/* What is wrong with such a record; NULL when nothing is, and then it may be applied. Source: abi/commits.def. */
const char *boot_record_check(struct boot_state *boot, const struct commit_record *record);
