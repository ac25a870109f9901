/* SPDX-License-Identifier: MIT */
/*
 * An answer about a path that a client knows, and how long it holds: for whom it was given, and the words on which it depends. What was answered is kept beside it: attributes (lib/path_cache.h), or an open file (lib/parked.h).
 *
 * It holds as long as every word on which it depends has the value that it had before the answer was made: generations that filesystems publish (lib/generations.h), and two words of the session page of vfs, its generation and its count of changes of
 * mounts. So what is known is never older than a change that anybody has been told of. It is the answer for one asker, from one start: all that decided belongs to the key.
 *
 * Paths and lists of groups that are too long are not known. Pure: vfs and the filesystems are trusted about what they publish.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "abi/file.h"
#include "lib/path.h"

#define PATH_KNOWN_TEXT 14 /* words of eight bytes that a path takes, with its NUL */
#define PATH_KNOWN_GROUPS 16
#define PATH_KNOWN_WORDS (PATH_DEPENDENCIES + 2)

/* Who asks for what: credentials, where the path begins (0: the root; else what no two open directories ever have in common), and flags. */
struct path_key {
	const struct asker *asker;
	uint64_t start, root;
	uint32_t flags;
	const char *text;
};

/* A key, cheap to compare. */
struct path_packed {
	const struct path_key *key;
	uint32_t words; /* 0: the path is too long */
	uint64_t word[PATH_KNOWN_TEXT]; /* eight characters in each, the first in the lowest byte, with zeros behind */
	uint64_t hash; /* of the whole key; never 0 */
};

/* A word on whose value an answer depends. */
struct path_depend {
	const uint64_t *word;
	uint64_t value;
};

struct path_known {
	uint64_t hash; /* 0: nothing is known */
	uint64_t start, root;
	uint32_t user, group, capabilities, group_count;
	uint32_t flags, depend_count;
	uint32_t text_words;
	struct path_depend depends[PATH_KNOWN_WORDS];
	uint32_t groups[PATH_KNOWN_GROUPS];
	uint64_t text[PATH_KNOWN_TEXT];
};

/* How many sets of entries a table has in so much memory: a power of two, or 0. */
uint32_t path_known_sets(size_t bytes, size_t set_bytes);

void path_pack(struct path_packed *packed, const struct path_key *key);

/* Can an answer for this key be known that depends on so many words? */
static inline bool path_knowable(const struct path_packed *packed, uint32_t depends)
{
	return packed->words && depends && depends <= PATH_KNOWN_WORDS && packed->key->asker->group_count <= PATH_KNOWN_GROUPS;
}

/* Is it about this key? */
bool path_known_is(const struct path_known *known, const struct path_packed *packed);

/* Does it hold now? */
static inline bool path_known_holds(const struct path_known *known)
{
	for (uint32_t i = 0; i < known->depend_count; i++)
		if (__atomic_load_n(known->depends[i].word, __ATOMIC_ACQUIRE) != known->depends[i].value)
			return false;
	return true;
}

/* What path_knowable() allows. */
void path_known_set(struct path_known *known, const struct path_packed *packed, const struct path_depend *depends, uint32_t count);
