/* SPDX-License-Identifier: MIT */
/*
 * The commit ring: what each record says, that nothing else writes records, its bound and its reserve, who waits and who is woken first.
 *
 * Tests that fill the ring stop the harness's drainer; the test itself may use the reserve, as init does.
 */
#include "tests/kernel/harness/harness.h"

#define ROOT INIT_SLOT_CNODE
#define LOG INIT_SLOT_LOG_CONTROL

/* The ring's header as it is now. */
static struct commit_ring log_state(void)
{
	return *log_ring;
}

/* The ring, mapped read-only; a null pointer when that failed. */
static const struct commit_ring *ring_map(void)
{
	vaddr_t address = 0;
	handle_t mapping;
	uint64_t pages = (boot_information->ring_size + PAGE_SIZE - 1) / PAGE_SIZE;
	enum error error = space_map(&own_space, INIT_SLOT_RING, pages, MAP_READ, &address, &mapping);

	if (error != OK)
		check_error_failed(__FILE__, __LINE__, "mapping the ring", OK, error);
	return error == OK ? (const struct commit_ring *)address : NULL;
}

static const struct commit_record *record_at(const struct commit_ring *ring, uint64_t sequence)
{
	return (const struct commit_record *)((const char *)ring + COMMIT_RING_HEADER) + sequence % ring->capacity;
}

static const struct commit_record *record_last(const struct commit_ring *ring)
{
	return record_at(ring, ring->head - 1);
}

static void ring_is_readable(void)
{
	const struct commit_ring *ring = ring_map();

	CHECK(ring != NULL);
	CHECK(ring->reserve > 0 && ring->reserve < ring->capacity);
	CHECK(ring->threshold > 0 && ring->threshold <= ring->capacity - ring->reserve);
	CHECK_EQUAL(0, ring->capacity & (ring->capacity - 1));
	CHECK_EQUAL(boot_information->ring_size, COMMIT_RING_HEADER + ring->capacity * sizeof(struct commit_record));
	CHECK(ring->head - ring->tail <= ring->capacity);
	for (uint64_t i = ring->tail; i < ring->head; i++)
		CHECK_EQUAL(i, record_at(ring, i)->sequence);
}

static void ring_cannot_be_written(void)
{
	handle_t mapping;

	CHECK_OK(space_attach(&own_space, INIT_SLOT_RING, RIGHTS_ALL, &mapping));
	CHECK_ERROR(ERR_ARGUMENT, mapping_fill(mapping, 0x50000000, 0, 1, MAP_READ | MAP_WRITE));
}

/* Each kind of record after the operation that writes it. */
static void records_say_what_was_done(void)
{
	const struct commit_ring *ring = ring_map();
	handle_t endpoint = object_make(OBJECT_ENDPOINT, 0), slot = slot_allocate(), other = slot_allocate(), thread = object_make(OBJECT_THREAD, 0), cnode = 0;
	const struct commit_record *record;
	uint64_t head, thread_reference;

	CHECK(ring != NULL);
	head = ring->head;
	CHECK_OK(cnode_mint(ROOT, slot, ROOT, endpoint, RIGHT_WRITE, 0x77));
	record = record_last(ring);
	CHECK_EQUAL(head, record->sequence);
	CHECK_EQUAL(COMMIT_COPY, record->operation);
	CHECK_EQUAL(COMMIT_COPY_BADGE, record->flags);
	CHECK_EQUAL(RIGHT_WRITE, record->argument[2]);
	CHECK_EQUAL(0x77, record->argument[3]);
	CHECK_EQUAL(SLOT_SIZE * (slot - endpoint), record->argument[1] - record->argument[0]);
	thread_reference = record->subject;
	CHECK(thread_reference > DIRECT_MAP_BASE);
	CHECK_OK(cnode_move(ROOT, other, ROOT, slot));
	CHECK_EQUAL(COMMIT_MOVE, record_last(ring)->operation);
	CHECK_EQUAL(thread_reference, record_last(ring)->subject);
	CHECK_OK(cnode_delete(ROOT, other));
	CHECK_EQUAL(COMMIT_DELETE, record_last(ring)->operation);
	CHECK_OK(thread_set_priority(thread, 7, 9));
	record = record_last(ring);
	CHECK_EQUAL(COMMIT_PRIORITY, record->operation);
	CHECK_EQUAL(7, record->argument[1]);
	CHECK_EQUAL(9, record->argument[2]);
	CHECK_OK(object_create(OBJECT_CNODE, 3, &cnode));
	record = record_last(ring);
	CHECK_EQUAL(COMMIT_RETYPE, record->operation);
	CHECK_EQUAL(OBJECT_CNODE, record->argument[2]);
	CHECK_EQUAL(1, record->count);
}

