/* SPDX-License-Identifier: MIT */
/*
 * Read leases: pages of a filesystem's memory that clients see, read-only, in windows of theirs.
 *
 * A client has LEASE_SLOTS slots, each a page of its window. A slot is free, or leased: the page of a file is shown there, and the slot's word in the client's session page (struct session_page) has the lease's token. The
 * client copies out of the page, or uses it in place, and what it got is the file's if the word has the same token afterwards.
 *
 * The filesystem never waits for a client. Before it changes or frees a page it calls leases_revoke(): the words of all leases of that page become 0, the page is taken out of the windows, and a page of zeros is shown
 * there instead, so that a client that is just copying comes to no harm: it sees that the word has changed and asks the filesystem. So no page is used anew while a client sees it. Nobody but the filesystem
 * can show or hide a page: it alone has the capability for the Mapping behind the window.
 *
 * An instance that starts does not know what the one before has shown: it makes all words 0 before it touches its memory, and hides all slots before it serves anybody. What clients see until then is what the last commit left:
 * pages in the middle of a change were hidden before.
 *
 * Pure: the options say how a page is shown. What the client can write is only written here, never read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/file.h"
#include "abi/start.h"

#define LEASE_CLIENTS START_BADGE_MAX
#define LEASE_PAGE 4096
#define LEASE_CHAINS 256 /* a power of two */

struct lease_options {
	unsigned char *memory; /* of which pages are shown, page-aligned */
	uint64_t instance;
	/* Shows a page (its index in the memory) in a client's slot. False when it cannot. */
	bool (*show)(void *context, uint64_t badge, uint32_t slot, uint64_t page);
	/* Empties a slot. False when nothing was there. */
	bool (*hide)(void *context, uint64_t badge, uint32_t slot);
	/* The buffer of a client's session, with its bytes; a null pointer when there is none. */
	unsigned char *(*buffer)(void *context, uint64_t badge, size_t *bytes);
	void *context;
};

struct lease {
	uint32_t page;  /* index in the memory, plus 1; 0: the slot is free */
	uint16_t id;    /* of the client's file */
	uint16_t next;  /* in the chain of the page: its number plus 1 */
};

struct leases {
	struct lease_options options;
	const void *blank;
	struct lease lease[LEASE_CLIENTS * LEASE_SLOTS];
	uint16_t chain[LEASE_CHAINS];
	uint64_t held[LEASE_CLIENTS];  /* of each client: a bit for each slot that is leased */
	uint64_t shown[LEASE_CLIENTS]; /* a bit for each slot: something may be in it */
	uint32_t token; /* of the lease given last */
	uint32_t total;
};
_Static_assert(LEASE_SLOTS <= 64, "a bit for each slot");

/* First of all: ends the leases that an earlier instance gave. What is shown stays until leases_begin(), and nobody relies on it. */
void leases_open(struct leases *leases, const struct lease_options *options);

/* Before anybody is served: hides what an earlier instance has shown. `blank` is a page of the memory that is zero for ever; null: nothing is shown in place of what is taken back. */
void leases_begin(struct leases *leases, const void *blank);

/* Shows a page of the memory in a slot of a client, in place of what was there, as a page of its file `id`. Returns the token, 0 if that client has no window. */
uint32_t leases_give(struct leases *leases, uint64_t badge, uint32_t slot, uint32_t id, const void *page);

/* The client does not need the slot any more. */
void leases_return(struct leases *leases, uint64_t badge, uint32_t slot);

/* The client's file is closed. */
void leases_close(struct leases *leases, uint64_t badge, uint32_t id);

/* The client begins anew. */
void leases_forget(struct leases *leases, uint64_t badge);

/* The page will be changed, or used for something else: from now on no client sees it. */
void leases_revoke_page(struct leases *leases, const void *page);

static inline void leases_revoke(struct leases *leases, const void *page)
{
	if (leases->total)
		leases_revoke_page(leases, page);
}
