/* SPDX-License-Identifier: MIT */
/* Inodes (inode.h): the table, times, sizes, the list of orphans. */
#include "servers/ext2/inode.h"

#include "lib/string.h"
#include "servers/ext2/allocate.h"
#include "servers/ext2/cache.h"
#include "servers/ext2/journal.h"
#include "servers/ext2/map.h"
#include "servers/ext2/page.h"
#include "servers/ext2/users.h"
#include "servers/ext2/xattr.h"

/* The table. */

int inode_get(struct ext2 *fs, uint32_t number, struct inode **inode)
{
	uint32_t index = (number - 1) % fs->inodes_per_group, in_block = fs->block_bytes / fs->inode_bytes;
	struct group *descriptor;
	unsigned char *page = NULL;
	int result;

	if (number == 0 || number > fs->inodes)
		return -EUCLEAN;
	result = group_get(fs, (number - 1) / fs->inodes_per_group, &descriptor);
	if (result == 0)
		result = page_get(fs, descriptor->inode_table + index / in_block, 0, &page);
	if (result == 0)
		*inode = (struct inode *)(page + index % in_block * fs->inode_bytes);
	return result;
}

int inode_live(struct ext2 *fs, uint64_t number, struct inode **inode)
{
	int result;

	if (number > fs->inodes || (number < fs->first_inode && number != INODE_ROOT))
		return -ESTALE;
	result = inode_get(fs, (uint32_t)number, inode);
	if (result != 0)
		return result;
	return (*inode)->mode == 0 ? -ESTALE : 0;
}

int inode_named(struct ext2 *fs, uint32_t number, struct inode **inode)
{
	int result = inode_live(fs, number, inode);

	return result == -ESTALE ? damage_found(fs, "a name refers to an inode that is not in use, or that no file can have", number) : result;
}

void inode_change(struct ext2 *fs, struct inode *inode)
{
	page_change(fs, inode, fs->inode_bytes > INODE_BYTES_LEAST ? INODE_BYTES_LEAST + EXTRA_BYTES : INODE_BYTES_LEAST);
}

/* Attributes. */

uint64_t inode_size(const struct inode *inode)
{
	return (inode->mode & MODE_TYPE) == MODE_REGULAR ? inode->size | (uint64_t)inode->size_high << 32 : inode->size;
}

int inode_size_set(struct ext2 *fs, struct inode *inode, uint64_t size)
{
	struct superblock *superblock;
	int result = superblock_get(fs, &superblock);

	if (result != 0)
		return result;
	if (size > INT32_MAX && superblock->revision > 0 && !(superblock->read_only & READ_ONLY_LARGE_FILE)) {
		page_change(fs, &superblock->read_only, sizeof(superblock->read_only));
		superblock->read_only |= READ_ONLY_LARGE_FILE;
	}
	inode_change(fs, inode);
	inode->size = (uint32_t)size;
	if ((inode->mode & MODE_TYPE) == MODE_REGULAR)
		inode->size_high = (uint32_t)(size >> 32);
	return 0;
}

/* The three times, and where their extra bits are if this inode has room for them. */
struct time_place {
	uint32_t *seconds, *extra;
};

static struct time_place time_place(const struct ext2 *fs, const struct inode *inode, enum inode_time which)
{
	struct inode *at = (struct inode *)(uintptr_t)inode;
	bool room = fs->inode_bytes > INODE_BYTES_LEAST && at->extra_bytes >= offsetof(struct inode, birth_time) - INODE_BYTES_LEAST;

	if (which == TIME_ACCESS)
		return (struct time_place){&at->access_time, room ? &at->access_extra : NULL};
	if (which == TIME_MODIFY)
		return (struct time_place){&at->modify_time, room ? &at->modify_extra : NULL};
	return (struct time_place){&at->change_time, room ? &at->change_extra : NULL};
}

struct timestamp inode_time(const struct ext2 *fs, const struct inode *inode, enum inode_time which)
{
	struct time_place place = time_place(fs, inode, which);
	struct timestamp time = {.seconds = (int32_t)*place.seconds};

	if (place.extra) {
		time.seconds += (int64_t)(*place.extra & 3) << 32;
		time.nanoseconds = *place.extra >> 2;
		if (time.nanoseconds > 999999999)
			time.nanoseconds = 0;
	}
	return time;
}

bool inode_time_is(const struct ext2 *fs, const struct inode *inode, enum inode_time which, struct timestamp time)
{
	struct timestamp there = inode_time(fs, inode, which);

	return there.seconds == time.seconds && (there.nanoseconds == time.nanoseconds || !time_place(fs, inode, which).extra);
}

