/* SPDX-License-Identifier: MIT */
/* What clients ask of the killer (tests/faults/killer/killer.h). */
#pragma once

#include "abi/call.h"
#include "abi/types.h"
#include "tests/faults/killer/killer.h"

/* The badge of a service with that name; 0 when there is none. */
uint64_t badge_of(const char *name);

/* Sets a strike, and one that follows it (a null pointer: none). */
enum error killer_arm(const struct strike *strike, const struct strike *second);

/* Disarms, and tells what has become of the strike. */
enum error killer_look(struct strike_result *first);

/* Ends a service at once. */
enum error killer_end(uint64_t victim);

/* Whether a service says that it is degraded (lib/health.h). */
bool killer_degraded(uint64_t victim);
