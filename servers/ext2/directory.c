/* SPDX-License-Identifier: MIT */
/* Directories (directory.h): walks over blocks and their entries. */
#include "servers/ext2/directory.h"

#include "lib/string.h"
#include "servers/ext2/cache.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/map.h"
#include "servers/ext2/names.h"

#define READ_AHEAD 32
#define INDEX_BLOCKS_LEAST 2 /* smaller directories are looked through */

static uint32_t entry_bytes(size_t name_bytes)
{
	return (uint32_t)(ENTRY_HEADER_BYTES + name_bytes + 3) & ~3u;
}

/* Why an entry at `at` makes no sense; a null pointer when it does. */
static const char *entry_wrong(const struct ext2 *fs, const unsigned char *page, uint32_t at)
{
	const struct entry *entry = (const struct entry *)(page + at);

	if (fs->block_bytes - at < entry_bytes(1) || entry->bytes < entry_bytes(1) || entry->bytes % 4 != 0 || entry->bytes > fs->block_bytes - at)
		return "a directory entry does not end where another begins";
	if (entry_bytes(entry->name_bytes) > entry->bytes)
		return "a directory entry is shorter than its name";
	if (entry->inode > fs->inodes)
		return "a directory entry refers to an inode that does not exist";
	if (entry->inode == 0)
		return NULL;
	if (entry->name_bytes == 0)
		return "a directory entry has no name";
	for (uint32_t i = 0; i < entry->name_bytes; i++)
		if (entry->name[i] == '/' || entry->name[i] == 0)
			return "a name holds a slash or a NUL";
	return NULL;
}

/* Is the size one that a directory can have? Its blocks are all there, so the inode counts at least as many. */
static int directory_blocks(struct ext2 *fs, uint32_t number, const struct inode *directory, uint32_t *blocks)
{
	if ((directory->mode & MODE_TYPE) != MODE_DIRECTORY)
		return -ENOTDIR;
	*blocks = directory->size / fs->block_bytes;
	if (directory->size % fs->block_bytes != 0 || (uint64_t)*blocks * (fs->block_bytes / DISK_SECTOR) > directory->sectors || *blocks > fs->blocks)
		return damage_found(fs, "the size of a directory does not fit its blocks", number);
	return 0;
}

/* Block n of a directory; when it has to be fetched, the next ones are fetched with it. */
static int directory_block(struct ext2 *fs, uint32_t number, const struct inode *directory, uint32_t n, uint32_t blocks, unsigned char **page)
{
	uint32_t block;
	int result = map_find(fs, number, directory, n, &block, NULL);

	if (result != 0)
		return result;
	if (block == 0)
		return damage_found(fs, "a directory has a hole", number);
	result = page_get(fs, block, 0, page);
	if (result == -EAGAIN && !fs->in_transaction && fs->want == WANT_BLOCK) { /* not to be sealed */
		uint32_t wanted = fs->want_key;

		for (uint32_t i = 1; i < READ_AHEAD && n + i < blocks; i++)
			if (map_find(fs, number, directory, n + i, &block, NULL) == 0 && block != 0)
				(void)pages_prefetch(fs, block, 1, 0);
		fs->want = WANT_BLOCK;
		fs->want_key = wanted;
		fs->want_owner = 0;
	}
	return result;
}

static bool name_is(const struct entry *entry, struct name name)
{
	return entry->inode != 0 && entry->name_bytes == name.bytes && memcmp(entry->name, name.text, name.bytes) == 0;
}

/* Looks through one block: 0 found, -ENOENT, -EUCLEAN. */
static int block_find(struct ext2 *fs, uint32_t number, unsigned char *page, struct name name, struct slot *slot)
{
	uint32_t before = NONE;

	for (uint32_t at = 0; at < fs->block_bytes;) {
		const struct entry *entry = (const struct entry *)(page + at);
		const char *wrong = entry_wrong(fs, page, at);

		if (wrong)
			return damage_found(fs, wrong, number);
		if (name_is(entry, name)) {
			*slot = (struct slot){.page = page, .at = at, .before = before};
			return 0;
		}
		before = at;
		at += entry->bytes;
	}
	return -ENOENT;
}

