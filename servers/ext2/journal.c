/* SPDX-License-Identifier: MIT */
/*
 * The journal (journal.h): commits, replay, making one.
 *
 * A commit is done by one fiber, in steps that the state's phase names. Every step can be done again from its beginning by the next instance: during a commit nothing else changes, so it writes the same bytes to the
 * same places. Only the last store of a step, a transaction of its own, moves the phase.
 */
#include "servers/ext2/journal.h"

#include "lib/string.h"
#include "servers/ext2/allocate.h"
#include "servers/ext2/cache.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/map.h"
#include "servers/ext2/order.h"

#define CLEAN_AT_ONCE 1024 /* entries in one transaction */
#define CAPACITY_MAX 2048

static uint32_t big(uint32_t number)
{
	return __builtin_bswap32(number);
}

/* The buffers beside the cache. */
enum buffer { BUFFER_JOURNAL = 0 /* the journal's superblock, always */, BUFFER_DESCRIPTOR = 1, BUFFER_ESCAPED = 2, BUFFER_ANY = 3 };

static void *buffer_at(const struct ext2 *fs, enum buffer which)
{
	return fs->buffers + (size_t)which * BLOCK_BYTES_MAX;
}

/* Requests of a commit: the upper half of the table, sixteen or so under way at once. */

static struct fetch *request_free(struct ext2 *fs)
{
	for (unsigned i = DISK_REQUESTS_MAX / 2; i < DISK_REQUESTS_MAX; i++)
		if (!fs->fetches[i].busy)
			return &fs->fetches[i];
	return NULL;
}

static bool writes_reap(struct ext2 *fs, int *result)
{
	bool busy = false;

	for (unsigned i = DISK_REQUESTS_MAX / 2; i < DISK_REQUESTS_MAX; i++) {
		struct fetch *write = &fs->fetches[i];

		if (write->busy && write->request.done) {
			write->busy = false;
			if (write->request.result != 0)
				*result = write->request.result;
		}
		busy |= write->busy;
	}
	return busy;
}

static void request_start(struct ext2 *fs, enum disk_operation operation, uint64_t sector, uint32_t sectors, void *memory, int *result)
{
	struct fetch *write;

	(void)writes_reap(fs, result);
	while (!(write = request_free(fs))) {
		disk_wait(fs);
		(void)writes_reap(fs, result);
	}
	*write = (struct fetch){.busy = true};
	write->request = (struct disk_request){.operation = operation, .sector = sector, .sectors = sectors, .memory = memory};
	fs->disk->submit(fs->disk->context, &write->request);
}

static void block_write_start(struct ext2 *fs, uint32_t block, void *memory, int *result)
{
	uint32_t sectors = fs->block_bytes / DISK_SECTOR;

	request_start(fs, DISK_WRITE, (uint64_t)block * sectors, sectors, memory, result);
}

/* Waits for everything that was started. */
static int writes_end(struct ext2 *fs, int result)
{
	while (writes_reap(fs, &result))
		disk_wait(fs);
	return result;
}

int disk_do(struct ext2 *fs, enum disk_operation operation, uint64_t sector, uint32_t sectors, void *memory)
{
	int result = 0;

	request_start(fs, operation, sector, sectors, memory, &result);
	return writes_end(fs, result);
}

static int block_do(struct ext2 *fs, enum disk_operation operation, uint32_t block, void *memory)
{
	uint32_t sectors = fs->block_bytes / DISK_SECTOR;

	return disk_do(fs, operation, (uint64_t)block * sectors, sectors, memory);
}

/* The journal's superblock. */

static int journal_superblock_write(struct ext2 *fs, uint32_t sequence, uint32_t start)
{
	struct journal_superblock *journal = buffer_at(fs, BUFFER_JOURNAL);

	journal->sequence = big(sequence);
	journal->start = big(start);
	return block_do(fs, DISK_WRITE, fs->journal_place[0], journal);
}