static void time_store(struct time_place place, struct timestamp time)
{
	int64_t most = place.extra ? INT32_MAX + ((int64_t)3 << 32) : INT32_MAX;

	if (time.seconds < INT32_MIN || time.seconds > most)
		time = (struct timestamp){.seconds = time.seconds < 0 ? INT32_MIN : most};
	*place.seconds = (uint32_t)time.seconds;
	if (place.extra) /* the low half is signed: what it falls short of is in the two bits */
		*place.extra = time.nanoseconds << 2 | (uint32_t)((time.seconds - (int32_t)time.seconds) >> 32 & 3);
}

void inode_time_set(const struct ext2 *fs, struct inode *inode, unsigned mask, struct timestamp time)
{
	for (unsigned which = TIME_ACCESS; which <= TIME_CHANGE; which *= 2)
		if (mask & which)
			time_store(time_place(fs, inode, which), time);
}

/* Device numbers: small ones in the old way in the first slot, others in the new way in the second; as Linux has them. */
static uint64_t device_read(const struct inode *inode)
{
	if (inode->map[0] != 0)
		return inode->map[0] & 0xffff;
	return inode->map[1];
}

static void device_store(struct inode *inode, uint64_t device)
{
	if ((device & ~0xffffull) == 0)
		inode->map[0] = (uint32_t)device;
	else
		inode->map[1] = (uint32_t)device;
}

static bool mode_is_device(uint32_t mode)
{
	return (mode & MODE_TYPE) == MODE_BLOCK || (mode & MODE_TYPE) == MODE_CHARACTER;
}

void inode_attributes(const struct ext2 *fs, uint32_t number, const struct inode *inode, struct attributes *attributes)
{
	*attributes = (struct attributes){
		.inode = number,
		.generation = inode->generation,
		.mode = inode->mode,
		.links = inode->links,
		.owner = inode->owner | (uint32_t)inode->owner_high << 16,
		.group = inode->group | (uint32_t)inode->group_high << 16,
		.device = mode_is_device(inode->mode) ? device_read(inode) : 0,
		.size = inode_size(inode),
		.blocks = inode->sectors,
		.block_size = fs->block_bytes,
		.access = inode_time(fs, inode, TIME_ACCESS),
		.modify = inode_time(fs, inode, TIME_MODIFY),
		.change = inode_time(fs, inode, TIME_CHANGE),
	};
}

int inode_make(struct ext2 *fs, uint32_t parent, const struct file_creation *creation, uint32_t *number, struct inode **inode)
{
	int result = inode_allocate(fs, parent, (creation->mode & MODE_TYPE) == MODE_DIRECTORY, number);

	if (result == 0)
		result = inode_get(fs, *number, inode);
	if (result != 0)
		return result;
	if ((*inode)->links != 0)
		return damage_found(fs, "an inode bitmap calls an inode free that has links", *number);
	page_change(fs, *inode, fs->inode_bytes);
	memset(*inode, 0, fs->inode_bytes);
	(*inode)->mode = (uint16_t)creation->mode;
	(*inode)->owner = (uint16_t)creation->owner;
	(*inode)->owner_high = (uint16_t)(creation->owner >> 16);
	(*inode)->group = (uint16_t)creation->group;
	(*inode)->group_high = (uint16_t)(creation->group >> 16);
	(*inode)->links = 1;
	if (fs->inode_bytes > INODE_BYTES_LEAST)
		(*inode)->extra_bytes = (uint16_t)fs->extra_bytes;
	if (mode_is_device(creation->mode))
		device_store(*inode, creation->device);
	tsm_set(fs->tsm, fs->state->generation, fs->state->generation + 1);
	(*inode)->generation = fs->state->generation;
	inode_time_set(fs, *inode, TIME_ACCESS | TIME_MODIFY | TIME_CHANGE, fs->clock.now);
	return 0;
}

/* Orphans. */

int orphan_add(struct ext2 *fs, uint32_t number, struct inode *inode)
{
	struct superblock *superblock;
	int result = superblock_change(fs, &superblock);

	if (result != 0)
		return result;
	inode_change(fs, inode);
	inode->delete_time = superblock->last_orphan;
	superblock->last_orphan = number;
	tsm_set(fs->tsm, fs->state->reclaim, 1);
	return 0;
}

static uint32_t *cut_find(struct ext2 *fs, uint32_t number)
{
	for (uint32_t i = 0; i < CUTS_MAX; i++)
		if (fs->state->cuts[i] == number)
			return &fs->state->cuts[i];
	return NULL;
}

