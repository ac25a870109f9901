/* SPDX-License-Identifier: MIT */
/*
 * The journal (journal.h). Every function that changes the state does it in one transaction; what is not in the state (written, the search) is found again by the next instance.
 *
 * Finding the end of the medium: blocks are written in order, so whether block n is whole is true up to the end and false behind it, but for the last window: there blocks may be torn, or be left over from an earlier boot that
 * was cut off. A search by halves finds one place where it changes from true to false; the end is at most two windows before it, and is where boots stop to be in order.
 */
#include "servers/axiom/journal.h"

#include "lib/chain.h"
#include "lib/string.h"

/* The state. */

static struct log_block *block_at(const struct journal *journal, uint64_t number)
{
	return &journal->blocks[number % journal->capacity];
}

static uint64_t blocks_free(const struct journal *journal)
{
	return journal->capacity - (journal->state->sealed - journal->state->flushed);
}

/* Begins a transaction that may change the counts. */
static struct journal_state *state_begin(struct journal *journal)
{
	tsm_begin(journal->tsm);
	return tsm_modify(journal->tsm, journal->state, offsetof(struct journal_state, link));
}

/* A new log: block 0 will be the START block, and has its place from the beginning. */
static void state_make(struct journal *journal)
{
	struct journal_state *state = state_begin(journal);

	memset(block_at(journal, 0), 0, sizeof(struct log_block));
	tsm_modify(journal->tsm, state, sizeof(*state));
	*state = (struct journal_state){.next = 1, .sealed = 1};
	tsm_commit(journal->tsm);
}

/* The START block, once its place is known; made anew whenever an instance begins, so nothing depends on what is in memory. */
static void start_make(struct journal *journal)
{
	const struct journal_state *state = journal->state;
	struct log_block *block = block_at(journal, 0);

	if (state->flushed > 0)
		return;
	*block = (struct log_block){.kind = LOG_BLOCK_START, .start = {.abi_version = KOZO_ABI_VERSION}};
	memcpy(block->start.previous, state->previous, LOG_LINK_BYTES);
	chain_start_digest(&block->start, state->boot, block->start.digest);
}

/* Verifies what a block in memory holds, and goes on with the chain. */
static bool block_sound(const struct log_block *block, uint64_t *sequence, uint8_t link[LOG_LINK_BYTES])
{
	if (block->kind != LOG_BLOCK_ENTRIES || block->count == 0 || block->count > LOG_BLOCK_RECORDS)
		return block->kind == LOG_BLOCK_END && block->count == 0;
	for (unsigned i = 0; i < block->count; i++) {
		const struct log_entry *entry = &block->entry[i];

		chain_extend(link, &entry->record);
		if (memcmp(link, entry->link, LOG_LINK_BYTES) != 0 || entry->record.sequence != ++*sequence)
			return false;
	}
	return true;
}

/* Everything in memory goes on from what is on the medium, and leads to the link in the state. */
static bool state_sound(const struct journal *journal)
{
	const struct journal_state *state = journal->state;
	uint64_t sequence = state->flushed_sequence;
	uint8_t link[LOG_LINK_BYTES];

	if (state->flushed > state->sealed || state->sealed - state->flushed > journal->capacity || state->open.count >= LOG_BLOCK_RECORDS)
		return false;
	memcpy(link, state->flushed_link, LOG_LINK_BYTES);
	for (uint64_t number = state->flushed > 0 ? state->flushed : 1; number < state->sealed; number++)
		if (!block_sound(block_at(journal, number), &sequence, link))
			return false;
	if (state->open.count > 0 && !block_sound(&state->open, &sequence, link))
		return false;
	return sequence == state->next - 1 && memcmp(link, state->link, LOG_LINK_BYTES) == 0;
}

enum journal_result journal_open(struct journal *journal, struct tsm *tsm, struct journal_state *state, struct log_block *blocks, uint64_t capacity)
{
	*journal = (struct journal){.tsm = tsm, .state = state, .blocks = blocks, .capacity = capacity};
	if (state->next == 0)
		state_make(journal);
	if (!state_sound(journal))
		return JOURNAL_DAMAGED;
	journal->written = state->flushed;
	return JOURNAL_OK;
}

/* Records. */

/* In a transaction: the open block becomes the next sealed one, whose memory is free until the commit. */
static void open_seal(struct journal *journal)
{
	struct journal_state *state = journal->state;

	*block_at(journal, state->sealed) = state->open;
	tsm_modify(journal->tsm, &state->open, sizeof(state->open));
	state->open = (struct log_block){.magic = 0};
	tsm_set(journal->tsm, state->sealed, state->sealed + 1);
}

enum journal_result journal_take(struct journal *journal, const struct commit_record *record)
{
	struct journal_state *state = journal->state;
	struct log_entry *entry;