/* Adds the names of a block to an index: 0, -ENOSPC when it gets too large, -EUCLEAN. */
static int block_index(struct ext2 *fs, uint32_t number, const unsigned char *page, uint32_t n, struct name_index *index)
{
	for (uint32_t at = 0; at < fs->block_bytes;) {
		const struct entry *entry = (const struct entry *)(page + at);
		const char *wrong = entry_wrong(fs, page, at);

		if (wrong)
			return damage_found(fs, wrong, number);
		if (entry->inode != 0 && !names_add(index, (struct name){entry->name, entry->name_bytes}, n))
			return -ENOSPC;
		at += entry->bytes;
	}
	return 0;
}

/*
 * The index of a directory that is worth one, made when there is none: 0 and *index, which stays a null pointer where there is to be none, or an error. A quarter of the cache must hold the whole directory, or it would never be made. In a
 * transaction that has changed something already none is made: a rollback could bring names back that it does not know.
 */
static int directory_index(struct ext2 *fs, uint32_t number, const struct inode *directory, uint32_t blocks, struct name_index **index)
{
	int result = 0;

	*index = names_of(fs, number);
	if (*index || tsm_room(fs->tsm) < fs->tsm->undo_cells || blocks < INDEX_BLOCKS_LEAST || blocks > fs->page_count / 4 || blocks > NAME_SLOTS / 8)
		return 0;
	*index = names_begin(fs, number);
	for (uint32_t n = 0; n < blocks && result == 0; n++) {
		unsigned char *page = NULL;

		result = directory_block(fs, number, directory, n, blocks, &page);
		if (result == 0)
			result = block_index(fs, number, page, n, *index);
	}
	if (result == 0)
		names_end(fs, *index);
	else
		*index = NULL;
	return result == -ENOSPC ? 0 : result;
}

/* Looks for a name in block n of a directory. */
static int nth_block_find(struct ext2 *fs, uint32_t number, const struct inode *directory, uint32_t n, uint32_t blocks, struct name name, struct slot *slot)
{
	unsigned char *page = NULL;
	int result = directory_block(fs, number, directory, n, blocks, &page);

	if (result == 0)
		result = block_find(fs, number, page, name, slot);
	slot->directory = number;
	slot->n = n;
	return result;
}

/* Looks where the index tells. */
static int indexed_find(struct ext2 *fs, uint32_t number, const struct inode *directory, uint32_t blocks, const struct name_index *index, struct name name, struct slot *slot)
{
	uint32_t cursor = 0, n, last = NONE;
	int result = -ENOENT;

	while (result == -ENOENT && names_next(index, name, &cursor, &n)) {
		if (n >= blocks || n == last) /* what a rollback has undone */
			continue;
		last = n;
		result = nth_block_find(fs, number, directory, n, blocks, name, slot);
	}
	return result;
}

int directory_find(struct ext2 *fs, uint32_t number, const struct inode *directory, struct name name, struct slot *slot)
{
	struct name_index *index = NULL;
	uint32_t blocks = 0;
	int result = directory_blocks(fs, number, directory, &blocks);

	if (result == 0)
		result = directory_index(fs, number, directory, blocks, &index);
	if (result != 0)
		return result;
	if (index)
		return indexed_find(fs, number, directory, blocks, index, name, slot);
	result = -ENOENT;
	for (uint32_t n = 0; n < blocks && result == -ENOENT; n++)
		result = nth_block_find(fs, number, directory, n, blocks, name, slot);
	return result;
}

static uint8_t entry_type(const struct ext2 *fs, uint32_t mode)
{
	if (!(fs->features_incompatible & INCOMPATIBLE_FILETYPE))
		return TYPE_UNKNOWN;
	switch (mode & MODE_TYPE) {
	case MODE_REGULAR: return TYPE_REGULAR;
	case MODE_DIRECTORY: return TYPE_DIRECTORY;
	case MODE_CHARACTER: return TYPE_CHARACTER;
	case MODE_BLOCK: return TYPE_BLOCK;
	case MODE_FIFO: return TYPE_FIFO;
	case MODE_SOCKET: return TYPE_SOCKET;
	case MODE_LINK: return TYPE_LINK;
	default: return TYPE_UNKNOWN;
	}
}