int inode_cut_finished(struct ext2 *fs, uint32_t number)
{
	if (!cut_find(fs, number))
		return 0;
	fs->want = WANT_RECLAIM;
	return -EAGAIN;
}

/* An orphan that may go, and who refers to it. */
struct orphan {
	uint32_t number;
	struct inode *inode;
	uint32_t *link; /* in the superblock, or in the one before it in the list */
};

/* Takes the rest of a list off that makes no sense. What was on it stays in use until e2fsck. */
static int orphans_cut_off(struct ext2 *fs, uint32_t *link, uint32_t number)
{
	page_change(fs, link, sizeof(*link));
	*link = 0;
	return damage_found(fs, "the list of orphans has an inode that cannot be on it", number);
}

/* 0: there is none; 1: found; or an error. */
static int orphan_find(struct ext2 *fs, struct orphan *orphan)
{
	struct superblock *superblock;
	int result = superblock_get(fs, &superblock);

	if (result != 0)
		return result;
	orphan->link = &superblock->last_orphan;
	for (uint32_t steps = 0; (orphan->number = *orphan->link) != 0; steps++) {
		if (steps >= fs->inodes || orphan->number < fs->first_inode || orphan->number > fs->inodes)
			return orphans_cut_off(fs, orphan->link, orphan->number);
		result = inode_get(fs, orphan->number, &orphan->inode);
		if (result != 0)
			return result;
		if (orphan->inode->mode == 0)
			return orphans_cut_off(fs, orphan->link, orphan->number);
		if (orphan->inode->links > 0 || !inode_in_use(fs, orphan->number) || cut_find(fs, orphan->number))
			return 1;
		orphan->link = &orphan->inode->delete_time;
	}
	return 0;
}

int orphan_remove(struct ext2 *fs, uint32_t number, struct inode *inode)
{
	struct superblock *superblock;
	struct inode *before;
	int result = superblock_get(fs, &superblock);
	uint32_t *link;

	if (result != 0)
		return result;
	link = &superblock->last_orphan;
	for (uint32_t steps = 0; *link != number; steps++) {
		if (*link == 0 || steps >= fs->inodes)
			return damage_found(fs, "an inode without names is not on the list of orphans", number);
		result = inode_get(fs, *link, &before);
		if (result != 0)
			return result;
		link = &before->delete_time;
	}
	page_change(fs, link, sizeof(*link));
	*link = inode->delete_time;
	inode_change(fs, inode);
	inode->delete_time = 0;
	return 0;
}

/* Does this file's map hold block numbers: not those of devices and short links. */
static bool inode_has_blocks(const struct ext2 *fs, const struct inode *inode)
{
	uint32_t attribute_sectors = inode->attribute_block ? fs->block_bytes / DISK_SECTOR : 0;

	switch (inode->mode & MODE_TYPE) {
	case MODE_REGULAR:
	case MODE_DIRECTORY:
		return true;
	case MODE_LINK:
		return inode->sectors > attribute_sectors;
	default:
		return false;
	}
}

/* A time of deletion, which e2fsck must not take for the number of an inode on a list of orphans. */
static uint32_t delete_time(const struct ext2 *fs)
{
	return fs->clock.now.seconds > fs->inodes ? (uint32_t)fs->clock.now.seconds : UINT32_MAX / 2;
}

/* The cut is done. The orphan leaves the list, unless it is still open, and is deleted if it has no links. */
static int orphan_end(struct ext2 *fs, const struct orphan *orphan)
{
	uint32_t *cut = cut_find(fs, orphan->number);
	int result = 0;

	if (cut && orphan->inode->links == 0 && inode_in_use(fs, orphan->number)) {
		tsm_set(fs->tsm, *cut, 0);
		return 0;
	}
	page_change(fs, orphan->link, sizeof(*orphan->link));
	*orphan->link = orphan->inode->delete_time;
	inode_change(fs, orphan->inode);
	inode_publish(fs, orphan->number);
	orphan->inode->delete_time = 0;
	if (cut)
		tsm_set(fs->tsm, *cut, 0);
	if (orphan->inode->links > 0)
		return 0;
	result = xattr_block_drop(fs, orphan->number, orphan->inode);
	if (result != 0)
		return result;
	orphan->inode->delete_time = delete_time(fs);
	result = inode_free(fs, orphan->number, (orphan->inode->mode & MODE_TYPE) == MODE_DIRECTORY);
	orphan->inode->size = orphan->inode->size_high = 0;
	orphan->inode->mode = 0; /* so that a stale number is known as one */
	inode_freed(fs->watch, orphan->number);
	return result;
}

