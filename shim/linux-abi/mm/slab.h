/* SPDX-License-Identifier: MIT */
/* Small structures of one size, in frames. What is given back is used again for the same kind; frames stay with it until all of theirs are free. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slab_frame;

struct slab {
	const char *name;
	size_t size; /* of one, a multiple of 8, at most a page less 64 */
	struct slab_frame *partial; /* frames with something free */
	uint64_t used, frames;
	struct slab *next; /* of all that have been used */
	bool listed;
};

#define SLAB(type) {.name = #type, .size = (sizeof(type) + 7) & ~(size_t)7}

/* Kinds of structures of which there have been some, by `next`: what /proc/slabinfo tells. */
extern struct slab *slabs;

/* How many structures fit into a frame. */
uint32_t slab_per_frame(const struct slab *slab);

/* A cleared structure, or a null pointer when there is no memory. */
void *slab_take(struct slab *slab);

void slab_return(struct slab *slab, void *structure);
