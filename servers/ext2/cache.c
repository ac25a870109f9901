/* SPDX-License-Identifier: MIT */
/*
 * The cache of blocks (cache.h). An entry of the state says which block a page holds; the hash over them is this instance's own and follows the entries: entry_set() changes both, and a rollback
 * puts the hash right again for the entries that the transaction had changed.
 *
 * A page that is being fetched has a free entry: the disk writes into memory that nothing refers to, and only when it is done a transaction makes it a page. So an instance that dies meanwhile leaves nothing behind.
 *
 * A transaction takes new pages only from the reserve: pages that were given up before it began. If it took one that holds a clean block, that block's content would be gone after a rollback.
 */
#include "servers/ext2/cache.h"

#include "lib/assert.h"
#include "lib/string.h"

#define DROP_AT_ONCE 1024 /* entries in one transaction */

static uint32_t key_of(uint32_t block)
{
	return block + 1;
}

static uint32_t *chain_of(struct ext2 *fs, uint32_t key)
{
	return &fs->hash[(key * 2654435761u >> 8) & fs->hash_mask];
}

static void index_remove(struct ext2 *fs, uint32_t page)
{
	uint32_t *place;

	if (fs->links[page].key == 0)
		return;
	place = chain_of(fs, fs->links[page].key);
	while (*place != page)
		place = &fs->links[*place].next;
	*place = fs->links[page].next;
	fs->links[page].key = 0;
}

static void index_add(struct ext2 *fs, uint32_t page, uint32_t key)
{
	uint32_t *chain = chain_of(fs, key);

	fs->links[page].key = key;
	fs->links[page].next = *chain;
	*chain = page;
}

static uint32_t page_find(const struct ext2 *fs, uint32_t key)
{
	uint32_t page = fs->hash[(key * 2654435761u >> 8) & fs->hash_mask];

	while (page != NONE && fs->links[page].key != key)
		page = fs->links[page].next;
	return page;
}

/* What the instance before had read and nobody can vouch for: it is on the disk. */
static void unsealed_drop(struct ext2 *fs)
{
	uint32_t page = 0;

	while (page < fs->page_count) {
		tsm_begin(fs->tsm);
		for (uint32_t dropped = 0; page < fs->page_count && dropped < DROP_AT_ONCE; page++) {
			if (!(fs->entries[page].flags & PAGE_UNSEALED))
				continue;
			tsm_modify(fs->tsm, &fs->entries[page], sizeof(fs->entries[page]));
			fs->entries[page] = (struct page_entry){.key = 0};
			dropped++;
		}
		tsm_commit(fs->tsm);
	}
}

void cache_open(struct ext2 *fs)
{
	uint32_t size = 64;

	while (size < fs->page_count && size < PAGES_MAX)
		size *= 2;
	fs->hash_mask = size - 1;
	for (uint32_t i = 0; i < size; i++)
		fs->hash[i] = NONE;
	memset(fs->links, 0, fs->page_count * sizeof(fs->links[0]));
	unsealed_drop(fs);
	for (uint32_t page = 0; page < fs->page_count; page++)
		if (fs->entries[page].key != 0)
			index_add(fs, page, fs->entries[page].key);
	fs->epoch = 1;
}

/* No client may see the page any more. */
static void page_take_back(struct ext2 *fs, uint32_t page)
{
	if (!fs->links[page].shown)
		return;
	fs->links[page].shown = false;
	page_changes(fs->watch, page_bytes(fs, page));
}

/* Counts a page in or out of the dirty ones. */
static void dirty_count(struct ext2 *fs, uint32_t flags, int by)
{
	if (!(flags & PAGE_DIRTY))
		return;
	if (flags & PAGE_METADATA)
		tsm_set(fs->tsm, fs->state->dirty_metadata, fs->state->dirty_metadata + (uint32_t)by);
	else
		tsm_set(fs->tsm, fs->state->dirty_data, fs->state->dirty_data + (uint32_t)by);
}

/* Gives a page another content: the only place that changes keys. Remembers the page for a rollback. */
static void entry_set(struct ext2 *fs, uint32_t page, uint32_t key, uint32_t owner, uint32_t flags)
{
	struct page_entry *entry = &fs->entries[page];

	assert(fs->touched_count < TOUCHED_MAX);
	page_take_back(fs, page);
	fs->touched[fs->touched_count++] = page;
	dirty_count(fs, entry->flags, -1);
	dirty_count(fs, flags, 1);
	tsm_modify(fs->tsm, entry, sizeof(*entry));
	entry->key = key;
	entry->owner = owner;
	entry->flags = flags;
	index_remove(fs, page);
	if (key != 0)
		index_add(fs, page, key);
	fs->links[page].epoch = fs->epoch; /* what is given up in a transaction may come back with its rollback */
}

