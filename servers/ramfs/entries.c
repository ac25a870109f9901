/* SPDX-License-Identifier: MIT */
/*
 * Directory entries of a ramfs and the pieces of long text (layout.h).
 *
 * An entry is in three places: the chain of its bucket, by which a name is found; the list of its directory, in the order in which entries were made, by which it is listed; and the table. A
 * cookie is order and index of an entry: whoever goes on after it finds it at once if it is still there, and else the first one made later.
 */
#include "layout.h"

#include "lib/assert.h"
#include "lib/string.h"

uint32_t entry_take(struct ramfs *ramfs)
{
	struct ramfs_state *state = ramfs->state;
	uint32_t index = state->entry_list;

	assert(state->entries_free);
	tsm_modify(ramfs->tsm, state, sizeof(*state));
	if (index)
		state->entry_list = ramfs->entries[index].chain;
	else
		index = state->entry_fresh++;
	state->entries_free--;
	tsm_modify(ramfs->tsm, &ramfs->entries[index], sizeof(struct ramfs_entry));
	return index;
}

void entry_free(struct ramfs *ramfs, uint32_t index)
{
	struct ramfs_state *state = ramfs->state;

	tsm_modify(ramfs->tsm, &ramfs->entries[index], sizeof(struct ramfs_entry));
	tsm_modify(ramfs->tsm, state, sizeof(*state));
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a null `previous` of some entry says nothing about the table */
	ramfs->entries[index] = (struct ramfs_entry){.chain = state->entry_list};
	state->entry_list = index;
	state->entries_free++;
}

static struct ramfs_piece *piece_at(struct ramfs *ramfs, uint32_t index)
{
	return (struct ramfs_piece *)&ramfs->entries[index];
}

uint32_t text_store(struct ramfs *ramfs, const char *text, size_t bytes)
{
	uint32_t first = 0;
	size_t from = bytes;

	/* from the end, so that each piece knows the next one */
	while (from) {
		uint32_t index = entry_take(ramfs);
		size_t part = from % PIECE_TEXT ? from % PIECE_TEXT : PIECE_TEXT;

		from -= part;
		*piece_at(ramfs, index) = (struct ramfs_piece){.more = first};
		memcpy(piece_at(ramfs, index)->text, text + from, part);
		first = index;
	}
	return first;
}

void text_load(struct ramfs *ramfs, uint32_t piece, char *buffer, size_t bytes)
{
	for (size_t at = 0; at < bytes; piece = piece_at(ramfs, piece)->more) {
		size_t part = bytes - at < PIECE_TEXT ? bytes - at : PIECE_TEXT;

		memcpy(buffer + at, piece_at(ramfs, piece)->text, part);
		at += part;
	}
}

void text_free(struct ramfs *ramfs, uint32_t piece)
{
	while (piece) {
		uint32_t next = piece_at(ramfs, piece)->more;

		entry_free(ramfs, piece);
		piece = next;
	}
}

