/* SPDX-License-Identifier: MIT */
/* Kill points: one operation, one victim that ends at every k-th of its own instructions. */
#pragma once

#include "operations.h"

struct sweep {
	const struct operation *operation;
	const char *victim; /* its name */
	uint64_t points;    /* wanted */
	bool hangs;         /* it is made to hang instead of being killed */
	bool orphans;       /* it is stopped, and the supervisor faults before it starts it again */
	const char *then;   /* who ends while the victim recovers, whatever it does; a null pointer: nobody */
};

/* What came of it. */
struct sweep_result {
	uint64_t own;        /* instructions of the victim for the operation, when nobody kills it */
	uint64_t step;       /* k */
	uint64_t points;     /* different instructions of the victim at which it ended */
	uint64_t ends, tries; /* how often it ended, and how often that was tried */
	uint64_t median, most; /* of the client's pauses, in instructions */
	uint64_t supervisor_median, supervisor_most; /* with orphans: from the supervisor's fault until it serves again */
	uint64_t verdicts[VERDICTS];
	bool broken;         /* the client could not go on */
};

/* Kills until there are as many points as wanted, or there are no more to be found. */
void sweep_run(const struct sweep *sweep, struct sweep_result *result);
