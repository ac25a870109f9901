/* SPDX-License-Identifier: MIT */
/* Everything that the personality has and that goes away with its processes. */
#pragma once

#include <stdint.h>

struct census {
	uint64_t serial;       /* of structures */
	uint32_t frame_serial; /* of frames */
	uint64_t tasks, structures, frames, pages, files, timers;
};

/* Counts, after pages that are only kept for who may want them again have been dropped. */
struct census census_take(void);

/* Ends the test when there is more, or less, than before. */
void census_compare(const struct census *before, const struct census *after);
