/* SPDX-License-Identifier: MIT */
/* Inodes of a ramfs (layout.h): taking and dropping them, their attributes and times. */
#include "layout.h"

#include "lib/assert.h"
#include "lib/generations.h"

#define DAY_SECONDS (24 * 60 * 60)

struct ramfs_inode *inode_find(struct ramfs *ramfs, uint64_t number)
{
	return number && number < ramfs->state->inode_fresh && ramfs->inodes[number].mode ? &ramfs->inodes[number] : NULL;
}

struct ramfs_inode *inode_take(struct ramfs *ramfs, const struct file_creation *creation)
{
	struct ramfs_state *state = ramfs->state;
	struct ramfs_inode *inode;

	if (!state->inodes_free)
		return NULL;
	tsm_modify(ramfs->tsm, state, sizeof(*state));
	inode = &ramfs->inodes[state->inode_list ? state->inode_list : state->inode_fresh];
	if (state->inode_list)
		state->inode_list = inode->root;
	else
		state->inode_fresh++;
	state->inodes_free--;
	tsm_modify(ramfs->tsm, inode, sizeof(*inode));
	generation_advance_all(ramfs->watch.generations, inode_number(ramfs, inode));
	*inode = (struct ramfs_inode){
		.mode = creation->mode,
		.owner = creation->owner,
		.group = creation->group,
		.generation = ++state->generation,
		.device = creation->device,
		.access = ramfs->clock.now,
		.modify = ramfs->clock.now,
		.change = ramfs->clock.now,
	};
	return inode;
}

void inode_drop(struct ramfs *ramfs, struct ramfs_inode *inode)
{
	struct ramfs_state *state = ramfs->state;

	if (inode->links || inode->users)
		return;
	assert(!inode->entries);
	xattrs_drop(ramfs, inode);
	if (inode_is(inode, MODE_LINK))
		text_free(ramfs, inode->root);
	else
		data_release(ramfs, inode, 0, UINT64_MAX);
	tsm_modify(ramfs->tsm, inode, sizeof(*inode));
	tsm_modify(ramfs->tsm, state, sizeof(*state));
	generation_advance_all(ramfs->watch.generations, inode_number(ramfs, inode));
	inode_freed(&ramfs->watch, inode_number(ramfs, inode));
	*inode = (struct ramfs_inode){.root = state->inode_list};
	state->inode_list = inode_number(ramfs, inode);
	state->inodes_free++;
}

void inode_attributes(struct ramfs *ramfs, const struct ramfs_inode *inode, struct attributes *attributes)
{
	*attributes = (struct attributes){
		.inode = inode_number(ramfs, inode),
		.generation = inode->generation,
		.mode = inode->mode,
		.links = inode->links,
		.owner = inode->owner,
		.group = inode->group,
		.device = inode->device,
		.size = inode_is(inode, MODE_DIRECTORY) ? (uint64_t)inode->entries * sizeof(struct ramfs_entry) : inode->size,
		.blocks = (uint64_t)inode->pages * (RAMFS_PAGE / 512),
		.block_size = RAMFS_PAGE,
		.access = inode->access,
		.modify = inode->modify,
		.change = inode->change,
	};
}

void inode_touch(struct ramfs *ramfs, struct ramfs_inode *inode, bool contents)
{
	tsm_modify(ramfs->tsm, &inode->modify, sizeof(inode->modify) + sizeof(inode->change));
	inode->change = ramfs->clock.now;
	if (contents)
		inode->modify = ramfs->clock.now;
	generation_advance(ramfs->watch.generations, inode_number(ramfs, inode), GENERATION_ATTRIBUTES);
	if (contents && inode_is(inode, MODE_DIRECTORY))
		generation_advance(ramfs->watch.generations, inode_number(ramfs, inode), GENERATION_ACCESS);
}

static bool timestamp_after(const struct timestamp *a, const struct timestamp *b)
{
	return a->seconds == b->seconds ? a->nanoseconds > b->nanoseconds : a->seconds > b->seconds;
}

void inode_accessed(struct ramfs *ramfs, struct ramfs_inode *inode)
{
	bool newest = timestamp_after(&inode->access, &inode->modify) && timestamp_after(&inode->access, &inode->change);

	if (newest && ramfs->clock.now.seconds - inode->access.seconds < DAY_SECONDS)
		return;
	tsm_begin(ramfs->tsm);
	tsm_set(ramfs->tsm, inode->access, ramfs->clock.now);
	generation_advance(ramfs->watch.generations, inode_number(ramfs, inode), GENERATION_ATTRIBUTES);
	tsm_commit(ramfs->tsm);
}
