/* SPDX-License-Identifier: MIT */
/*
 * Mounting and unmounting. The superblock and the group descriptors are checked before anything else is believed; what they say is kept as the geometry of struct ext2. A state that an instance before left is gone on
 * with when it is that of this filesystem.
 */
#include "lib/string.h"
#include "servers/ext2/allocate.h"
#include "servers/ext2/cache.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/journal.h"
#include "servers/ext2/map.h"
#include "servers/ext2/page.h"
#include "servers/ext2/users.h"

const char *mount_error_sentence(enum mount_error error)
{
	static const char *const sentences[] = {
#define MOUNT_ERROR(name, number, sentence) [MOUNT_##name##_ERROR] = (sentence),
		[MOUNT_FINE] = "mounted",
#include "servers/ext2/errors.def"
#undef MOUNT_ERROR
	};

	return error < MOUNT_ERRORS ? sentences[error] : "unknown error";
}

int mount_error_number(enum mount_error error)
{
	static const int numbers[] = {
#define MOUNT_ERROR(name, number, sentence) [MOUNT_##name##_ERROR] = (number),
		[MOUNT_FINE] = 0,
#include "servers/ext2/errors.def"
#undef MOUNT_ERROR
	};

	return error < MOUNT_ERRORS ? numbers[error] : EINVAL;
}

static bool is_power_of_two(uint32_t number)
{
	return number != 0 && (number & (number - 1)) == 0;
}

static enum mount_error superblock_check(const struct superblock *superblock, uint64_t sectors)
{
	uint32_t block_bytes, groups, inode_bytes = superblock->revision == 0 ? INODE_BYTES_LEAST : superblock->inode_bytes;

	if (superblock->magic != EXT2_MAGIC)
		return MOUNT_MAGIC_ERROR;
	if (superblock->block_shift > 2)
		return MOUNT_BLOCK_SIZE_ERROR;
	if (superblock->revision > 1)
		return MOUNT_REVISION_ERROR;
	if (superblock->revision == 1 && superblock->incompatible & ~(uint32_t)INCOMPATIBLE_KNOWN)
		return MOUNT_INCOMPATIBLE_ERROR;
	block_bytes = 1024u << superblock->block_shift;
	if (inode_bytes < INODE_BYTES_LEAST || inode_bytes > block_bytes || !is_power_of_two(inode_bytes))
		return MOUNT_INODE_SIZE_ERROR;
	if (superblock->first_data_block != (block_bytes == 1024))
		return MOUNT_FIRST_BLOCK_ERROR;
	if (superblock->blocks_per_group == 0 || superblock->blocks_per_group > 8 * block_bytes || superblock->blocks_per_group % 8 != 0 || superblock->inodes_per_group == 0 ||
		superblock->inodes_per_group > 8 * block_bytes || superblock->inodes_per_group % (block_bytes / inode_bytes) != 0)
		return MOUNT_GROUP_SIZE_ERROR;
	if (superblock->blocks <= superblock->first_data_block + 3 || superblock->blocks == UINT32_MAX)
		return MOUNT_COUNTS_ERROR;
	groups = division_up(superblock->blocks - superblock->first_data_block, superblock->blocks_per_group);
	if ((uint64_t)groups * superblock->inodes_per_group != superblock->inodes || superblock->blocks_free > superblock->blocks ||
		superblock->inodes_free > superblock->inodes || superblock->blocks_reserved > superblock->blocks || superblock->inodes < INODE_FIRST_REVISION_0)
		return MOUNT_COUNTS_ERROR;
	if (superblock->revision == 1 && (superblock->first_inode < INODE_FIRST_REVISION_0 || superblock->first_inode > superblock->inodes_per_group))
		return MOUNT_COUNTS_ERROR;
	return (uint64_t)superblock->blocks * (block_bytes / DISK_SECTOR) > sectors ? MOUNT_DEVICE_ERROR : MOUNT_FINE;
}