	if (state->closed)
		return JOURNAL_FULL;
	if (record->sequence != state->next)
		return JOURNAL_GAP;
	if (state->open.count == LOG_BLOCK_RECORDS - 1 && blocks_free(journal) == 0)
		return JOURNAL_FULL; /* it could not be sealed */
	entry = &state->open.entry[state->open.count];
	tsm_begin(journal->tsm);
	tsm_modify(journal->tsm, entry, sizeof(*entry));
	tsm_modify(journal->tsm, state->link, sizeof(state->link));
	tsm_set(journal->tsm, state->next, state->next + 1);
	tsm_modify(journal->tsm, &state->open, offsetof(struct log_block, entry));
	state->open.kind = LOG_BLOCK_ENTRIES;
	state->open.count++;
	chain_extend(state->link, record);
	entry->record = *record;
	memcpy(entry->link, state->link, LOG_LINK_BYTES);
	if (state->open.count == LOG_BLOCK_RECORDS)
		open_seal(journal);
	tsm_commit(journal->tsm);
	return JOURNAL_OK;
}

void journal_seal(struct journal *journal)
{
	struct journal_state *state = journal->state;

	if (state->open.count == 0 || blocks_free(journal) == 0)
		return;
	tsm_begin(journal->tsm);
	open_seal(journal);
	tsm_commit(journal->tsm);
}

enum journal_result journal_close(struct journal *journal)
{
	struct journal_state *state = journal->state;

	journal_seal(journal);
	if (state->closed)
		return JOURNAL_OK;
	if (state->open.count > 0 || blocks_free(journal) == 0)
		return JOURNAL_FULL;
	*block_at(journal, state->sealed) = (struct log_block){.kind = LOG_BLOCK_END};
	state = state_begin(journal);
	state->closed = 1;
	state->sealed++;
	tsm_commit(journal->tsm);
	return JOURNAL_OK;
}

bool journal_settled(const struct journal *journal)
{
	return journal->state->open.count == 0 && journal->state->flushed == journal->state->sealed;
}

/* The search for the end of the medium. */

void journal_attach(struct journal *journal, uint64_t medium_blocks)
{
	const struct journal_state *state = journal->state;

	if (journal->medium != MEDIUM_NONE)
		return;
	journal->medium_blocks = medium_blocks < UINT32_MAX ? medium_blocks : UINT32_MAX;
	journal->search = (struct journal_search){.high = journal->medium_blocks};
	journal->medium = state->attached ? MEDIUM_READY : MEDIUM_SEARCHING;
	if (medium_blocks == 0 || (state->attached && state->base + state->flushed > journal->medium_blocks))
		journal->medium = MEDIUM_REFUSED; /* none, or not the one of the instance before */
	if (state->attached)
		start_make(journal);
}

static struct log_block *reading_place(const struct journal *journal)
{
	return journal->blocks + journal->capacity;
}

static uint64_t halves_middle(const struct journal_search *search)
{
	return search->low + (search->high - search->low) / 2;
}

static void search_request(struct journal *journal)
{
	const struct journal_search *search = &journal->search;
	uint64_t position = 0, blocks = 1;

	if (search->step == SEARCH_HALVES)
		position = halves_middle(search);
	if (search->step == SEARCH_WINDOW) {
		position = search->position;
		blocks = search->low - position < LOG_WINDOW_BLOCKS ? search->low - position : LOG_WINDOW_BLOCKS;
	}
	journal->request = (struct block_request){
		.operation = BLOCK_READ,
		.sector = position,
		.sectors = (uint32_t)blocks,
		.offset = journal->capacity * LOG_BLOCK_BYTES,
	};
}

/* Can there be a log on this medium? Its first block is one, or was torn when it was written first, or is nothing at all. Anything else belongs to somebody else. */
static bool block_is_ours(const struct log_block *block)
{
	const unsigned char *bytes = (const unsigned char *)block;
	unsigned char any = 0;

	for (size_t i = sizeof(block->magic); i < sizeof(*block); i++)
		any |= bytes[i];
	return block->magic == LOG_BLOCK_MAGIC || any == 0;
}

/* The end is at search->position: this boot begins there. */
static void search_end(struct journal *journal)
{
	const struct journal_search *search = &journal->search;
	struct journal_state *state = state_begin(journal);

	tsm_modify(journal->tsm, state->previous, sizeof(state->previous));
	state->attached = 1;
	state->base = search->position;
	state->boot = search->boot + 1;
	memcpy(state->previous, search->link, LOG_LINK_BYTES);
	tsm_commit(journal->tsm);
	start_make(journal);
	journal->medium = MEDIUM_READY;
}

/* Takes a whole block at search->position into account. False: it is left over from an earlier boot, behind the end. */
static bool search_block(struct journal_search *search, const struct log_block *block)
{
	bool starts = block->kind == LOG_BLOCK_START;

	if (search->boot && block->boot != search->boot + starts)
		return false;
	search->boot = block->boot;
	if (starts)
		memset(search->link, 0, LOG_LINK_BYTES);
	else if (block->kind == LOG_BLOCK_ENTRIES && block->count > 0 && block->count <= LOG_BLOCK_RECORDS)
		memcpy(search->link, block->entry[block->count - 1].link, LOG_LINK_BYTES);
	search->position++;
	return true;
}

