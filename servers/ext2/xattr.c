/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes (format.h says how they lie on the disk). An inode has up to two *areas* of them: what is left of the inode itself, where inodes are large enough, and a block. A name is in one of them. A new one is put into the inode if there is room,
 * else into the block, as ext4 of Linux does; a block that other inodes use too is copied before it changes.
 *
 * An area is checked as a whole before anything of it is believed. Attributes in namespaces that are not known here (access control lists) are kept and not told.
 */
#include "servers/ext2/xattr.h"

#include "lib/permission.h"
#include "servers/ext2/allocate.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/operations.h"

#define SPACE_BYTES_MAX 9 /* of the name of a namespace */

static const struct {
	const char *text;
	uint8_t space; /* enum attribute_space */
} spaces[] = {{"user.", SPACE_USER}, {"trusted.", SPACE_TRUSTED}, {"security.", SPACE_SECURITY}};

#define SPACES (sizeof(spaces) / sizeof(spaces[0]))

/* A name as it is kept. */
struct key {
	uint8_t space;
	struct name name;
};

struct area {
	unsigned char *base;  /* from which the places of values count */
	unsigned char *first; /* entry */
	unsigned char *end;
	struct attribute_header *header; /* null: it lies in the inode */
	struct attribute_entry *found; /* or null */
};

/* Names. */

static struct key key_of(struct name name)
{
	for (size_t i = 0; i < SPACES; i++)
		if (xattr_is_within(name, spaces[i].text))
			return (struct key){spaces[i].space, {name.text + strlen(spaces[i].text), name.bytes - strlen(spaces[i].text)}};
	return (struct key){0};
}

/* Of no bytes: it is not known here. */
static struct name space_name(uint8_t space)
{
	for (size_t i = 0; i < SPACES; i++)
		if (spaces[i].space == space)
			return (struct name){spaces[i].text, strlen(spaces[i].text)};
	return (struct name){0};
}

/* Below, at, or above 0: the entry comes before, is, or comes after the name. */
static int entry_compare(const struct attribute_entry *entry, const struct key *key)
{
	if (entry->space != key->space)
		return entry->space - key->space;
	if (entry->name_bytes != key->name.bytes)
		return (int)entry->name_bytes - (int)key->name.bytes;
	return memcmp(entry->name, key->name.text, key->name.bytes);
}

/* Entries. */

static size_t rounded(size_t bytes)
{
	return (bytes + ATTRIBUTE_ROUND - 1) / ATTRIBUTE_ROUND * ATTRIBUTE_ROUND;
}

static size_t entry_bytes(size_t name_bytes)
{
	return rounded(sizeof(struct attribute_entry) + name_bytes);
}

static struct attribute_entry *entry_next(struct attribute_entry *entry)
{
	return (struct attribute_entry *)((unsigned char *)entry + entry_bytes(entry->name_bytes));
}

/* The last one is followed by zeros. */
static bool is_end(const struct attribute_entry *entry)
{
	return entry->name_bytes == 0 && entry->space == 0 && entry->value_at == 0;
}

static struct attribute_entry *entry_first(const struct area *area)
{
	return (struct attribute_entry *)area->first;
}

/* Where the entries end, but for the zeros; null when the area makes no sense. */
static unsigned char *entries_end(const struct area *area)
{
	unsigned char *at = area->first;
	size_t left;

	for (left = (size_t)(area->end - at); left >= ATTRIBUTE_ROUND && !is_end((struct attribute_entry *)at); left = (size_t)(area->end - at)) {
		const struct attribute_entry *entry = (struct attribute_entry *)at;

		if (left < sizeof(*entry) || left < entry_bytes(entry->name_bytes) + ATTRIBUTE_ROUND)
			return NULL;
		at += entry_bytes(entry->name_bytes);
	}
	return left >= ATTRIBUTE_ROUND ? at : NULL;
}

/* Where the values begin; null when one lies where it cannot. `from`: where the entries end. */
static unsigned char *values_begin(const struct area *area, const unsigned char *from)
{
	size_t least = (size_t)(from - area->base) + ATTRIBUTE_ROUND, end = (size_t)(area->end - area->base);
	unsigned char *begin = area->end;

	for (struct attribute_entry *entry = entry_first(area); !is_end(entry); entry = entry_next(entry)) {
		if (!entry->value_bytes && !entry->value_block)
			continue;
		if (entry->value_block || entry->value_at % ATTRIBUTE_ROUND || entry->value_at < least || entry->value_at > end || entry->value_bytes > end - entry->value_at)
			return NULL;
		if (area->base + entry->value_at < begin)
			begin = area->base + entry->value_at;
	}
	return begin;
}

