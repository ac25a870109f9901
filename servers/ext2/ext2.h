/* SPDX-License-Identifier: MIT */
/*
 * A mounted ext2 filesystem: one instance's view of it, and what survives that instance.
 *
 * What survives lies in memory that lib/tsm keeps (struct state and what follows it): the cache of blocks with everything that was written and is not on the disk yet, the open files, the
 * blocks that are freed but not yet to be reused, and how far a commit has come. Each operation is one transaction over it: an error or the death of the server leaves nothing half done. The next
 * instance opens the same memory and goes on. Everything in struct ext2 itself is derived, and built anew.
 *
 * Waiting. An operation never waits. What is not in the cache it asks for: it sets `want` and returns -EAGAIN; its caller rolls the transaction back, calls ext2_wait() and then the
 * operation again. Blocks that were fetched stay long enough for that.
 *
 * States of the filesystem (struct state, phase), and what may change in each:
 *
 *   IDLE -> PREPARE   a commit begins: from here on no operation changes anything (they wait), so that what is written is one consistent state
 *   PREPARE -> DATA   the bits of freed blocks are cleared in the bitmaps
 *   DATA -> LOG       contents of files are written in place; FLUSH
 *   LOG -> PLACE      metadata is written to the journal; FLUSH; the commit block; FLUSH: all of it is acknowledged now
 *   PLACE -> IDLE     metadata is written in place; FLUSH
 *
 * Therefore: what the metadata refers to is on the disk before the metadata is; all metadata of a commit appears at once or not at all; a freed block is used again only after the
 * commit that frees it. The journal is that of ext3, so e2fsck and other systems carry it out too. An ext2 filesystem gets one when it is mounted for writing the first time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/file.h"
#include "lib/filesystem.h"
#include "lib/tsm.h"
#include "servers/ext2/disk.h"
#include "servers/ext2/format.h"

enum mount_error {
#define MOUNT_ERROR(name, number, sentence) MOUNT_##name##_ERROR,
	MOUNT_FINE,
#include "servers/ext2/errors.def"
#undef MOUNT_ERROR
	MOUNT_ERRORS
};

#define PAGES_MAX 16384        /* blocks in the cache */
#define PAGES_LEAST 128
#define OPEN_FILES_MAX 4096    /* inodes that are open */
#define OPEN_PLACES 8192       /* in the table of these: more than there can be, so that ways in it are short */
#define PENDING_MAX 4096       /* extents that are freed */
#define CUTS_MAX 16             /* files that are being cut at the same time */
#define UNDO_CELLS 4096        /* what the transactions of the memory must have room for */
#define STATE_LAYOUT 0x6578743200000002
#define BUFFER_BYTES (5 * BLOCK_BYTES_MAX) /* of memory beside the state, for what belongs to no block of the cache; the last page of them is zero for ever */
#define FRAMES_MAX 64          /* pages of files with small blocks that are given out, page.h */
#define FRAMES_SHARE 16        /* but not more than one byte in so many */
#define NONE UINT32_MAX

enum phase { PHASE_UNMOUNTED = 0, PHASE_IDLE, PHASE_PREPARE, PHASE_DATA, PHASE_LOG, PHASE_PLACE };

struct extent {
	uint32_t block, count;
};

struct open_inode {
	uint32_t inode; /* 0: free */
	uint32_t users : 31;
	uint32_t linkable : 1; /* made without a name, and still to get its first one */
};
_Static_assert(sizeof(struct open_inode) == 8, "kept in the state");

/*
 * UNSEALED: contents of a file as the disk has them; lib/tsm does not know them (their checks are of something else). Reading large files would otherwise cost a check of each byte. Such a page is given up at a restart, and sealed
 * before it is changed.
 */
enum page_flag { PAGE_DIRTY = 1, PAGE_METADATA = 2, PAGE_UNSEALED = 4 };

/* A block in the cache; block 0 and no flags: free. Block 0 of the disk with blocks of more than 1 KiB holds the superblock: its number in the cache is block + 1. */
struct page_entry {
	uint32_t key;   /* block number + 1, 0: free */
	uint32_t owner; /* inode whose contents it holds, 0 for metadata */
	uint32_t flags; /* enum page_flag */
	uint32_t reserved;
};