static void search_window(struct journal *journal, uint64_t blocks)
{
	struct journal_search *search = &journal->search;

	for (uint64_t i = 0; i < blocks; i++) {
		const struct log_block *block = reading_place(journal) + i;

		if (!log_block_whole(block, search->position) || !search_block(search, block)) {
			search_end(journal);
			return;
		}
	}
	if (search->position == search->low)
		search_end(journal);
}

/* One of the two bounds moves; when they meet, the window before them is read. */
static void search_halve(struct journal_search *search, bool whole)
{
	if (whole)
		search->low = halves_middle(search) + 1;
	else
		search->high = halves_middle(search);
	if (search->low < search->high)
		return;
	search->step = SEARCH_WINDOW;
	search->position = search->low > 2 * LOG_WINDOW_BLOCKS ? search->low - 2 * LOG_WINDOW_BLOCKS : 0;
}

static void search_complete(struct journal *journal)
{
	struct journal_search *search = &journal->search;
	const struct log_block *block = reading_place(journal);

	switch (search->step) {
	case SEARCH_FIRST:
		if (block_is_ours(block))
			search->step = SEARCH_HALVES;
		else
			journal->medium = MEDIUM_REFUSED;
		break;
	case SEARCH_HALVES:
		search_halve(search, log_block_whole(block, halves_middle(search)));
		if (search->step == SEARCH_WINDOW && search->low == 0)
			search_end(journal);
		break;
	case SEARCH_WINDOW:
		search_window(journal, journal->request.sectors);
		break;
	}
}

/* Writing. */

/* How many sealed blocks can be written in one request now: they lie together in memory, in the window, on the medium. The START block goes alone, and nothing follows before it is flushed: what a later boot finds behind a torn one
 * must not look like a part of it. */
static uint64_t blocks_writable(const struct journal *journal)
{
	const struct journal_state *state = journal->state;
	uint64_t most = state->sealed - journal->written;
	uint64_t bounds[] = {
		state->flushed + (state->flushed ? LOG_WINDOW_BLOCKS : 1) - journal->written,
		journal->capacity - journal->written % journal->capacity,
		journal->medium_blocks - (state->base + journal->written),
	};

	for (unsigned i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		most = bounds[i] < most ? bounds[i] : most;
	return most;
}

static void write_request(struct journal *journal, uint64_t blocks)
{
	const struct journal_state *state = journal->state;

	for (uint64_t number = journal->written; number < journal->written + blocks; number++)
		log_block_stamp(block_at(journal, number), (uint32_t)(state->base + number), state->boot, (uint32_t)(state->base + state->flushed));
	journal->request = (struct block_request){
		.operation = BLOCK_WRITE,
		.sector = state->base + journal->written,
		.sectors = (uint32_t)blocks,
		.offset = journal->written % journal->capacity * LOG_BLOCK_BYTES,
	};
}

/* Writes, else flushes, else seals what is open. */
static void work_request(struct journal *journal)
{
	const struct journal_state *state = journal->state;
	uint64_t blocks;

	if (journal->written == state->sealed && journal->written == state->flushed)
		journal_seal(journal);
	blocks = blocks_writable(journal);
	if (blocks > 0)
		write_request(journal, blocks);
	else if (journal->written > state->flushed)
		journal->request = (struct block_request){.operation = BLOCK_FLUSH};
	else if (journal->written < state->sealed)
		journal->medium = MEDIUM_FULL;
}

bool journal_request(struct journal *journal, struct block_request *request)
{
	if (journal->request.operation)
		return false;
	if (journal->medium == MEDIUM_SEARCHING)
		search_request(journal);
	else if (journal->medium == MEDIUM_READY)
		work_request(journal);
	*request = journal->request;
	return journal->request.operation != 0;
}

static void flush_complete(struct journal *journal)
{
	struct journal_state *state = state_begin(journal);

	for (uint64_t number = state->flushed; number < journal->written; number++) {
		const struct log_block *block = block_at(journal, number);

		if (block->kind != LOG_BLOCK_ENTRIES)
			continue;
		tsm_modify(journal->tsm, state->flushed_link, sizeof(state->flushed_link) + sizeof(state->flushed_sequence));
		memcpy(state->flushed_link, block->entry[block->count - 1].link, LOG_LINK_BYTES);
		state->flushed_sequence = block->entry[block->count - 1].record.sequence;
	}
	state->flushed = journal->written;
	tsm_commit(journal->tsm);
}

void journal_complete(struct journal *journal, int result)
{
	if (result != 0)
		journal->medium = MEDIUM_REFUSED;
	else if (journal->request.operation == BLOCK_READ)
		search_complete(journal);
	else if (journal->request.operation == BLOCK_WRITE)
		journal->written += journal->request.sectors;
	else if (journal->request.operation == BLOCK_FLUSH)
		flush_complete(journal);
	journal->request.operation = 0;
}

void journal_forget(struct journal *journal)
{
	journal->request.operation = 0;
}
