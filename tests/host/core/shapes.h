/* SPDX-License-Identifier: MIT */
/*
 * Shapes of capability trees that teardown must get through, each with the call that tears it down.
 */
#pragma once

#include "tests/host/core/calls.h"

struct shape {
	const char *name;
	void (*build)(void);
	uint32_t method;    /* CNODE_DELETE, CNODE_REVOKE, UNTYPED_RECLAIM */
	uint64_t index;	    /* the slot to tear down, in init's CNode */
	bool (*gone)(void); /* what must be true afterwards */
};

extern const struct shape shapes[];
extern const size_t shape_count;

/* The call that tears a shape down. */
struct request shape_request(const struct shape *shape);
