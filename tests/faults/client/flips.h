/* SPDX-License-Identifier: MIT */
/* Reading from a service whose state is damaged, bit by bit (tests/faults/flip.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct flips {
	uint64_t wanted, tries, harmless, noticed, wrong, broken; /* broken: with the state put back, something was still wrong */
};

/* Damages the state of a service so often, but no more than once for each bit of its cells that are not zero, at places that lie evenly over them, and uses everything each time. */
void flips_run(const char *victim, uint64_t flips, struct flips *result);
