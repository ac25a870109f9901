/* SPDX-License-Identifier: MIT */
/*
 * Pages of a ramfs (layout.h): which are in use, and the trees that find those of a file.
 *
 * A tree grows in height from its root; it never shrinks but by being released whole. A node that becomes empty stays until the range that it covers is released.
 */
#include "layout.h"

#include "lib/assert.h"
#include "lib/string.h"

#define WORD_BITS 64

uint32_t page_take(struct ramfs *ramfs)
{
	struct ramfs_state *state = ramfs->state;
	uint32_t words = (state->page_count + WORD_BITS - 1) / WORD_BITS, page;
	uint32_t at = state->page_hint / WORD_BITS;

	assert(!ramfs->freed);
	if (!state->pages_free)
		return 0;
	while (ramfs->used[at] == UINT64_MAX)
		at = at + 1 == words ? 0 : at + 1;
	page = at * WORD_BITS + (uint32_t)__builtin_ctzll(~ramfs->used[at]);
	tsm_set(ramfs->tsm, ramfs->used[at], ramfs->used[at] | 1ull << page % WORD_BITS);
	tsm_modify(ramfs->tsm, state, sizeof(*state));
	state->pages_free--;
	state->page_hint = page;
	return page;
}

void page_free(struct ramfs *ramfs, uint32_t page)
{
	uint64_t *word = &ramfs->used[page / WORD_BITS];

	assert(*word >> page % WORD_BITS & 1);
	page_changes(&ramfs->watch, page_at(ramfs, page));
	ramfs->freed = true;
	tsm_set(ramfs->tsm, *word, *word & ~(1ull << page % WORD_BITS));
	tsm_set(ramfs->tsm, ramfs->state->pages_free, ramfs->state->pages_free + 1);
}

static uint32_t *node_at(struct ramfs *ramfs, uint32_t page)
{
	return (uint32_t *)page_at(ramfs, page);
}

/* How many data pages a tree of that height covers. */
static uint64_t tree_covers(uint32_t height)
{
	return 1ull << NODE_BITS * height;
}

static uint32_t node_slot(uint64_t index, uint32_t level)
{
	return (uint32_t)(index >> NODE_BITS * (level - 1)) % NODE_ENTRIES;
}

uint32_t data_find(struct ramfs *ramfs, const struct ramfs_inode *inode, uint64_t index)
{
	uint32_t page = inode->root;

	if (index >= tree_covers(inode->height))
		return 0;
	for (uint32_t level = inode->height; level && page; level--)
		page = node_at(ramfs, page)[node_slot(index, level)];
	return page;
}

/* Takes a page as a node without entries and counts it as the inode's. */
static uint32_t node_take(struct ramfs *ramfs, struct ramfs_inode *inode)
{
	uint32_t page = page_take(ramfs);

	if (page) {
		memset(tsm_fresh(ramfs->tsm, page_at(ramfs, page), RAMFS_PAGE), 0, RAMFS_PAGE);
		tsm_set(ramfs->tsm, inode->pages, inode->pages + 1);
	}
	return page;
}

/* How many nodes data_set() will have to add, so that it can refuse before anything has changed. */
static uint32_t nodes_missing(struct ramfs *ramfs, const struct ramfs_inode *inode, uint64_t index, uint32_t height)
{
	uint32_t page = inode->root, missing = 0;

	if (!page)
		return height;
	if (height > inode->height) /* a new top for each level, and a new branch below it unless the new index lies in the old tree */
		return height - inode->height + (index >= tree_covers(inode->height) ? height - 1 : 0);
	for (uint32_t level = height; level; level--) {
		if (!page)
			missing++;
		else
			page = level > 1 ? node_at(ramfs, page)[node_slot(index, level)] : page;
	}
	return missing;
}

static void tree_grow(struct ramfs *ramfs, struct ramfs_inode *inode, uint32_t height)
{
	tsm_modify(ramfs->tsm, inode, sizeof(*inode));
	if (!inode->root)
		inode->height = height;
	while (inode->height < height) {
		uint32_t top = node_take(ramfs, inode);

		node_at(ramfs, top)[0] = inode->root;
		inode->root = top;
		inode->height++;
	}
}

bool data_set(struct ramfs *ramfs, struct ramfs_inode *inode, uint64_t index, uint32_t page)
{
	uint32_t height = inode->height, *place = &inode->root;

	while (index >= tree_covers(height))
		height++;
	if (ramfs->state->pages_free < nodes_missing(ramfs, inode, index, height))
		return false;
	if (height != inode->height)
		tree_grow(ramfs, inode, height);
	for (uint32_t level = height; level; level--) {
		if (!*place) {
			uint32_t node = node_take(ramfs, inode);

			tsm_set(ramfs->tsm, *place, node);
		}
		place = &node_at(ramfs, *place)[node_slot(index, level)];
	}
	tsm_modify(ramfs->tsm, &inode->pages, sizeof(inode->pages));
	inode->pages += (page != 0) - (*place != 0);
	tsm_set(ramfs->tsm, *place, page);
	return true;
}

uint64_t data_next(struct ramfs *ramfs, const struct ramfs_inode *inode, uint64_t index, uint64_t limit, bool data)
{
	while (index < limit) {
		uint32_t page = inode->root, level = inode->height;

		if (index >= tree_covers(inode->height))
			return data ? limit : index;
		for (; level && page; level--)
			page = node_at(ramfs, page)[node_slot(index, level)];
		if ((page != 0) == data)
			return index;
		/* nothing below this level: on to the next branch of it */
		index = (index / tree_covers(level) + 1) * tree_covers(level);
	}
	return limit;
}

/* Releases what of the range lies below `page`, a tree of that height whose first index is `base`. Returns true when all of it went, itself included. */
static bool branch_release(struct ramfs *ramfs, struct ramfs_inode *inode, uint32_t page, uint32_t level, uint64_t base, uint64_t first, uint64_t end)
{
	uint64_t covers = tree_covers(level);
	bool whole = first <= base && base + covers <= end;

	if (level) {
		uint64_t step = tree_covers(level - 1);
		uint64_t from = first > base ? (first - base) / step : 0;
		uint64_t to = end < base + covers ? (end - base + step - 1) / step : NODE_ENTRIES;
		uint32_t *node = node_at(ramfs, page);

		for (uint64_t slot = from; slot < to; slot++) {
			bool gone = node[slot] && branch_release(ramfs, inode, node[slot], level - 1, base + slot * step, first, end);

			if (gone && !whole)
				tsm_set(ramfs->tsm, node[slot], 0);
		}
	}
	if (whole) {
		page_free(ramfs, page);
		inode->pages--;
	}
	return whole;
}

void data_release(struct ramfs *ramfs, struct ramfs_inode *inode, uint64_t first, uint64_t end)
{
	uint64_t covers = tree_covers(inode->height);

	if (end > covers)
		end = covers;
	if (first >= end || !inode->root)
		return;
	tsm_modify(ramfs->tsm, inode, sizeof(*inode));
	if (branch_release(ramfs, inode, inode->root, inode->height, 0, first, end)) {
		inode->root = 0;
		inode->height = 0;
	}
}
