/* SPDX-License-Identifier: MIT */
/*
 * axiom keeps the log: it takes the kernel's commit records out of their ring, chains them, keeps them in memory and writes them to a disk when it has one. README.md tells what it holds and promises.
 *
 * One loop: take what is in the ring, let the disk go on, answer who asks, wait for a signal (the ring fills, the disk has done something) or a short time. Nothing in it waits for anybody. A record is freed in the ring
 * after the transaction that has taken it, so an instance that dies at any point loses none and takes none twice: the next sequence number wanted is in the state.
 */
#include "abi/errno.h"
#include "abi/protocols/log.h"
#include "lib/assert.h"
#include "lib/clock.h"
#include "lib/health.h"
#include "lib/log.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/string.h"
#include "servers/axiom/medium.h"

#define LAYOUT 1
#define WAIT_NS 50000000u /* so long may records lie in the ring when nobody signals */
#define BATCH 32          /* records between two calls of the kernel */

static struct tsm tsm;
static struct journal journal;
static bool stopped;
static bool full; /* the last record could not be taken: there is no memory for it */

static const struct commit_ring *ring;
static handle_t log_control;
static const struct log_spill *spill; /* a null pointer: there is none */
static uint64_t spill_capacity;

static void stop(const char *why)
{
	stopped = true;
	log_print("the log stops at record %u: %s\n", journal.state ? journal_next(&journal) : 0, why);
	health_degraded("the log stops at record %u: %s", journal.state ? journal_next(&journal) : 0, why);
}

/* Copies record `sequence` from an array behind a header. */
static struct commit_record record_copy(const void *base, uint64_t header, uint64_t capacity, uint64_t sequence)
{
	const struct commit_record *records = (const struct commit_record *)((const char *)base + header);

	return records[sequence % capacity];
}

/* The next record, from where it is. False: it does not exist yet. */
static bool record_find(uint64_t sequence, struct commit_record *record)
{
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);

	if (sequence >= ring->tail) {
		*record = record_copy(ring, COMMIT_RING_HEADER, ring->capacity, sequence);
		return sequence < head;
	}
	if (!spill || sequence < spill->first || sequence >= __atomic_load_n(&spill->next, __ATOMIC_ACQUIRE)) {
		stop("records before those in the ring are missing");
		return false;
	}
	*record = record_copy(spill, LOG_SPILL_HEADER, spill_capacity, sequence);
	return true;
}

/* Takes up to BATCH records. True when there may be more. */
static bool batch_take(void)
{
	struct commit_record record;
	unsigned taken = 0;

	while (taken < BATCH && record_find(journal_next(&journal), &record)) {
		enum journal_result result = journal_take(&journal, &record);

		if (result == JOURNAL_GAP)
			stop("a record has not the number that comes next");
		full = result == JOURNAL_FULL && !journal.state->closed;
		if (result != JOURNAL_OK)
			break;
		taken++;
	}
	if (taken > 0 && journal_next(&journal) > ring->tail && log_advance(log_control, journal_next(&journal)) != OK)
		stop("the kernel does not free records");
	return taken == BATCH && !stopped;
}

/* Why the log is kept worse than it should be; a null pointer when it is not. */
static const char *trouble(void)
{
	if (full)
		return "memory is full: clients' changes of authority are refused";
	if (journal.medium == MEDIUM_REFUSED)
		return "the log disk holds something else, or fails: the log is in memory";
	return journal.medium == MEDIUM_FULL ? "the log disk is full: what is newer is in memory" : NULL;
}

/* Says so when that changes. */
static void health_say(void)
{
	static const char *said;
	const char *now = trouble();

	if (now == said || stopped)
		return;
	said = now;
	log_print("%s\n", now ? now : "the log is whole again");
	if (now)
		health_degraded("%s", now);
	else
		health_whole();
}

static void work(void)
{
	if (stopped)
		return;
	do {
		service_alive();
		medium_work(&journal);
	} while (batch_take());
	medium_work(&journal);
	health_say();
}

static uint64_t log_state(void)
{
	static const uint8_t of_medium[] = {
		[MEDIUM_NONE] = LOG_IN_MEMORY,
		[MEDIUM_SEARCHING] = LOG_IN_MEMORY,
		[MEDIUM_READY] = LOG_ON_MEDIUM,
		[MEDIUM_REFUSED] = LOG_MEDIUM_REFUSED,
		[MEDIUM_FULL] = LOG_MEDIUM_FULL,
	};

	return stopped ? LOG_STOPPED : of_medium[journal.medium];
}