static uint8_t emitted_type(const struct ext2 *fs, const struct entry *entry)
{
	static const uint16_t modes[] = {0, MODE_REGULAR, MODE_DIRECTORY, MODE_CHARACTER, MODE_BLOCK, MODE_FIFO, MODE_SOCKET, MODE_LINK};

	if (!(fs->features_incompatible & INCOMPATIBLE_FILETYPE) || entry->type >= sizeof(modes) / sizeof(modes[0]))
		return 0;
	return (uint8_t)(modes[entry->type] >> 12);
}

static void directory_changed(struct ext2 *fs, struct inode *directory)
{
	inode_change(fs, directory);
	directory->flags &= ~(uint32_t)INODE_INDEX;
	inode_time_set(fs, directory, TIME_MODIFY | TIME_CHANGE, fs->clock.now);
}

/* Writes an entry of `bytes` bytes. */
static void entry_write(struct ext2 *fs, unsigned char *page, uint32_t at, uint32_t bytes, struct name name, uint32_t inode, uint32_t mode)
{
	struct entry *entry = (struct entry *)(page + at);

	page_change(fs, entry, entry_bytes(name.bytes));
	*entry = (struct entry){.inode = inode, .bytes = (uint16_t)bytes, .name_bytes = (uint8_t)name.bytes, .type = entry_type(fs, mode)};
	memcpy(entry->name, name.text, name.bytes);
}

/* Puts a name into a block: 0, -ENOSPC when there is no room, -EUCLEAN. */
static int block_add(struct ext2 *fs, uint32_t number, unsigned char *page, struct name name, uint32_t inode, uint32_t mode)
{
	uint32_t needed = entry_bytes(name.bytes);

	for (uint32_t at = 0; at < fs->block_bytes;) {
		struct entry *entry = (struct entry *)(page + at);
		const char *wrong = entry_wrong(fs, page, at);
		uint32_t used, whole;

		if (wrong)
			return damage_found(fs, wrong, number);
		used = entry->inode ? entry_bytes(entry->name_bytes) : 0;
		whole = entry->bytes;
		if (whole - used >= needed) {
			if (used > 0) {
				page_change(fs, &entry->bytes, sizeof(entry->bytes));
				entry->bytes = (uint16_t)used;
			}
			entry_write(fs, page, at + used, whole - used, name, inode, mode);
			return 0;
		}
		at += whole;
	}
	return -ENOSPC;
}

/* One more block at the end of a directory. */
static int directory_grow(struct ext2 *fs, uint32_t number, struct inode *directory, uint32_t n, unsigned char **page)
{
	uint32_t block = 0;
	bool made;
	int result;

	if ((uint64_t)(n + 1) * fs->block_bytes > INT32_MAX)
		return -EFBIG;
	inode_change(fs, directory);
	result = map_make(fs, number, directory, n, &block, &made);
	if (result == 0 && !made)
		result = damage_found(fs, "a directory has blocks behind its end", number);
	if (result == 0)
		result = page_new(fs, block, 0, page);
	if (result != 0)
		return result;
	((struct entry *)*page)->bytes = (uint16_t)fs->block_bytes;
	directory->size += fs->block_bytes;
	return 0;
}

int directory_add(struct ext2 *fs, uint32_t number, struct inode *directory, struct name name, uint32_t inode, uint32_t mode)
{
	struct name_index *index = names_of(fs, number);
	unsigned char *page = NULL;
	uint32_t blocks = 0, n;
	int result = directory_blocks(fs, number, directory, &blocks);

	if (result != 0)
		return result;
	result = -ENOSPC;
	for (n = index ? names_room(index, entry_bytes(name.bytes)) : 0; n < blocks && result == -ENOSPC; n++) {
		result = directory_block(fs, number, directory, n, blocks, &page);
		if (result == 0)
			result = block_add(fs, number, page, name, inode, mode);
	}
	if (result == -ENOSPC) {
		n = blocks + 1;
		result = directory_grow(fs, number, directory, blocks, &page);
		if (result == 0)
			result = block_add(fs, number, page, name, inode, mode);
	}
	if (result != 0)
		return result;
	if (index && names_add(index, name, n - 1))
		names_room_found(index, entry_bytes(name.bytes), n - 1);
	directory_changed(fs, directory);
	return 0;
}