static uint64_t file_limit(const struct ext2 *fs)
{
	uint64_t sectors = (uint64_t)UINT32_MAX * DISK_SECTOR; /* what the inode can count */
	uint64_t blocks = map_limit(fs) < UINT32_MAX ? map_limit(fs) : UINT32_MAX;
	uint64_t bytes = blocks * fs->block_bytes;

	return bytes < sectors ? bytes : sectors - sectors / 256;
}

static void geometry_set(struct ext2 *fs, const struct superblock *superblock)
{
	uint32_t wanted = superblock->revision == 1 && superblock->extra_wanted <= EXTRA_BYTES && superblock->extra_wanted % 4 == 0 ? superblock->extra_wanted : EXTRA_BYTES;

	fs->block_bytes = 1024u << superblock->block_shift;
	fs->pointers = fs->block_bytes / sizeof(uint32_t);
	fs->blocks = superblock->blocks;
	fs->inodes = superblock->inodes;
	fs->blocks_per_group = superblock->blocks_per_group;
	fs->inodes_per_group = superblock->inodes_per_group;
	fs->first_data_block = superblock->first_data_block;
	fs->groups = division_up(fs->blocks - fs->first_data_block, fs->blocks_per_group);
	fs->inode_bytes = superblock->revision == 0 ? INODE_BYTES_LEAST : superblock->inode_bytes;
	fs->extra_bytes = wanted == 0 ? EXTRA_BYTES : wanted;
	fs->first_inode = superblock->revision == 0 ? INODE_FIRST_REVISION_0 : superblock->first_inode;
	fs->features_incompatible = superblock->revision == 0 ? 0 : superblock->incompatible;
	fs->sparse = superblock->revision == 1 && superblock->read_only & READ_ONLY_SPARSE;
	fs->table_blocks = fs->inodes_per_group / (fs->block_bytes / fs->inode_bytes);
	fs->descriptor_block = fs->first_data_block + 1;
	fs->copy_blocks = 1 + division_up((uint64_t)fs->groups * GROUP_BYTES, fs->block_bytes) + (superblock->revision == 1 ? superblock->reserved_descriptors : 0);
	fs->file_bytes_max = file_limit(fs);
}

/* A group's tables lie in the group, and it counts no more free than it has. */
static bool group_is_right(const struct ext2 *fs, uint32_t number, const struct group *group)
{
	uint32_t start = fs->first_data_block + number * fs->blocks_per_group, rest = fs->blocks - start;
	uint32_t size = rest < fs->blocks_per_group ? rest : fs->blocks_per_group;

	return group->block_bitmap - start < size && group->inode_bitmap - start < size && group->inode_table - start < size && group->block_bitmap != group->inode_bitmap &&
	       fs->table_blocks <= size - (group->inode_table - start) && group->block_bitmap - group->inode_table >= fs->table_blocks &&
	       group->inode_bitmap - group->inode_table >= fs->table_blocks && group->blocks_free <= size && group->inodes_free <= fs->inodes_per_group &&
	       group->directories <= fs->inodes_per_group && group->block_bitmap > fs->first_data_block && group->inode_bitmap > fs->first_data_block && group->inode_table > fs->first_data_block;
}

/* What a caller outside of a transaction does with -EAGAIN. */
static bool again(struct ext2 *fs, int result)
{
	if (result == -EAGAIN)
		ext2_wait(fs);
	return result == -EAGAIN;
}

static enum mount_error groups_check(struct ext2 *fs)
{
	for (uint32_t number = 0; number < fs->groups; number++) {
		struct group *group = NULL;
		int result;

		fs->epoch++;
		do
			result = group_get(fs, number, &group);
		while (again(fs, result));
		if (result != 0)
			return MOUNT_READ_ERROR;
		if (!group_is_right(fs, number, group)) {
			(void)damage_found(fs, "a group descriptor makes no sense", number);
			return MOUNT_GROUP_ERROR;
		}
		fs->overhead += fs->table_blocks + 2 + (group_has_copies(fs, number) ? fs->copy_blocks : 0);
	}
	fs->overhead += fs->first_data_block;
	return MOUNT_FINE;
}

