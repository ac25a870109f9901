/* SPDX-License-Identifier: MIT */
/*
 * What is done about a ramfs of which some cells were damaged while no instance ran (lib/tsm.h): what nobody needs is cleared, what can be computed is, and what was part of a file makes that file answer -EIO until it is cut to nothing
 * or removed. All of it is one transaction, so an instance that ends in the middle leaves the damage as it was, to be found again.
 *
 *   a page that is free            cleared
 *   a page of a file's data        the file is damaged
 *   a node of a file's tree        the file is damaged, and what hung below the node is free again
 *   a page of an attribute's value the extended attribute is damaged: -EIO until it is set anew or removed
 *   the map of used pages          made anew from the trees
 *   inodes, names, counters        nothing is done: nobody can be served
 */
#include "lib/string.h"
#include "layout.h"

#define FILES_MOST 64 /* damaged files in one salvage */

struct salvage {
	struct ramfs *ramfs;
	bool map; /* the map of used pages must be made anew */
	uint32_t files;
};

static uint32_t pages_of_map(const struct ramfs *ramfs)
{
	return (ramfs->state->page_count + 63) / 64;
}

static bool within(const void *at, size_t bytes, const void *first, const void *end)
{
	return (const char *)at >= (const char *)first && (const char *)at + bytes <= (const char *)end;
}

static bool is_of_map(const struct ramfs *ramfs, const struct ramfs_damage *damage)
{
	return within(damage->at, damage->bytes, ramfs->used, ramfs->inodes);
}

static bool is_of_pages(const struct ramfs *ramfs, const struct ramfs_damage *damage)
{
	return within(damage->at, damage->bytes, ramfs->pages, page_at((struct ramfs *)ramfs, ramfs->state->page_count));
}

enum place { PLACE_NOT, PLACE_DATA, PLACE_NODE };

/* How a page belongs to the tree below `root`. What a damaged node leads to may be anything: every number is checked, and the depth is the tree's. */
static enum place tree_search(struct ramfs *ramfs, uint32_t root, uint32_t level, uint32_t page)
{
	if (!root || root >= ramfs->state->page_count)
		return PLACE_NOT;
	if (root == page)
		return level ? PLACE_NODE : PLACE_DATA;
	for (uint32_t slot = 0; level && slot < NODE_ENTRIES; slot++) {
		uint32_t below = ((const uint32_t *)page_at(ramfs, root))[slot];
		enum place place = below ? tree_search(ramfs, below, level - 1, page) : PLACE_NOT;

		if (place != PLACE_NOT)
			return place;
	}
	return PLACE_NOT;
}

static bool xattr_has_page(const struct ramfs_xattr *xattr, uint32_t page)
{
	for (uint32_t i = 0; i < xattr_pages(xattr->bytes); i++)
		if (xattr->pages[i] == page)
			return true;
	return false;
}

/* Marks the extended attribute of the inode that the page belongs to, if there is one; false when there are too many. */
static bool xattrs_mark(struct salvage *salvage, const struct ramfs_inode *inode, uint32_t page)
{
	struct ramfs *ramfs = salvage->ramfs;

	for (struct ramfs_xattr *xattr = xattr_at(ramfs, inode->mode ? inode->xattrs : 0); xattr; xattr = xattr_at(ramfs, xattr->next)) {
		if (!xattr_has_page(xattr, page))
			continue;
		if (!xattr->damaged && salvage->files++ == FILES_MOST)
			return false;
		tsm_set(ramfs->tsm, xattr->damaged, 1);
	}
	return true;
}

/* Marks the files that the page belongs to; false when there are too many. */
static bool owners_mark(struct salvage *salvage, uint32_t page)
{
	struct ramfs *ramfs = salvage->ramfs;

	for (uint32_t i = RAMFS_ROOT; i < ramfs->state->inode_fresh; i++) {
		struct ramfs_inode *inode = &ramfs->inodes[i];
		enum place place = inode_is(inode, MODE_REGULAR) ? tree_search(ramfs, inode->root, inode->height, page) : PLACE_NOT;

		if (!xattrs_mark(salvage, inode, page))
			return false;
		if (place == PLACE_NOT)
			continue;
		if (!inode->damaged && salvage->files++ == FILES_MOST)
			return false;
		tsm_modify(ramfs->tsm, inode, sizeof(*inode));
		inode->damaged = 1;
		if (place == PLACE_DATA)
			continue;
		inode->root = inode->height = inode->pages = 0;
		salvage->map = true;
	}
	return true;
}

static bool pages_salvage(struct salvage *salvage, const struct ramfs_damage *damage)
{
	struct ramfs *ramfs = salvage->ramfs;
	uint64_t first = (uint64_t)((unsigned char *)damage->at - ramfs->pages) / RAMFS_PAGE;
	uint64_t last = (uint64_t)((unsigned char *)damage->at + damage->bytes - 1 - ramfs->pages) / RAMFS_PAGE;

	for (uint64_t page = first; page <= last; page++)
		if (!owners_mark(salvage, (uint32_t)page))
			return false;
	return true;
}

