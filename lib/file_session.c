/* SPDX-License-Identifier: MIT */
/* The client's side of sessions (lib/file_session.h): finding the servers, waiting for lanes and for answers. */
#include "lib/file_session.h"

#include "lib/assert.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/string.h"

#define BUSY_WAIT_NS 1000000

/* Somebody who waits for a lane, in the order of coming. */
struct lane_wait {
	struct fiber *fiber;
	struct lane_wait *next;
	struct file_lane *lane; /* the one that it has been given */
};

/* Somebody who waits for others to need their groups no more. */
struct groups_wait {
	struct fiber *fiber;
	struct groups_wait *next;
	bool listed;
};

/* Somebody who waits for the answer `id`, or (id 0) for a signal of the server, which had nobody to carry the request out. */
struct answer_wait {
	struct fiber *fiber; /* null: the thread itself */
	struct answer_wait *next;
	uint64_t id, generation; /* generation: of the instance that will answer */
	struct completion completion;
	bool done;  /* the completion is there */
	bool again; /* it must be asked again: the server has been restarted, or has somebody now */
};

struct file_session file_vfs;
struct file_session *file_sessions[START_BADGE_MAX + 1];
static struct file_session filesystems[FILE_SESSIONS];
static unsigned filesystem_count;

/* Lanes. */

struct file_lane *lane_await(struct file_session *session)
{
	struct lane_wait wait = {.fiber = fiber_self()}, **place = &session->lanes_wanted;

	assert(wait.fiber); /* without fibers no lane is taken when a request begins */
	while (*place)
		place = &(*place)->next;
	*place = &wait;
	while (!wait.lane)
		fiber_wait();
	for (place = &session->lanes_wanted; *place != &wait;)
		place = &(*place)->next;
	*place = wait.next;
	return wait.lane;
}

void lane_hand_over(struct file_session *session, struct file_lane *lane)
{
	struct lane_wait *wait = session->lanes_wanted;

	while (wait && wait->lane)
		wait = wait->next;
	if (wait) {
		wait->lane = lane;
		fiber_wake(wait->fiber);
	} else {
		lane->next = session->lanes_free;
		session->lanes_free = lane;
	}
}

/* Late answers. */

/* Waits for a signal, at most until the deadline unless that is 0, and gives the signs of life that are asked for meanwhile. A message that comes instead is refused: who serves others must not wait outside of fibers. */
static bool signal_await(uint64_t deadline)
{
	struct request request;
	enum error error = deadline ? service_receive_until(&request, deadline) : service_receive(&request);

	while (error == OK && request.kind != MESSAGE_NOTIFICATION) {
		request.status = ERR_BUSY;
		request.words = 0;
		error = deadline ? service_reply_receive_until(&request, deadline) : service_reply_receive(&request);
	}
	return error == OK;
}

static uint64_t generation_of(const struct file_session *session)
{
	return __atomic_load_n(&((const struct session_page *)session->buffer)->generation, __ATOMIC_ACQUIRE);
}

static void wait_wake(struct answer_wait *wait)
{
	if (wait->fiber)
		fiber_wake(wait->fiber);
}

/* The completion is for the one that waits for it; what nobody waits for was given up. */
static void completion_give(struct file_session *session, const struct completion *completion)
{
	for (struct answer_wait *wait = session->answers; wait; wait = wait->next)
		if (wait->id && wait->id == completion->id) {
			wait->completion = *completion;
			wait->done = true;
			wait_wake(wait);
		}
}

/*
 * Takes what the server has put into the ring, then sees who waits for an instance that is no more: that must be asked again. To ask the same instance twice would be wrong: the second answer could come into the buffer when
 * that is used for something else.
 */
static void answers_take(struct file_session *session)
{
	uint64_t generation = generation_of(session);
	struct completion completion;

	while (ring_pop(&session->completions, &completion) == RING_OK)
		completion_give(session, &completion);
	for (struct answer_wait *wait = session->answers; wait; wait = wait->next)
		if (wait->id && !wait->done && wait->generation != generation) {
			wait->again = true;
			wait_wake(wait);
		}
}

/* The server has signalled: perhaps it has somebody now for who waits with id 0. */
static void busy_wake(struct file_session *session)
{
	for (struct answer_wait *wait = session->answers; wait; wait = wait->next)
		if (!wait->id) {
			wait->again = true;
			wait_wake(wait);
		}
}

/* Waits once, for whatever it may be. */
static void wait_once(struct file_session *session, struct answer_wait *wait)
{
	if (wait->fiber) {
		fiber_wait();
		return;
	}
	if (!signal_await(wait->id ? 0 : clock_now() + BUSY_WAIT_NS) || !wait->id)
		wait->again = true;
	answers_take(session);
}

/* Among those who wait for answers: the place of `wait`, or (null) that of a new one. */
static struct answer_wait **wait_place(struct file_session *session, const struct answer_wait *wait)
{
	struct answer_wait **place = &session->answers;

	while (*place && *place != wait)
		place = &(*place)->next;
	return place;
}

/* Out of the way of the answers that come at once. */
__attribute__((noinline)) bool answer_await(struct file_session *session, struct kernel_call *answer)
{
	bool pending = (int64_t)answer->data[0] == ANSWER_PENDING;
	struct answer_wait wait = {.fiber = fiber_self(), .id = pending ? answer->data[1] : 0, .generation = pending ? answer->data[2] : 0};

	*wait_place(session, NULL) = &wait;
	answers_take(session);
	while (!wait.done && !wait.again)
		wait_once(session, &wait);
	*wait_place(session, &wait) = wait.next;
	if (!wait.done)
		return false;
	answer->data[0] = (uint64_t)wait.completion.result;
	memcpy(answer->data + 1, wait.completion.words, sizeof(wait.completion.words));
	return true;
}