static bool area_makes_sense(const struct area *area)
{
	const unsigned char *end = entries_end(area);

	return end && values_begin(area, end);
}

static void area_look(struct area *area, const struct key *key)
{
	area->found = NULL;
	for (struct attribute_entry *entry = entry_first(area); !is_end(entry); entry = entry_next(entry))
		if (entry_compare(entry, key) == 0)
			area->found = entry;
}

/* Areas of an inode. */

/* What is left of the inode; false when nothing is, or `used` is wanted and nothing was ever put there. */
static bool area_of_inode(const struct ext2 *fs, struct inode *inode, bool used, struct area *area)
{
	size_t at = INODE_BYTES_LEAST + (fs->inode_bytes > INODE_BYTES_LEAST ? inode->extra_bytes : 0) + sizeof(uint32_t);
	unsigned char *start = (unsigned char *)inode;

	if (at % ATTRIBUTE_ROUND || at + ATTRIBUTE_ROUND > fs->inode_bytes || inode->extra_bytes < EXTRA_BYTES)
		return false;
	*area = (struct area){.base = start + at, .first = start + at, .end = start + fs->inode_bytes};
	return !used || *(uint32_t *)(start + at - sizeof(uint32_t)) == ATTRIBUTE_MAGIC;
}

static int area_of_block(struct ext2 *fs, uint32_t number, const struct inode *inode, struct area *area)
{
	unsigned char *page = NULL;
	int result = block_check(fs, inode->attribute_block, number);

	if (result == 0)
		result = page_get(fs, inode->attribute_block, 0, &page);
	if (result != 0)
		return result;
	*area = (struct area){.base = page, .first = page + sizeof(*area->header), .end = page + fs->block_bytes, .header = (struct attribute_header *)page};
	if (area->header->magic != ATTRIBUTE_MAGIC || area->header->references == 0)
		return damage_found(fs, "the block of extended attributes of an inode is none", number);
	return 0;
}

#define AREAS 2

/* The areas of an inode in which there can be something, checked: how many, or an error. */
static int areas_get(struct ext2 *fs, uint32_t number, struct inode *inode, struct area areas[AREAS])
{
	int count = area_of_inode(fs, inode, true, &areas[0]);
	int result = 0;

	if (inode->attribute_block) {
		result = area_of_block(fs, number, inode, &areas[count]);
		count++;
	}
	for (int i = 0; i < count && result == 0; i++)
		if (!area_makes_sense(&areas[i]))
			result = damage_found(fs, "the extended attributes of an inode make no sense", number);
	return result ? result : count;
}

/* The area in which a name is; null when it is in none. */
static struct area *areas_look(struct area areas[AREAS], int count, const struct key *key)
{
	struct area *found = NULL;

	for (int i = 0; i < count; i++) {
		area_look(&areas[i], key);
		if (areas[i].found && !found)
			found = &areas[i];
	}
	return found;
}

/* Asking. */

/* areas_get() for who asks: how many there are, or an error. */
static int areas_ask(struct ext2 *fs, uint64_t number, struct area areas[AREAS])
{
	struct inode *inode = NULL;
	int error;

	look_begin(fs);
	error = inode_live(fs, number, &inode);
	return error ? error : areas_get(fs, (uint32_t)number, inode, areas);
}

static int64_t get_once(struct ext2 *fs, uint64_t number, struct name name, void *value, size_t bytes)
{
	const struct key key = key_of(name);
	struct area areas[AREAS] = {0}, *area;
	int result = areas_ask(fs, number, areas);

	if (result < 0)
		return result;
	area = areas_look(areas, result, &key);
	if (!area)
		return -ENODATA;
	if (bytes && bytes < area->found->value_bytes)
		return -ERANGE;
	if (bytes)
		memcpy(value, area->base + area->found->value_at, area->found->value_bytes);
	return area->found->value_bytes;
}

int64_t operation_xattr_get(void *core, uint64_t number, struct name name, void *value, size_t bytes)
{
	int64_t result;

	do
		result = get_once(core, number, name, value, bytes);
	while (again(core, result));
	return result;
}

