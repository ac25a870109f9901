/* SPDX-License-Identifier: MIT */
/* Bitmaps of blocks and inodes (allocate.h). The numbers of free ones in the group and in the superblock follow the bits: a block counts as used until its bit is cleared. */
#include "servers/ext2/allocate.h"

#include "lib/string.h"
#include "servers/ext2/cache.h"
#include "servers/ext2/inode.h"

#define CLEAR_AT_ONCE 64 /* extents in one transaction */

int group_get(struct ext2 *fs, uint32_t group, struct group **descriptor)
{
	uint32_t in_block = fs->block_bytes / GROUP_BYTES;
	unsigned char *page;
	int result = page_get(fs, fs->descriptor_block + group / in_block, 0, &page);

	if (result == 0)
		*descriptor = (struct group *)page + group % in_block;
	return result;
}

static uint32_t group_of(const struct ext2 *fs, uint32_t block)
{
	return (block - fs->first_data_block) / fs->blocks_per_group;
}

static uint32_t group_start(const struct ext2 *fs, uint32_t group)
{
	return fs->first_data_block + group * fs->blocks_per_group;
}

static uint32_t group_blocks(const struct ext2 *fs, uint32_t group)
{
	uint32_t rest = fs->blocks - group_start(fs, group);

	return rest < fs->blocks_per_group ? rest : fs->blocks_per_group;
}

static bool power_of(uint32_t number, uint32_t base)
{
	while (number > 1 && number % base == 0)
		number /= base;
	return number == 1;
}

bool group_has_copies(const struct ext2 *fs, uint32_t group)
{
	return group <= 1 || !fs->sparse || power_of(group, 3) || power_of(group, 5) || power_of(group, 7);
}

static bool block_in_tables(const struct ext2 *fs, const struct group *descriptor, uint32_t group, uint32_t block)
{
	if (group_has_copies(fs, group) && block - group_start(fs, group) < fs->copy_blocks)
		return true;
	return block == descriptor->block_bitmap || block == descriptor->inode_bitmap || block - descriptor->inode_table < fs->table_blocks;
}

int block_check(struct ext2 *fs, uint32_t block, uint32_t inode)
{
	struct group *descriptor;
	int result;

	if (block < fs->first_data_block || block >= fs->blocks)
		return damage_found(fs, "an inode refers to a block outside of the filesystem", inode);
	result = group_get(fs, group_of(fs, block), &descriptor);
	if (result != 0)
		return result;
	if (block_in_tables(fs, descriptor, group_of(fs, block), block))
		return damage_found(fs, "an inode refers to a block of the filesystem's own tables", inode);
	return 0;
}

uint32_t blocks_behind(struct ext2 *fs, uint32_t block, uint32_t most)
{
	uint32_t group = group_of(fs, block), end = fs->first_data_block + (group + 1) * fs->blocks_per_group;
	struct group *descriptor;

	if (group_get(fs, group, &descriptor) != 0)
		return 1;
	if (end > fs->blocks || end < block) /* the last group may end beyond 2^32 */
		end = fs->blocks;
	if (descriptor->block_bitmap > block && descriptor->block_bitmap < end)
		end = descriptor->block_bitmap;
	if (descriptor->inode_bitmap > block && descriptor->inode_bitmap < end)
		end = descriptor->inode_bitmap;
	if (descriptor->inode_table > block && descriptor->inode_table < end)
		end = descriptor->inode_table;
	return end - block < most ? end - block : most;
}

/* First clear bit from `from` on, below `bits`; `bits` when there is none. */
static uint32_t bit_find(const unsigned char *map, uint32_t from, uint32_t bits)
{
	while (from < bits) {
		if (from % 64 == 0 && from + 64 <= bits && *(const uint64_t *)(map + from / 8) == UINT64_MAX)
			from += 64;
		else if (map[from / 8] & 1u << from % 8)
			from++;
		else
			return from;
	}
	return bits;
}

static void bit_flip(struct ext2 *fs, unsigned char *map, uint32_t bit)
{
	*(unsigned char *)page_change(fs, map + bit / 8, 1) ^= (unsigned char)(1u << bit % 8);
}

/* Adds to the counts of free blocks. */
static int blocks_count(struct ext2 *fs, struct group *descriptor, int by)
{
	struct superblock *superblock;
	int result = superblock_get(fs, &superblock);

	if (result != 0)
		return result;
	page_change(fs, &descriptor->blocks_free, sizeof(descriptor->blocks_free));
	descriptor->blocks_free = (uint16_t)(descriptor->blocks_free + by);
	page_change(fs, &superblock->blocks_free, sizeof(superblock->blocks_free));
	superblock->blocks_free += (uint32_t)by;
	return 0;
}