static enum mount_error root_check(struct ext2 *fs)
{
	struct inode *inode = NULL;
	int result;

	fs->epoch++;
	do
		result = inode_live(fs, INODE_ROOT, &inode);
	while (again(fs, result));
	return result == 0 && (inode->mode & MODE_TYPE) == MODE_DIRECTORY ? MOUNT_FINE : MOUNT_ROOT_ERROR;
}

/* A part of the memory is kept for pages of files, where blocks are smaller than these: pages that are written to outside of all transactions, as nothing of them must survive. Returns how many bytes. */
static size_t frames_divide(struct ext2 *fs, const struct ext2_options *options)
{
	size_t frames = options->bytes / FRAMES_SHARE / PAGE_BYTES;

	if (!fs->watch || fs->block_bytes == PAGE_BYTES)
		return 0;
	fs->frame_count = frames < FRAMES_MAX ? (uint32_t)frames : FRAMES_MAX;
	fs->frame_pages = (unsigned char *)options->memory + options->bytes / PAGE_BYTES * PAGE_BYTES - (size_t)fs->frame_count * PAGE_BYTES;
	return (size_t)fs->frame_count * PAGE_BYTES + options->bytes % PAGE_BYTES;
}

/* Where the parts of the memory lie: state, entries, pages, frames. */
static bool memory_divide(struct ext2 *fs, const struct ext2_options *options)
{
	size_t state = (sizeof(struct state) + BLOCK_BYTES_MAX - 1) / BLOCK_BYTES_MAX * BLOCK_BYTES_MAX, entries;
	size_t bytes = options->bytes - frames_divide(fs, options);
	uint64_t pages;

	if (bytes <= state)
		return false;
	pages = (bytes - state) / (fs->block_bytes + sizeof(struct page_entry));
	if (pages > PAGES_MAX)
		pages = PAGES_MAX;
	while (pages > 0) { /* entries are rounded up to whole pages of memory */
		entries = (pages * sizeof(struct page_entry) + BLOCK_BYTES_MAX - 1) / BLOCK_BYTES_MAX * BLOCK_BYTES_MAX;
		if (state + entries + pages * fs->block_bytes <= bytes)
			break;
		pages--;
	}
	if (pages < PAGES_LEAST)
		return false;
	fs->state = options->memory;
	fs->entries = (struct page_entry *)((unsigned char *)options->memory + state);
	fs->pages = (unsigned char *)fs->entries + entries;
	fs->page_count = (uint32_t)pages;
	return true;
}

static void state_begin(struct ext2 *fs, const struct superblock *superblock)
{
	struct state *state = fs->state;

	tsm_begin(fs->tsm);
	tsm_modify(fs->tsm, state, offsetof(struct state, cuts));
	*state = (struct state){.phase = PHASE_UNMOUNTED, .sequence = 2, .generation = (uint32_t)fs->clock.now.seconds * 16, .block_bytes = fs->block_bytes, .pages = fs->page_count, .blocks = fs->blocks};
	memcpy(state->uuid, superblock->uuid, sizeof(state->uuid));
	tsm_commit(fs->tsm);
}

/* Nothing of an instance that did not get as far as mounting is worth keeping. */
static void state_clear(struct ext2 *fs)
{
	for (uint32_t page = 0; page < fs->page_count;) {
		uint32_t end = page + 1024 < fs->page_count ? page + 1024 : fs->page_count;

		tsm_begin(fs->tsm);
		tsm_fresh(fs->tsm, &fs->entries[page], (end - page + 3) / 4 * 4 * sizeof(struct page_entry));
		memset(&fs->entries[page], 0, (end - page) * sizeof(struct page_entry));
		tsm_commit(fs->tsm);
		page = end;
	}
	tsm_begin(fs->tsm);
	tsm_fresh(fs->tsm, fs->state, sizeof(struct state));
	memset(fs->state, 0, sizeof(struct state));
	tsm_commit(fs->tsm);
}