static uint32_t tags_in_descriptor(const struct ext2 *fs)
{
	return (uint32_t)((fs->block_bytes - sizeof(struct journal_header) - JOURNAL_UUID_BYTES) / sizeof(struct journal_tag));
}

uint32_t journal_capacity(const struct ext2 *fs)
{
	uint32_t blocks = fs->journal_blocks < 8 ? 0 : fs->journal_blocks - 4; /* superblock, commit, and a remainder */
	uint32_t tags = tags_in_descriptor(fs), capacity = blocks / (tags + 1) * tags;

	return capacity < CAPACITY_MAX ? capacity : CAPACITY_MAX;
}

/* A commit. */

/* Calls back for the next dirty page of a kind from `page` on; NONE when there is none. */
static uint32_t dirty_next(const struct ext2 *fs, uint32_t page, uint32_t flags)
{
	while (page < fs->page_count && fs->entries[page].flags != flags)
		page++;
	return page < fs->page_count ? page : NONE;
}

/* Writes all dirty pages of a kind in their places. */
static int pages_write(struct ext2 *fs, uint32_t flags)
{
	int result = 0;

	for (uint32_t page = 0; (page = dirty_next(fs, page, flags)) != NONE; page++)
		block_write_start(fs, fs->entries[page].key - 1, page_bytes(fs, page), &result);
	return writes_end(fs, result);
}

/* All dirty pages of a kind are clean now: in transactions that can each be the last of this instance. */
static void pages_clean(struct ext2 *fs, uint32_t flags)
{
	uint32_t page = 0;

	while (page != NONE) {
		uint32_t cleaned = 0;

		tsm_begin(fs->tsm);
		while (cleaned < CLEAN_AT_ONCE && (page = dirty_next(fs, page, flags)) != NONE) {
			tsm_set(fs->tsm, fs->entries[page].flags, flags & PAGE_METADATA);
			cleaned++;
		}
		if (flags & PAGE_METADATA)
			tsm_set(fs->tsm, fs->state->dirty_metadata, fs->state->dirty_metadata - cleaned);
		else
			tsm_set(fs->tsm, fs->state->dirty_data, fs->state->dirty_data - cleaned);
		tsm_commit(fs->tsm);
	}
}

void phase_set(struct ext2 *fs, enum phase phase)
{
	tsm_begin(fs->tsm);
	if (phase == PHASE_IDLE && fs->state->phase == PHASE_PLACE)
		tsm_set(fs->tsm, fs->state->sequence, fs->state->sequence + 1);
	tsm_set(fs->tsm, fs->state->phase, (uint32_t)phase);
	tsm_commit(fs->tsm);
}

int phase_data(struct ext2 *fs)
{
	int result = pages_write(fs, PAGE_DIRTY);

	if (result == 0)
		result = journal_superblock_write(fs, fs->state->sequence, 1);
	if (result == 0)
		result = disk_flush(fs);
	if (result == 0)
		pages_clean(fs, PAGE_DIRTY);
	return result;
}

static struct journal_header journal_header(uint32_t type, uint32_t sequence)
{
	return (struct journal_header){.magic = big(JOURNAL_MAGIC), .type = big(type), .sequence = big(sequence)};
}

/* Starts to write a page into the log. One that begins like a block of the journal itself is written without these bytes. */
static void log_page(struct ext2 *fs, uint32_t page, uint32_t place, struct journal_tag *tag, int *result)
{
	unsigned char *bytes = page_bytes(fs, page);
	unsigned char *escaped = buffer_at(fs, BUFFER_ESCAPED);

	if (*(uint32_t *)bytes != big(JOURNAL_MAGIC)) {
		block_write_start(fs, fs->journal_place[place], bytes, result);
		return;
	}
	*result = writes_end(fs, *result); /* the buffer may still be on its way */
	memcpy(escaped, bytes, fs->block_bytes);
	memset(escaped, 0, sizeof(uint32_t));
	tag->flags |= __builtin_bswap16(TAG_ESCAPED);
	block_write_start(fs, fs->journal_place[place], escaped, result);
}

