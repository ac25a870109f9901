/* SPDX-License-Identifier: MIT */
/*
 * What a client remembers of answers about paths, and when it may answer by itself: the attributes of what a path names, or that it names nothing.
 *
 * An answer holds as long as every word on which it depends has the value that it had before the answer was made: generations that filesystems publish (lib/generations.h), and two words of the session page of vfs, its generation and its count of changes of
 * mounts. So a remembered answer is never older than a change that anybody has been told of. It is the answer for one asker, from one start: all that decided belongs to the key.
 *
 * The memory is the program's, zero at first, and bounds how much is remembered; what is new replaces what is old. Paths and lists of groups that are too long are not remembered. Pure: vfs and the filesystems are trusted about what they publish.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "abi/file.h"
#include "lib/path.h"

#define PATH_CACHE_TEXT 14 /* words of eight bytes that a path takes, with its NUL */
#define PATH_CACHE_GROUPS 16
#define PATH_CACHE_WORDS (PATH_DEPENDENCIES + 2)
#define PATH_CACHE_WAYS 2

/* Who asks for what: credentials, where the path begins (0: the root; else what no two open directories ever have in common), and flags. */
struct path_key {
	const struct asker *asker;
	uint64_t start, root;
	uint32_t flags;
	const char *text;
};

/* A word on whose value an answer depends. */
struct path_depend {
	const uint64_t *word;
	uint64_t value;
};

struct path_remembered {
	uint64_t hash; /* 0: empty */
	uint64_t start, root;
	uint32_t user, group, capabilities, group_count;
	uint32_t flags, depend_count;
	int32_t result; /* 0 or -ENOENT */
	uint32_t text_words;
	uint64_t filesystem;
	struct attributes attributes;
	struct path_depend depends[PATH_CACHE_WORDS];
	uint32_t groups[PATH_CACHE_GROUPS];
	uint64_t text[PATH_CACHE_TEXT]; /* eight characters in each, the first in the lowest byte, with zeros behind */
};

struct path_cache {
	struct path_remembered *entries;
	uint32_t sets; /* of PATH_CACHE_WAYS entries, a power of two; 0: nothing is remembered */
	uint32_t victim;
};

void path_cache_open(struct path_cache *cache, void *memory, size_t bytes);

/* The answer that holds now; a null pointer when vfs must be asked. */
const struct path_remembered *path_cache_find(const struct path_cache *cache, const struct path_key *key);

/* Remembers an answer, of which at most PATH_CACHE_WORDS words decide; of -ENOENT the attributes do not count. */
void path_cache_put(struct path_cache *cache, const struct path_key *key, const struct path_depend *depends, uint32_t count, int result, const struct attributes *attributes, uint64_t filesystem);
