/* SPDX-License-Identifier: MIT */
/* Arrays of a length that a program chooses: cleared frames, named one by one. */
#pragma once

#include "mm/frames.h"

#define ROW_FRAMES(type, count) (((count) * sizeof(type) + PAGE_SIZE - 1) / PAGE_SIZE)

/* The element at an index of an array of such elements, which do not cross the borders of frames. */
#define row_at(type, frames, index) ((type *)frame_bytes((frames)[(index) / (PAGE_SIZE / sizeof(type))]) + (index) % (PAGE_SIZE / sizeof(type)))

static inline void row_free(const frame_t *frames, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		frame_release(frames[i]);
}

/* Takes that many. False when there is no memory; then none is taken. */
static inline bool row_make(frame_t *frames, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		frames[i] = frame_allocate(true);
		if (!frames[i]) {
			row_free(frames, i);
			return false;
		}
	}
	return true;
}
