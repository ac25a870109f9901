/* SPDX-License-Identifier: MIT */
/*
 * The wall clock: what is added to the monotonic clock. Pure.
 *
 * The battery clock tells whole seconds. After the first reading the wall clock is *coarse*: up to a second late. Readings that follow wait for the next second to begin; from then on it is *fine*: late by at most the time between two
 * readings. It is never ahead of the battery clock, so becoming fine moves it forward only. It is not adjusted afterwards: the battery clock is read at the start alone.
 *
 * The offset survives the service in its state, as a hint: the next instance believes it only if the battery clock agrees, to the second that it can tell.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WALL_READING_NS 5000000ull /* between two readings while coarse */
#define WALL_SECOND 1000000000ull

enum wall_quality { WALL_UNKNOWN = 0, WALL_COARSE = 1, WALL_FINE = 2 };

struct wall {
	uint32_t quality; /* enum wall_quality */
	uint64_t offset;  /* ns: the wall clock is this + the monotonic clock */
	uint64_t late;    /* ns: at most */
	uint64_t second;  /* last reading, while coarse */
};

/* What lies in the state; all zero is none. */
struct wall_hint {
	uint64_t offset, late;
	uint64_t check; /* wall_hint_check() of both */
};

/* The first reading: `second` since 1970, at the monotonic time `now` in ns. */
void wall_start(struct wall *wall, uint64_t second, uint64_t now, const struct wall_hint *hint);

/* A further reading while coarse, begun not later than `gap` ns after the one before had ended. */
void wall_refine(struct wall *wall, uint64_t second, uint64_t now, uint64_t gap);

/* What to leave for the next instance. */
struct wall_hint wall_keep(const struct wall *wall);
