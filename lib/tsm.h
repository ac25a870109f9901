/* SPDX-License-Identifier: MIT */
/*
 * Transactional shared memory, state part: memory that survives its server.
 *
 * A state Region is mapped by each instance of a server in turn, at the same address. It is changed in transactions only: whatever the instruction at which an instance is
 * killed, its successor finds all of a transaction or nothing of it; and whatever bit was changed behind its back, the successor is told or it made no difference.
 *
 * How a region is laid out (offsets in its header, all parts aligned to 64 bytes, the data to a page):
 *
 *   header     what this region is, with a checksum; then the control word, which says how many undo entries are valid
 *   undo       the write-ahead buffer: an entry is one *cell* of 64 bytes as it was before the transaction, and a head that says which
 *   touched    a bit for each cell: it has an entry in the open transaction
 *   marks      words outside all transactions, for their owner (lib/session.h keeps there what is being worked on)
 *   checks     the CRC-32C remainder of each cell as of the last commit. That of zeros is 0, so a region that is all zero is valid as it is
 *   data       what the server keeps
 *
 * States of a region: blank -> idle <-> open. Blank is a header whose first word is 0. Idle: no entry is valid. A transaction is open from its first tsm_modify(), which writes an
 * entry and then, by one store into the control word, makes it valid; only then may the cell change. Commit computes the checks of all changed cells and then, by one store,
 * makes all entries invalid: that store is the commit point. An open transaction whose server is dead is rolled back by tsm_open(): the cells and checks of all entries are put
 * back, then the entries made invalid; being killed in the middle of that does no harm, it is done again.
 *
 * Rules for the server:
 *   - Every store into the data happens between tsm_begin() and tsm_commit(), after a tsm_modify() (or tsm_fresh()) of these bytes in the same transaction.
 *   - One transaction at a time in a region, and no waiting (no fiber_yield, no call) inside of one. Who finds in the middle that something must be fetched first calls
 *     tsm_rollback(), waits, and starts over.
 *   - Pointers in the data are offsets, or pointers into this region, which always lies at the same address.
 *   - Whole pages are not changed but replaced: fill a free page after tsm_fresh(), then change the pointer to it with tsm_modify(). Nothing of it is saved.
 *   - A transaction has room for `undo_cells` cells; more is a mistake of the server and ends it. tsm_room() tells what is left.
 *
 * The single thread of the server is the only user. Pure: no kernel call, no memory but the region.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TSM_CELL 64 /* bytes */

enum tsm_result {
	TSM_BLANK = 0,    /* the region was blank: the data is all zero */
	TSM_READY = 1,    /* the data is that of the last commit */
	TSM_DAMAGED = 2,  /* the same, but for the ranges that were reported */
	TSM_UNUSABLE = 3, /* nothing in the region can be relied on, or it is of another layout: tsm_format() it, or keep it as it is */
	TSM_TOO_SMALL = 4, /* `bytes` has no room for a page of data, or is beyond 4 GiB */
};

struct tsm_options {
	uint64_t layout;     /* version of what the server keeps in the data; a region of another one is UNUSABLE */
	uint32_t undo_cells; /* how many cells one transaction can change; 80 bytes each */
	uint32_t marks;      /* words for tsm_mark() */
	/* Called by tsm_open() for each range of damaged cells (offset in the data, bytes; multiples of 64). Stays damaged until a tsm_repair() is committed. May be NULL. */
	void (*damaged)(void *context, uint64_t offset, uint64_t bytes);
	void *context;
	void (*alive)(void); /* called by tsm_open() now and then while it verifies, which takes a while for a large region. May be NULL. */
};

/* A server's private view of its region. */
struct tsm {
	struct tsm_header *header;
	struct tsm_head *heads;   /* of the undo entries */
	unsigned char *saved;     /* the cells of the undo entries */
	uint64_t *touched;
	uint64_t *marks;
	uint32_t *checks;
	unsigned char *data;
	uint64_t cells;           /* of data */
	uint32_t undo_cells, mark_count;
	uint32_t used;            /* undo entries of the open transaction */
	uint32_t transaction;     /* number of the next commit, modulo 2^24 */
	bool open, rolled_back;
};

/*
 * Opens the region of `bytes` bytes (page-aligned). Formats a blank one; else rolls back the transaction of a dead instance, verifies every cell and reports the damaged ones.
 * Costs about 30 instructions a cell.
 */
enum tsm_result tsm_open(struct tsm *tsm, void *region, size_t bytes, const struct tsm_options *options);

/* Makes the region blank and opens it: everything in it is lost. */
enum tsm_result tsm_format(struct tsm *tsm, void *region, size_t bytes, const struct tsm_options *options);

/* The data, page-aligned, and its bytes (a multiple of 64). */
static inline void *tsm_data(const struct tsm *tsm)
{
	return tsm->data;
}

static inline size_t tsm_bytes(const struct tsm *tsm)
{
	return tsm->cells * TSM_CELL;
}

/* Begins a transaction. */
void tsm_begin(struct tsm *tsm);

/*
 * Must come before every change of [at, at + bytes) in a transaction: saves what was not yet saved. Returns `at`. A cell that is damaged already ends the server: otherwise
 * the commit would make the damage good.
 */
void *tsm_modify(struct tsm *tsm, void *at, size_t bytes);

/*
 * Instead of tsm_modify() for memory that nothing refers to (whole cells only): nothing is saved, the commit takes it as it is then. After a rollback its content is undefined.
 */
void *tsm_fresh(struct tsm *tsm, void *at, size_t bytes);

/* As tsm_modify(), for cells that were reported as damaged: after the commit they are not any more, after a rollback they still are. */
void *tsm_repair(struct tsm *tsm, void *at, size_t bytes);

/* Commits. There is no way to fail. */
void tsm_commit(struct tsm *tsm);

/* Puts everything back as it was at tsm_begin(). */
void tsm_rollback(struct tsm *tsm);

/* How many more cells the open transaction can change. */
static inline uint32_t tsm_room(const struct tsm *tsm)
{
	return tsm->undo_cells - tsm->used;
}

/* A word outside all transactions: written by one store, not verified, zero at first. */
static inline volatile uint64_t *tsm_mark(const struct tsm *tsm, uint32_t index)
{
	return index < tsm->mark_count ? &tsm->marks[index] : NULL;
}

/* tsm_set(tsm, inode->size, 5): tsm_modify() and the assignment. */
#define tsm_set(tsm, place, value) ((void)tsm_modify(tsm, &(place), sizeof(place)), (place) = (value))