static bool state_is_of(const struct ext2 *fs, const struct superblock *superblock)
{
	const struct state *state = fs->state;

	return state->block_bytes == fs->block_bytes && state->pages == fs->page_count && state->blocks == fs->blocks &&
	       memcmp(state->uuid, superblock->uuid, sizeof(state->uuid)) == 0;
}

/* Why it may only be read, or MOUNT_FINE. */
static enum mount_error writing_check(const struct ext2 *fs, const struct superblock *superblock, bool wish)
{
	if (superblock->revision == 1 && superblock->read_only & ~(uint32_t)READ_ONLY_KNOWN)
		return MOUNT_READ_ONLY_FEATURES_ERROR;
	if (fs->disk->read_only)
		return MOUNT_READ_ONLY_DEVICE_ERROR;
	if (wish)
		return MOUNT_READ_ONLY_WISH_ERROR;
	if (superblock->state & STATE_ERRORS)
		return MOUNT_ERRORS_ERROR;
	/* A replayed journal makes up for not having been unmounted. */
	if (!(superblock->state & STATE_VALID) && !(superblock->revision == 1 && superblock->incompatible & INCOMPATIBLE_RECOVER))
		return MOUNT_UNCLEAN_ERROR;
	return MOUNT_FINE;
}

static int superblock_read(struct ext2 *fs, struct superblock *superblock)
{
	unsigned char *buffer = fs->buffers;
	int result = disk_do(fs, DISK_READ, SUPERBLOCK_OFFSET / DISK_SECTOR, SUPERBLOCK_BYTES / DISK_SECTOR, buffer);

	memcpy(superblock, buffer, sizeof(*superblock));
	return result;
}

/* What a damaged range of the memory means: true when the state is as good as before without the blocks in it. */
static bool damage_bear(struct ext2 *fs, const struct ext2_damage *damage)
{
	const unsigned char *at = (const unsigned char *)tsm_data(fs->tsm) + damage->offset;
	const unsigned char *end = at + damage->bytes;

	if (at < fs->pages && end > (const unsigned char *)fs->state)
		return false;
	for (; at < end && at >= fs->pages; at += TSM_CELL) {
		size_t page = (size_t)(at - fs->pages) / fs->block_bytes;

		if (page >= fs->page_count || fs->entries[page].key == 0)
			continue;
		if (fs->entries[page].flags & PAGE_DIRTY)
			return false;
		tsm_begin(fs->tsm);
		tsm_set(fs->tsm, fs->entries[page].key, 0);
		tsm_commit(fs->tsm);
	}
	return true;
}

static bool damages_bear(struct ext2 *fs, const struct ext2_options *options)
{
	for (uint32_t i = 0; i < options->damage_count; i++)
		if (!damage_bear(fs, &options->damages[i]))
			return false;
	return true;
}

/* The instance before was at work: what is derived is built anew, and its commit is finished. */
static enum mount_error mount_continue(struct ext2 *fs)
{
	enum mount_error error = MOUNT_FINE;

	cache_open(fs);
	users_count(fs);
	fs->continued = true;
	fs->read_only = fs->state->failed != 0;
	error = groups_check(fs);
	if (error == MOUNT_FINE)
		error = journal_open(fs);
	if (error == MOUNT_FINE && fs->state->phase != PHASE_IDLE)
		(void)journal_commit(fs);
	return error;
}

static enum mount_error mount_begin(struct ext2 *fs, struct superblock *superblock, bool wish)
{
	bool recover = superblock->revision == 1 && superblock->incompatible & INCOMPATIBLE_RECOVER;
	enum mount_error error = MOUNT_FINE, reason = writing_check(fs, superblock, wish);

