/* SPDX-License-Identifier: MIT */
/*
 * Kernel objects and Regions from an Untyped. The program names the Untyped that it currently makes things from; giving everything back at once is
 * UNTYPED.RECLAIM on it. Handles come from lib/slots.h; on an error none is kept.
 */
#pragma once

#include "abi/boot.h"
#include "lib/call.h"

/* Everything below is made from this Untyped from now on. Returns the one used before. */
handle_t memory_use(handle_t untyped);

/* The Untyped in use. */
handle_t memory_untyped(void);

/* Returns the handle of the largest Untyped of RAM that init was given; 0 when there is none. */
handle_t memory_largest(const struct boot_information *information);

/* Makes one object; `size` as UNTYPED.RETYPE takes it (bits for a CNode, bytes for Untyped and Region, else 0). ERR_NOMEM also without a free slot. */
MUST_USE enum error object_create(enum object_type type, uint64_t size, handle_t *object);

/* Makes a Region of `pages` pages of 4 KiB, cleared. */
MUST_USE enum error region_allocate(uint64_t pages, handle_t *region);

/* Deletes a capability of this program's, with all that was derived from it, and frees its slot. */
MUST_USE enum error object_delete(handle_t object);
