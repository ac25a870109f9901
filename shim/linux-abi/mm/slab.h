/* SPDX-License-Identifier: MIT */
/* Small structures of one size, in frames. What is given back is used again for the same kind; frames stay with it until all of theirs are free. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct slab_frame;

struct slab {
	size_t size; /* of one, a multiple of 8, at most a page less 64 */
	struct slab_frame *partial; /* frames with something free */
	uint64_t used;
};

#define SLAB(type) {.size = (sizeof(type) + 7) & ~(size_t)7}

/* A cleared structure, or a null pointer when there is no memory. */
void *slab_take(struct slab *slab);

void slab_return(struct slab *slab, void *structure);