/* Writes one descriptor and what it describes from `*page` on; `*place`: the next block of the log. */
static int log_descriptor(struct ext2 *fs, uint32_t *page, uint32_t *place)
{
	unsigned char *descriptor = buffer_at(fs, BUFFER_DESCRIPTOR);
	unsigned char *at = descriptor + sizeof(struct journal_header);
	uint32_t tags = tags_in_descriptor(fs), own_place = (*place)++, count = 0;
	struct journal_tag *tag = NULL;
	int result = 0;

	memset(descriptor, 0, fs->block_bytes);
	*(struct journal_header *)descriptor = journal_header(JOURNAL_DESCRIPTOR, fs->state->sequence);
	for (; count < tags && (*page = dirty_next(fs, *page, PAGE_DIRTY | PAGE_METADATA)) != NONE; count++, (*page)++) {
		tag = (struct journal_tag *)at;
		*tag = (struct journal_tag){.block = big(fs->entries[*page].key - 1), .flags = __builtin_bswap16(count == 0 ? 0 : TAG_SAME_UUID)};
		at += sizeof(*tag) + (count == 0 ? JOURNAL_UUID_BYTES : 0);
		log_page(fs, *page, (*place)++, tag, &result);
	}
	if (tag)
		tag->flags |= __builtin_bswap16(TAG_LAST);
	block_write_start(fs, fs->journal_place[own_place], descriptor, &result);
	return writes_end(fs, result);
}

int phase_log(struct ext2 *fs)
{
	unsigned char *commit = buffer_at(fs, BUFFER_ANY);
	uint32_t page = 0, place = 1;
	int result = 0;

	while (result == 0 && page != NONE && dirty_next(fs, page, PAGE_DIRTY | PAGE_METADATA) != NONE)
		result = log_descriptor(fs, &page, &place);
	if (result == 0)
		result = disk_flush(fs);
	if (result != 0)
		return result;
	memset(commit, 0, fs->block_bytes);
	*(struct journal_header *)commit = journal_header(JOURNAL_COMMIT, fs->state->sequence);
	result = block_do(fs, DISK_WRITE, fs->journal_place[place], commit);
	return result == 0 ? disk_flush(fs) : result;
}

int phase_place(struct ext2 *fs)
{
	int result = pages_write(fs, PAGE_DIRTY | PAGE_METADATA);

	if (result == 0)
		result = disk_flush(fs);
	if (result == 0)
		pages_clean(fs, PAGE_DIRTY | PAGE_METADATA);
	return result;
}

static bool anything_dirty(const struct ext2 *fs)
{
	return fs->state->dirty_metadata + fs->state->dirty_data + fs->state->pending_count > 0;
}

int journal_commit(struct ext2 *fs)
{
	int result = 0;

	while (fs->committing)
		disk_wait(fs);
	if (fs->state->failed)
		return -EIO;
	if (fs->read_only || fs->state->phase == PHASE_UNMOUNTED || (fs->state->phase == PHASE_IDLE && !anything_dirty(fs)))
		return 0;
	fs->committing = true;
	if (fs->state->phase == PHASE_IDLE)
		phase_set(fs, PHASE_PREPARE);
	result = commit_do(fs);
	fs->committing = false;
	fs->commits++;
	if (result != 0) {
		tsm_begin(fs->tsm);
		tsm_set(fs->tsm, fs->state->failed, 1);
		tsm_commit(fs->tsm);
		result = -EIO;
	}
	return result;
}

/* Mounting. Nothing runs beside it. */

/* Place of a block of the journal before there is a cache: walks the map of inode 8, which the caller has read. */
struct place_finder {
	uint32_t map[MAP_SLOTS];
	uint32_t loaded[2]; /* which indirect block is in the buffer of the lower level, and of the upper: each is read once */
};

