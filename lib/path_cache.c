/* SPDX-License-Identifier: MIT */
/* Remembered answers about paths (lib/path_cache.h): a table of sets; the hash of a key chooses the set and tells nearly all others apart. */
#include "lib/path_cache.h"

#define HASH_FACTOR 0x9e3779b97f4a7c15

/* A path as the entries have it: cheap to compare. */
struct packed {
	uint32_t words; /* 0: it is too long */
	uint64_t word[PATH_CACHE_TEXT];
	uint64_t hash; /* of the whole key; never 0 */
};

static void text_pack(struct packed *packed, const char *text)
{
	packed->words = 0;
	for (uint32_t at = 0; at < PATH_CACHE_TEXT; at++, text += 8) {
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

static void key_pack(struct packed *packed, const struct path_key *key)
{
	uint64_t hash = key->start * HASH_FACTOR ^ key->root ^ pair_make(key->asker->user, key->flags);

	text_pack(packed, key->text);
	for (uint32_t i = 0; i < packed->words; i++) {
		hash = (hash ^ packed->word[i]) * HASH_FACTOR;
		hash ^= hash >> 32;
	}
	packed->hash = hash | 1;
}

static struct path_remembered *set_of(const struct path_cache *cache, uint64_t hash)
{
	return &cache->entries[(hash >> 8 & (cache->sets - 1)) * PATH_CACHE_WAYS];
}

static bool asker_is(const struct path_remembered *entry, const struct asker *asker)
{
	if (entry->user != asker->user || entry->group != asker->group || entry->capabilities != asker->capabilities || entry->group_count != asker->group_count)
		return false;
	for (uint32_t i = 0; i < entry->group_count; i++)
		if (entry->groups[i] != asker->groups[i])
			return false;
	return true;
}

static bool entry_is(const struct path_remembered *entry, const struct path_key *key, const struct packed *packed)
{
	if (entry->hash != packed->hash || entry->start != key->start || entry->root != key->root || entry->flags != key->flags || entry->text_words != packed->words)
		return false;
	for (uint32_t i = 0; i < packed->words; i++)
		if (entry->text[i] != packed->word[i])
			return false;
	return asker_is(entry, key->asker);
}

static bool entry_holds(const struct path_remembered *entry)
{
	for (uint32_t i = 0; i < entry->depend_count; i++)
		if (__atomic_load_n(entry->depends[i].word, __ATOMIC_ACQUIRE) != entry->depends[i].value)
			return false;
	return true;
}

void path_cache_open(struct path_cache *cache, void *memory, size_t bytes)
{
	uint32_t sets = 1;

	*cache = (struct path_cache){.entries = memory};
	if (bytes < PATH_CACHE_WAYS * sizeof(struct path_remembered))
		return;
	while (2 * sets * PATH_CACHE_WAYS * sizeof(struct path_remembered) <= bytes)
		sets *= 2;
	cache->sets = sets;
}

static struct path_remembered *entry_find(const struct path_cache *cache, const struct path_key *key, const struct packed *packed)
{
	struct path_remembered *set = set_of(cache, packed->hash);

	for (int way = 0; way < PATH_CACHE_WAYS; way++)
		if (entry_is(&set[way], key, packed))
			return &set[way];
	return NULL;
}

const struct path_remembered *path_cache_find(const struct path_cache *cache, const struct path_key *key)
{
	const struct path_remembered *entry;
	struct packed packed;

	if (!cache->sets)
		return NULL;
	key_pack(&packed, key);
	entry = entry_find(cache, key, &packed);
	return entry && entry_holds(entry) ? entry : NULL;
}

void path_cache_put(struct path_cache *cache, const struct path_key *key, const struct path_depend *depends, uint32_t count, int result, const struct attributes *attributes, uint64_t filesystem)
{
	struct path_remembered *entry;
	struct packed packed;

	key_pack(&packed, key);
	if (!cache->sets || !packed.words || key->asker->group_count > PATH_CACHE_GROUPS || count > PATH_CACHE_WORDS)
		return;
	entry = entry_find(cache, key, &packed);
	if (!entry)
		entry = set_of(cache, packed.hash) + cache->victim++ % PATH_CACHE_WAYS;
	*entry = (struct path_remembered){
		.hash = packed.hash,
		.start = key->start,
		.root = key->root,
		.user = key->asker->user,
		.group = key->asker->group,
		.capabilities = key->asker->capabilities,
		.group_count = key->asker->group_count,
		.flags = key->flags,
		.depend_count = count,
		.result = result,
		.text_words = packed.words,
		.filesystem = filesystem,
	};
	if (!result)
		entry->attributes = *attributes;
	for (uint32_t i = 0; i < count; i++)
		entry->depends[i] = depends[i];
	for (uint32_t i = 0; i < key->asker->group_count; i++)
		entry->groups[i] = key->asker->groups[i];
	for (uint32_t i = 0; i < packed.words; i++)
		entry->text[i] = packed.word[i];
}
