/* SPDX-License-Identifier: MIT */
/*
 * What a client remembers of answers about paths (lib/path_known.h says how long), so that it may answer by itself: the attributes of what a path names, or that it names nothing.
 *
 * The memory is the program's, zero at first, and bounds how much is remembered; what is new replaces what is old. Pure.
 */
#pragma once

#include "lib/path_known.h"

#define PATH_CACHE_WAYS 2

struct path_remembered {
	struct path_known known;
	int32_t result; /* 0 or -ENOENT */
	uint64_t place; /* as STAT tells it */
	struct attributes attributes;
};

struct path_cache {
	struct path_remembered *entries;
	uint32_t sets; /* of PATH_CACHE_WAYS entries, a power of two; 0: nothing is remembered */
	uint32_t victim;
};

void path_cache_open(struct path_cache *cache, void *memory, size_t bytes);

/* The answer that holds now; a null pointer when vfs must be asked. */
const struct path_remembered *path_cache_find(const struct path_cache *cache, const struct path_key *key);

/* Remembers an answer, of which at most PATH_KNOWN_WORDS words decide; of -ENOENT the attributes do not count. */
void path_cache_put(struct path_cache *cache, const struct path_key *key, const struct path_depend *depends, uint32_t count, int result, const struct attributes *attributes, uint64_t place);
