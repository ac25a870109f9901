/* SPDX-License-Identifier: MIT */
/* The table of open inodes (users.h). A place that becomes free is filled with one from behind it that would not be found across the gap; so there are no marks of what was there once, and looking for what is not open is as short. */
#include "servers/ext2/users.h"

#include "servers/ext2/inode.h"

#define HASH_FACTOR 2654435761u /* 2^32 divided by the golden ratio */

static uint32_t home_of(uint32_t number)
{
	return (number * HASH_FACTOR >> 16) % OPEN_PLACES;
}

static uint32_t behind(uint32_t at)
{
	return (at + 1) % OPEN_PLACES;
}

/* The place of an inode, or the free one where it would be put. There is always one that is free. */
static uint32_t place_of(const struct ext2 *fs, uint32_t number)
{
	const struct open_inode *open = fs->state->open;
	uint32_t at = home_of(number);

	while (open[at].inode != 0 && open[at].inode != number)
		at = behind(at);
	return at;
}

void users_count(struct ext2 *fs)
{
	fs->open_count = 0;
	for (uint32_t at = 0; at < OPEN_PLACES; at++)
		fs->open_count += fs->state->open[at].inode != 0;
}

bool inode_in_use(const struct ext2 *fs, uint32_t number)
{
	return fs->state->open[place_of(fs, number)].inode == number;
}

static void place_set(struct ext2 *fs, uint32_t at, struct open_inode value)
{
	tsm_set(fs->tsm, fs->state->open[at], value);
}

/* Does the way from `home` to `at` lead over `gap`? */
static bool leads_over(uint32_t home, uint32_t gap, uint32_t at)
{
	return (at - home) % OPEN_PLACES >= (at - gap) % OPEN_PLACES;
}

/* Frees a place, and closes the gap (Knuth, The Art of Computer Programming 3, 6.4, algorithm R). */
static void place_free(struct ext2 *fs, uint32_t gap)
{
	const struct open_inode *open = fs->state->open;

	for (uint32_t at = behind(gap); open[at].inode != 0; at = behind(at)) {
		if (!leads_over(home_of(open[at].inode), gap, at))
			continue;
		place_set(fs, gap, open[at]);
		gap = at;
	}
	place_set(fs, gap, (struct open_inode){.inode = 0});
	fs->open_count--;
}

int inode_open_nameless(struct ext2 *fs, uint32_t number, bool linkable)
{
	if (fs->open_count == OPEN_FILES_MAX)
		return -ENFILE;
	fs->open_count++;
	place_set(fs, place_of(fs, number), (struct open_inode){number, 0, linkable});
	return 0;
}

bool inode_is_linkable(const struct ext2 *fs, uint32_t number)
{
	const struct open_inode *open = &fs->state->open[place_of(fs, number)];

	return open->inode == number && open->linkable;
}

void inode_linked(struct ext2 *fs, uint32_t number)
{
	uint32_t at = place_of(fs, number);

	place_set(fs, at, (struct open_inode){number, fs->state->open[at].users, false});
}

int inode_open(struct ext2 *fs, uint64_t number)
{
	struct inode *inode = NULL;
	int result = inode_live(fs, number, &inode);
	struct open_inode open;
	uint32_t at;

	if (result != 0)
		return result;
	at = place_of(fs, (uint32_t)number);
	open = fs->state->open[at];
	if (open.inode == 0 && inode->links == 0)
		return -ESTALE;
	if (open.inode == 0 && fs->open_count == OPEN_FILES_MAX)
		return -ENFILE;
	fs->open_count += open.inode == 0;
	place_set(fs, at, (struct open_inode){(uint32_t)number, open.users + 1, open.linkable});
	return 0;
}

/* Is any inode on the list of orphans? If that is not in the cache, there may be. */
static bool orphans_exist(struct ext2 *fs)
{
	struct superblock *superblock;

	return superblock_get(fs, &superblock) != 0 || superblock->last_orphan != 0;
}

int inode_close(struct ext2 *fs, uint64_t number)
{
	struct open_inode open = {.inode = 0};
	uint32_t at = 0;

	if (number > 0 && number <= fs->inodes) {
		at = place_of(fs, (uint32_t)number);
		open = fs->state->open[at];
	}
	if (open.inode == 0)
		return -EBADF;
	if (open.users > 1) {
		place_set(fs, at, (struct open_inode){open.inode, open.users - 1, open.linkable});
		return 0;
	}
	place_free(fs, at);
	if (orphans_exist(fs))
		tsm_set(fs->tsm, fs->state->reclaim, 1);
	return 0;
}
