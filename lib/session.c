/* SPDX-License-Identifier: MIT */
/*
 * Lanes in the state, marks outside. See session.h.
 *
 * A mark is one word, so that one store changes it: subject (32 bits), lane index + 1 or number of deaths (12 bits), instance (12 bits), checksum (8 bits). The first mark tells what is
 * running; then there is one for each lane, which tells what was begun there, by which instance, and how many instances died of it. A mark whose checksum is wrong counts as empty: at worst
 * a deadly request is tried once more.
 */
#include "lib/session.h"

#include "lib/assert.h"
#include "lib/crc32c.h"

#define NUMBER_MASK (((uint64_t)1 << SESSION_LANE_SHIFT) - 1)
#define INSTANCE_MASK 0xfffu
#define EXTRA_MASK 0xfffu
#define DEATHS_MAX 2
#define POISONED_RESULT ((uint64_t)-5) /* -EIO, as in Linux */
#define NO_LANE UINT64_MAX
#define NUMBER_LOST UINT64_MAX /* of a lane whose cell was damaged */

/* Marks. */

struct mark {
	uint32_t subject;  /* what: the low bits of its number, or its fingerprint */
	uint32_t extra;    /* first mark: lane index + 1, 0 for nothing; others: deaths */
	uint32_t instance; /* who was at it */
};

static uint64_t mark_word(struct mark mark)
{
	uint64_t word = mark.subject | (uint64_t)(mark.extra & EXTRA_MASK) << 32 | (uint64_t)(mark.instance & INSTANCE_MASK) << 44;

	return word | (uint64_t)(~crc32c_word(UINT32_MAX, word) & 0xff) << 56;
}

static volatile uint64_t *mark_place(const struct sessions *sessions, uint64_t index)
{
	return &sessions->marks[index];
}

static struct mark mark_read(const struct sessions *sessions, uint64_t index)
{
	uint64_t word = *mark_place(sessions, index);
	struct mark mark = {(uint32_t)word, word >> 32 & EXTRA_MASK, word >> 44 & INSTANCE_MASK};

	return word && word == mark_word(mark) ? mark : (struct mark){.subject = 0};
}

static void mark_write(const struct sessions *sessions, uint64_t index, struct mark mark)
{
	*mark_place(sessions, index) = mark_word(mark);
}

static void mark_clear(const struct sessions *sessions, uint64_t index)
{
	*mark_place(sessions, index) = 0;
}

#define MARK_RUNNING 0
#define MARK_OF_LANE(index) ((index) + 1)

/* Requests. */

static uint64_t number_of(const struct session_request *request)
{
	return request->sequence & NUMBER_MASK;
}

static uint32_t subject_of(const struct session_request *request)
{
	return (uint32_t)(number_of(request) ? number_of(request) : request->fingerprint);
}

/* The index of the request's lane in the table; NO_LANE if there is none. */
__attribute__((always_inline)) static inline uint64_t lane_index(const struct sessions *sessions, const struct session_request *request)
{
	uint64_t lane = request->sequence >> SESSION_LANE_SHIFT;

	if (request->badge == 0 || request->badge > sessions->options.sessions || lane >= sessions->options.lanes)
		return NO_LANE;
	return (request->badge - 1) * sessions->options.lanes + lane;
}

static uint32_t instance_of(const struct sessions *sessions)
{
	return sessions->options.instance & INSTANCE_MASK;
}

/* One death more for what was running, once for each dead instance; the mark of its lane says who was at it last. */
static void running_blame(struct sessions *sessions)
{
	struct mark running = mark_read(sessions, MARK_RUNNING), lane;
	uint64_t index = running.extra;

	if (index == 0 || index > (uint64_t)sessions->options.sessions * sessions->options.lanes)
		return;
	lane = mark_read(sessions, index);
	if (lane.subject == running.subject && lane.instance == running.instance)
		mark_write(sessions, index, (struct mark){lane.subject, lane.extra + 1, instance_of(sessions)});
}

void sessions_open(struct sessions *sessions, struct tsm *tsm, void *state, const struct session_options *options)
{
	uint64_t lanes = (uint64_t)options->sessions * options->lanes;

	*sessions = (struct sessions){.tsm = tsm, .lane = state, .marks = tsm_mark(tsm, options->first_mark), .options = *options};
	assert(lanes <= SESSION_LANES_MAX && tsm_mark(tsm, options->first_mark + (uint32_t)lanes));
	if (options->blame)
		running_blame(sessions);
	mark_clear(sessions, MARK_RUNNING);
}

static void running_set(const struct sessions *sessions, const struct session_request *request, uint64_t index)
{
	mark_write(sessions, MARK_RUNNING, (struct mark){subject_of(request), (uint32_t)index + 1, instance_of(sessions)});
}

void session_run(struct sessions *sessions, const struct session_request *request)
{
	uint64_t index = request ? lane_index(sessions, request) : NO_LANE;

	if (index == NO_LANE)
		mark_clear(sessions, MARK_RUNNING);
	else
		running_set(sessions, request, index);
}

