/* SPDX-License-Identifier: MIT */
/*
 * Frames: the pages of memory of which Linux processes' memory and the shim's own bookkeeping are made.
 *
 * They lie in *chunks*: Regions that are attached both to the shim, where all are mapped, and to each address space that has one of their frames (mm/host.h). So a frame goes to a process and back without
 * a change of authority. A chunk is made when the chunks before it are full. A frame has users: page-table entries, memory objects, holders in the middle of a copy; it is free when there is none.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi/types.h"

typedef uint32_t frame_t; /* number of a frame; 0: none */

#define CHUNK_FRAMES 16384 /* 64 MiB */
#define CHUNKS_MAX 64
#define FRAMES_ADDRESS 0x200000000000 /* outside of what AddressSanitizer has for itself, on the host: frame n lies at FRAMES_ADDRESS + n * PAGE_SIZE */

/* Takes over the shim's Untyped: a part for frames, the rest for kernel objects. False when there is too little. */
bool frames_start(handle_t untyped);

/* A frame with one user; 0 when there is none left, not even one that is only kept. With `clear` it is all zeros, else its content is anything. */
frame_t frame_allocate(bool clear);

/* From now on, when there is no frame left, this is asked to give some back that nobody uses, until there is one or it says that it has none (false). Must not wait. */
void frames_reclaim_by(bool (*function)(void));

/* Maps a frame at one more address of the shim. False when there is no memory for tables. */
bool frame_show(frame_t frame, uint64_t address);

/* One user more, one less. */
void frame_hold(frame_t frame);
void frame_release(frame_t frame);

uint32_t frame_users(frame_t frame);

/* Frames that are free, and all that there can be. */
uint64_t frames_free(void);
uint64_t frames_total(void);

/* The Region of a chunk; 0 when it has not been made. */
handle_t chunk_region(uint32_t chunk);

/* Where the shim sees a frame, and back. */
static inline void *frame_bytes(frame_t frame)
{
	return (void *)(FRAMES_ADDRESS + (uint64_t)frame * PAGE_SIZE);
}

static inline frame_t frame_of(const void *bytes)
{
	return (frame_t)(((uint64_t)bytes - FRAMES_ADDRESS) / PAGE_SIZE);
}
