/* SPDX-License-Identifier: MIT */
/* Transactions, waiting, and what is to be done unasked (ext2.h). */
#include "servers/ext2/ext2.h"

#include "lib/string.h"
#include "servers/ext2/cache.h"
#include "servers/ext2/inode.h"
#include "servers/ext2/journal.h"

#define ROOM_LEAST 640      /* cells that the last steps of an operation may take */
#define METADATA_SPARE 48   /* pages that one operation may make dirty */
#define PENDING_SPARE 1100  /* extents that one operation may free */

void ext2_begin(struct ext2 *fs)
{
	fetches_reap(fs);
	cache_reserve(fs);
	fs->epoch++;
	fs->touched_count = 0;
	fs->open_count_begun = fs->open_count;
	fs->in_transaction = true;
	tsm_begin(fs->tsm);
}

void ext2_commit(struct ext2 *fs)
{
	tsm_commit(fs->tsm);
	fs->in_transaction = false;
	cache_committed(fs);
}

void ext2_rollback(struct ext2 *fs)
{
	tsm_rollback(fs->tsm);
	fs->in_transaction = false;
	cache_rolled_back(fs);
	fs->open_count = fs->open_count_begun;
}

void damage_report(struct ext2 *fs, const char *sentence, uint64_t number)
{
	if (fs->report.damage)
		fs->report.damage(fs->report.context, sentence, number);
	fs->damaged = true;
}

static int want(struct ext2 *fs, enum want what)
{
	fs->want = what;
	return -EAGAIN;
}

static bool commit_due(const struct ext2 *fs)
{
	const struct state *state = fs->state;

	return state->dirty_metadata + METADATA_SPARE > journal_capacity(fs) || state->dirty_metadata + state->dirty_data > fs->page_count / 2 ||
	       state->pending_count > PENDING_MAX - PENDING_SPARE;
}

int change_begin(struct ext2 *fs)
{
	if (fs->read_only || fs->closing || fs->state->failed)
		return -EROFS;
	if (fs->state->phase != PHASE_IDLE)
		return want(fs, WANT_IDLE);
	return commit_due(fs) ? want(fs, WANT_COMMIT) : 0;
}

bool change_full(const struct ext2 *fs)
{
	return tsm_room(fs->tsm) < ROOM_LEAST || fs->reserve_count < 8 || fs->touched_count > TOUCHED_MAX - 32 ||
	       fs->state->dirty_metadata + 8 > journal_capacity(fs) || fs->state->pending_count > PENDING_MAX - 16;
}

int superblock_get(struct ext2 *fs, struct superblock **superblock)
{
	unsigned char *page;
	int result = page_get(fs, SUPERBLOCK_OFFSET / fs->block_bytes, 0, &page);

	if (result == 0)
		*superblock = (struct superblock *)(page + SUPERBLOCK_OFFSET % fs->block_bytes);
	return result;
}

int superblock_change(struct ext2 *fs, struct superblock **superblock)
{
	int result = superblock_get(fs, superblock);

	if (result == 0)
		page_change(fs, *superblock, offsetof(struct superblock, rest));
	return result;
}

void ext2_wait(struct ext2 *fs)
{
	enum want what = fs->want;

	fs->want = WANT_NOTHING;
	switch (what) {
	case WANT_BLOCK:
		if (!page_fetch(fs, fs->want_key - 1, fs->want_owner))
			(void)journal_commit(fs);
		return;
	case WANT_SEAL:
		page_seal(fs, fs->want_key - 1);
		return;
	case WANT_COMMIT:
		(void)journal_commit(fs);
		return;
	case WANT_IDLE:
		/* Whoever commits may be this fiber's predecessor in a dead instance: then nobody does it, and it is done here. */
		(void)journal_commit(fs);
		return;
	case WANT_RECLAIM:
		orphans_reclaim(fs);
		return;
	case WANT_NOTHING:
		disk_wait(fs);
		return;
	}
}

void ext2_work(struct ext2 *fs, bool commit)
{
	fetches_reap(fs);
	if (fs->read_only || fs->state->failed)
		return;
	if (fs->state->reclaim)
		orphans_reclaim(fs);
	if (commit)
		(void)journal_commit(fs);
}