uint64_t session_pause(const struct sessions *sessions)
{
	uint64_t running = *mark_place(sessions, MARK_RUNNING);

	mark_clear(sessions, MARK_RUNNING);
	return running;
}

void session_resume(const struct sessions *sessions, uint64_t running)
{
	*mark_place(sessions, MARK_RUNNING) = running;
}

/* Gives up what killed too many instances: -EIO becomes its result. */
static void request_poison(struct sessions *sessions, const struct session_request *request)
{
	const struct session_result result = {.words = 1, .word = {POISONED_RESULT}};

	tsm_begin(sessions->tsm);
	session_finish(sessions, request, &result);
	tsm_commit(sessions->tsm);
}

/* Is it this instance that works on what this lane has begun? */
static bool lane_underway(const struct sessions *sessions, uint64_t index)
{
	return sessions->underway[index / 64] >> index % 64 & 1;
}

static void lane_underway_set(struct sessions *sessions, uint64_t index, bool underway)
{
	uint64_t bit = (uint64_t)1 << index % 64;

	sessions->underway[index / 64] = underway ? sessions->underway[index / 64] | bit : sessions->underway[index / 64] & ~bit;
}

/* How many instances have died of a request, by the mark of its lane. */
static uint32_t deaths_of(const struct sessions *sessions, const struct session_request *request, uint64_t index)
{
	struct mark mark = mark_read(sessions, MARK_OF_LANE(index));

	return mark.subject == subject_of(request) ? mark.extra : 0;
}

/* A number that is next in its lane, or none: may it be carried out? */
static enum session_answer request_admit(struct sessions *sessions, const struct session_request *request, uint64_t index)
{
	uint32_t deaths = *mark_place(sessions, MARK_OF_LANE(index)) ? deaths_of(sessions, request, index) : 0;

	if (number_of(request) && lane_underway(sessions, index))
		return SESSION_UNDERWAY;
	if (deaths >= DEATHS_MAX) {
		request_poison(sessions, request);
		return SESSION_POISONED;
	}
	lane_underway_set(sessions, index, true);
	mark_write(sessions, MARK_OF_LANE(index), (struct mark){subject_of(request), deaths, instance_of(sessions)});
	running_set(sessions, request, index);
	return SESSION_NEW;
}

/* Was it begun before its session was reset? */
static bool request_outlived(const struct sessions *sessions, const struct session_request *request)
{
	return request->resets != sessions->resets && request->resets < sessions->reset[request->badge - 1];
}

enum session_answer session_begin(struct sessions *sessions, struct session_request *request, struct session_result *result)
{
	uint64_t index = lane_index(sessions, request), number = number_of(request);

	if (index == NO_LANE)
		return SESSION_BAD;
	request->resets = sessions->resets;
	if (number && number == sessions->lane[index].number) {
		*result = sessions->lane[index].result;
		return SESSION_REPEATED;
	}
	if (number && number != sessions->lane[index].number + 1) {
		if (sessions->lane[index].number != NUMBER_LOST)
			return SESSION_BAD;
		request_poison(sessions, request);
		return SESSION_POISONED;
	}
	return request_admit(sessions, request, index);
}

void session_finish(struct sessions *sessions, const struct session_request *request, const struct session_result *result)
{
	struct session_lane *lane;
	uint64_t index;

	if (number_of(request) == 0)
		return;
	index = lane_index(sessions, request);
	assert(index != NO_LANE && result->words <= SESSION_RESULT_WORDS);
	if (request_outlived(sessions, request))
		return;
	lane = tsm_modify(sessions->tsm, &sessions->lane[index], sizeof(*lane));
	*lane = (struct session_lane){number_of(request), *result};
}

void session_end(struct sessions *sessions, const struct session_request *request)
{
	uint64_t index = lane_index(sessions, request);

	if (index == NO_LANE)
		return;
	mark_clear(sessions, MARK_RUNNING);
	if (request_outlived(sessions, request))
		return;
	mark_clear(sessions, MARK_OF_LANE(index));
	lane_underway_set(sessions, index, false);
}

void session_lose(struct sessions *sessions, size_t index)
{
	struct session_lane *lane;

	tsm_begin(sessions->tsm);
	lane = tsm_repair(sessions->tsm, &sessions->lane[index], sizeof(*lane));
	*lane = (struct session_lane){.number = NUMBER_LOST};
	tsm_commit(sessions->tsm);
}

void session_reset(struct sessions *sessions, uint64_t badge)
{
	const struct session_request first = {.badge = badge};
	uint64_t index = lane_index(sessions, &first);

	if (index == NO_LANE)
		return;
	sessions->reset[badge - 1] = ++sessions->resets;
	tsm_begin(sessions->tsm);
	for (uint64_t lane = index; lane < index + sessions->options.lanes; lane++) {
		*(struct session_lane *)tsm_modify(sessions->tsm, &sessions->lane[lane], TSM_CELL) = (struct session_lane){.number = 0};
		mark_clear(sessions, MARK_OF_LANE(lane));
		lane_underway_set(sessions, lane, false);
	}
	tsm_commit(sessions->tsm);
}
