/* SPDX-License-Identifier: MIT */
/*
 * Write leases: pages of files that clients store into, as MAP_SHARED of mmap(2) wants it.
 *
 * The memory is a Region of its own, FILESYSTEM.shared: page 0 says which page of which file each of the others is (an *entry*), and is never shown to anybody. While there is an entry, its page is the file's, for all clients
 * who have it mapped, and for read and write; the core has what it was when it was last written back. So the core's own memory, with its checksums, is never written by a client.
 *
 * An entry is *clean* or *dirty*. A client first gets the page read-only; its first store faults, whoever serves its faults asks to write, and from then on the page is dirty. Writing back protects the page in all windows,
 * then takes the copy; the next store faults again.
 *
 * States of an entry: free -> taken, to be filled -> entered (its check is written last, by one store) -> ... -> freed (its check is 0, again by one store). What an instance leaves that was killed is entered or it is not; clients go on storing
 * into the pages that they see while no instance runs. The next one hides all pages, has all that is entered written back as if it were dirty, and frees it: no store is lost.
 *
 * The filesystem waits for no client: it alone shows, protects and hides pages. Pure: the options say how.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/file.h"
#include "abi/start.h"

#define SHARE_CLIENTS START_BADGE_MAX
#define SHARE_PAGE 4096
#define SHARE_PAGES_MAX 64 /* page 0 included */

struct share_options {
	unsigned char *memory; /* page-aligned */
	uint32_t pages;        /* SHARE_PAGES_MAX are used at most */
	uint64_t instance;
	/* Shows a page of the memory in a client's slot; false when it cannot. Makes it read-only there; takes it away. */
	bool (*show)(void *context, uint64_t badge, uint32_t slot, uint64_t page, bool writable);
	void (*protect)(void *context, uint64_t badge, uint32_t slot);
	void (*hide)(void *context, uint64_t badge, uint32_t slot);
	void *context;
};

/* In page 0, for each page. */
struct share_entry {
	uint64_t inode, index; /* page of the file */
	uint64_t check;        /* of both; 0: free */
	uint64_t reserved;
};
_Static_assert(sizeof(struct share_entry) * SHARE_PAGES_MAX <= SHARE_PAGE, "page 0 has room for all entries");

struct share_slot {
	uint16_t page; /* 0: nothing is shown */
	uint16_t id;   /* of the client's file */
	bool writable;
};

struct shares {
	struct share_options options;
	struct share_entry *entry;
	struct share_slot slot[SHARE_CLIENTS][LEASE_SLOTS];
	bool dirty[SHARE_PAGES_MAX];
	bool taken[SHARE_PAGES_MAX]; /* it is being filled */
	uint32_t count; /* entries that are not free */
	bool closed;    /* nobody gets a page to write any more */
};

/* Takes all pages out of all windows, and the entries as the instance before left them: all are dirty. Returns how many entries are damaged, and were freed. */
uint32_t shares_open(struct shares *shares, const struct share_options *options);

static inline unsigned char *share_bytes(const struct shares *shares, uint32_t page)
{
	return shares->options.memory + (size_t)page * SHARE_PAGE;
}

/* Is this page a page of that file? */
static inline bool share_is_of(const struct shares *shares, uint32_t page, uint64_t inode)
{
	return shares->entry[page].check && shares->entry[page].inode == inode;
}

/* The page that is page `index` of a file; 0 when there is none. */
uint32_t share_find(const struct shares *shares, uint64_t inode, uint64_t index);

/* The next page after `page` (0: the first) that is one of the file's; of any file for inode 0. 0 when there is none. */
uint32_t share_next(const struct shares *shares, uint64_t inode, uint32_t page);

/* A free page, to be filled and then entered or given back; 0 when there is none. */
uint32_t share_take(struct shares *shares);
void share_give_back(struct shares *shares, uint32_t page);
void share_enter(struct shares *shares, uint32_t page, uint64_t inode, uint64_t index);

/* Shows a page in a slot, in place of what was there, for the client's file `id`. To write makes it dirty. */
bool share_show(struct shares *shares, uint64_t badge, uint32_t slot, uint32_t id, uint32_t page, bool writable);

/* Takes what a client has in a slot out of it. Returns the page that it was, 0 for none. */
uint32_t share_hide(struct shares *shares, uint64_t badge, uint32_t slot);

/* Does any client see the page? */
bool share_is_seen(const struct shares *shares, uint32_t page);

/* Nobody can write to the page from now on without asking again. */
void share_protect(struct shares *shares, uint32_t page);

/* Takes the page out of all windows and gives it up. */
void share_free(struct shares *shares, uint32_t page);

/* The same for all pages of a file that is no more. */
void shares_forget(struct shares *shares, uint64_t inode);