/* A block of one group: 0, -ENOSPC, or another error. */
static int block_allocate_in(struct ext2 *fs, uint32_t group, uint32_t from, uint32_t *block)
{
	uint32_t bits = group_blocks(fs, group), bit;
	struct group *descriptor;
	unsigned char *map;
	int result = group_get(fs, group, &descriptor);

	if (result == 0 && descriptor->blocks_free == 0)
		return -ENOSPC;
	if (result == 0)
		result = page_get(fs, descriptor->block_bitmap, 0, &map);
	if (result != 0)
		return result;
	bit = bit_find(map, from, bits);
	if (bit == bits)
		bit = bit_find(map, 0, from);
	if (bit >= bits || (bit == from && map[bit / 8] & 1u << bit % 8))
		return -ENOSPC;
	*block = group_start(fs, group) + bit;
	if (block_in_tables(fs, descriptor, group, *block))
		return damage_found(fs, "a block bitmap calls a block free that is part of the tables", *block);
	bit_flip(fs, map, bit);
	return blocks_count(fs, descriptor, -1);
}

int block_allocate(struct ext2 *fs, uint32_t goal, uint32_t *block)
{
	uint32_t first;

	if (goal < fs->first_data_block || goal >= fs->blocks)
		goal = fs->first_data_block;
	first = group_of(fs, goal);
	for (uint32_t i = 0; i < fs->groups; i++) {
		uint32_t group = (first + i) % fs->groups;
		int result = block_allocate_in(fs, group, i == 0 ? goal - group_start(fs, group) : 0, block);

		if (result != -ENOSPC)
			return result;
	}
	if (fs->state->pending_count == 0)
		return -ENOSPC;
	fs->want = WANT_COMMIT;
	return -EAGAIN;
}

/* Remembers a freed block; one that follows the last freed one (upwards or downwards) joins it. */
static void pending_add(struct ext2 *fs, uint32_t block)
{
	struct state *state = fs->state;
	struct extent *last = &state->pending[state->pending_count ? state->pending_count - 1 : 0];

	tsm_set(fs->tsm, state->pending_blocks, state->pending_blocks + 1);
	if (state->pending_count > 0 && (last->block + last->count == block || last->block == block + 1)) {
		tsm_modify(fs->tsm, last, sizeof(*last));
		last->block = last->block < block ? last->block : block;
		last->count++;
		return;
	}
	last = &state->pending[state->pending_count];
	tsm_modify(fs->tsm, last, sizeof(*last));
	*last = (struct extent){.block = block, .count = 1};
	tsm_set(fs->tsm, state->pending_count, state->pending_count + 1);
}

bool block_is_pending(const struct ext2 *fs, uint32_t block)
{
	const struct state *state = fs->state;

	for (uint32_t i = 0; i < state->pending_count; i++)
		if (block - state->pending[i].block < state->pending[i].count)
			return true;
	return false;
}

int block_free(struct ext2 *fs, uint32_t block)
{
	struct superblock *superblock;
	struct group *descriptor;
	unsigned char *map;
	uint32_t bit = (block - fs->first_data_block) % fs->blocks_per_group;
	int result = group_get(fs, group_of(fs, block), &descriptor);

	if (result == 0)
		result = page_get(fs, descriptor->block_bitmap, 0, &map);
	if (result == 0)
		result = superblock_get(fs, &superblock);
	if (result != 0)
		return result;
	if (!(map[bit / 8] & 1u << bit % 8))
		return damage_found(fs, "a block of a file is free in the bitmap", block);
	/* Dirty pages stay in the cache: when the bit is cleared, nothing has to be fetched. */
	page_dirty(fs, map);
	page_dirty(fs, descriptor);
	page_dirty(fs, superblock);
	page_forget(fs, block);
	pending_add(fs, block);
	return 0;
}