static void area_list(const struct area *area, xattr_emit emit, void *context)
{
	char text[SPACE_BYTES_MAX + UINT8_MAX];

	for (struct attribute_entry *entry = entry_first(area); !is_end(entry); entry = entry_next(entry)) {
		struct name space = space_name(entry->space);

		if (!space.bytes)
			continue;
		memcpy(text, space.text, space.bytes);
		memcpy(text + space.bytes, entry->name, entry->name_bytes);
		emit(context, (struct name){text, space.bytes + entry->name_bytes});
	}
}

static int list_once(struct ext2 *fs, uint64_t number, xattr_emit emit, void *context)
{
	struct area areas[AREAS] = {0};
	int result = areas_ask(fs, number, areas);

	for (int i = 0; i < result; i++)
		area_list(&areas[i], emit, context);
	return result < 0 ? result : 0;
}

int operation_xattr_list(void *core, uint64_t number, xattr_emit emit, void *context)
{
	int result;

	do
		result = list_once(core, number, emit, context);
	while (again(core, result));
	return result;
}

/* Changing. */

/* Of name and value, which is followed by zeros up to a multiple of four bytes. */
static uint32_t entry_hash(const struct area *area, const struct attribute_entry *entry)
{
	const uint32_t *word = (const uint32_t *)(area->base + entry->value_at);
	uint32_t hash = 0;

	for (uint32_t i = 0; i < entry->name_bytes; i++)
		hash = hash << 5 ^ hash >> 27 ^ (uint32_t)(unsigned char)entry->name[i];
	for (size_t i = 0; i < rounded(entry->value_bytes) / sizeof(*word); i++)
		hash = hash << 16 ^ hash >> 16 ^ word[i];
	return hash;
}

/* Of the whole block, by which blocks with the same attributes are found: 0 when one of them has none. */
static uint32_t area_hash(const struct area *area)
{
	uint32_t hash = 0;

	for (struct attribute_entry *entry = entry_first(area); !is_end(entry); entry = entry_next(entry)) {
		if (!entry->hash)
			return 0;
		hash = hash << 16 ^ hash >> 16 ^ entry->hash;
	}
	return hash;
}

/* The area will be changed. */
static void area_change(struct ext2 *fs, const struct area *area)
{
	unsigned char *from = area->header ? area->base : area->first - sizeof(uint32_t);

	page_change(fs, from, (size_t)(area->end - from));
}

static void area_changed(const struct area *area)
{
	if (area->header)
		area->header->hash = area_hash(area);
}

static bool area_fits(const struct area *area, size_t name_bytes, size_t value_bytes)
{
	const unsigned char *end = entries_end(area), *begin = end ? values_begin(area, end) : NULL;

	return begin && (size_t)(begin - end) >= entry_bytes(name_bytes) + rounded(value_bytes) + ATTRIBUTE_ROUND;
}

/* Takes the bytes of a value out: those that lie before it move up. */
static void value_remove(const struct area *area, unsigned char *begin, struct attribute_entry *removed)
{
	size_t bytes = rounded(removed->value_bytes), at = removed->value_at;

	if (!bytes)
		return;
	memmove(begin + bytes, begin, (size_t)(area->base + at - begin));
	memset(begin, 0, bytes);
	for (struct attribute_entry *entry = entry_first(area); !is_end(entry); entry = entry_next(entry))
		if (entry->value_bytes && entry->value_at < at)
			entry->value_at = (uint16_t)(entry->value_at + bytes);
}

/* Takes the entry that was found out of its area, which may be changed. */
static void entry_remove(struct area *area)
{
	unsigned char *end = entries_end(area), *next = (unsigned char *)entry_next(area->found);
	size_t bytes = entry_bytes(area->found->name_bytes);

	value_remove(area, values_begin(area, end), area->found);
	memmove(area->found, next, (size_t)(end - next));
	memset(end - bytes, 0, bytes);
	area->found = NULL;
	area_changed(area);
}

