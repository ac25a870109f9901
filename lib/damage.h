/* SPDX-License-Identifier: MIT */
/* What a server finds damaged in its state when it starts: a list that tsm_open() fills (struct tsm_options, damaged), for the server to make good or to give up. */
#pragma once

#include <stdint.h>

#define DAMAGES_MOST 64

struct damages {
	uint32_t count; /* in all: what is beyond DAMAGES_MOST is not told apart any more */
	struct {
		uint64_t offset, bytes; /* in the data of the region */
	} range[DAMAGES_MOST];
};

/* Adds a range to the struct damages that is the context, and says so in the log. */
void damage_note(void *damages, uint64_t offset, uint64_t bytes);
