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
 *   the same again, while this instance still works on it: UNDERWAY
 *   number == last       REPEATED: the stored answer
 *   it was running when two instances before died of themselves: POISONED; from then on its answer is -EIO
 *   anything else        BAD: the client counts wrongly
 *
 * What the server is running stands in a mark (a word outside all transactions), so that its successor knows what its predecessor died of. A server with fibers says so at each
 * switch, by session_pause() and session_resume(); requests that only wait are not suspected.
 */
#pragma once

#include "lib/tsm.h"

#define SESSION_RESULT_WORDS 6
#define SESSION_LANE_SHIFT 48

enum session_answer {
	SESSION_NEW = 0,      /* carry it out */
	SESSION_REPEATED = 1, /* it was carried out: answer with the result */
	SESSION_POISONED = 2, /* it has killed this server twice, or nobody knows whether it was carried out: answer -EIO */
	SESSION_UNDERWAY = 3, /* this instance works on it: answer as the first time (PENDING with the same id) */
	SESSION_BAD = 4,      /* no such session or lane, or a number out of order: answer -EPROTO */
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

/* Which request: as the message tells it. */
struct session_request {
	uint64_t badge, sequence;
	uint64_t fingerprint; /* tells requests with number 0 apart: any hash of label and words; not used for others */
	uint32_t resets;      /* of sessions so far: session_begin() fills it in. 0 for what the instance before has left */
};

struct session_options {
	uint32_t sessions, lanes; /* sessions are numbered by badge - 1 */
	uint32_t first_mark;      /* of SESSION_MARKS() marks */
	uint64_t instance;        /* of this server: not that of the one before */
	bool blame;               /* the instance before ended by a fault or a hang of its own, not by a kill from outside */
};

#define SESSION_LANES_MAX 1024 /* of all sessions of a table */

struct sessions {
	struct tsm *tsm;
	struct session_lane *lane; /* sessions * lanes, in the state */
	volatile uint64_t *marks;
	struct session_options options;
	uint64_t underway[SESSION_LANES_MAX / 64]; /* a bit for each lane on which this instance works */
	uint32_t resets;                           /* of all sessions, by this instance */
	uint32_t reset[SESSION_LANES_MAX];         /* of each session: the number of its last reset */
};

/* Bytes of state, aligned to TSM_CELL, and number of marks that a table needs. */
#define SESSION_STATE_BYTES(sessions, lanes) ((size_t)(sessions) * (lanes) * TSM_CELL)
#define SESSION_MARKS(sessions, lanes) ((uint32_t)(sessions) * (lanes) + 1)

/* Sets up the view of a table at `state`, and blames what was running when the instance before died. */
void sessions_open(struct sessions *sessions, struct tsm *tsm, void *state, const struct session_options *options);

/*
 * Before anything is done for a request: looks at its number, and marks it as running. The result is written for SESSION_REPEATED only. Must not be called within a transaction.
 */
enum session_answer session_begin(struct sessions *sessions, struct session_request *request, struct session_result *result);

/* Inside the transaction of the request's effect: its number and result. Nothing for number 0, and nothing when the session was reset meanwhile: nobody waits for the result, and the lane is another request's. */
void session_finish(struct sessions *sessions, const struct session_request *request, const struct session_result *result);

/* After it is answered: nothing is running any more, and nothing is known against it. */
void session_end(struct sessions *sessions, const struct session_request *request);

/* Around what may wait in a fiber: nothing is running, or another fiber says what, until this one goes on. Returns what was running, to be resumed. */
uint64_t session_pause(const struct sessions *sessions);
void session_resume(const struct sessions *sessions, uint64_t running);

/* A fiber goes on with this request; NULL: nothing is running (the server waits). */
void session_run(struct sessions *sessions, const struct session_request *request);

/*
 * The cell of lane `index` of the table was damaged (lib/tsm.h): what its last request was is not known any more. The first one that comes is answered -EIO, whether it was carried out or not, and the lane goes on behind it. In a transaction of its
 * own.
 */
void session_lose(struct sessions *sessions, size_t index);

/* A client is new (its own state is gone) or dead: its numbers begin at 1 again. In a transaction of its own. */
void session_reset(struct sessions *sessions, uint64_t badge);