/* IPC, signals, pages, registers and informing change no authority. */
static void data_plane_is_not_logged(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0), badged = slot_allocate(), endpoint = object_make(OBJECT_ENDPOINT, 0), reply = object_make(OBJECT_REPLY, 0);
	handle_t region, mapping;
	struct job job;
	struct kernel_call call;
	uint64_t records, done;

	CHECK_OK(cnode_mint(ROOT, badged, ROOT, notification, RIGHT_WRITE, 1));
	CHECK_OK(region_allocate(4, &region));
	CHECK_OK(space_attach(&own_space, region, RIGHT_READ, &mapping));
	CHECK_OK(job_create(&job, &own_space, TEST_PRIORITY));
	records = records_committed();
	for (int round = 0; round < 10; round++) {
		job.cell->call = (struct kernel_call){.word = call_word(CALL_SEND | CALL_CALL, 20, 0, 0), .target = endpoint};
		CHECK_OK(job_start(&job));
		call = (struct kernel_call){.word = CALL_RECEIVE, .source = endpoint, .reply = reply};
		CHECK_OK(kernel_call(&call));
		call.word = CALL_REPLY;
		CHECK_OK(kernel_call(&call));
		CHECK_JOB(OK, &job);
		CHECK_OK(mapping_fill(mapping, 0x50000000, 0, 4, MAP_READ));
		for (uint64_t i = 0; i < 4; i++)
			((struct map_entry *)thread_self()->page)[i] = (struct map_entry){0x50000000 + i * PAGE_SIZE, 0};
		CHECK_OK(mapping_unmap(mapping, 4, &done));
		call = (struct kernel_call){.word = CALL_SEND, .target = badged};
		CHECK_OK(kernel_call(&call));
		CHECK_EQUAL(1, notification_wait(notification));
	}
	CHECK_EQUAL(records, records_committed());
}

static void advance_is_checked(void)
{
	struct commit_ring state;
	static const uint64_t far[] = {1, 2, 1ull << 32, UINT64_MAX / 2};

	drainer_stop();
	state = log_state();
	for (int i = 0; i < 4; i++)
		CHECK_REFUSED(ERR_ARGUMENT, log_advance(LOG, state.head + far[i]));
	CHECK_REFUSED(ERR_ARGUMENT, log_advance(LOG, UINT64_MAX));
	CHECK_OK(log_advance(LOG, state.head));
	CHECK_OK(log_advance(LOG, state.head));
	CHECK_REFUSED(ERR_ARGUMENT, log_advance(LOG, state.head - 1));
	CHECK_REFUSED(ERR_ARGUMENT, log_advance(LOG, 0));
	CHECK_EQUAL(state.head, log_state().tail);
	drainer_start();
}

/* What committers copy over and over, and how many copies they have made. */
static handle_t commit_source;
static volatile uint64_t commits[4];

/* Copies and deletes in the slot of its argument / 8; counts in commits[argument % 8]. */
static void commit_for_ever(uint64_t argument)
{
	for (;;) {
		if (cnode_copy(ROOT, argument / 8, ROOT, commit_source, RIGHTS_ALL) != OK || cnode_delete(ROOT, argument / 8) != OK)
			thread_exit();
		commits[argument % 8]++;
	}
}

/* Makes such a thread; it does not run yet. All are made before the ring is full, when making them would take from the reserve. */
static void committer_create(struct thread *thread, uint64_t index, uint64_t priority)
{
	handle_t slot = slot_allocate();

	commits[index] = 0;
	CHECK_OK(thread_create(thread, &own_space, commit_for_ever, slot * 8 + index, priority));
}

