/* SPDX-License-Identifier: MIT */
/*
 * Which parts of a file are locked by whom (fcntl_locking(2), flock(2)): a list for each file. Locks of one owner never overlap and are joined where they touch and are alike. Pure but for memory.
 *
 * Locks of a process and of an open file description exclude each other; those of flock() are a world of their own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum lock_kind { LOCK_OF_PROCESS, LOCK_OF_DESCRIPTION, LOCK_WHOLE /* flock() */ };

#define LOCK_END INT64_MAX /* last byte of a lock that reaches to the end of the file, wherever that will be */

struct lock {
	struct lock *next;
	const void *owner; /* table of open files, or description */
	int32_t process;   /* that has set it */
	enum lock_kind kind;
	bool exclusive;
	uint64_t first, last; /* bytes */
};

/* A lock that stands in the way of `wanted`; a null pointer when there is none. */
const struct lock *lock_conflict(const struct lock *list, const struct lock *wanted);

/* Sets a lock that has no conflict, in the place of what its owner has there. False when there is no memory: then nothing has changed. */
bool lock_set(struct lock **list, const struct lock *wanted);

/* Takes away what an owner has in [first, last]. False when there is no memory to split a lock: then nothing has changed. */
bool lock_clear(struct lock **list, const void *owner, enum lock_kind kind, uint64_t first, uint64_t last);

/* All that an owner has; needs no memory. Returns whether there was something. */
bool lock_clear_all(struct lock **list, const void *owner, enum lock_kind kind);