static int indirect_read(struct ext2 *fs, struct place_finder *finder, unsigned level, uint32_t block, uint32_t index, uint32_t *found)
{
	uint32_t *page = buffer_at(fs, level == 0 ? BUFFER_ESCAPED : BUFFER_DESCRIPTOR);
	int result = 0;

	*found = 0;
	if (block < fs->first_data_block || block >= fs->blocks)
		return block == 0 ? 0 : -EUCLEAN;
	if (finder->loaded[level] != block)
		result = block_do(fs, DISK_READ, block, page);
	finder->loaded[level] = result == 0 ? block : 0;
	if (result == 0)
		*found = page[index];
	return result;
}

static int place_find(struct ext2 *fs, struct place_finder *finder, uint32_t n, uint32_t *block)
{
	uint32_t middle = 0;
	int result;

	if (n < DIRECT_BLOCKS) {
		*block = finder->map[n];
		return 0;
	}
	n -= DIRECT_BLOCKS;
	if (n < fs->pointers)
		return indirect_read(fs, finder, 0, finder->map[DIRECT_BLOCKS], n, block);
	n -= fs->pointers;
	if (n / fs->pointers >= fs->pointers)
		return -EUCLEAN;
	result = indirect_read(fs, finder, 1, finder->map[DIRECT_BLOCKS + 1], n / fs->pointers, &middle);
	return result == 0 ? indirect_read(fs, finder, 0, middle, n % fs->pointers, block) : result;
}

/* Reads inode 8 from the disk: its map, and how many blocks its size has. */
static int journal_inode_read(struct ext2 *fs, struct place_finder *finder, uint32_t *blocks)
{
	uint32_t in_block = fs->block_bytes / fs->inode_bytes, index = INODE_JOURNAL - 1;
	const struct group *group = buffer_at(fs, BUFFER_ANY);
	const struct inode *inode;
	uint32_t table;
	int result = block_do(fs, DISK_READ, fs->descriptor_block, buffer_at(fs, BUFFER_ANY));

	if (result != 0)
		return result;
	table = group->inode_table;
	if (table >= fs->blocks)
		return -EUCLEAN;
	result = block_do(fs, DISK_READ, table + index / in_block, buffer_at(fs, BUFFER_ANY));
	if (result != 0)
		return result;
	inode = (const struct inode *)((const unsigned char *)buffer_at(fs, BUFFER_ANY) + index % in_block * fs->inode_bytes);
	memcpy(finder->map, inode->map, sizeof(finder->map));
	finder->loaded[0] = finder->loaded[1] = 0;
	*blocks = (uint32_t)(inode_size(inode) / fs->block_bytes);
	return (inode->mode & MODE_TYPE) == MODE_REGULAR && inode->links > 0 ? 0 : -EUCLEAN;
}

/* Finds all places (the first JOURNAL_PLACES_MAX), and reads the journal's superblock into its buffer. */
static int journal_find(struct ext2 *fs)
{
	struct place_finder finder;
	uint32_t blocks = 0;
	int result = journal_inode_read(fs, &finder, &blocks);

	if (result == 0 && blocks < JOURNAL_BLOCKS_LEAST)
		result = -EUCLEAN;
	fs->journal_blocks = blocks < JOURNAL_PLACES_MAX ? blocks : JOURNAL_PLACES_MAX;
	for (uint32_t n = 0; n < fs->journal_blocks && result == 0; n++) {
		result = place_find(fs, &finder, n, &fs->journal_place[n]);
		if (result == 0 && (fs->journal_place[n] <= fs->first_data_block || fs->journal_place[n] >= fs->blocks))
			result = -EUCLEAN;
	}
	return result == 0 ? block_do(fs, DISK_READ, fs->journal_place[0], buffer_at(fs, BUFFER_JOURNAL)) : result;
}

/* Is it a journal of the kind that is written here? Nothing in it is believed before. */
static bool journal_known(const struct ext2 *fs)
{
	const struct journal_superblock *journal = buffer_at(fs, BUFFER_JOURNAL);
	uint32_t blocks = big(journal->blocks);

	return big(journal->header.magic) == JOURNAL_MAGIC && big(journal->header.type) == JOURNAL_SUPERBLOCK_2 && big(journal->block_bytes) == fs->block_bytes &&
	       blocks >= JOURNAL_BLOCKS_LEAST && (blocks >= JOURNAL_PLACES_MAX || blocks <= fs->journal_blocks) && big(journal->first) == 1;
}