void directory_set(struct ext2 *fs, struct inode *directory, const struct slot *slot, uint32_t inode, uint32_t mode)
{
	struct entry *entry = slot_entry(slot);

	page_change(fs, entry, sizeof(*entry));
	entry->inode = inode;
	entry->type = entry_type(fs, mode);
	if (directory)
		directory_changed(fs, directory);
}

void directory_remove(struct ext2 *fs, struct inode *directory, const struct slot *slot)
{
	struct entry *entry = slot_entry(slot), *before = (struct entry *)(slot->page + (slot->before != NONE ? slot->before : 0));
	struct name_index *index = names_of(fs, slot->directory);

	if (index)
		names_room_made(index, slot->n);
	page_change(fs, entry, sizeof(*entry));
	entry->inode = 0;
	if (slot->before != NONE) {
		page_change(fs, before, sizeof(*before));
		before->bytes = (uint16_t)(before->bytes + entry->bytes);
	}
	directory_changed(fs, directory);
}

int directory_make(struct ext2 *fs, uint32_t number, struct inode *directory, uint32_t parent)
{
	uint32_t dot = entry_bytes(1);
	unsigned char *page = NULL;
	int result = directory_grow(fs, number, directory, 0, &page);

	names_drop(fs, number); /* of one that had this number before */
	if (result != 0)
		return result;
	entry_write(fs, page, 0, dot, (struct name){".", 1}, number, MODE_DIRECTORY);
	entry_write(fs, page, dot, fs->block_bytes - dot, (struct name){"..", 2}, parent, MODE_DIRECTORY);
	return 0;
}

static bool entry_is_dots(const struct entry *entry)
{
	return name_is(entry, (struct name){".", 1}) || name_is(entry, (struct name){"..", 2});
}

int directory_empty(struct ext2 *fs, uint32_t number, const struct inode *directory)
{
	uint32_t blocks = 0;
	int result = directory_blocks(fs, number, directory, &blocks);

	for (uint32_t n = 0; n < blocks && result == 0; n++) {
		unsigned char *page = NULL;

		result = directory_block(fs, number, directory, n, blocks, &page);
		for (uint32_t at = 0; result == 0 && at < fs->block_bytes;) {
			const struct entry *entry = (const struct entry *)(page + at);
			const char *wrong = entry_wrong(fs, page, at);

			if (wrong)
				return damage_found(fs, wrong, number);
			if (entry->inode != 0 && !entry_is_dots(entry))
				return -ENOTEMPTY;
			at += entry->bytes;
		}
	}
	return result;
}

/* Emits what lies in one block from `from` on: 1 when the receiver is full. */
static int block_emit(struct ext2 *fs, uint32_t number, unsigned char *page, uint64_t start, uint64_t *cookie, directory_emit emit, void *context)
{
	for (uint32_t at = 0; at < fs->block_bytes;) {
		const struct entry *entry = (const struct entry *)(page + at);
		const char *wrong = entry_wrong(fs, page, at);
		uint64_t next = start + at + entry->bytes;

		if (wrong)
			return damage_found(fs, wrong, number);
		if (start + at >= *cookie) {
			if (entry->inode != 0 &&
				!emit(context, (struct name){entry->name, entry->name_bytes}, entry->inode, emitted_type(fs, entry), next))
				return 1;
			*cookie = next;
		}
		at += entry->bytes;
	}
	return 0;
}

int directory_read(struct ext2 *fs, uint32_t number, const struct inode *directory, uint64_t *cookie, directory_emit emit, void *context)
{
	uint32_t blocks = 0;
	int result = directory_blocks(fs, number, directory, &blocks);

	if (result != 0)
		return result;
	for (uint64_t n = *cookie / fs->block_bytes; n < blocks && result == 0; n++) {
		unsigned char *page = NULL;

		result = directory_block(fs, number, directory, (uint32_t)n, blocks, &page);
		if (result == 0)
			result = block_emit(fs, number, page, n * fs->block_bytes, cookie, emit, context);
	}
	return result < 0 ? result : 0;
}
