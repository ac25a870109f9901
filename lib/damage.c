/* SPDX-License-Identifier: MIT */
/* The list of what is damaged in a state Region, as tsm_open() tells it (damage.h). */
#include "lib/damage.h"

#include "lib/log.h"

void damage_note(void *context, uint64_t offset, uint64_t bytes)
{
	struct damages *damages = context;

	log_print("state: %u bytes at offset %u are damaged\n", bytes, offset);
	if (damages->count < DAMAGES_MOST) {
		damages->range[damages->count].offset = offset;
		damages->range[damages->count].bytes = bytes;
	}
	damages->count++;
}