/* Groups. */

static uint32_t *groups_of(const struct file_session *session)
{
	return ((struct session_page *)session->buffer)->groups;
}

/* Who has more than there is room for is refused by the server. */
static size_t groups_bytes(const struct asker *asker)
{
	return (asker->group_count < SESSION_GROUPS_MAX ? asker->group_count : SESSION_GROUPS_MAX) * sizeof(asker->groups[0]);
}

static bool groups_are(const struct file_session *session, const struct asker *asker)
{
	return session->group_count == asker->group_count && memcmp(groups_of(session), asker->groups, groups_bytes(asker)) == 0;
}

/* Who comes when somebody waits for other groups waits too, so that everybody's turn comes. */
void groups_hold(struct file_session *session, const struct asker *asker)
{
	struct groups_wait wait = {.fiber = fiber_self()}, **list = &session->groups_wanted;

	while (session->groups_held && (session->groups_wanted || !groups_are(session, asker))) {
		assert(wait.fiber); /* without fibers nobody holds them when a request begins */
		if (!wait.listed) {
			wait.listed = true;
			wait.next = *list;
			*list = &wait;
		}
		fiber_wait();
	}
	if (session->groups_held++)
		return;
	memcpy(groups_of(session), asker->groups, groups_bytes(asker));
	session->group_count = asker->group_count;
}

/* All that wait are taken off the list; who must go on waiting puts itself there again. */
void groups_release(struct file_session *session)
{
	if (--session->groups_held)
		return;
	while (session->groups_wanted) {
		struct groups_wait *wait = session->groups_wanted;

		session->groups_wanted = wait->next;
		wait->listed = false;
		fiber_wake(wait->fiber);
	}
}

void file_signalled(uint64_t bits)
{
	for (unsigned i = 0; i <= FILE_SESSIONS; i++) {
		struct file_session *session = i ? &filesystems[i - 1] : &file_vfs;

		if (!session->handle || !(bits & service_bit(session->badge)))
			continue;
		answers_take(session);
		busy_wake(session);
	}
}

/* The beginning. */

static const unsigned char *window_find(const char *server)
{
	const struct start_grant *grant = NULL;

	while ((grant = start_next(GRANT_WINDOW, grant)) != NULL)
		if (memcmp(grant->name, "lease:", 6) == 0 && strcmp(grant->name + 6, server) == 0)
			return (const unsigned char *)grant->address;
	return NULL;
}

static const struct generations *generations_find(const char *server)
{
	const struct start_grant *region = start_find_of(server, "generations");

	return region && region->bytes >= sizeof(struct generations) ? (const struct generations *)region->address : NULL;
}

/* Divides what lies behind the first page of the buffer among lanes of `most` bytes; a single one takes less, but not less than `least`. False when there is not even that. */
static bool lanes_open(struct file_session *session, size_t bytes, size_t least, size_t most)
{
	uint64_t lanes = bytes / most;

	if (bytes < least)
		return false;
	if (lanes > SEQUENCE_LANES)
		lanes = SEQUENCE_LANES;
	session->lane_bytes = lanes ? most : bytes;
	for (uint64_t i = lanes ? lanes : 1; i-- > 0;) {
		uint64_t first = i << SEQUENCE_LANE_SHIFT;

		session->lanes[i] = (struct file_lane){session->lanes_free, SESSION_DATA + i * session->lane_bytes, first, first};
		session->lanes_free = &session->lanes[i];
	}
	return true;
}

static bool session_open(struct file_session *session, const struct start_grant *grant, bool is_vfs)
{
	const struct start_grant *buffer = start_buffer_of(grant->name);
	struct session_page *page;

	if (!buffer || buffer->bytes < SESSION_DATA)
		return false;
	page = (struct session_page *)buffer->address;
	*session = (struct file_session){.badge = buffer->argument, .buffer = (unsigned char *)buffer->address, .generations = generations_find(grant->name), .window = window_find(grant->name)};
	if (!lanes_open(session, buffer->bytes - SESSION_DATA, is_vfs ? LANE_PATH_BYTES : FILE_CHUNK_LEAST, is_vfs ? LANE_PATH_BYTES : FILE_CHUNK))
		return false;
	memset(page->parked, 0, sizeof(page->parked)); /* an earlier instance's */
	session->handle = grant->slot;
	ring_continue(&session->completions, (void *)page->ring, COMPLETIONS, sizeof(struct completion), false);
	return true;
}

int file_start(void)
{
	const struct start_grant *grant = NULL;
	const uint64_t data[8] = {0};
	struct kernel_call answer;

	while ((grant = start_next(GRANT_SESSION, grant)) != NULL) {
		bool is_vfs = strcmp(grant->name, "vfs") == 0;
		struct file_session *session = is_vfs ? &file_vfs : &filesystems[filesystem_count];

		if ((!is_vfs && filesystem_count == FILE_SESSIONS) || !session_open(session, grant, is_vfs))
			continue;
		if (session_exchange(session, is_vfs ? VFS_SESSION : FILE_SESSION, 1, data, NULL, &answer) != 0 || is_vfs)
			continue;
		filesystem_count++;
		if (session->badge <= START_BADGE_MAX)
			file_sessions[session->badge] = session;
	}
	return file_vfs.handle && filesystem_count ? 0 : -ENODEV;
}
