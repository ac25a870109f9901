/* SPDX-License-Identifier: MIT */
/* The objects of the plan: what outlives services. Made once at boot, in slots of init's CNode, and never deleted. */
#pragma once

#include "abi/plan.h"
#include "lib/call.h"

/* Makes all objects of the plan from `memory`. On an error `*failed` is the index of the one that could not be made. */
MUST_USE enum error objects_make(const struct plan *plan, handle_t memory, uint32_t *failed);

/* Makes the Untyped of all memory that is left, if the plan has one (`needs untyped rest`). */
MUST_USE enum error objects_make_rest(const struct plan *plan, handle_t memory);

/* Handle of an object's capability here. */
handle_t object_handle(uint32_t object);

/* Physical address of a Region; 0 when it could not be told. */
paddr_t object_physical(uint32_t object);

/* What a device must write to raise a message-signalled interrupt. */
struct object_message {
	paddr_t address;
	uint64_t data;
};
struct object_message object_message(uint32_t object);

/* A window of device memory: a Region over all of it. */
struct object_window {
	handle_t region;
	paddr_t base;
	uint64_t bytes;
	bool firmware; /* the firmware keeps it for itself */
};

/* The windows, and how many there are. */
const struct object_window *object_windows(uint32_t *count);
#define OBJECT_WINDOWS_MAX 32

/* The page of signs of life of a Region object, mapped here read-only; a null pointer when that failed. */
const struct start_beat *object_beat(uint32_t object);
