/* SPDX-License-Identifier: MIT */
/* Remembered answers about paths (lib/path_cache.h): a table of sets; the hash of a key chooses the set. */
#include "lib/path_cache.h"

static struct path_remembered *set_of(const struct path_cache *cache, uint64_t hash)
{
	return &cache->entries[(hash >> 8 & (cache->sets - 1)) * PATH_CACHE_WAYS];
}

void path_cache_open(struct path_cache *cache, void *memory, size_t bytes)
{
	*cache = (struct path_cache){.entries = memory, .sets = path_known_sets(bytes, PATH_CACHE_WAYS * sizeof(struct path_remembered))};
}

static struct path_remembered *entry_find(const struct path_cache *cache, const struct path_packed *packed)
{
	struct path_remembered *set = set_of(cache, packed->hash);

	for (int way = 0; way < PATH_CACHE_WAYS; way++)
		if (path_known_is(&set[way].known, packed))
			return &set[way];
	return NULL;
}

const struct path_remembered *path_cache_find(const struct path_cache *cache, const struct path_key *key)
{
	const struct path_remembered *entry;
	struct path_packed packed;

	if (!cache->sets)
		return NULL;
	path_pack(&packed, key);
	entry = entry_find(cache, &packed);
	return entry && path_known_holds(&entry->known) ? entry : NULL;
}

void path_cache_put(struct path_cache *cache, const struct path_key *key, const struct path_depend *depends, uint32_t count, int result, const struct attributes *attributes, uint64_t place)
{
	struct path_remembered *entry;
	struct path_packed packed;

	path_pack(&packed, key);
	if (!cache->sets || !path_knowable(&packed, count))
		return;
	entry = entry_find(cache, &packed);
	if (!entry)
		entry = set_of(cache, packed.hash) + cache->victim++ % PATH_CACHE_WAYS;
	path_known_set(&entry->known, &packed, depends, count);
	entry->result = result;
	entry->place = place;
	if (!result)
		entry->attributes = *attributes;
}