/* FNV-1a over the name, begun with a product of the directory (its number itself would cancel out against the first character), and mixed so that the low bits depend on all. */
static uint32_t name_hash(uint32_t directory, struct name name)
{
	uint64_t hash = (directory + 1) * 0x9e3779b97f4a7c15;

	hash ^= hash >> 32;
	for (size_t i = 0; i < name.bytes; i++)
		hash = (hash ^ (unsigned char)name.text[i]) * 0x100000001b3;
	return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t *bucket_of(struct ramfs *ramfs, uint32_t hash)
{
	return &ramfs->buckets[hash & (ramfs->state->bucket_count - 1)];
}

static size_t bytes_in_entry(size_t bytes)
{
	return bytes < ENTRY_TEXT ? bytes : ENTRY_TEXT;
}

static bool name_is(struct ramfs *ramfs, const struct ramfs_entry *entry, struct name name)
{
	char rest[NAME_BYTES_MAX];
	size_t here = bytes_in_entry(name.bytes);

	if (entry->bytes != name.bytes || memcmp(entry->text, name.text, here) != 0)
		return false;
	text_load(ramfs, entry->more, rest, name.bytes - here);
	return memcmp(rest, name.text + here, name.bytes - here) == 0;
}

struct ramfs_entry *entry_find(struct ramfs *ramfs, uint32_t directory, struct name name)
{
	uint32_t hash = name_hash(directory, name);
	struct ramfs_entry *entry = entry_at(ramfs, *bucket_of(ramfs, hash));

	while (entry && !(entry->hash == hash && entry->directory == directory && name_is(ramfs, entry, name)))
		entry = entry_at(ramfs, entry->chain);
	return entry;
}

bool entry_fits(struct ramfs *ramfs, struct name name, uint32_t more)
{
	return ramfs->state->entries_free >= 1 + more + pieces_for(name.bytes - bytes_in_entry(name.bytes));
}

void entry_add(struct ramfs *ramfs, struct ramfs_inode *directory, struct name name, uint32_t inode)
{
	uint32_t index = entry_take(ramfs), number = inode_number(ramfs, directory), hash = name_hash(number, name);
	uint32_t *bucket = bucket_of(ramfs, hash);
	size_t here = bytes_in_entry(name.bytes);
	struct ramfs_entry *entry = &ramfs->entries[index];

	*entry = (struct ramfs_entry){
		.directory = number,
		.inode = inode,
		.hash = hash,
		.chain = *bucket,
		.previous = directory->last,
		.order = ++ramfs->state->order,
		.bytes = (uint8_t)name.bytes,
	};
	memcpy(entry->text, name.text, here);
	entry->more = text_store(ramfs, name.text + here, name.bytes - here);
	tsm_set(ramfs->tsm, *bucket, index);
	tsm_modify(ramfs->tsm, &directory->first, sizeof(uint32_t) * 3);
	if (directory->last)
		tsm_set(ramfs->tsm, ramfs->entries[directory->last].next, index);
	else
		directory->first = index;
	directory->last = index;
	directory->entries++;
}

void entry_remove(struct ramfs *ramfs, struct ramfs_inode *directory, struct ramfs_entry *entry)
{
	uint32_t index = (uint32_t)(entry - ramfs->entries), *place = bucket_of(ramfs, entry->hash);
	struct ramfs_entry *previous = entry_at(ramfs, entry->previous), *next = entry_at(ramfs, entry->next);

	while (*place != index)
		place = &ramfs->entries[*place].chain;
	tsm_set(ramfs->tsm, *place, entry->chain);
	tsm_modify(ramfs->tsm, &directory->first, sizeof(uint32_t) * 3);
	directory->entries--;
	if (previous)
		tsm_set(ramfs->tsm, previous->next, entry->next);
	else
		directory->first = entry->next;
	if (next)
		tsm_set(ramfs->tsm, next->previous, entry->previous);
	else
		directory->last = entry->previous;
	text_free(ramfs, entry->more);
	entry_free(ramfs, index);
}

void entry_name(struct ramfs *ramfs, const struct ramfs_entry *entry, char name[NAME_BYTES_MAX])
{
	size_t here = bytes_in_entry(entry->bytes);

	memcpy(name, entry->text, here);
	text_load(ramfs, entry->more, name + here, entry->bytes - here);
}

uint64_t entry_cookie(const struct ramfs *ramfs, const struct ramfs_entry *entry)
{
	return entry->order << ENTRY_INDEX_BITS | (uint64_t)(entry - ramfs->entries);
}

struct ramfs_entry *entry_after(struct ramfs *ramfs, const struct ramfs_inode *directory, uint64_t cookie)
{
	uint32_t index = cookie & ((1u << ENTRY_INDEX_BITS) - 1);
	uint64_t order = cookie >> ENTRY_INDEX_BITS;
	struct ramfs_entry *entry;

	if (index < ramfs->state->entry_fresh) {
		entry = &ramfs->entries[index];
		if (index && entry->order == order && entry->directory == inode_number(ramfs, directory))
			return entry_at(ramfs, entry->next);
	}
	for (entry = entry_at(ramfs, directory->first); entry && entry->order <= order; )
		entry = entry_at(ramfs, entry->next);
	return entry;
}