static void status_answer(struct request *request)
{
	request->words = 8;
	request->data[0] = 0;
	request->data[1] = journal_next(&journal) - 1;
	request->data[2] = journal.state->flushed_sequence;
	request->data[3] = log_state();
	memcpy(&request->data[4], journal.state->link, LOG_LINK_BYTES);
}

/* What a witness keeps. */
static void head_answer(struct request *request)
{
	const struct journal_state *state = journal.state;
	bool any = state->attached && state->flushed_sequence > 0;

	request->words = 8;
	request->data[0] = any ? 0 : (uint64_t)-ENODEV;
	request->data[1] = state->boot;
	request->data[2] = state->flushed_sequence;
	request->data[3] = 0;
	memcpy(&request->data[4], state->flushed_link, LOG_LINK_BYTES);
}

/* Whether what is recorded from now on is sure to be taken. */
static int64_t room_answer(void)
{
	return full || stopped || journal.state->closed ? -ENOSPC : 0;
}

/* Whether memory that is full may become free: not without a medium that takes what it holds. */
static bool waiting_helps(void)
{
	return journal.medium == MEDIUM_READY || journal.medium == MEDIUM_SEARCHING;
}

static int64_t close_answer(uint64_t badge)
{
	if (!start_may(badge, LOG_RIGHT_CLOSE))
		return -EPERM;
	if (journal_close(&journal) == JOURNAL_OK)
		return 0;
	return waiting_helps() ? -EAGAIN : -ENOSPC;
}

static void request_serve(struct request *request)
{
	request->caps = 0;
	request->status = OK;
	if (request->label == LOG_STATUS && journal.state) {
		status_answer(request);
	} else if (request->label == LOG_HEAD && journal.state) {
		head_answer(request);
	} else if (request->label == LOG_ROOM) {
		request->words = 1;
		request->data[0] = (uint64_t)room_answer();
	} else if (request->label == LOG_CLOSE && !stopped) {
		request->words = 1;
		request->data[0] = (uint64_t)close_answer(request->badge);
	} else {
		request->words = 0;
		request->status = ERR_METHOD;
	}
}

/* The state of the instance before, or a new one. False, with a reason printed, when it cannot be relied on: then nothing may be taken, for the chain would hide it. */
static bool journal_begin(void)
{
	static const struct tsm_options options = {.layout = LAYOUT, .undo_cells = JOURNAL_UNDO_CELLS, .alive = service_alive};
	const struct start_grant *state = start_find("state"), *blocks = start_find("axiom.blocks");
	enum tsm_result opened;

	if (!state || !blocks || !blocks->address || blocks->bytes < 2 * LOG_WINDOW_BLOCKS * LOG_BLOCK_BYTES)
		return log_print("there is no memory for the log\n"), false;
	opened = tsm_open(&tsm, (void *)state->address, state->bytes, &options);
	if (opened > TSM_READY || tsm_bytes(&tsm) < sizeof(struct journal_state))
		return log_print("the state is damaged (%u)\n", (uint64_t)opened), false;
	if (journal_open(&journal, &tsm, tsm_data(&tsm), (struct log_block *)blocks->address, blocks->bytes / LOG_BLOCK_BYTES - LOG_WINDOW_BLOCKS) != JOURNAL_OK)
		return log_print("what the instance before has left is not sound\n"), false;
	return true;
}

static bool sources_find(void)
{
	const struct start_grant *found_ring = start_find("ring"), *control = start_find("log-control"), *found_spill = start_find("axiom.spill");

	if (!found_ring || !control)
		return log_print("there is no log to keep\n"), false;
	ring = (const struct commit_ring *)found_ring->address;
	log_control = control->slot;
	if (found_spill && found_spill->address && found_spill->bytes > LOG_SPILL_HEADER) {
		spill = (const struct log_spill *)found_spill->address;
		spill_capacity = LOG_SPILL_CAPACITY(found_spill->bytes);
	}
	return true;
}

/* The server that it shares a buffer with, if it has a session with such a one, is the driver of its disk. */
static void disk_find(void)
{
	const struct start_grant *server = NULL;

	while ((server = start_next(GRANT_SESSION, server)))
		if (start_buffer_of(server->name) && start_signal(server->name))
			medium_use(server->name, "axiom.blocks");
}

int main(void)
{
	struct request request;
	enum error error;

	disk_find();
	if (!sources_find() || !journal_begin())
		stop("there is nothing to go on from");
	for (;;) {
		work();
		error = service_receive_until(&request, clock_now() + WAIT_NS);
		while (error == OK && request.kind == MESSAGE_CALL) {
			request_serve(&request);
			work();
			error = service_reply_receive_until(&request, clock_now() + WAIT_NS);
		}
		assert(error == OK || error == ERR_TIMEOUT || error == ERR_CANCELLED);
	}
}