static void map_set(struct ramfs *ramfs, uint32_t page)
{
	uint64_t *word = &ramfs->used[page / 64], bit = 1ull << page % 64;

	ramfs->state->pages_free -= !(*word & bit);
	*word |= bit;
}

static void tree_map(struct ramfs *ramfs, uint32_t root, uint32_t level)
{
	map_set(ramfs, root);
	for (uint32_t slot = 0; level && slot < NODE_ENTRIES; slot++) {
		uint32_t below = ((const uint32_t *)page_at(ramfs, root))[slot];

		if (below)
			tree_map(ramfs, below, level - 1);
	}
}

static void xattrs_map(struct ramfs *ramfs, const struct ramfs_inode *inode)
{
	for (const struct ramfs_xattr *xattr = xattr_at(ramfs, inode->mode ? inode->xattrs : 0); xattr; xattr = xattr_at(ramfs, xattr->next))
		for (uint32_t i = 0; i < xattr_pages(xattr->bytes); i++)
			map_set(ramfs, xattr->pages[i]);
}

/* From the trees, which are sound now, and the extended attributes. */
static void map_make(struct ramfs *ramfs)
{
	struct ramfs_state *state = ramfs->state;

	tsm_modify(ramfs->tsm, state, sizeof(*state));
	memset(tsm_modify(ramfs->tsm, ramfs->used, pages_of_map(ramfs) * sizeof(uint64_t)), 0, pages_of_map(ramfs) * sizeof(uint64_t));
	state->pages_free = state->page_count;
	state->page_hint = 0;
	map_set(ramfs, 0);
	if (state->page_count % 64)
		ramfs->used[state->page_count / 64] |= UINT64_MAX << state->page_count % 64; /* pages that do not exist */
	for (uint32_t i = RAMFS_ROOT; i < state->inode_fresh; i++) {
		xattrs_map(ramfs, &ramfs->inodes[i]);
		if (inode_is(&ramfs->inodes[i], MODE_REGULAR) && ramfs->inodes[i].root)
			tree_map(ramfs, ramfs->inodes[i].root, ramfs->inodes[i].height);
	}
}

/* What the transaction will change, in cells, must fit. */
static bool fits(const struct ramfs *ramfs, const struct ramfs_damage *damage, uint32_t count)
{
	uint64_t cells = FILES_MOST * sizeof(struct ramfs_inode) / TSM_CELL + sizeof(struct ramfs_state) / TSM_CELL + pages_of_map(ramfs) * sizeof(uint64_t) / TSM_CELL + 2;

	for (uint32_t i = 0; i < count; i++)
		cells += damage[i].bytes / TSM_CELL;
	return cells <= tsm_room(ramfs->tsm);
}

static bool damage_salvage(struct salvage *salvage, const struct ramfs_damage *damage)
{
	if (is_of_map(salvage->ramfs, damage))
		salvage->map = true;
	else if (!is_of_pages(salvage->ramfs, damage) || !pages_salvage(salvage, damage))
		return false;
	return true;
}

int ramfs_salvage(struct ramfs *ramfs, const struct ramfs_damage *damage, uint32_t count)
{
	struct salvage salvage = {.ramfs = ramfs};
	bool done;

	tsm_begin(ramfs->tsm);
	done = fits(ramfs, damage, count);
	for (uint32_t i = 0; done && i < count; i++)
		done = damage_salvage(&salvage, &damage[i]);
	for (uint32_t i = 0; done && i < count; i++) /* only now: what a damaged node leads to was asked for above */
		memset(tsm_repair(ramfs->tsm, damage[i].at, damage[i].bytes), 0, damage[i].bytes);
	if (!done) {
		tsm_rollback(ramfs->tsm);
		return -EIO;
	}
	if (salvage.map)
		map_make(ramfs);
	tsm_commit(ramfs->tsm);
	return (int)salvage.files;
}

static bool is_damaged(struct ramfs *ramfs, const struct ramfs_inode *inode)
{
	if (inode_is(inode, MODE_REGULAR) && inode->damaged)
		return true;
	for (const struct ramfs_xattr *xattr = xattr_at(ramfs, inode->mode ? inode->xattrs : 0); xattr; xattr = xattr_at(ramfs, xattr->next))
		if (xattr->damaged)
			return true;
	return false;
}

uint32_t ramfs_damaged_files(struct ramfs *ramfs)
{
	uint32_t count = 0;

	for (uint32_t i = RAMFS_ROOT; i < ramfs->state->inode_fresh; i++)
		count += is_damaged(ramfs, &ramfs->inodes[i]);
	return count;
}

bool ramfs_opens(const void *area, const struct ramfs_damage *damage, uint32_t count)
{
	const char *first = area;

	for (uint32_t i = 0; i < count; i++)
		if ((const char *)damage[i].at < first + sizeof(struct ramfs_state) && (const char *)damage[i].at + damage[i].bytes > first)
			return false;
	return true;
}
