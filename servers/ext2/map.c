/* SPDX-License-Identifier: MIT */
/* The map of a file (map.h): a path of up to four slots leads from the inode to a block. */
#include "servers/ext2/map.h"

#include "lib/string.h"
#include "servers/ext2/allocate.h"
#include "servers/ext2/cache.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/page.h"

#define CUT_AT_ONCE 512 /* blocks that one transaction frees */

/* Where block n lies in the tree: the slot of the inode, then the index in each indirect block. */
struct path {
	uint32_t depth; /* indirect blocks on the way */
	uint32_t index[LEVELS + 1];
};

/* Blocks below a slot at that level. */
static uint64_t level_span(const struct ext2 *fs, uint32_t level)
{
	uint64_t span = 1;

	while (level-- > 0)
		span *= fs->pointers;
	return span;
}

uint64_t map_limit(const struct ext2 *fs)
{
	return DIRECT_BLOCKS + level_span(fs, 1) + level_span(fs, 2) + level_span(fs, 3);
}

static bool path_make(const struct ext2 *fs, uint64_t n, struct path *path)
{
	uint32_t depth = 0;

	if (n < DIRECT_BLOCKS) {
		*path = (struct path){.depth = 0, .index = {(uint32_t)n}};
		return true;
	}
	n -= DIRECT_BLOCKS;
	for (depth = 1; depth <= LEVELS && n >= level_span(fs, depth); depth++)
		n -= level_span(fs, depth);
	if (depth > LEVELS)
		return false;
	path->depth = depth;
	path->index[0] = DIRECT_BLOCKS + depth - 1;
	for (uint32_t level = depth; level > 0; level--) {
		path->index[level] = (uint32_t)(n % fs->pointers);
		n /= fs->pointers;
	}
	return true;
}

/* How many blocks lie from this path to the end of the subtree in which `level` is the first missing. */
static uint32_t path_rest(const struct ext2 *fs, const struct path *path, uint32_t level)
{
	uint64_t within = 0;

	for (uint32_t i = level + 1; i <= path->depth; i++)
		within = within * fs->pointers + path->index[i];
	within = level_span(fs, path->depth - level) - within;
	return within < UINT32_MAX ? (uint32_t)within : UINT32_MAX;
}

/* Makes the path to block n and follows it to its slot, or to the first slot on the way that is empty: *slot, at *level. -EFBIG when there is no such path. */
static int path_walk(struct ext2 *fs, uint32_t number, const struct inode *inode, uint32_t n, struct path *path, const uint32_t **slot, uint32_t *level)
{
	if (!path_make(fs, n, path))
		return -EFBIG;
	*slot = &inode->map[path->index[0]];
	for (*level = 0; **slot != 0; (*level)++) {
		unsigned char *page = NULL;
		int result = block_check(fs, **slot, number);

		if (result != 0 || *level == path->depth)
			return result;
		result = page_get(fs, **slot, 0, &page);
		if (result != 0)
			return result;
		*slot = (const uint32_t *)page + path->index[*level + 1];
	}
	return 0;
}

int map_find(struct ext2 *fs, uint32_t number, const struct inode *inode, uint32_t n, uint32_t *block, uint32_t *skip)
{
	const uint32_t *slot;
	struct path path;
	uint32_t level;
	int result = path_walk(fs, number, inode, n, &path, &slot, &level);

	if (result != 0)
		return result;
	*block = *slot;
	if (*slot == 0 && skip)
		*skip = path_rest(fs, &path, level);
	return 0;
}

/* Slots behind this one in its block of slots, or among those of the inode that lead to a block at once. */
static uint32_t slots_behind(const struct ext2 *fs, const struct path *path)
{
	return (path->depth == 0 ? DIRECT_BLOCKS : fs->pointers) - 1 - path->index[path->depth];
}

int map_find_run(struct ext2 *fs, uint32_t number, const struct inode *inode, uint32_t n, uint32_t most, uint32_t *block, uint32_t *run)
{
	const uint32_t *slot;
	struct path path;
	uint32_t level;
	int result = path_walk(fs, number, inode, n, &path, &slot, &level);

	if (result != 0)
		return result;
	*block = *slot;
	*run = 1;
	if (*slot == 0) {
		*run = path_rest(fs, &path, level);
		*run = *run < most ? *run : most;
		return 0;
	}
	most = blocks_behind(fs, *block, most);
	if (most > slots_behind(fs, &path) + 1)
		most = slots_behind(fs, &path) + 1;
	while (*run < most && slot[*run] == *block + *run)
		++*run;
	return 0;
}

static uint32_t inode_goal(const struct ext2 *fs, uint32_t number)
{
	return fs->first_data_block + (number - 1) / fs->inodes_per_group * fs->blocks_per_group;
}