void cache_rolled_back(struct ext2 *fs)
{
	for (uint32_t i = 0; i < fs->touched_count; i++) {
		uint32_t page = fs->touched[i];

		index_remove(fs, page);
		if (fs->entries[page].key != 0)
			index_add(fs, page, fs->entries[page].key);
	}
	fs->touched_count = 0;
	fs->reserve_count = fs->reserve_filled;
}

void cache_committed(struct ext2 *fs)
{
	while (fs->reserve_filled > fs->reserve_count)
		fs->links[fs->reserve[--fs->reserve_filled]].reserved = false;
	fs->touched_count = 0;
}

static bool page_idle(const struct ext2 *fs, uint32_t page)
{
	const struct page_link *link = &fs->links[page];

	return !link->fetching && !link->reserved && !(fs->entries[page].flags & PAGE_DIRTY) && link->epoch != fs->epoch;
}

static bool page_is_spare(const struct ext2 *fs, uint32_t page)
{
	return fs->entries[page].key == 0 || (!fs->links[page].referenced && !fs->links[page].shown);
}

/* A page to be used anew: free, or clean and not used for a while (second chance). One that clients see only if there is no other, as nobody hears of their reading it. NONE when there is none. */
static uint32_t page_choose(struct ext2 *fs)
{
	for (uint32_t tries = 0; tries < 2 * fs->page_count; tries++) {
		uint32_t page = fs->hand;

		fs->hand = (fs->hand + 1) % fs->page_count;
		if (!page_idle(fs, page))
			continue;
		if (page_is_spare(fs, page) || (!fs->links[page].referenced && tries >= fs->page_count))
			return page;
		fs->links[page].referenced = false;
	}
	return NONE;
}

void cache_reserve(struct ext2 *fs)
{
	uint32_t wanted = fs->page_count / 4 < RESERVE_MAX ? fs->page_count / 4 : RESERVE_MAX;

	if (fs->reserve_count >= wanted / 2)
		return;
	tsm_begin(fs->tsm);
	while (fs->reserve_count < wanted) {
		uint32_t page = page_choose(fs);

		if (page == NONE)
			break;
		if (fs->entries[page].key != 0)
			entry_set(fs, page, 0, 0, 0);
		fs->links[page].reserved = true;
		fs->reserve[fs->reserve_count++] = page;
	}
	tsm_commit(fs->tsm);
	fs->touched_count = 0;
	fs->reserve_filled = fs->reserve_count;
}

static uint32_t page_at(const struct ext2 *fs, const unsigned char *bytes)
{
	return (uint32_t)((size_t)(bytes - fs->pages) / fs->block_bytes);
}

static void page_use(struct ext2 *fs, uint32_t page)
{
	fs->links[page].referenced = true;
	fs->links[page].epoch = fs->epoch;
}

bool page_present(const struct ext2 *fs, uint32_t block)
{
	return page_find(fs, key_of(block)) != NONE;
}

/* A block that could not be read is told so once, then it is tried again. */
static bool broken_take(struct ext2 *fs, uint32_t key)
{
	for (unsigned i = 0; i < 8; i++) {
		if (fs->broken[i] == key) {
			fs->broken[i] = 0;
			return true;
		}
	}
	return false;
}

static int want_set(struct ext2 *fs, enum want want)
{
	fs->want = want;
	return -EAGAIN;
}

int page_get(struct ext2 *fs, uint32_t block, uint32_t owner, unsigned char **bytes)
{
	uint32_t page = page_find(fs, key_of(block));

	if (page == NONE) {
		if (broken_take(fs, key_of(block)))
			return -EIO;
		fs->want_key = key_of(block);
		fs->want_owner = owner;
		return want_set(fs, WANT_BLOCK);
	}
	if (owner == 0 && fs->entries[page].flags & PAGE_UNSEALED) { /* on a damaged disk contents and metadata may be in one block */
		fs->want_key = key_of(block);
		return want_set(fs, WANT_SEAL);
	}
	page_use(fs, page);
	*bytes = page_bytes(fs, page);
	return 0;
}

int page_get_sealed(struct ext2 *fs, uint32_t block, uint32_t owner, unsigned char **bytes)
{
	int result = page_get(fs, block, owner, bytes);

	if (result != 0 || !(fs->entries[page_at(fs, *bytes)].flags & PAGE_UNSEALED))
		return result;
	fs->want_key = key_of(block);
	return want_set(fs, WANT_SEAL);
}

void page_seal(struct ext2 *fs, uint32_t block)
{
	uint32_t page = page_find(fs, key_of(block));

	if (page == NONE || !(fs->entries[page].flags & PAGE_UNSEALED))
		return;
	tsm_begin(fs->tsm);
	tsm_fresh(fs->tsm, page_bytes(fs, page), fs->block_bytes);
	tsm_set(fs->tsm, fs->entries[page].flags, 0);
	tsm_commit(fs->tsm);
	fs->links[page].referenced = true;
}