	if (recover) {
		if (reason != MOUNT_FINE && reason != MOUNT_READ_ONLY_WISH_ERROR && reason != MOUNT_ERRORS_ERROR)
			return MOUNT_RECOVERY_ERROR;
		error = journal_replay(fs, superblock);
		if (error == MOUNT_FINE && superblock_read(fs, superblock) != 0)
			error = MOUNT_READ_ERROR;
		if (error == MOUNT_FINE)
			error = superblock_check(superblock, fs->disk->sectors);
		if (error != MOUNT_FINE)
			return error;
		geometry_set(fs, superblock);
	}
	state_clear(fs);
	state_begin(fs, superblock);
	cache_open(fs);
	error = groups_check(fs);
	if (error == MOUNT_FINE)
		error = root_check(fs);
	if (error != MOUNT_FINE)
		return error;
	fs->read_only = reason != MOUNT_FINE;
	return reason;
}

/* From here on it is written to. */
static enum mount_error mount_writable(struct ext2 *fs, bool has_journal)
{
	enum mount_error error = MOUNT_FINE;

	tsm_begin(fs->tsm);
	tsm_set(fs->tsm, fs->state->mounting, 1);
	tsm_commit(fs->tsm);
	/* While a journal is made the filesystem is not clean. One that is there is announced in the same write as that. */
	if (!has_journal && journal_start(fs) != 0)
		return MOUNT_REPLAY_ERROR;
	error = journal_open(fs);
	if (error != MOUNT_FINE) {
		fs->read_only = true;
		fs->journal_blocks = 0;
		return has_journal || mount_error_number(error) != 0 || journal_stop_early(fs) == 0 ? error : MOUNT_REPLAY_ERROR;
	}
	if (journal_start(fs) != 0)
		return MOUNT_REPLAY_ERROR;
	tsm_begin(fs->tsm);
	tsm_set(fs->tsm, fs->state->phase, PHASE_IDLE);
	tsm_set(fs->tsm, fs->state->mounting, 0);
	tsm_set(fs->tsm, fs->state->sequence, journal_sequence(fs) + 1);
	tsm_set(fs->tsm, fs->state->reclaim, 1);
	tsm_commit(fs->tsm);
	orphans_reclaim(fs);
	return MOUNT_FINE;
}

enum mount_error ext2_open(struct ext2 *fs, const struct ext2_options *options)
{
	struct superblock superblock;
	enum mount_error error;

	memset(fs, 0, sizeof(*fs));
	fs->tsm = options->tsm;
	fs->disk = options->disk;
	fs->report = options->report;
	fs->watch = options->watch;
	fs->buffers = options->buffers;
	fs->clock.now = options->now;
	if (superblock_read(fs, &superblock) != 0)
		return MOUNT_READ_ERROR;
	error = superblock_check(&superblock, options->disk->sectors);
	if (error != MOUNT_FINE)
		return error;
	geometry_set(fs, &superblock);
	if (!memory_divide(fs, options))
		return MOUNT_MEMORY_ERROR;
	if (!damages_bear(fs, options)) {
		(void)damage_found(fs, "the memory of what was not written yet is damaged; what was not synchronised is lost", 0);
		fs->damaged = false; /* the disk is not */
		fs->rebuilt = true;
	} else if (state_is_of(fs, &superblock) && fs->state->phase != PHASE_UNMOUNTED)
		return mount_continue(fs);
	if (state_is_of(fs, &superblock) && fs->state->mounting)
		superblock.state |= STATE_VALID; /* it is not, because the instance before was killed while it mounted */
	error = mount_begin(fs, &superblock, options->read_only);
	return error == MOUNT_FINE ? mount_writable(fs, superblock.revision == 1 && superblock.compatible & COMPATIBLE_JOURNAL) : error;
}

int ext2_close(struct ext2 *fs)
{
	int result;

	if (fs->read_only)
		return fs->state->failed ? -EIO : 0;
	orphans_reclaim(fs);
	fs->closing = true;
	result = journal_commit(fs);
	if (result == 0)
		result = journal_stop(fs);
	fs->closing = result == 0;
	if (result != 0)
		return -EIO;
	tsm_begin(fs->tsm);
	tsm_set(fs->tsm, fs->state->phase, PHASE_UNMOUNTED);
	tsm_commit(fs->tsm);
	fs->read_only = true;
	return 0;
}