/* What cannot be freed because the disk holds nonsense stays in use until e2fsck finds it. */
static void orphan_abandon(struct ext2 *fs)
{
	struct orphan orphan = {0};

	ext2_begin(fs);
	if (orphan_find(fs, &orphan) == 1 && orphan.inode) {
		uint32_t *cut = cut_find(fs, orphan.number);

		page_change(fs, orphan.link, sizeof(*orphan.link));
		*orphan.link = orphan.inode->delete_time;
		inode_change(fs, orphan.inode);
		orphan.inode->delete_time = orphan.inode->links > 0 ? 0 : delete_time(fs);
		if (cut)
			tsm_set(fs->tsm, *cut, 0);
	}
	ext2_commit(fs);
}

/* One step in the open transaction: 1 when there is more to do, 0 when nothing is left. */
static int orphan_step(struct ext2 *fs)
{
	struct orphan orphan = {0};
	int result = change_begin(fs);

	if (result == 0)
		result = orphan_find(fs, &orphan);
	if (result == 0)
		tsm_set(fs->tsm, fs->state->reclaim, 0);
	if (result != 1 || !orphan.inode)
		return result;
	result = 0;
	if (inode_has_blocks(fs, orphan.inode)) {
		uint64_t size = orphan.inode->links > 0 || inode_in_use(fs, orphan.number) ? inode_size(orphan.inode) : 0;

		result = map_cut(fs, orphan.number, orphan.inode, division_up(size, fs->block_bytes));
	}
	if (result == 0)
		result = orphan_end(fs, &orphan);
	return result < 0 ? result : 1;
}

void orphans_reclaim(struct ext2 *fs)
{
	int result;

	while (fs->reclaiming) /* another fiber does it */
		disk_wait(fs);
	fs->reclaiming = true;
	do {
		ext2_begin(fs);
		result = orphan_step(fs);
		if (result >= 0) {
			ext2_commit(fs);
			continue;
		}
		ext2_rollback(fs);
		if (result == -EAGAIN)
			ext2_wait(fs);
		else if (result == -EUCLEAN)
			orphan_abandon(fs);
	} while (result == 1 || result == -EAGAIN || result == -EUCLEAN);
	fs->reclaiming = false;
}

/* Sizes. */

/* Zeroes what is behind `size` in its block, so that it reads as zero when the file grows. */
static int tail_clear(struct ext2 *fs, uint32_t number, struct inode *inode, uint64_t size)
{
	uint32_t within = (uint32_t)(size % fs->block_bytes), block = 0;
	unsigned char *page = NULL;
	int result;

	if (within == 0)
		return 0;
	result = map_find(fs, number, inode, (uint32_t)(size / fs->block_bytes), &block, NULL);
	if (result != 0 || block == 0)
		return result;
	result = page_get_sealed(fs, block, number, &page);
	if (result != 0)
		return result;
	page_change(fs, page + within, fs->block_bytes - within);
	memset(page + within, 0, fs->block_bytes - within);
	return 0;
}

/* Frees the blocks from `size` on: what one transaction can, and the rest as an orphan. */
static int blocks_cut(struct ext2 *fs, uint32_t number, struct inode *inode, uint64_t size)
{
	uint32_t *cut = cut_find(fs, 0);
	int result;

	if (!cut) {
		fs->want = WANT_RECLAIM;
		return -EAGAIN;
	}
	result = map_cut(fs, number, inode, division_up(size, fs->block_bytes));
	if (result != 1)
		return result;
	tsm_set(fs->tsm, *cut, number);
	tsm_set(fs->tsm, fs->state->reclaim, 1);
	return inode->links > 0 ? orphan_add(fs, number, inode) : 0; /* without links it is on the list already */
}

int inode_resize(struct ext2 *fs, uint32_t number, struct inode *inode, uint64_t size)
{
	uint64_t old = inode_size(inode);
	int result = inode_cut_finished(fs, number);

	if (result == 0 && size > fs->file_bytes_max)
		result = -EFBIG;
	if (result == 0)
		result = tail_clear(fs, number, inode, size < old ? size : old);
	if (result == 0) {
		frames_drop(fs, number, size < old ? size : old, UINT64_MAX);
		result = inode_size_set(fs, inode, size);
	}
	if (result == 0 && size < old)
		result = blocks_cut(fs, number, inode, size);
	return result;
}