/* Puts one into an area that may be changed and has room for it. */
static void entry_insert(struct area *area, const struct key *key, const void *value, size_t value_bytes)
{
	unsigned char *end = entries_end(area), *at = values_begin(area, end) - rounded(value_bytes);
	struct attribute_entry *entry = entry_first(area);

	while (!is_end(entry) && entry_compare(entry, key) < 0)
		entry = entry_next(entry);
	memmove((unsigned char *)entry + entry_bytes(key->name.bytes), entry, (size_t)(end - (unsigned char *)entry));
	memset(entry, 0, entry_bytes(key->name.bytes));
	*entry = (struct attribute_entry){.name_bytes = (uint8_t)key->name.bytes, .space = key->space, .value_at = (uint16_t)(value_bytes ? at - area->base : 0), .value_bytes = (uint32_t)value_bytes};
	memcpy(entry->name, key->name.text, key->name.bytes);
	memset(at, 0, rounded(value_bytes));
	memcpy(at, value, value_bytes);
	entry->hash = entry_hash(area, entry);
	area_changed(area);
}

/* Blocks. */

int xattr_block_drop(struct ext2 *fs, uint32_t number, struct inode *inode)
{
	uint32_t sectors = fs->block_bytes / DISK_SECTOR;
	struct area area;
	int result;

	if (inode->attribute_block == 0)
		return 0;
	result = area_of_block(fs, number, inode, &area);
	if (result != 0)
		return result;
	page_change(fs, area.header, sizeof(*area.header));
	if (--area.header->references == 0)
		result = block_free(fs, inode->attribute_block);
	if (result != 0)
		return result;
	inode_change(fs, inode);
	inode->attribute_block = 0;
	inode->sectors -= sectors <= inode->sectors ? sectors : 0;
	return 0;
}

/* The superblock says that there are extended attributes. */
static int feature_note(struct ext2 *fs)
{
	struct superblock *superblock;
	int result = superblock_get(fs, &superblock);

	if (result != 0 || superblock->compatible & COMPATIBLE_ATTRIBUTES)
		return result;
	page_change(fs, &superblock->compatible, sizeof(superblock->compatible));
	superblock->compatible |= COMPATIBLE_ATTRIBUTES;
	return 0;
}

/* A new block for the inode, which has none: without attributes. */
static int block_make(struct ext2 *fs, uint32_t number, struct inode *inode, struct area *area)
{
	struct group *descriptor;
	unsigned char *page = NULL;
	uint32_t block = 0;
	int result = group_get(fs, (number - 1) / fs->inodes_per_group, &descriptor);

	if (result == 0)
		result = block_allocate(fs, descriptor->inode_table + fs->table_blocks, &block);
	if (result == 0)
		result = page_new(fs, block, 0, &page);
	if (result != 0)
		return result;
	*area = (struct area){.base = page, .first = page + sizeof(*area->header), .end = page + fs->block_bytes, .header = (struct attribute_header *)page};
	area_change(fs, area);
	*area->header = (struct attribute_header){.magic = ATTRIBUTE_MAGIC, .references = 1, .blocks = 1};
	inode_change(fs, inode);
	inode->attribute_block = block;
	inode->sectors += fs->block_bytes / DISK_SECTOR;
	return 0;
}

/* The inode's own copy of a block that others use too. */
static int block_copy(struct ext2 *fs, uint32_t number, struct inode *inode, struct area *area)
{
	const struct area old = *area;
	int result = xattr_block_drop(fs, number, inode);

	if (result == 0)
		result = block_make(fs, number, inode, area);
	if (result != 0)
		return result;
	memcpy(area->first, old.first, (size_t)(old.end - old.first));
	area->header->hash = old.header->hash;
	if (old.found)
		area->found = (struct attribute_entry *)(area->base + ((unsigned char *)old.found - old.base));
	return 0;
}

/* Before an area is changed. */
static int area_own(struct ext2 *fs, uint32_t number, struct inode *inode, struct area *area)
{
	if (area->header && area->header->references > 1)
		return block_copy(fs, number, inode, area);
	area_change(fs, area);
	return 0;
}

/* Takes the attribute that was found in an area out of it. */
static int found_remove(struct ext2 *fs, uint32_t number, struct inode *inode, struct area *area)
{
	int result = area_own(fs, number, inode, area);

	if (result == 0)
		entry_remove(area);
	return result;
}