/* Frees the ring so far that `records` fit in without the reserve. */
static enum error room_make(uint64_t records)
{
	struct commit_ring state = log_state();

	return log_advance(LOG, state.head - (state.capacity - state.reserve) + records);
}

/* Without anybody who drains it, the ring fills up to the reserve; then its users wait, and init does not. */
static void full_ring_makes_wait(void)
{
	struct thread thread;
	struct commit_ring state;
	handle_t slot = slot_allocate();

	commit_source = object_make(OBJECT_ENDPOINT, 0);
	committer_create(&thread, 0, TEST_PRIORITY);
	CHECK_STILL();
	drainer_stop();
	CHECK_OK(thread_resume(thread.thread));
	CHECK(thread_await(thread.thread, THREAD_COMMIT));
	state = log_state();
	CHECK_EQUAL(state.capacity - state.reserve, state.head - state.tail);
	/* The reserve is for the test. */
	CHECK_OK(cnode_copy(ROOT, slot, ROOT, commit_source, RIGHTS_ALL));
	CHECK_OK(cnode_delete(ROOT, slot));
	CHECK(thread_await(thread.thread, THREAD_COMMIT));
	/* Room for a few: the thread goes on by as many. */
	for (int i = 0; i < 10; i++) {
		uint64_t head = log_state().head;

		CHECK_OK(room_make(4));
		CHECK_EVENTUALLY(log_state().head == head + 4);
		CHECK(thread_await(thread.thread, THREAD_COMMIT));
	}
	drainer_start();
	CHECK_OK(cnode_delete(ROOT, thread.thread));
}

/* Two wait: the one of higher priority gets all the room there is. */
static void waiters_by_priority(void)
{
	struct thread low, high;
	uint64_t low_before, head;

	commit_source = object_make(OBJECT_ENDPOINT, 0);
	committer_create(&low, 0, 10);
	committer_create(&high, 1, 20);
	CHECK_STILL();
	drainer_stop();
	CHECK_OK(thread_resume(low.thread));
	CHECK(thread_await(low.thread, THREAD_COMMIT));
	CHECK_OK(thread_resume(high.thread));
	CHECK(thread_await(high.thread, THREAD_COMMIT));
	low_before = commits[0];
	for (int i = 0; i < 5; i++) {
		head = log_state().head;
		CHECK_OK(room_make(8));
		CHECK_EVENTUALLY(log_state().head == head + 8);
		CHECK(thread_await(high.thread, THREAD_COMMIT));
	}
	CHECK_EQUAL(low_before, commits[0]);
	CHECK(commits[1] >= 19);
	/* The higher one goes: the lower one gets its turn. */
	CHECK_OK(thread_suspend(high.thread));
	CHECK_OK(room_make(8));
	CHECK_EVENTUALLY(commits[0] > low_before);
	drainer_start();
	CHECK_OK(cnode_delete(ROOT, high.thread));
	CHECK_OK(cnode_delete(ROOT, low.thread));
}

static void waiters_are_suspended_and_deleted(void)
{
	struct thread first, second;
	struct thread_status status;
	uint64_t before, head;

	commit_source = object_make(OBJECT_ENDPOINT, 0);
	committer_create(&first, 0, 20);
	committer_create(&second, 1, 10);
	CHECK_STILL();
	drainer_stop();
	CHECK_OK(thread_resume(first.thread));
	CHECK(thread_await(first.thread, THREAD_COMMIT));
	CHECK_OK(thread_resume(second.thread));
	CHECK(thread_await(second.thread, THREAD_COMMIT));
	CHECK_OK(thread_suspend(first.thread));
	before = commits[0];
	head = log_state().head;
	CHECK_OK(room_make(12));
	CHECK_EVENTUALLY(log_state().head == head + 12);
	CHECK_EQUAL(before, commits[0]);
	CHECK_OK(thread_inform(first.thread, &status));
	CHECK(status.suspended);
	CHECK_OK(thread_resume(first.thread));
	CHECK_OK(room_make(12));
	CHECK_EVENTUALLY(commits[0] > before);
	CHECK(thread_await(second.thread, THREAD_COMMIT));
	drainer_start();
	CHECK_OK(cnode_delete(ROOT, second.thread));
	CHECK_OK(cnode_delete(ROOT, first.thread));
}