struct state {
	_Alignas(TSM_CELL) uint32_t phase; /* enum phase */
	uint32_t mounting;       /* the superblock says that it is in use, but the phase is still UNMOUNTED */
	uint32_t sequence;       /* of the next commit in the journal */
	uint32_t dirty_metadata; /* pages */
	uint32_t dirty_data;
	uint32_t pending_count, pending_done; /* extents; done: cleared in the bitmaps already */
	uint32_t pending_blocks;              /* sum of their blocks */
	uint32_t reclaim;                     /* there may be inodes on the list of orphans that nobody uses */
	uint32_t generation;                  /* last one given to an inode */
	uint32_t block_bytes, pages;
	uint64_t blocks;      /* of the filesystem, to know it again */
	uint8_t uuid[16];
	uint32_t failed;      /* a write failed: read-only from then on, fsync says -EIO */
	uint32_t cuts[CUTS_MAX]; /* inodes with links that are being cut, see inode.h */
	struct open_inode open[OPEN_PLACES]; /* users.h */
	struct extent pending[PENDING_MAX];
};

enum want { WANT_NOTHING = 0, WANT_BLOCK, WANT_SEAL, WANT_COMMIT, WANT_IDLE, WANT_RECLAIM };

/* What is known of a page by this instance only. */
struct page_link {
	uint32_t next; /* in the chain of its hash */
	uint32_t key;  /* under which it is in the hash, 0: it is not */
	uint32_t epoch; /* last operation that used it */
	bool referenced, fetching, reserved;
	bool shown; /* it has been given out: the watch is told before it changes */
};

/* A page of memory put together from the blocks of a page of a file, see page.h. */
struct frame {
	uint32_t inode; /* 0: free */
	uint32_t index; /* of the page in the file */
};

/* A request: of the cache, to read `count` blocks into as many pages that follow each other, or of a commit. */
struct fetch {
	struct disk_request request;
	uint32_t page, key, owner, count;
	bool busy;
};
#define FETCH_BYTES_MAX (128 * 1024) /* of one request */

#define JOURNAL_PLACES_MAX 4096
#define TOUCHED_MAX 512
#define RESERVE_MAX 96
#define SEQUENTIAL_FILES 16

#define NAME_INDEXES 2
#define NAME_SLOTS 32768

/* The names of a large directory, see names.h. */
struct name_index {
	uint32_t directory, used; /* inode; when it was used last */
	uint32_t count;
	bool whole; /* it knows all names */
	uint32_t room_block, room_bytes; /* no block before that one has room for an entry of so many bytes; 0 bytes: nothing is known */
	struct {
		uint32_t hash, block; /* block of the directory + 1, 0: free */
	} slot[NAME_SLOTS];
};

struct ext2_report {
	/* Says in one sentence what was found wrong on the disk, with a number (inode, block or group) that tells where. */
	void (*damage)(void *context, const char *sentence, uint64_t number);
	void *context;
};

struct ext2 {
	struct tsm *tsm;
	struct state *state;
	struct page_entry *entries;
	unsigned char *pages;
	unsigned char *buffers;
	const struct disk *disk;
	struct ext2_report report;
	struct filesystem_clock clock;
	const struct filesystem_watch *watch; /* null: no page is given out */
	/* Geometry, from the superblock. */
	uint32_t block_bytes, block_shift, pointers; /* pointers: block numbers in an indirect block */
	uint32_t blocks, inodes, groups, blocks_per_group, inodes_per_group, first_data_block, first_inode;
	uint32_t inode_bytes, extra_bytes, table_blocks, descriptor_block, superblock_key;
	uint32_t features_incompatible, overhead;
	uint32_t copy_blocks; /* superblock, descriptors and what is reserved for more of them, at the start of some groups */
	bool sparse;          /* not of all */
	uint64_t file_bytes_max;
	bool rebuilt; /* from the disk, by ext2_open(), as the memory was damaged: what was not synchronised is lost */
	bool damaged; /* nonsense was found on the disk: it will not be marked as clean */
	bool read_only;
	bool continued; /* with the memory of the instance before */
	bool closing; /* it is being unmounted: nothing begins to change any more */
	/* Cache. */
	uint32_t page_count, hash_mask, hand, epoch;
	uint32_t hash[PAGES_MAX];
	struct page_link links[PAGES_MAX];
	struct fetch fetches[DISK_REQUESTS_MAX];
	uint32_t fetching; /* how many of them are busy */
	uint32_t broken[8], broken_next; /* keys of blocks that could not be read */
	uint32_t careful_key, careful_count; /* blocks to be read one by one: a request for them all has failed */
	uint32_t touched[TOUCHED_MAX], touched_count; /* pages whose entry the open transaction has changed */
	uint32_t reserve[RESERVE_MAX], reserve_count, reserve_filled; /* free pages for page_new; filled: as the transaction began */
	bool in_transaction;
	/* Pages of files with blocks of less than a page. */
	unsigned char *frame_pages;
	struct frame frames[FRAMES_MAX];
	uint32_t frame_count, frame_next;
	bool frames_used;
	/* What the operation that returned -EAGAIN waits for. */
	enum want want;
	uint32_t want_key, want_owner;
	/* Commit. */
	bool committing, reclaiming;
	uint32_t journal_place[JOURNAL_PLACES_MAX], journal_blocks;
	uint32_t commits, flushes; /* how many, for statistics */
	/* Read-ahead: where the last reads of some files ended, and up to which block has been fetched. */
	struct sequential {
		uint32_t inode, ahead;
		uint64_t end;
	} sequential[SEQUENTIAL_FILES];
	uint32_t sequential_next;
	struct name_index names[NAME_INDEXES];
	uint32_t names_used;
	uint32_t allocate_goal;
	uint32_t open_count, open_count_begun; /* inodes that are open; as the transaction began */
};