/* Room for one more in the inode, which may be changed then. */
static bool inode_takes(struct ext2 *fs, struct inode *inode, size_t name_bytes, size_t value_bytes, struct area *area)
{
	uint32_t *magic;

	if (!area_of_inode(fs, inode, false, area))
		return false;
	magic = (uint32_t *)(area->first - sizeof(*magic));
	if (*magic == ATTRIBUTE_MAGIC) {
		if (!area_fits(area, name_bytes, value_bytes))
			return false;
		area_change(fs, area);
		return true;
	}
	if ((size_t)(area->end - area->first) < entry_bytes(name_bytes) + rounded(value_bytes) + ATTRIBUTE_ROUND)
		return false;
	area_change(fs, area);
	*magic = ATTRIBUTE_MAGIC;
	memset(area->first, 0, (size_t)(area->end - area->first));
	return true;
}

/* Room for one more, in the inode or in its block. */
static int area_for(struct ext2 *fs, uint32_t number, struct inode *inode, size_t name_bytes, size_t value_bytes, struct area *area)
{
	int result = feature_note(fs);

	if (result != 0 || inode_takes(fs, inode, name_bytes, value_bytes, area))
		return result;
	if (!inode->attribute_block)
		result = block_make(fs, number, inode, area);
	else
		result = area_of_block(fs, number, inode, area);
	if (result == 0 && !area_fits(area, name_bytes, value_bytes))
		result = -ENOSPC;
	return result ? result : area_own(fs, number, inode, area);
}

/* A block whose last attribute has gone elsewhere goes. Only now: what is freed in a transaction is no room for what it allocates. */
static int block_trim(struct ext2 *fs, uint32_t number, struct inode *inode)
{
	struct area area;
	int result = area_of_block(fs, number, inode, &area);

	return result || !is_end(entry_first(&area)) ? result : xattr_block_drop(fs, number, inode);
}

static bool is_alone(const struct area *area)
{
	return area->header && area->found == entry_first(area) && is_end(entry_next(area->found));
}

/* What a change begins with: the inode, and where the name is, if it is anywhere. */
struct change {
	struct inode *inode;
	struct area areas[AREAS], *area;
};

static int change_prepare(struct ext2 *fs, uint64_t number, const struct key *key, struct change *change)
{
	int result = change_begin(fs);

	if (result == 0)
		result = inode_live(fs, number, &change->inode);
	if (result == 0 && change->inode->flags & (INODE_IMMUTABLE | INODE_APPEND))
		result = -EPERM;
	if (result == 0)
		result = areas_get(fs, (uint32_t)number, change->inode, change->areas);
	if (result < 0)
		return result;
	change->area = areas_look(change->areas, result, key);
	return 0;
}

static void change_note(struct ext2 *fs, uint64_t number, struct inode *inode)
{
	inode_change(fs, inode);
	inode_time_set(fs, inode, TIME_CHANGE, fs->clock.now);
	inode_publish_attributes(fs, number);
}

int operation_xattr_set(void *core, uint64_t number, struct name name, const void *value, size_t bytes, uint32_t flags)
{
	const struct key key = key_of(name);
	struct ext2 *fs = core;
	struct change change = {0};
	struct area area;
	int result = change_prepare(fs, number, &key, &change);

	if (result == 0 && (change.area ? flags & XATTR_NEW : flags & XATTR_OLD))
		result = change.area ? -EEXIST : -ENODATA;
	if (result == 0 && bytes > fs->block_bytes)
		result = -ENOSPC;
	if (result == 0 && change.area)
		result = found_remove(fs, (uint32_t)number, change.inode, change.area);
	if (result == 0)
		result = area_for(fs, (uint32_t)number, change.inode, key.name.bytes, bytes, &area);
	if (result != 0)
		return result;
	entry_insert(&area, &key, value, bytes);
	change_note(fs, number, change.inode);
	return change.area && change.area->header ? block_trim(fs, (uint32_t)number, change.inode) : 0;
}

int operation_xattr_remove(void *core, uint64_t number, struct name name)
{
	const struct key key = key_of(name);
	struct ext2 *fs = core;
	struct change change = {0};
	int result = change_prepare(fs, number, &key, &change);

	if (result == 0 && !change.area)
		result = -ENODATA;
	if (result == 0 && is_alone(change.area))
		result = xattr_block_drop(fs, (uint32_t)number, change.inode);
	else if (result == 0)
		result = found_remove(fs, (uint32_t)number, change.inode, change.area);
	if (result == 0)
		change_note(fs, number, change.inode);
	return result;
}