static void reserve_is_for_the_highest(void)
{
	struct thread thread;

	commit_source = object_make(OBJECT_ENDPOINT, 0);
	committer_create(&thread, 0, TEST_PRIORITY);
	CHECK_STILL();
	drainer_stop();
	CHECK_OK(thread_resume(thread.thread));
	CHECK(thread_await(thread.thread, THREAD_COMMIT));
	CHECK_EQUAL(log_state().capacity - log_state().reserve, log_state().head - log_state().tail);
	CHECK_OK(thread_suspend(thread.thread));
	CHECK_OK(thread_set_priority(thread.thread, INIT_PRIORITY, 0));
	CHECK_OK(thread_resume(thread.thread));
	CHECK_EVENTUALLY(log_state().head - log_state().tail == log_state().capacity);
	CHECK(thread_await(thread.thread, THREAD_COMMIT));
	/* The ring is full to the last record, for everybody; ADVANCE needs none. */
	CHECK_OK(thread_suspend(thread.thread));
	drainer_start();
	CHECK_OK(cnode_delete(ROOT, thread.thread));
}

static void fill_is_signalled(void)
{
	handle_t notification = object_make(OBJECT_NOTIFICATION, 0), badged = slot_allocate(), slot = slot_allocate();
	struct kernel_call poll;
	struct commit_ring state;

	drainer_stop();
	CHECK_OK(cnode_mint(ROOT, badged, ROOT, notification, RIGHTS_ALL, 0x80));
	state = log_state();
	CHECK_REFUSED(ERR_TYPE, log_bind(LOG, INIT_SLOT_THREAD));
	CHECK_OK(log_advance(LOG, state.head));
	CHECK_OK(log_bind(LOG, badged));
	CHECK_REFUSED(ERR_OCCUPIED, log_bind(LOG, badged));
	while (log_state().head - log_state().tail < state.threshold - 1) {
		CHECK_OK(cnode_copy(ROOT, slot, ROOT, notification, 0));
		if (log_state().head - log_state().tail < state.threshold - 1)
			CHECK_OK(cnode_delete(ROOT, slot));
	}
	poll = (struct kernel_call){.word = CALL_RECEIVE | CALL_DEADLINE, .source = notification};
	CHECK_ERROR(ERR_TIMEOUT, kernel_call(&poll));
	CHECK_OK(thread_set_priority(INIT_SLOT_THREAD, INIT_PRIORITY, INIT_PRIORITY));
	CHECK_EQUAL(0x80, notification_wait(notification));
	CHECK_OK(log_unbind(LOG));
	CHECK_OK(log_unbind(LOG));
	CHECK_OK(log_advance(LOG, log_state().head));
	drainer_start();
}

static const struct test tests[] = {
	{"log-ring", "the ring can be read: its header, and the records that are in it", ring_is_readable},
	{"log-read-only", "nobody can write the ring", ring_cannot_be_written},
	{"log-records", "records say what was done, to what and by whom", records_say_what_was_done},
	{"log-data-plane", "messages, signals and pages commit nothing", data_plane_is_not_logged},
	{"log-advance", "only records in the ring are freed", advance_is_checked},
	{"log-full", "users of a full ring wait, before the reserve; room lets them go on", full_ring_makes_wait},
	{"log-priority", "room in the ring goes to the waiter of highest priority", waiters_by_priority},
	{"log-suspend", "a suspended or deleted waiter holds nobody up", waiters_are_suspended_and_deleted},
	{"log-reserve", "the reserve is for threads of the highest priority", reserve_is_for_the_highest},
	{"log-threshold", "a Notification is signalled when the ring has filled to its threshold", fill_is_signalled},
};

int main(void)
{
	return HARNESS_RUN(tests);
}
