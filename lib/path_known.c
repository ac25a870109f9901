/* SPDX-License-Identifier: MIT */
/* What is known of a path (lib/path_known.h): keys are compared by a hash first, which tells nearly all apart, then word by word. */
#include "lib/path_known.h"

#define HASH_FACTOR 0x9e3779b97f4a7c15

uint32_t path_known_sets(size_t bytes, size_t set_bytes)
{
	uint32_t sets = bytes >= set_bytes;

	while (sets && 2 * sets * set_bytes <= bytes)
		sets *= 2;
	return sets;
}

static void text_pack(struct path_packed *packed, const char *text)
{
	packed->words = 0;
	for (uint32_t at = 0; at < PATH_KNOWN_TEXT; at++, text += 8) {
		uint64_t word = 0;
		uint32_t shift = 0;

		for (; shift < 64 && text[shift / 8]; shift += 8)
			word |= (uint64_t)(unsigned char)text[shift / 8] << shift;
		packed->word[at] = word;
		if (shift == 64)
			continue;
		packed->words = at + 1;
		return;
	}
}

void path_pack(struct path_packed *packed, const struct path_key *key)
{
	uint64_t hash = key->start * HASH_FACTOR ^ key->root ^ pair_make(key->asker->user, key->flags);

	packed->key = key;
	text_pack(packed, key->text);
	for (uint32_t i = 0; i < packed->words; i++) {
		hash = (hash ^ packed->word[i]) * HASH_FACTOR;
		hash ^= hash >> 32;
	}
	packed->hash = hash | 1;
}

static bool asker_is(const struct path_known *known, const struct asker *asker)
{
	if (known->user != asker->user || known->group != asker->group || known->capabilities != asker->capabilities || known->group_count != asker->group_count)
		return false;
	for (uint32_t i = 0; i < known->group_count; i++)
		if (known->groups[i] != asker->groups[i])
			return false;
	return true;
}

bool path_known_is(const struct path_known *known, const struct path_packed *packed)
{
	const struct path_key *key = packed->key;

	if (known->hash != packed->hash || known->start != key->start || known->root != key->root || known->flags != key->flags || known->text_words != packed->words)
		return false;
	for (uint32_t i = 0; i < packed->words; i++)
		if (known->text[i] != packed->word[i])
			return false;
	return asker_is(known, key->asker);
}

void path_known_set(struct path_known *known, const struct path_packed *packed, const struct path_depend *depends, uint32_t count)
{
	const struct path_key *key = packed->key;

	*known = (struct path_known){
		.hash = packed->hash,
		.start = key->start,
		.root = key->root,
		.user = key->asker->user,
		.group = key->asker->group,
		.capabilities = key->asker->capabilities,
		.group_count = key->asker->group_count,
		.flags = key->flags,
		.depend_count = count,
		.text_words = packed->words,
	};
	for (uint32_t i = 0; i < count; i++)
		known->depends[i] = depends[i];
	for (uint32_t i = 0; i < key->asker->group_count; i++)
		known->groups[i] = key->asker->groups[i];
	for (uint32_t i = 0; i < packed->words; i++)
		known->text[i] = packed->word[i];
}
