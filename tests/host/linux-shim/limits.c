/* SPDX-License-Identifier: MIT */
/* Allocations that fail (limits.h): of structures, and of frames beside those that processes have in their address spaces. */
#include "limits.h"

#include <sanitizer/common_interface_defs.h>
#include <stdio.h>

#include "mm/frames.h"
#include "spaces.h"

static uint32_t every, count, serial_last;
static void *makers[PHYSICAL_MOST]; /* of each frame: where frame_allocate() was called */
static uint32_t serials[PHYSICAL_MOST];

void allocations_limit(uint32_t period)
{
	every = period;
	count = 0;
}

bool allocation_fails(void)
{
	return every && ++count % every == 0;
}

frame_t __real_frame_allocate(bool clear);
frame_t __wrap_frame_allocate(bool clear);

/* Linked in the place of frame_allocate(). */
frame_t __wrap_frame_allocate(bool clear)
{
	frame_t frame = allocation_fails() ? 0 : __real_frame_allocate(clear);

	if (frame && physical_mapped(frame))
		complain("frame %u is given out, and a process has it mapped", frame);
	makers[frame] = __builtin_return_address(0);
	serials[frame] = ++serial_last;
	return frame;
}

uint32_t frames_serial(void)
{
	return serial_last;
}

void frames_tell(uint32_t since)
{
	char maker[256];

	for (frame_t frame = 1; frame < PHYSICAL_MOST; frame++) {
		if (serials[frame] <= since || !frame_users(frame))
			continue;
		__sanitizer_symbolize_pc(makers[frame], "%f (%s:%l)", maker, sizeof(maker));
		fprintf(stderr, "left: a frame of %s\n", maker);
	}
}
