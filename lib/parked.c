/* SPDX-License-Identifier: MIT */
/* Which files are parked (lib/parked.h): a table of sets; the hash of a key chooses the set. */
#include "lib/parked.h"

void parked_begin(struct parked_files *files, void *memory, size_t bytes)
{
	*files = (struct parked_files){.entries = memory, .sets = path_known_sets(bytes, PARKED_WAYS * sizeof(struct parked_file))};
}

static struct parked_file *set_of(const struct parked_files *files, const struct path_packed *packed)
{
	return &files->entries[(packed->hash >> 8 & (files->sets - 1)) * PARKED_WAYS];
}

struct parked_file *parked_find(const struct parked_files *files, const struct path_packed *packed)
{
	struct parked_file *set = set_of(files, packed);

	for (int way = 0; way < PARKED_WAYS; way++)
		if (set[way].state == PARKED_CLOSED && path_known_is(&set[way].known, packed))
			return &set[way];
	return NULL;
}

struct parked_file *parked_choose(struct parked_files *files, const struct path_packed *packed)
{
	struct parked_file *set = set_of(files, packed), *stale = NULL;

	for (int way = 0; way < PARKED_WAYS; way++) {
		if (set[way].state == PARKED_FREE)
			return &set[way];
		if (!path_known_holds(&set[way].known))
			stale = &set[way];
	}
	return stale ? stale : &set[files->victim++ % PARKED_WAYS];
}

struct parked_file *parked_any(const struct parked_files *files)
{
	for (uint32_t i = 0; i < files->sets * PARKED_WAYS; i++)
		if (files->entries[i].state == PARKED_CLOSED)
			return &files->entries[i];
	return NULL;
}
