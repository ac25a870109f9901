/* SPDX-License-Identifier: MIT */
/*
 * The client's side of sessions with vfs and with filesystems: what lib/file.c, lib/file_pages.c and lib/path.c share.
 *
 * A session has lanes. Each has a part of the buffer of its own, and one request at a time: who makes one takes a lane, puts into its part what goes along, sends, takes what came out of it, and gives the lane back. In a
 * fiber, waiting for a lane, for a late answer, or for a server that has nobody to carry the request out, leaves the other fibers running; file_signalled() wakes who waits. Without fibers there is one request at a time, and
 * the thread itself waits.
 *
 * Requests that change something are numbered, in each lane from 1 on; FILE_SESSION and VFS_SESSION, with which a program begins, set that back on both sides.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "abi/file.h"
#include "lib/fiber.h"
#include "lib/path.h"
#include "lib/ring.h"
#include "lib/service.h"

#define FILE_SESSIONS 8 /* with filesystems */

/* The part of a lane of vfs's session. */
#define LANE_PATH 0
#define LANE_NEW_PATH 4096 /* or times to be set */
#define LANE_RESULT 8192   /* of what asks for one, or the rest of a path */
#define LANE_DEPENDS (LANE_RESULT + 512) /* behind attributes */
#define LANE_PATH_BYTES 12288
_Static_assert(LANE_RESULT == LANE_PATH + PATH_REST, "where vfs puts it");

/* What is known of a slot of a window: the page that is shown there, or that was last read without it. */
struct leased {
	uint64_t serial, index; /* of the file; the page in it */
	uint32_t token;         /* 0: no lease */
	uint32_t bytes;         /* that the file has of the page */
};

struct file_lane {
	struct file_lane *next; /* of those that are free */
	uint64_t at;            /* where its part of the buffer begins */
	uint64_t unnumbered;    /* word 0 of a request that changes nothing */
	uint64_t numbered;      /* word 0 of the last one that changed something */
};

struct file_session {
	handle_t handle;
	uint64_t badge; /* of the server */
	unsigned char *buffer;
	struct file_lane lanes[SEQUENCE_LANES];
	struct file_lane *lanes_free;
	struct lane_wait *lanes_wanted; /* in the order of coming; who waits here has none or has just been given one */
	size_t lane_bytes;              /* of the buffer, for each */
	struct ring completions;
	struct answer_wait *answers; /* for which somebody waits */
	uint32_t groups_held;        /* requests under way that assert the groups in the session page */
	uint32_t group_count;        /* of these */
	struct groups_wait *groups_wanted;
	const struct generations *generations; /* that the filesystem publishes; null: none, or not for this program */
	const unsigned char *window; /* on the filesystem's pages; null: there is none */
	struct leased leased[LEASE_SLOTS];
};

extern struct file_session file_vfs;

/* By badge: the session with that filesystem; null when there is none. */
extern struct file_session *file_sessions[START_BADGE_MAX + 1];

static inline struct file_session *file_session_find(uint64_t badge)
{
	return badge <= START_BADGE_MAX ? file_sessions[badge] : NULL;
}

/* Waits in the queue for a lane, and takes it. */
struct file_lane *lane_await(struct file_session *session);

static inline struct file_lane *lane_take(struct file_session *session)
{
	struct file_lane *lane = session->lanes_free;

	if (!lane)
		return lane_await(session);
	session->lanes_free = lane->next;
	return lane;
}

/* Gives a lane to the first that waits for one. */
void lane_hand_over(struct file_session *session, struct file_lane *lane);

static inline void lane_give(struct file_session *session, struct file_lane *lane)
{
	if (session->lanes_wanted) {
		lane_hand_over(session, lane);
		return;
	}
	lane->next = session->lanes_free;
	session->lanes_free = lane;
}

/* Waits until a request that was answered ANSWER_PENDING, or -EAGAIN, has its result in `answer`. False when it must be sent again. */
bool answer_await(struct file_session *session, struct kernel_call *answer);

static inline bool answer_is_late(const struct kernel_call *answer)
{
	return (int64_t)answer->data[0] == ANSWER_PENDING || (int64_t)answer->data[0] == -EAGAIN;
}

/*
 * Puts the groups that go along with a request into the session page, where they stay until groups_release(): a server that is just starting looks at them late. Who has other groups waits meanwhile; who has the same, or none, does not.
 */
void groups_hold(struct file_session *session, const struct asker *asker);
void groups_release(struct file_session *session);

/* Sends a request until it is answered; always from the same lane. Returns word 0 of the answer; the others are in it. `asker` is null where nobody's groups go along. */
__attribute__((always_inline)) static inline int64_t session_exchange(struct file_session *session, uint64_t label, uint64_t words, const uint64_t data[8], const struct asker *asker, struct kernel_call *answer)
{
	bool holds = asker && asker->group_count, sent;

	if (holds)
		groups_hold(session, asker);
	do
		sent = service_exchange(session->handle, label, words, data, answer) == OK;
	while (sent && answer_is_late(answer) && !answer_await(session, answer));
	if (holds)
		groups_release(session);
	return sent ? (int64_t)answer->data[0] : -EIO;
}
