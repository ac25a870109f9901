/* SPDX-License-Identifier: MIT */
/*
 * Regions that a service maps itself, in the world of service_world.h: lib/space for it, and what it needs of lib/memory. The service and the target program see the same bytes; what is not mapped nobody may touch. Mappings end with the instance.
 *
 * A target adds this file's source to its own, makes Regions once, and calls world_space_clear() before each instance.
 */
#pragma once

#include "tests/host/harness/service_world.h"

#define WORLD_REGIONS_MAX 8

/* Makes the Region behind a handle, of whole pages; returns where the target program sees it. */
unsigned char *world_region_make(handle_t handle, size_t bytes);

/* Nothing is mapped any more. */
void world_space_clear(void);

/* Every Region is zero. */
void world_regions_clear(void);

/* A method of a Mapping; false when the handle is none. */
bool world_mapping_method(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS], enum error *error);