static void extent_clear(struct ext2 *fs, struct extent extent)
{
	for (uint32_t block = extent.block; block < extent.block + extent.count; block++) {
		uint32_t bit = (block - fs->first_data_block) % fs->blocks_per_group;
		struct group *descriptor;
		unsigned char *map;

		if (group_get(fs, group_of(fs, block), &descriptor) != 0 || page_get(fs, descriptor->block_bitmap, 0, &map) != 0) {
			(void)damage_found(fs, "the bitmap of a freed block is not at hand", block);
			continue; /* it stays marked as used */
		}
		if (!(map[bit / 8] & 1u << bit % 8)) {
			(void)damage_found(fs, "a block was freed twice", block);
			continue;
		}
		bit_flip(fs, map, bit);
		(void)blocks_count(fs, descriptor, 1);
	}
}

bool pending_clear(struct ext2 *fs)
{
	struct state *state = fs->state;
	uint32_t end;

	ext2_begin(fs);
	end = state->pending_done + CLEAR_AT_ONCE < state->pending_count ? state->pending_done + CLEAR_AT_ONCE : state->pending_count;
	for (uint32_t i = state->pending_done; i < end; i++)
		extent_clear(fs, state->pending[i]);
	tsm_set(fs->tsm, state->pending_done, end);
	if (end == state->pending_count) {
		tsm_set(fs->tsm, state->pending_done, 0);
		tsm_set(fs->tsm, state->pending_count, 0);
		tsm_set(fs->tsm, state->pending_blocks, 0);
		end = 0;
	}
	ext2_commit(fs);
	return end == 0;
}

/* Inodes. */

static int inodes_count(struct ext2 *fs, struct group *descriptor, int by, bool directory)
{
	struct superblock *superblock;
	int result = superblock_get(fs, &superblock);

	if (result != 0)
		return result;
	page_change(fs, descriptor, sizeof(*descriptor));
	descriptor->inodes_free = (uint16_t)(descriptor->inodes_free + by);
	descriptor->directories = (uint16_t)(descriptor->directories - (directory ? by : 0));
	page_change(fs, &superblock->inodes_free, sizeof(superblock->inodes_free));
	superblock->inodes_free += (uint32_t)by;
	return 0;
}

static int inode_allocate_in(struct ext2 *fs, uint32_t group, bool directory, uint32_t *number)
{
	struct group *descriptor;
	unsigned char *map;
	uint32_t bit;
	int result = group_get(fs, group, &descriptor);

	if (result == 0 && descriptor->inodes_free == 0)
		return -ENOSPC;
	if (result == 0)
		result = page_get(fs, descriptor->inode_bitmap, 0, &map);
	if (result != 0)
		return result;
	bit = bit_find(map, group == 0 ? fs->first_inode - 1 : 0, fs->inodes_per_group);
	if (bit >= fs->inodes_per_group)
		return -ENOSPC;
	*number = group * fs->inodes_per_group + bit + 1;
	bit_flip(fs, map, bit);
	return inodes_count(fs, descriptor, -1, directory);
}

/* For a directory in the root: the group with free inodes that has the most free blocks. */
static int group_spread(struct ext2 *fs, uint32_t *best)
{
	uint32_t blocks_most = 0;

	*best = 0;
	for (uint32_t group = 0; group < fs->groups; group++) {
		struct group *descriptor;
		int result = group_get(fs, group, &descriptor);

		if (result != 0)
			return result;
		if (descriptor->inodes_free > fs->inodes_per_group / 8 && descriptor->blocks_free > blocks_most) {
			blocks_most = descriptor->blocks_free;
			*best = group;
		}
	}
	return 0;
}

int inode_allocate(struct ext2 *fs, uint32_t parent, bool directory, uint32_t *number)
{
	uint32_t first = (parent - 1) / fs->inodes_per_group;
	int result = directory && parent == INODE_ROOT ? group_spread(fs, &first) : 0;

	if (result != 0)
		return result;
	for (uint32_t i = 0; i < fs->groups; i++) {
		result = inode_allocate_in(fs, (first + i) % fs->groups, directory, number);
		if (result != -ENOSPC)
			return result;
	}
	return -ENOSPC;
}

int inode_free(struct ext2 *fs, uint32_t number, bool directory)
{
	uint32_t bit = (number - 1) % fs->inodes_per_group;
	struct group *descriptor;
	unsigned char *map;
	int result = group_get(fs, (number - 1) / fs->inodes_per_group, &descriptor);

	if (result == 0)
		result = page_get(fs, descriptor->inode_bitmap, 0, &map);
	if (result != 0)
		return result;
	if (!(map[bit / 8] & 1u << bit % 8))
		return damage_found(fs, "an inode in use is free in the bitmap", number);
	bit_flip(fs, map, bit);
	return inodes_count(fs, descriptor, 1, directory);
}
