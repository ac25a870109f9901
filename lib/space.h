/* SPDX-License-Identifier: MIT */
/*
 * Address spaces: a VSpace with its donated table memory, a CNode for the threads that run in it, and where its next free address is.
 *
 * A space made here shares this program's text and constants and gets a copy of its data as it is at that moment, all at the same addresses: any function of
 * the image can run in it, with other capabilities and without access to this program's memory. Addresses are handed out upward and never reused
 * within a space.
 */
#pragma once

#include "lib/call.h"

struct space {
	handle_t vspace;
	handle_t cnode;
	vaddr_t next;       /* next free address */
	uint64_t next_slot; /* next free slot of its CNode, for capabilities that thread_create puts there */
};

/* The space that this program itself runs in. Until somebody sets it (lib/start.c, for services) it is init's. */
extern struct space own_space;

#define SPACE_ADDRESS_START 0x10000000
#define SPACE_SLOT_START 64 /* of the CNode of a space made here: slots below are the maker's to fill */

/* Makes a space: a CNode of 2^cnode_bits slots (at least 7 bits), a VSpace with `table_pages` pages of table memory, this program's image mapped. */
MUST_USE enum error space_create(struct space *space, uint64_t cnode_bits, uint64_t table_pages);

/* Makes an empty space for a foreign program: no image, addresses are up to the caller. */
MUST_USE enum error space_create_empty(struct space *space, uint64_t cnode_bits, uint64_t table_pages);

/* Attaches a Region with at most `rights`. */
MUST_USE enum error space_attach(struct space *space, handle_t region, uint64_t rights, handle_t *mapping);

/* Maps `pages` pages of a Mapping's Region, from its page `first`, at `address` with `rights` (MAP_*). Stops at the first refusal. */
MUST_USE enum error mapping_fill(handle_t mapping, vaddr_t address, uint64_t first, uint64_t pages, uint64_t rights);

/* Attaches a Region and maps its first `pages` pages at the next free address, or where `*address` says when that is not 0. */
MUST_USE enum error space_map(struct space *space, handle_t region, uint64_t pages, uint64_t rights, vaddr_t *address, handle_t *mapping);

/* Takes addresses for `pages` pages, with an empty page after them. */
vaddr_t space_reserve(struct space *space, uint64_t pages);

/* Copies a capability of this program into slot `slot` of the space's CNode, with a badge unless that is 0. */
MUST_USE enum error space_grant(struct space *space, uint64_t slot, handle_t capability, uint64_t rights, uint64_t badge);