static bool journal_is_plain(const struct ext2 *fs)
{
	const struct journal_superblock *journal = buffer_at(fs, BUFFER_JOURNAL);

	return (journal->incompatible | journal->read_only | journal->compatible) == 0;
}

/* Where a replay is in the log. */
struct replay {
	uint32_t place, sequence, blocks;
};

static uint32_t replay_next(struct replay *replay)
{
	uint32_t place = replay->place;

	replay->place = place + 1 < replay->blocks ? place + 1 : 1;
	return place;
}

/* Reads the next block of the log and its header: the type, or 0 when it is none of this transaction. */
static int replay_header(struct ext2 *fs, struct replay *replay, void *buffer, uint32_t *type)
{
	const struct journal_header *header = buffer;
	int result = block_do(fs, DISK_READ, fs->journal_place[replay_next(replay)], buffer);

	*type = 0;
	if (result == 0 && big(header->magic) == JOURNAL_MAGIC && big(header->sequence) == replay->sequence)
		*type = big(header->type);
	return result;
}

/* Copies one block from the log to its place. */
static int replay_block(struct ext2 *fs, uint32_t place, uint32_t block, bool escaped)
{
	uint32_t *bytes = buffer_at(fs, BUFFER_ANY);
	int result;

	if (block < fs->first_data_block || block >= fs->blocks)
		return -EUCLEAN;
	result = block_do(fs, DISK_READ, place, bytes);
	if (escaped)
		bytes[0] = big(JOURNAL_MAGIC);
	return result == 0 ? block_do(fs, DISK_WRITE, block, bytes) : result;
}

/* Goes through the tags of a descriptor; with `write` it copies the blocks. */
static int replay_descriptor(struct ext2 *fs, struct replay *replay, bool write)
{
	const unsigned char *descriptor = buffer_at(fs, BUFFER_DESCRIPTOR);
	uint32_t at = sizeof(struct journal_header), flags = 0;

	while (!(flags & TAG_LAST) && at + sizeof(struct journal_tag) <= fs->block_bytes) {
		const struct journal_tag *tag = (const struct journal_tag *)(descriptor + at);
		uint32_t place = replay_next(replay);
		int result;

		flags = __builtin_bswap16(tag->flags);
		at += sizeof(*tag) + (flags & TAG_SAME_UUID ? 0 : JOURNAL_UUID_BYTES);
		result = write ? replay_block(fs, fs->journal_place[place], big(tag->block), flags & TAG_ESCAPED) : 0;
		if (result != 0)
			return result;
	}
	return 0;
}

/* One transaction: 1 when it is whole, 0 when the log ends here. `replay` is behind it then. */
static int replay_transaction(struct ext2 *fs, struct replay *replay, bool write)
{
	uint32_t type = 0, count = 0;
	int result = replay_header(fs, replay, buffer_at(fs, BUFFER_DESCRIPTOR), &type);

	for (; result == 0 && type == JOURNAL_DESCRIPTOR && count < replay->blocks; count++) {
		result = replay_descriptor(fs, replay, write);
		if (result == 0)
			result = replay_header(fs, replay, buffer_at(fs, BUFFER_DESCRIPTOR), &type);
	}
	if (result != 0)
		return result;
	replay->sequence++;
	return type == JOURNAL_COMMIT;
}

