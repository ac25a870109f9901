/* SPDX-License-Identifier: MIT */
/* Frames of the personality (shim/linux-abi/mm/frames.h) on the host: a pool of pages, in which each is written over when it is given back, and the count of those that are out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/types.h"

typedef uint32_t frame_t;

#define POOL_FRAMES 4096
#define CHUNK_FRAMES POOL_FRAMES
#define CHUNKS_MAX 1

extern unsigned char pool[POOL_FRAMES][PAGE_SIZE];
extern uint32_t frames_out; /* that are in use */

frame_t frame_allocate(bool clear);
void frame_hold(frame_t frame);
void frame_release(frame_t frame);

static inline void *frame_bytes(frame_t frame)
{
	return pool[frame];
}

static inline frame_t frame_of(const void *bytes)
{
	return (frame_t)(((uintptr_t)bytes - (uintptr_t)pool) / PAGE_SIZE);
}
