/* SPDX-License-Identifier: MIT */
/* What the echo service of the tests does: words in and out. */
#pragma once

enum echo_request {
	ECHO_WORDS = 1,  /* 8 words: each comes back plus 1 */
	ECHO_SUM = 2,    /* offset, bytes in the shared buffer: the sum of the bytes */
	ECHO_SIGNAL = 3, /* signals the caller */
	ECHO_COUNT = 4,  /* how often it was asked so, over all instances; number of the instance; how the one before ended */
	ECHO_FAULT = 5,  /* writes to the given address */
	ECHO_SPIN = 6,   /* computes for ever */
	ECHO_EXIT = 7,   /* returns from main */
	ECHO_BURN = 8,   /* computes for that many ns of its own, with signs of life */
	ECHO_ONCE = 9,   /* the given request of the above, once for each value of the second word: asked again (as a repeated call does), it answers the instance's number */
};