static int replay_all(struct ext2 *fs)
{
	const struct journal_superblock *journal = buffer_at(fs, BUFFER_JOURNAL);
	struct replay replay = {.place = big(journal->start), .sequence = big(journal->sequence), .blocks = big(journal->blocks)};
	uint32_t transactions = 0;
	int result = 1;

	if (replay.place == 0)
		return 0;
	if (replay.place >= fs->journal_blocks || replay.blocks > fs->journal_blocks)
		return -EUCLEAN;
	while (result == 1 && transactions++ < replay.blocks) {
		struct replay probe = replay;

		result = replay_transaction(fs, &probe, false);
		if (result == 1)
			result = replay_transaction(fs, &replay, true);
	}
	if (result < 0)
		return result;
	result = disk_flush(fs);
	return result == 0 ? journal_superblock_write(fs, replay.sequence + 1, 0) : result;
}

enum mount_error journal_replay(struct ext2 *fs, const struct superblock *superblock)
{
	if (superblock->journal_inode != INODE_JOURNAL || superblock->journal_device != 0 || journal_find(fs) != 0 || !journal_known(fs) || !journal_is_plain(fs))
		return MOUNT_JOURNAL_ERROR;
	if (fs->disk->read_only)
		return MOUNT_RECOVERY_ERROR;
	return replay_all(fs) == 0 && disk_flush(fs) == 0 ? MOUNT_FINE : MOUNT_REPLAY_ERROR;
}

/* Making a journal: a file that has no name. Everything is written in place; until the superblock refers to it, it is nothing but lost space. */

static int retry(struct ext2 *fs, int result)
{
	if (result == 0) {
		ext2_commit(fs);
		return 0;
	}
	ext2_rollback(fs);
	if (result == -EAGAIN && fs->want != WANT_COMMIT)
		ext2_wait(fs);
	else if (result == -EAGAIN)
		result = pages_write(fs, PAGE_DIRTY | PAGE_METADATA) ? -EIO : (pages_clean(fs, PAGE_DIRTY | PAGE_METADATA), -EAGAIN);
	return result;
}

/* One step: block n of the file. */
static int journal_grow(struct ext2 *fs, uint32_t n)
{
	struct inode *inode;
	uint32_t block;
	bool made;
	int result = inode_get(fs, INODE_JOURNAL, &inode);

	if (result != 0)
		return result;
	inode_change(fs, inode);
	if (n == 0 && inode->mode != (MODE_REGULAR | 0600)) { /* else an instance was killed when it had begun with this */
		memset(inode, 0, INODE_BYTES_LEAST);
		inode->mode = MODE_REGULAR | 0600;
		inode->links = 1;
		inode_time_set(fs, inode, TIME_ACCESS | TIME_MODIFY | TIME_CHANGE, fs->clock.now);
	}
	result = map_make(fs, INODE_JOURNAL, inode, n, &block, &made);
	inode->size = (n + 1) * fs->block_bytes;
	return result;
}

/* Half of a thousandth up to a hundredth of large disks; what Linux makes of them too: 1024 blocks, 4096 from 32768 blocks on. */
static uint32_t journal_size(const struct ext2 *fs)
{
	return fs->blocks < 32768 ? JOURNAL_BLOCKS_LEAST : JOURNAL_PLACES_MAX;
}

static int journal_make(struct ext2 *fs)
{
	struct journal_superblock *journal = buffer_at(fs, BUFFER_JOURNAL);
	uint32_t blocks = journal_size(fs);
	struct superblock *superblock;
	int result = 0;

	for (uint32_t n = 0; n < blocks && result == 0; n++) {
		do {
			ext2_begin(fs);
			result = retry(fs, journal_grow(fs, n));
		} while (result == -EAGAIN);
	}
	if (result == 0)
		result = pages_write(fs, PAGE_DIRTY | PAGE_METADATA);
	if (result == 0)
		result = journal_find(fs);
	if (result != 0)
		return result;
	memset(journal, 0, fs->block_bytes);
	journal->header = journal_header(JOURNAL_SUPERBLOCK_2, 0);
	journal->block_bytes = big(fs->block_bytes);
	journal->blocks = big(blocks);
	journal->first = big(1);
	journal->users = big(1);
	memset(buffer_at(fs, BUFFER_ANY), 0, fs->block_bytes); /* what these blocks held before must not look like a transaction */
	result = block_do(fs, DISK_WRITE, fs->journal_place[1], buffer_at(fs, BUFFER_ANY));
	if (result == 0)
		result = journal_superblock_write(fs, 1, 0);
	if (result == 0)
		result = disk_flush(fs);
	do {
		ext2_begin(fs);
		result = result == 0 || result == -EAGAIN ? superblock_change(fs, &superblock) : result;
		if (result == 0) {
			superblock->compatible |= COMPATIBLE_JOURNAL;
			superblock->journal_inode = INODE_JOURNAL;
		}
		result = retry(fs, result);
	} while (result == -EAGAIN);
	return result;
}

