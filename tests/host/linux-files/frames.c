/* SPDX-License-Identifier: MIT */
/* The pool of pages behind stand-in/mm/frames.h. */
#include "mm/frames.h"

#include <string.h>

#include "lib/assert.h"

_Alignas(PAGE_SIZE) unsigned char pool[POOL_FRAMES][PAGE_SIZE];
uint32_t frames_out;

static uint32_t users[POOL_FRAMES];

frame_t frame_allocate(bool clear)
{
	frame_t frame = 1;

	while (frame < POOL_FRAMES && users[frame])
		frame++;
	if (frame == POOL_FRAMES)
		return 0;
	users[frame] = 1;
	frames_out++;
	memset(pool[frame], clear ? 0 : 0xa5, PAGE_SIZE);
	return frame;
}

void frame_hold(frame_t frame)
{
	users[frame]++;
}

void frame_release(frame_t frame)
{
	assert(users[frame]);
	if (--users[frame])
		return;
	frames_out--;
	memset(pool[frame], 0x5a, PAGE_SIZE);
}
