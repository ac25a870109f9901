/* SPDX-License-Identifier: MIT */
/*
 * What the loader leaves to the kernel: the beginning of the capability system, as data.
 *
 * The loader has decided and checked everything: `record` are the commits of the genesis in their order, the memory of all objects that they make is clear. The kernel
 * commits them, enters the mappings, and lets init's Thread go. Two fields of an ATTACH record only the kernel knows: the Mapping and its index.
 */
#pragma once

#include "abi/abi.h"

#define HANDOFF_RECORDS_MAX 128
#define HANDOFF_MAPPINGS_MAX 16

/* Pages of a Region from its first on, to be entered through a Mapping. */
struct handoff_mapping {
	uint64_t slot; /* of the Mapping, by reference */
	vaddr_t address;
	uint64_t pages;
	uint64_t rights; /* MAP_READ | MAP_WRITE | MAP_EXECUTE */
};

struct handoff {
	paddr_t root;    /* of the kernel's own address space */
	uint64_t core;   /* struct core, by reference; clear */
	uint64_t ring;   /* the commit ring, by reference; empty */
	uint64_t thread; /* init's, by reference */
	vaddr_t entry, information, thread_block; /* its first RIP, RDI and GS base */
	uint64_t records, mappings;
	struct commit_record record[HANDOFF_RECORDS_MAX];
	struct handoff_mapping mapping[HANDOFF_MAPPINGS_MAX];
};

/* The kernel's entry: interrupts are off, the stack is this CPU's, `handoff` is reached through the direct map. */
_Noreturn void kernel_main(const struct handoff *handoff);