/* May another 1024 blocks be taken for a journal? */
static bool journal_fits(const struct ext2 *fs, const struct superblock *superblock)
{
	uint32_t blocks = journal_size(fs);

	return fs->blocks > 2 * blocks && superblock->blocks_free > blocks + blocks / fs->pointers + 8;
}

enum mount_error journal_open(struct ext2 *fs)
{
	struct journal_superblock *journal = buffer_at(fs, BUFFER_JOURNAL);
	struct superblock *superblock;

	while (superblock_get(fs, &superblock) != 0) {
		if (fs->want != WANT_BLOCK)
			return MOUNT_READ_ERROR;
		ext2_wait(fs);
	}
	if (!(superblock->compatible & COMPATIBLE_JOURNAL)) {
		if (superblock->revision == 0 || !journal_fits(fs, superblock))
			return MOUNT_NO_JOURNAL_ERROR;
		return journal_make(fs) == 0 ? MOUNT_FINE : MOUNT_REPLAY_ERROR;
	}
	if (superblock->journal_inode != INODE_JOURNAL || superblock->journal_device != 0 || journal_find(fs) != 0 || !journal_known(fs))
		return MOUNT_JOURNAL_OTHER_ERROR;
	journal->compatible = journal->incompatible = journal->read_only = 0; /* it is empty, so nothing in it needs them */
	return MOUNT_FINE;
}

/* Sets the state of the superblock on the disk, together with whatever else is dirty. */
static int superblock_state_set(struct ext2 *fs, bool in_use)
{
	struct superblock *superblock;
	int result;

	do {
		ext2_begin(fs);
		result = superblock_change(fs, &superblock);
		if (result == 0 && in_use) {
			superblock->state &= (uint16_t)~STATE_VALID;
			superblock->mount_time = superblock->write_time = (uint32_t)fs->clock.now.seconds;
			superblock->mounts = (uint16_t)(superblock->mounts + (fs->journal_blocks > 0));
			if (fs->journal_blocks > 0)
				superblock->incompatible |= INCOMPATIBLE_RECOVER;
		} else if (result == 0) {
			superblock->state |= fs->damaged ? STATE_ERRORS : STATE_VALID;
			superblock->write_time = (uint32_t)fs->clock.now.seconds;
			superblock->incompatible &= ~(uint32_t)INCOMPATIBLE_RECOVER;
		}
		result = retry(fs, result);
	} while (result == -EAGAIN);
	if (result == 0)
		result = pages_write(fs, PAGE_DIRTY | PAGE_METADATA);
	if (result == 0)
		result = disk_flush(fs);
	if (result == 0)
		pages_clean(fs, PAGE_DIRTY | PAGE_METADATA);
	return result;
}

int journal_start(struct ext2 *fs)
{
	return superblock_state_set(fs, true);
}

int journal_stop_early(struct ext2 *fs)
{
	return superblock_state_set(fs, false);
}

uint32_t journal_sequence(const struct ext2 *fs)
{
	const struct journal_superblock *journal = buffer_at(fs, BUFFER_JOURNAL);

	return big(journal->sequence);
}

int journal_stop(struct ext2 *fs)
{
	int result = journal_superblock_write(fs, fs->state->sequence + 1, 0);

	if (result == 0)
		result = disk_flush(fs);
	return result == 0 ? superblock_state_set(fs, false) : result;
}
