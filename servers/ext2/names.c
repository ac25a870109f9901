/* SPDX-License-Identifier: MIT */
/* Indexes of names (names.h): open hashing with steps of one. */
#include "servers/ext2/names.h"

#include "lib/string.h"

#define NAMES_FULL (NAME_SLOTS / 4 * 3)
#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

static uint32_t name_hash(struct name name)
{
	uint32_t hash = FNV_BASIS;

	for (size_t i = 0; i < name.bytes; i++)
		hash = (hash ^ (unsigned char)name.text[i]) * FNV_PRIME;
	return hash;
}

struct name_index *names_of(struct ext2 *fs, uint32_t directory)
{
	for (unsigned i = 0; i < NAME_INDEXES; i++) {
		if (fs->names[i].directory == directory && fs->names[i].whole) {
			fs->names[i].used = ++fs->names_used;
			return &fs->names[i];
		}
	}
	return NULL;
}

struct name_index *names_begin(struct ext2 *fs, uint32_t directory)
{
	struct name_index *oldest = &fs->names[0];

	for (unsigned i = 1; i < NAME_INDEXES; i++)
		if (fs->names[i].used < oldest->used)
			oldest = &fs->names[i];
	memset(oldest, 0, sizeof(*oldest));
	oldest->directory = directory;
	return oldest;
}

void names_end(struct ext2 *fs, struct name_index *index)
{
	index->whole = true;
	index->used = ++fs->names_used;
}

bool names_add(struct name_index *index, struct name name, uint32_t n)
{
	uint32_t hash = name_hash(name), at = hash % NAME_SLOTS;

	for (; index->slot[at].block != 0; at = (at + 1) % NAME_SLOTS)
		if (index->slot[at].hash == hash && index->slot[at].block == n + 1)
			return true;
	if (index->count == NAMES_FULL) {
		index->whole = false;
		return false;
	}
	index->slot[at].hash = hash;
	index->slot[at].block = n + 1;
	index->count++;
	return true;
}

bool names_next(const struct name_index *index, struct name name, uint32_t *cursor, uint32_t *n)
{
	uint32_t hash = name_hash(name);

	for (;; ++*cursor) {
		uint32_t at = (hash + *cursor) % NAME_SLOTS;

		if (index->slot[at].block == 0)
			return false;
		if (index->slot[at].hash != hash)
			continue;
		*n = index->slot[at].block - 1;
		++*cursor;
		return true;
	}
}

void names_drop(struct ext2 *fs, uint32_t directory)
{
	for (unsigned i = 0; i < NAME_INDEXES; i++)
		if (fs->names[i].directory == directory)
			fs->names[i].whole = false;
}

uint32_t names_room(const struct name_index *index, uint32_t bytes)
{
	return index->room_bytes != 0 && bytes >= index->room_bytes ? index->room_block : 0;
}

void names_room_found(struct name_index *index, uint32_t bytes, uint32_t n)
{
	index->room_bytes = bytes;
	index->room_block = n;
}

void names_room_made(struct name_index *index, uint32_t n)
{
	if (n < index->room_block)
		index->room_block = n;
}
