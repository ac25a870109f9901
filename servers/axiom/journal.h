/* SPDX-License-Identifier: MIT */
/*
 * The journal: commit records, chained as they come, packed into blocks, written to a medium when there is one. Pure: no kernel call, no waiting; the server around it moves records in and block requests out.
 *
 *   records -> [open block] -> seal -> [sealed blocks in memory] -> write -> flush -> forgotten
 *
 * What must survive the server lies in its state (struct journal_state, under lib/tsm) and in the memory of the blocks, which the block driver reads by DMA and which therefore is plain memory: a ring of `capacity` blocks and then
 * LOG_WINDOW_BLOCKS for reading. A block is filled in before the transaction that counts it as sealed, and not changed after it has been asked to be written, until it is flushed: a new instance asks for the same writes again.
 *
 * States of the medium: NONE (nobody has told its size) -> SEARCHING (reads for the end of what is there) -> READY, or REFUSED (it holds something else, or cannot be read or written), or FULL.
 *
 * Nothing is ever dropped. When all memory is full of blocks that are not flushed yet, journal_take() takes no more: the records stay in the kernel's ring, and when that is full too, nobody's authority changes any more.
 */
#pragma once

#include "abi/log.h"
#include "abi/protocols/block.h"
#include "lib/tsm.h"

enum journal_medium {
	MEDIUM_NONE = 0,
	MEDIUM_SEARCHING = 1,
	MEDIUM_READY = 2,
	MEDIUM_REFUSED = 3,
	MEDIUM_FULL = 4,
};

/* In the state; counts of blocks are of this boot, its START block being number 0. */
struct journal_state {
	_Alignas(TSM_CELL) uint64_t next; /* sequence number of the next record wanted; 0: never set up */
	uint64_t sealed;                  /* blocks */
	uint64_t flushed;                 /* of these, on the medium for good */
	uint64_t attached;                /* 1: base and boot are known, and the START block says so */
	uint64_t base;                    /* position of the START block on the medium */
	uint64_t boot;
	uint64_t closed;                  /* 1: an END block is sealed, nothing more is taken */
	_Alignas(TSM_CELL) uint8_t link[LOG_LINK_BYTES]; /* of the chain, after record next - 1 */
	uint8_t previous[LOG_LINK_BYTES];                /* once attached: last link of the boot before */
	uint8_t flushed_link[LOG_LINK_BYTES];            /* of the chain, after the last record that is on the medium */
	uint64_t flushed_sequence;                       /* of that record */
	_Alignas(TSM_CELL) struct log_block open;        /* being filled: `count` entries */
};

/* What a transaction of the journal can change: the whole state. */
#define JOURNAL_UNDO_CELLS (sizeof(struct journal_state) / TSM_CELL + 1)

/* The search for the end of what is on the medium. */
struct journal_search {
	enum {
		SEARCH_FIRST,  /* reads block 0: is this medium ours? */
		SEARCH_HALVES, /* block low - 1 is whole (or low is 0), block high is not (or is the end of the medium) */
		SEARCH_WINDOW, /* from two windows before low on, block by block */
	} step;
	uint64_t low, high;
	uint64_t position; /* SEARCH_WINDOW: of the next block */
	uint64_t boot;     /* of the block before; 0: none yet */
	uint8_t link[LOG_LINK_BYTES];
};

struct journal {
	struct tsm *tsm;
	struct journal_state *state;
	struct log_block *blocks; /* capacity, then LOG_WINDOW_BLOCKS for reading */
	uint64_t capacity;
	enum journal_medium medium;
	uint64_t medium_blocks;   /* size of the medium */
	uint64_t written;         /* blocks of this boot that have been written by this instance, or flushed */
	struct journal_search search;
	struct block_request request; /* in flight; operation 0: none */
};

enum journal_result {
	JOURNAL_OK = 0,
	JOURNAL_FULL = 1,   /* no memory until more is flushed; or closed */
	JOURNAL_GAP = 2,    /* not the record that comes next: some were lost */
	JOURNAL_DAMAGED = 3, /* what the instance before left cannot be relied on */
};

/*
 * Takes over the state, or begins a new one, and `capacity` blocks of memory (besides those for reading). A sealed block that is not on the medium yet is verified; JOURNAL_DAMAGED if one is not what was sealed, or the state contradicts itself.
 */
enum journal_result journal_open(struct journal *journal, struct tsm *tsm, struct journal_state *state, struct log_block *blocks, uint64_t capacity);

/* Sequence number of the next record that journal_take() wants. */
static inline uint64_t journal_next(const struct journal *journal)
{
	return journal->state->next;
}

/* Takes one record, which must be a private copy. */
enum journal_result journal_take(struct journal *journal, const struct commit_record *record);

/* Seals the open block, if anything is in it and memory allows. */
void journal_seal(struct journal *journal);

/* No more records: seals and adds an END block. JOURNAL_FULL: not now. */
enum journal_result journal_close(struct journal *journal);

/* There is a medium of so many blocks (of 512 bytes). At most one. */
void journal_attach(struct journal *journal, uint64_t medium_blocks);

/*
 * The next request to the medium, when none is in flight: false if there is nothing to do. Offsets are within the memory of the blocks; the caller fills in `id` and `region`.
 * Seals the open block by itself when everything else is written.
 */
bool journal_request(struct journal *journal, struct block_request *request);

/* The request in flight is done: 0 or a negative errno. Anything but 0 makes the medium REFUSED. */
void journal_complete(struct journal *journal, int result);

/* The request in flight, if there is one, will not be answered: it is asked for again. The caller knows that the medium is not at it any more. */
void journal_forget(struct journal *journal);

/* Is all that was taken on the medium for good? */
bool journal_settled(const struct journal *journal);