/* A new block for a slot, near the block that the slot before it holds. */
static int slot_fill(struct ext2 *fs, uint32_t number, struct inode *inode, uint32_t *slot, uint32_t before)
{
	uint32_t block = 0;
	int result;

	if (inode->sectors > UINT32_MAX - fs->block_bytes / DISK_SECTOR)
		return -EFBIG;
	result = block_allocate(fs, before ? before + 1 : inode_goal(fs, number), &block);
	if (result != 0)
		return result;
	page_change(fs, slot, sizeof(*slot));
	*slot = block;
	inode->sectors += fs->block_bytes / DISK_SECTOR;
	return 0;
}

int map_make(struct ext2 *fs, uint32_t number, struct inode *inode, uint32_t n, uint32_t *block, bool *made)
{
	struct path path;
	uint32_t *slot, before;
	unsigned char *page = NULL;
	int result = 0;

	*made = false;
	if (!path_make(fs, n, &path))
		return -EFBIG;
	slot = &inode->map[path.index[0]];
	before = path.index[0] > 0 ? slot[-1] : 0;
	for (uint32_t level = 0; result == 0; level++) {
		bool missing = *slot == 0;

		result = missing ? slot_fill(fs, number, inode, slot, before) : block_check(fs, *slot, number);
		if (result != 0)
			break;
		if (level == path.depth) {
			*block = *slot;
			*made = missing;
			break;
		}
		before = *slot;
		result = missing ? page_new(fs, *slot, 0, &page) : page_get(fs, *slot, 0, &page);
		if (result != 0)
			break;
		slot = (uint32_t *)page + path.index[level + 1];
		if (path.index[level + 1] > 0 && slot[-1] != 0)
			before = slot[-1];
	}
	return result;
}

/* Freeing. */

struct cut {
	struct ext2 *fs;
	struct inode *inode;
	uint32_t number;
	uint64_t keep;
	uint32_t left; /* blocks that this transaction may still free */
};

static int cut_block(struct cut *cut, uint32_t *slot)
{
	struct ext2 *fs = cut->fs;
	uint32_t sectors = fs->block_bytes / DISK_SECTOR;
	int result = block_check(fs, *slot, cut->number);

	if (result == 0 && cut->inode->sectors < sectors)
		result = damage_found(fs, "an inode has more blocks than it counts", cut->number);
	if (result == 0)
		result = block_free(fs, *slot);
	if (result != 0)
		return result;
	page_change(fs, slot, sizeof(*slot));
	*slot = 0;
	cut->inode->sectors -= sectors;
	cut->left--;
	return 0;
}

/* Frees what the slot leads to, from the end, `base` being its first block: 0 when nothing from `keep` on is left there, 1 when there is, or an error. Recursion is as deep as the map: three. */
static int cut_slot(struct cut *cut, uint32_t *slot, uint32_t level, uint64_t base)
{
	struct ext2 *fs = cut->fs;
	uint64_t span = level_span(fs, level);
	int result = 0;

	if (*slot == 0 || base + span <= cut->keep)
		return 0;
	if (cut->left == 0 || change_full(fs))
		return 1;
	if (level > 0) {
		unsigned char *page = NULL;

		result = block_check(fs, *slot, cut->number);
		if (result == 0 && block_is_pending(fs, *slot)) /* its page is gone, and would be fetched again for each attempt */
			result = damage_found(fs, "a map lies in a block that was freed", cut->number);
		if (result == 0)
			result = page_get(fs, *slot, 0, &page);
		for (uint32_t i = fs->pointers; i > 0 && result == 0; i--)
			result = cut_slot(cut, (uint32_t *)page + i - 1, level - 1, base + (i - 1) * (span / fs->pointers));
	}
	if (result != 0 || base < cut->keep)
		return result;
	return cut->left == 0 ? 1 : cut_block(cut, slot);
}

int map_cut(struct ext2 *fs, uint32_t number, struct inode *inode, uint32_t keep)
{
	struct cut cut = {.fs = fs, .inode = inode, .number = number, .keep = keep, .left = CUT_AT_ONCE};
	uint64_t base = map_limit(fs);
	int result = 0;

	frames_drop(fs, number, (uint64_t)keep * fs->block_bytes, UINT64_MAX);
	inode_change(fs, inode);
	inode_publish_attributes(fs, number);
	for (uint32_t level = LEVELS; level > 0 && result == 0; level--) {
		base -= level_span(fs, level);
		result = cut_slot(&cut, &inode->map[DIRECT_BLOCKS + level - 1], level, base);
	}
	for (uint32_t i = DIRECT_BLOCKS; i > 0 && result == 0; i--)
		result = cut_slot(&cut, &inode->map[i - 1], 0, i - 1);
	return result;
}
