/* SPDX-License-Identifier: MIT */
/*
 * Data on its way between an open file and who reads or writes it: what is left to be moved, in one or many parts, in the memory of a process or in the shim's own. The operations of open files (file/description.h) know only this, so
 * read, readv, sendfile and splice are one to them.
 *
 * A transfer goes on as far as it can: whoever moves data stops at the first part that is not there, and reports what was done; -EFAULT is the result only of a transfer that moved nothing.
 */
#pragma once

#include "abi/linux/structures.h"
#include "mm/user.h"

#define TRANSFER_MOST 0x7ffff000 /* bytes of one call: MAX_RW_COUNT of Linux */
#define TRANSFER_PARTS 1024      /* UIO_MAXIOV */

struct transfer {
	struct memory *memory;          /* whose the addresses are; null: the shim's own */
	const struct linux_iovec *part; /* the one that is under way */
	uint64_t in_part;               /* bytes of it that are done */
	uint64_t left, done;            /* bytes of all parts */
	struct linux_iovec single;
};

/* Of many parts, which stay the caller's and are together at most TRANSFER_MOST bytes long. */
static inline void transfer_vector(struct transfer *transfer, struct memory *memory, const struct linux_iovec *parts, uint64_t bytes)
{
	transfer->memory = memory;
	transfer->part = parts;
	transfer->in_part = transfer->done = 0;
	transfer->left = bytes;
}

/* Of one part. */
static inline void transfer_user(struct transfer *transfer, struct memory *memory, uint64_t address, uint64_t bytes)
{
	transfer->single = (struct linux_iovec){.iov_base = address, .iov_len = bytes};
	transfer_vector(transfer, memory, &transfer->single, bytes);
}

void transfer_bytes(struct transfer *transfer, void *bytes, uint64_t count);

/*
 * The next bytes, where the shim can use them: at most `most`, at least one, within a page. `store`: to write there. 0 or -EFAULT. To be ended by user_page_end() if the transfer is one of a process: transfer_page_end() knows.
 */
int transfer_page_begin(struct transfer *transfer, uint64_t most, bool store, struct user_page *page);
void transfer_page_end(const struct user_page *page);

/* Some bytes more are done. */
void transfer_advance(struct transfer *transfer, uint64_t bytes);

/* Copy into it, out of it: as many of `bytes` bytes as are left. How many, or -EFAULT when none could be. */
int64_t transfer_put(struct transfer *transfer, const void *from, uint64_t bytes);
int64_t transfer_get(struct transfer *transfer, void *to, uint64_t bytes);
/* Moves the next bytes from one to the other, to `there` if `writes`, within a page of that: how many, -EFAULT when they are not in `own`, -EIO when not `there`. Nothing when either is done. */
int64_t transfer_move(struct transfer *own, struct transfer *there, bool writes);
int64_t transfer_clear(struct transfer *transfer, uint64_t bytes);