int page_new(struct ext2 *fs, uint32_t block, uint32_t owner, unsigned char **bytes)
{
	uint32_t page = page_find(fs, key_of(block));

	if (page != NONE && fs->entries[page].flags & PAGE_DIRTY)
		return damage_found(fs, "a block is in use twice", block);
	if (page != NONE)
		entry_set(fs, page, 0, 0, 0);
	if (fs->reserve_count == 0)
		return want_set(fs, WANT_COMMIT);
	page = fs->reserve[--fs->reserve_count];
	entry_set(fs, page, key_of(block), owner, PAGE_DIRTY | (owner == 0 ? PAGE_METADATA : 0));
	page_use(fs, page);
	*bytes = tsm_fresh(fs->tsm, page_bytes(fs, page), fs->block_bytes);
	memset(*bytes, 0, fs->block_bytes);
	return 0;
}

void page_dirty(struct ext2 *fs, void *at)
{
	struct page_entry *entry = &fs->entries[page_at(fs, at)];
	uint32_t flags = PAGE_DIRTY | (entry->owner == 0 ? PAGE_METADATA : 0);

	if (entry->flags == flags)
		return;
	assert(!(entry->flags & PAGE_UNSEALED));
	dirty_count(fs, flags, 1);
	tsm_set(fs->tsm, entry->flags, flags);
}

void *page_change(struct ext2 *fs, void *at, size_t bytes)
{
	page_take_back(fs, page_at(fs, at));
	page_dirty(fs, at);
	return tsm_modify(fs->tsm, at, bytes);
}

bool page_show(struct ext2 *fs, const unsigned char *at, uint32_t owner)
{
	uint32_t page = page_at(fs, at);

	if (!fs->watch || fs->entries[page].owner != owner)
		return false;
	fs->links[page].shown = true;
	return true;
}

void page_forget(struct ext2 *fs, uint32_t block)
{
	uint32_t page = page_find(fs, key_of(block));

	if (page != NONE)
		entry_set(fs, page, 0, 0, 0);
}

/* Fetching. */

static bool key_fetching(const struct ext2 *fs, uint32_t key)
{
	for (unsigned i = 0; i < DISK_REQUESTS_MAX / 2; i++)
		if (fs->fetches[i].busy && key - fs->fetches[i].key < fs->fetches[i].count)
			return true;
	return false;
}

/* How many of the blocks from `key` on, at most `most`, are neither here nor on their way. */
static uint32_t keys_missing(const struct ext2 *fs, uint32_t key, uint32_t most)
{
	uint32_t count = 0;

	if (key_fetching(fs, key))
		return 0;
	for (unsigned i = 0; i < DISK_REQUESTS_MAX / 2; i++)
		if (fs->fetches[i].busy && fs->fetches[i].key > key && fs->fetches[i].key - key < most)
			most = fs->fetches[i].key - key;
	while (count < most && page_find(fs, key + count) == NONE)
		count++;
	return count;
}

/* How many blocks from `key` on one request may read: metadata alone, and what has failed together. */
static uint32_t fetch_limit(const struct ext2 *fs, uint32_t key, uint32_t owner)
{
	uint32_t sectors = fs->block_bytes / DISK_SECTOR, most = FETCH_BYTES_MAX / fs->block_bytes;

	if (owner == 0 || key - fs->careful_key < fs->careful_count)
		return 1;
	if (fs->disk->sectors_most < most * sectors)
		most = fs->disk->sectors_most / sectors;
	return most > 0 ? most : 1;
}

/* Pages in a row from `page` on, at most `most`, that may be used anew; the first is known to. The hand goes behind them. */
static uint32_t pages_in_row(struct ext2 *fs, uint32_t page, uint32_t most)
{
	uint32_t count = 1;

	while (count < most && page + count < fs->page_count && page_idle(fs, page + count) && page_is_spare(fs, page + count))
		count++;
	fs->hand = (page + count) % fs->page_count;
	return count;
}

/* Takes pages out of the cache, for the disk to write to. An entry that is unsealed may stay, though nobody finds it any more: it vouches for nothing, and a next instance drops it. */
static void pages_give_up(struct ext2 *fs, uint32_t page, uint32_t count)
{
	tsm_begin(fs->tsm);
	for (uint32_t i = page; i < page + count; i++) {
		page_take_back(fs, i);
		if (fs->entries[i].flags & PAGE_UNSEALED)
			index_remove(fs, i);
		else if (fs->entries[i].key != 0)
			entry_set(fs, i, 0, 0, 0);
		fs->links[i].fetching = true;
	}
	tsm_commit(fs->tsm);
	fs->touched_count = 0;
}