/* A range of the memory that lib/tsm reported as damaged: offset from the start of its data. */
struct ext2_damage {
	uint64_t offset, bytes;
};

struct ext2_options {
	struct tsm *tsm;     /* open; UNDO_CELLS */
	void *memory;        /* in its data, page-aligned, zero or what the instance before left */
	size_t bytes;
	void *buffers;       /* BUFFER_BYTES, page-aligned, outside of the transactions */
	const struct disk *disk;
	struct ext2_report report;
	const struct filesystem_watch *watch; /* is told before a page that was given out changes; null: none is given out */
	struct timestamp now;
	bool read_only;
	const struct ext2_damage *damages; /* what tsm_open() reported; clean blocks are dropped, anything else makes the state unusable */
	uint32_t damage_count;
};

/*
 * Mounts, or goes on where the instance before ended. May wait. MOUNT_FINE, or an error whose sentence tells; with an error number of 0 it is mounted read-only. Carries the journal out, makes one where there is
 * none, deletes orphans.
 */
enum mount_error ext2_open(struct ext2 *fs, const struct ext2_options *options);

const char *mount_error_sentence(enum mount_error error);

/* The error number (positive), 0 when it is mounted all the same. */
int mount_error_number(enum mount_error error);

/* A page of the buffers that is always zero. */
static inline const void *ext2_blank(const void *buffers)
{
	return (const unsigned char *)buffers + BUFFER_BYTES - BLOCK_BYTES_MAX;
}

/* Writes everything and marks the filesystem as clean. May wait; who wants to change something meanwhile is refused with -EROFS. 0, or -EIO. */
int ext2_close(struct ext2 *fs);

/* After an operation returned -EAGAIN and its transaction was rolled back: waits for what it wanted. */
void ext2_wait(struct ext2 *fs);

/* What is to be done without being asked: deletes files that nobody uses any more; `commit`: writes what is dirty. May wait. */
void ext2_work(struct ext2 *fs, bool commit);

/* One transaction. */
void ext2_begin(struct ext2 *fs);
void ext2_commit(struct ext2 *fs);
void ext2_rollback(struct ext2 *fs);

extern const struct filesystem_operations ext2_operations; /* the core is a struct ext2 */

/* For the parts of this filesystem. */

/* The disk holds nonsense: tells what, and with which inode, block or group. */
void damage_report(struct ext2 *fs, const char *sentence, uint64_t number);

/* The same, as an error. */
static inline int damage_found(struct ext2 *fs, const char *sentence, uint64_t number)
{
	damage_report(fs, sentence, number);
	return -EUCLEAN;
}

/* Before an operation changes anything: 0, -EROFS, or -EAGAIN while a commit is under way or due. */
int change_begin(struct ext2 *fs);

/* What this operation may still change in its transaction is getting short: end it with what is done. */
bool change_full(const struct ext2 *fs);

/* The superblock in the cache; -EAGAIN. */
int superblock_get(struct ext2 *fs, struct superblock **superblock);
int superblock_change(struct ext2 *fs, struct superblock **superblock);

static inline uint32_t division_up(uint64_t value, uint32_t by)
{
	return (uint32_t)((value + by - 1) / by);
}
