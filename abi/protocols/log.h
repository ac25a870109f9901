/* SPDX-License-Identifier: MIT */
/* The protocol of axiom, the keeper of the log of commits. See abi/log.h for what it writes. CLOSE is for clients of whom the manifest says `may close`: nobody can change authority for long after it. */
#pragma once

enum log_request {
#define REQUEST(name, number, in, out, sentence) LOG_##name = (number),
#include "abi/protocols/log.def"
#undef REQUEST
};

#define LOG_RIGHT_CLOSE "close"

/* How the log is kept. */
enum log_state {
	LOG_IN_MEMORY = 0, /* there is no medium, or it has not been looked at yet */
	LOG_ON_MEDIUM = 1,
	LOG_MEDIUM_REFUSED = 2, /* it holds something else, or fails: the log is in memory */
	LOG_MEDIUM_FULL = 3,    /* what is newer is in memory */
	LOG_STOPPED = 4,        /* nothing is taken any more: records are missing, or the state is damaged */
};
