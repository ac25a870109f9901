/* SPDX-License-Identifier: MIT */
/*
 * All of a capability state: every live or dying slot and every object, in the order of their addresses.
 *
 * The state is read from an image of physical memory, which may be a replay's arena or the dump of a real machine. An image is read as the work of a stranger: each
 * reference is checked before it is followed, and what does not fit together is an error with one line, never a crash or an endless walk.
 */
#pragma once

#include "kernel/core/core.h"

/* Physical memory from address 0 on, and where the core lies in it. */
struct image {
	const unsigned char *memory;
	uint64_t size;
	ref_t core;
};

enum part {
	PART_CORE,   /* what is in no object */
	PART_OBJECT, /* the authority part of an object */
	PART_SLOT,
};

/* One thing in the state. Parts that begin at one address (a Thread and its first slot) come in the order of enum part. */
struct entry {
	ref_t address;
	ref_t parent; /* slot: the slot it was derived from; the core's root for what genesis made; 0 when it is dying or empty */
	uint8_t part;
	uint8_t type; /* of the object; of what a live or dying slot names */
	bool linked;  /* slot: in the derivation tree or on the dying list */
};

struct state {
	struct entry *entry;
	size_t count;
	char error[160];
};

/* Collects and sorts all entries. False, with `state->error` set, when the image is no sound state. Either way state_free() afterwards. */
bool state_collect(const struct image *image, struct state *state);

/* Frees what state_collect() allocated. */
void state_free(struct state *state);

/* `bytes` bytes at a reference; NULL when they are not all in the image, or the reference is not aligned to 8. */
const void *image_at(const struct image *image, ref_t ref, uint64_t bytes);
