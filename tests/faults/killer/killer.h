/* SPDX-License-Identifier: MIT */
/*
 * What the supervisor of the systems in tests/faults offers beside its own work: to end a service at a moment that the client chooses. Where one instruction takes one nanosecond, that is an instruction.
 *
 * A *strike* is that moment: so many ns after KILLER_ARM was received. A strike that must hit takes place only if the victim is the one who was interrupted, or waits for the processor because somebody of higher
 * priority has it: then it ends between two instructions of its own. Else the strike misses and nothing happens. A second strike can follow the first, for deaths during recovery.
 *
 * A *storm* ends services at random until there were as many kills as asked for: most while the victim is at work. Most follow each other closely, so that they fall into the recovery from the one before.
 * The victims may include the supervisor itself: it stops another one of them, and dies of a fault before it starts that again. A strike can be of that kind, too.
 */
#pragma once

#include "abi/types.h"

enum killer_request {
	KILLER_ARM = 1,  /* words: strike (4), second strike (4; no victim: none). Answer: nothing */
	KILLER_LOOK = 2, /* disarms. Answer: result of the first strike (4), of the second (4) */
	KILLER_STORM = 4, /* words: seed, kills, mean distance in ns, mask of victims by badge, hangs in 256 ends. Answer: nothing */
	KILLER_CALM = 5, /* Answer: 1 when the storm is over, ends so far, hangs among them, deaths of the supervisor */
	KILLER_REPORT = 6, /* words: what a client has found to be wrong, 1 when it is ready (0: it only asks). Answer: clients that are ready, sum of what they found */
	KILLER_END = 7, /* words: badge of who is killed at once. Answer: nothing */
	KILLER_HEALTH = 8, /* words: badge. Answer: 1 when the service says that it is degraded */
	KILLER_FIND = 3, /* words: a service's name (2). Answer: its badge, 0 when there is none */
};

enum killer_how {
	KILLER_KILL = 0,
	KILLER_HANG = 1,
	KILLER_HOW = 1, /* mask of the above */
	KILLER_ANYHOW = 2, /* flag: whatever the victim is doing */
	KILLER_MEASURE = 4, /* flag: never comes; only tells how long the victim runs */
	KILLER_ORPHAN = 8, /* flag, of a first strike: the victim is stopped, and its supervisor faults before it starts it again */
};

/* As it travels. */
struct strike {
	uint64_t victim; /* badge; 0: nobody */
	uint64_t delay;  /* ns from the request, or from the first strike */
	uint64_t how;    /* enum killer_how */
	uint64_t reserved;
};

enum strike_outcome {
	STRIKE_NONE = 0, /* its time has not come */
	STRIKE_HIT = 1,
	STRIKE_MISSED = 2, /* the victim was not running */
	STRIKE_REFUSED = 3, /* the victim was not there, or init has refused it */
};

struct strike_result {
	uint64_t outcome; /* enum strike_outcome */
	uint64_t own;     /* ns that the victim had run from the arming to its end, or to now */
	uint64_t rip;     /* where it ended; 0 unless it was killed */
	uint64_t pause;   /* of KILLER_ORPHAN: ns from the supervisor's fault until it served again */
};