/* Begins to read up to `most` blocks, of which none is here, into pages that are taken out of the cache for them. Returns how many; 0: no page or no request is free. */
static uint32_t fetch_start(struct ext2 *fs, uint32_t key, uint32_t most, uint32_t owner)
{
	struct fetch *fetch = fs->fetches;
	uint32_t page, limit = fetch_limit(fs, key, owner), sectors = fs->block_bytes / DISK_SECTOR, count;

	while (fetch < fs->fetches + DISK_REQUESTS_MAX / 2 && fetch->busy) /* the other half is for commits */
		fetch++;
	if (fetch == fs->fetches + DISK_REQUESTS_MAX / 2)
		return 0;
	page = page_choose(fs);
	if (page == NONE)
		return 0;
	count = pages_in_row(fs, page, most < limit ? most : limit);
	pages_give_up(fs, page, count);
	*fetch = (struct fetch){.page = page, .key = key, .owner = owner, .count = count, .busy = true};
	fs->fetching++;
	fetch->request = (struct disk_request){.operation = DISK_READ, .sector = (uint64_t)(key - 1) * sectors, .sectors = count * sectors, .memory = page_bytes(fs, page)};
	fs->disk->submit(fs->disk->context, &fetch->request);
	return count;
}

static bool key_broken(const struct ext2 *fs, uint32_t key)
{
	for (unsigned i = 0; i < 8; i++)
		if (fs->broken[i] == key)
			return true;
	return false;
}

/* One that could not be read is told by its key; of several each is tried alone. */
static void fetch_failed(struct ext2 *fs, const struct fetch *fetch)
{
	if (fetch->count > 1) {
		fs->careful_key = fetch->key;
		fs->careful_count = fetch->count;
	} else if (!key_broken(fs, fetch->key)) {
		fs->broken[fs->broken_next++ % 8] = fetch->key;
	}
}

/* A fetch is done: its pages become part of the cache, but for blocks that somebody has made anew meanwhile. A device that is given up (-ENODEV) may still write to them: they are not used again, and nothing is changed from then on. */
static void fetch_end(struct ext2 *fs, struct fetch *fetch)
{
	bool read = fetch->request.result == 0, lost = fetch->request.result == -ENODEV;

	fetch->busy = false;
	fs->fetching--;
	if (!read)
		fetch_failed(fs, fetch);
	tsm_begin(fs->tsm);
	if (lost && fs->state->phase != PHASE_UNMOUNTED)
		tsm_set(fs->tsm, fs->state->failed, 1);
	for (uint32_t i = 0; i < fetch->count; i++) {
		uint32_t page = fetch->page + i;

		fs->links[page].fetching = lost;
		if (!read || page_find(fs, fetch->key + i) != NONE) {
			if (fs->entries[page].key != 0)
				entry_set(fs, page, 0, 0, 0);
			continue;
		}
		if (fetch->owner == 0)
			tsm_fresh(fs->tsm, page_bytes(fs, page), fs->block_bytes);
		entry_set(fs, page, fetch->key + i, fetch->owner, fetch->owner == 0 ? 0 : PAGE_UNSEALED);
		fs->links[page].referenced = true;
		fs->links[page].epoch = 0;
	}
	tsm_commit(fs->tsm);
	fs->touched_count = 0;
}

void fetches_take(struct ext2 *fs)
{
	for (unsigned i = 0; i < DISK_REQUESTS_MAX / 2; i++)
		if (fs->fetches[i].busy && fs->fetches[i].request.done)
			fetch_end(fs, &fs->fetches[i]);
}

void disk_wait(struct ext2 *fs)
{
	fs->disk->wait(fs->disk->context);
	fetches_reap(fs);
}

uint32_t pages_prefetch(struct ext2 *fs, uint32_t block, uint32_t count, uint32_t owner)
{
	uint32_t done = 0, missing = 0;

	while (done < count) {
		uint32_t begun = 1; /* one that is here already */

		if (missing == 0)
			missing = keys_missing(fs, key_of(block) + done, count - done);
		if (missing > 0) {
			begun = fetch_start(fs, key_of(block) + done, missing, owner);
			missing -= begun;
		}
		if (begun == 0)
			break;
		done += begun;
	}
	return done;
}

bool page_fetch(struct ext2 *fs, uint32_t block, uint32_t owner)
{
	uint32_t key = key_of(block);

	fetches_reap(fs);
	while (page_find(fs, key) == NONE && !key_broken(fs, key)) {
		if (!key_fetching(fs, key) && fetch_start(fs, key, 1, owner) == 0 && page_choose(fs) == NONE)
			return false;
		disk_wait(fs);
	}
	return true;
}
