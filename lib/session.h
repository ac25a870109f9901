/* SPDX-License-Identifier: MIT */
/*
 * Exactly once: which request of which session was carried out last, and what was answered.
 *
 * The table lies in the server's state (lib/tsm.h) and is changed in the same transaction as the effect of the request. A client repeats a request whose answer it did not
 * get (its server was restarted); the server knows it by its sequence number and gives the stored answer. The next sequence number acknowledges the answer before.
 *
 * A session has one or more *lanes*, each strictly sequential, for clients with several requests under way. Sequence number = lane << 48 | number, number from 1 on:
 * a client with one request at a time counts 1, 2, 3... Number 0 is a request that changes no state: carried out anew whenever it comes.
 *
 *   number == last + 1   NEW: carry it out, session_finish() inside its transaction
 *   number == last       REPEATED: the stored answer
 *   number already begun by two instances that died of it: POISONED, until the client gives it up by the next number
 *   anything else        BAD: the client counts wrongly
 *
 * What a server is working on stands in a mark (a word outside all transactions), so that its successor knows what was under way: what kills its server twice is not tried a third time.
 */
#pragma once

#include "lib/tsm.h"

#define SESSION_RESULT_WORDS 6
#define SESSION_LANE_SHIFT 48

enum session_answer {
	SESSION_NEW = 0,      /* carry it out */
	SESSION_REPEATED = 1, /* it was carried out: answer with the result */
	SESSION_POISONED = 2, /* it has killed this server twice: answer -EIO */
	SESSION_BAD = 3,      /* no such session or lane, or a number out of order: answer -EPROTO */
};

struct session_result {
	uint64_t words; /* how many of them are used */
	uint64_t word[SESSION_RESULT_WORDS];
};

/* A lane in the state: one cell. Zero: nothing carried out yet. */
struct session_lane {
	uint64_t number; /* of the last request carried out */
	struct session_result result;
};
_Static_assert(sizeof(struct session_lane) == TSM_CELL, "a lane is one cell");

struct sessions {
	struct tsm *tsm;
	struct session_lane *lane; /* sessions * lanes, in the state */
	uint32_t sessions, lanes;
	uint32_t first_mark;       /* marks first_mark .. first_mark + sessions * lanes - 1 are this table's */
};

/* Bytes of state, aligned to TSM_CELL, and number of marks that a table needs. */
#define SESSION_STATE_BYTES(sessions, lanes) ((size_t)(sessions) * (lanes) * TSM_CELL)
#define SESSION_MARKS(sessions, lanes) ((uint32_t)(sessions) * (lanes))

/* Sets up the view of a table at `state`. Sessions are numbered by badge - 1. */
void sessions_open(struct sessions *sessions, struct tsm *tsm, void *state, uint32_t count, uint32_t lanes, uint32_t first_mark);

/*
 * Before anything is done for a request: looks at its number and marks it as under way. `fingerprint` tells requests with number 0 apart (any hash of label and words); it is not used
 * for others. The result is written for SESSION_REPEATED only.
 */
enum session_answer session_begin(struct sessions *sessions, uint64_t badge, uint64_t sequence, uint64_t fingerprint, struct session_result *result);

/* Inside the transaction of the request's effect: its number and result. */
void session_finish(struct sessions *sessions, uint64_t badge, uint64_t sequence, const struct session_result *result);

/* After the answer is decided (after the commit, or for what needs none): nothing is under way any more. */
void session_end(struct sessions *sessions, uint64_t badge, uint64_t sequence);

/* A client is new (its instance was restarted) or gone: its numbers begin at 1 again. In a transaction of its own. */
void session_reset(struct sessions *sessions, uint64_t badge);
