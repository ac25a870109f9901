/* SPDX-License-Identifier: MIT */
/*
 * The personality's bookkeeping of files against models: rings of bytes, packets in them, lists of locks, tables of open files. Each does thousands of random operations on the real thing and on something so simple that it can be seen to be right, and
 * compares both after each; at the end no frame is missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file/description.h"
#include "file/descriptors.h"
#include "file/dnotify.h"
#include "file/lock_list.h"
#include "file/locks.h"
#include "file/packets.h"
#include "file/ring.h"
#include "lib/assert.h"

#define ROUNDS 20000

_Noreturn void assertion_failed(const char *condition, const char *file, unsigned line)
{
	fprintf(stderr, "%s:%u: %s\n", file, line, condition);
	abort();
}

static uint32_t seed;

static uint32_t chance(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Rings. */

#define RING_MOST (RING_PAGES_MAX * PAGE_SIZE)

static unsigned char model[RING_MOST]; /* what is in the ring, from its first byte on */
static uint64_t model_count;

static void ring_compare(const struct byte_ring *ring)
{
	static unsigned char seen[RING_MOST];
	uint64_t skip = model_count ? chance((uint32_t)model_count) : 0;

	assert_int_equal(ring_count(ring), model_count);
	assert_int_equal(ring_room(ring), ring->pages * (uint64_t)PAGE_SIZE - model_count);
	assert_int_equal(ring_look(ring, skip, seen, sizeof(seen)), model_count - skip);
	assert_memory_equal(seen, model + skip, model_count - skip);
}

static void ring_step(struct byte_ring *ring)
{
	static unsigned char bytes[3 * PAGE_SIZE];
	uint64_t count = chance(4) ? chance(300) : chance(sizeof(bytes)), done;

	switch (chance(8)) {
	case 0:
	case 1:
	case 2:
		for (uint64_t i = 0; i < count; i++)
			bytes[i] = (unsigned char)chance(256);
		done = ring_put(ring, bytes, count);
		memcpy(model + model_count, bytes, done);
		model_count += done;
		break;
	case 3:
		count = 1u << chance(5);
		if (count * PAGE_SIZE >= model_count)
			assert_true(ring_resize(ring, (uint32_t)count));
		break;
	default:
		count = count < model_count ? count : model_count;
		ring_drop(ring, count);
		model_count -= count;
		memmove(model, model + count, model_count);
		break;
	}
}

static void test_ring(void **state)
{
	static struct byte_ring ring = {.pages = 4};
	uint32_t before = frames_out;

	(void)state;
	seed = 1;
	for (unsigned i = 0; i < ROUNDS; i++) {
		ring_step(&ring);
		ring_compare(&ring);
		assert_true(frames_out - before <= ring.pages);
	}
	ring_clear(&ring);
	assert_int_equal(frames_out, before);
}

/* A ring that is emptied each time stays at one page. */
static void test_ring_small(void **state)
{
	static struct byte_ring ring = {.pages = 16};
	uint32_t before = frames_out;
	char bytes[100];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(ring_put(&ring, bytes, sizeof(bytes)), sizeof(bytes));
		ring_drop(&ring, sizeof(bytes));
		assert_int_equal(frames_out, before + 1);
		assert_int_equal(ring.put, 0);
	}
	ring_clear(&ring);
	assert_int_equal(frames_out, before);
}

/* Packets: of each byte it is known of which one it is, 0 of none. */
static uint32_t packet_of[RING_MOST];
static uint64_t packet_bytes_there;

static void packets_compare(const struct packets *packets)
{
	uint64_t skip = chance((uint32_t)packet_bytes_there + 1), most = 1 + chance(2 * PACKET_BYTES_MAX), count = 0, packets_there = 0;
	struct segment seen = packets_look(packets, skip, most);

	for (uint64_t i = 0; i < packet_bytes_there; i++)
		packets_there += packet_of[i] && (i == 0 || packet_of[i] != packet_of[i - 1]);
	assert_int_equal(packets->packets, packets_there);
	while (skip + count < packet_bytes_there && count < most && packet_of[skip + count] == packet_of[skip])
		count++;
	if (!count)
		return; /* behind the end */
	assert_int_equal(seen.packet, packet_of[skip] != 0);
	assert_true(seen.packet || packets->packets || seen.bytes >= count); /* while all is plain nobody knows where it ends */
	if (packets->packets)
		assert_int_equal(seen.bytes, count);
}

static void packets_step(struct packets *packets, uint32_t *last)
{
	uint64_t bytes = 1 + chance(chance(2) ? 10 : PACKET_BYTES_MAX);
	bool packet = chance(2);

	if (chance(5) < 3 && packets->packets < RING_PAGES_MAX - 1 && packet_bytes_there + bytes < RING_MOST) {
		if (packet)
			assert_true(packets_provide(packets));
		packets_put(packets, packet_bytes_there, bytes, packet);
		*last += packet;
		for (uint64_t i = 0; i < bytes; i++)
			packet_of[packet_bytes_there++] = packet ? *last : 0;
		return;
	}
	bytes = bytes < packet_bytes_there ? bytes : packet_bytes_there;
	packets_drop(packets, bytes);
	packet_bytes_there -= bytes;
	memmove(packet_of, packet_of + bytes, packet_bytes_there * sizeof(packet_of[0]));
}

static void test_packets(void **state)
{
	struct packets packets = {0};
	uint32_t before = frames_out, last = 0;

	(void)state;
	seed = 4;
	for (unsigned i = 0; i < ROUNDS / 10; i++) {
		packets_step(&packets, &last);
		packets_compare(&packets);
	}
	packets_clear(&packets);
	assert_int_equal(frames_out, before);
}

/* Locks: of each byte of a small file it is known who has it how. */

#define BYTES 24
#define OWNERS 4

enum hold { HOLD_NOT, HOLD_SHARED, HOLD_EXCLUSIVE };

static enum hold holds[OWNERS][BYTES];
static const char owners[OWNERS];

/* Two owners of each kind; flock() is a world of its own, and tested below. */
static enum lock_kind kind_of(unsigned owner)
{
	return owner < OWNERS / 2 ? LOCK_OF_PROCESS : LOCK_OF_DESCRIPTION;
}

static bool model_conflict(unsigned owner, bool exclusive, uint64_t first, uint64_t last)
{
	for (unsigned other = 0; other < OWNERS; other++)
		for (uint64_t i = first; other != owner && i <= last; i++)
			if (holds[other][i] == HOLD_EXCLUSIVE || (exclusive && holds[other][i]))
				return true;
	return false;
}

/* No two locks of one owner overlap, or touch and are alike; all bytes are as in the model. */
static void locks_compare(const struct lock *list)
{
	enum hold seen[OWNERS][BYTES] = {0};

	for (const struct lock *lock = list; lock; lock = lock->next) {
		unsigned owner = (unsigned)((const char *)lock->owner - owners);

		for (uint64_t i = lock->first; i <= lock->last; i++) {
			assert_int_equal(seen[owner][i], HOLD_NOT);
			seen[owner][i] = lock->exclusive ? HOLD_EXCLUSIVE : HOLD_SHARED;
		}
		for (const struct lock *other = list; other; other = other->next)
			assert_false(other->owner == lock->owner && other->exclusive == lock->exclusive && other->first == lock->last + 1);
	}
	assert_memory_equal(seen, holds, sizeof(holds));
}

static void lock_step(struct lock **list)
{
	unsigned owner = chance(OWNERS);
	struct lock lock = {.owner = &owners[owner], .kind = kind_of(owner), .exclusive = chance(2), .first = chance(BYTES)};
	bool clears = chance(3) == 0;

	lock.last = lock.first + chance((uint32_t)(BYTES - lock.first));
	if (chance(100) == 0) {
		(void)lock_clear_all(list, lock.owner, lock.kind);
		memset(holds[owner], 0, sizeof(holds[owner]));
		return;
	}
	if (!clears)
		assert_int_equal(lock_conflict(*list, &lock) != NULL, model_conflict(owner, lock.exclusive, lock.first, lock.last));
	if (!clears && lock_conflict(*list, &lock))
		return;
	assert_true(clears ? lock_clear(list, lock.owner, lock.kind, lock.first, lock.last) : lock_set(list, &lock));
	for (uint64_t i = lock.first; i <= lock.last; i++)
		holds[owner][i] = clears ? HOLD_NOT : lock.exclusive ? HOLD_EXCLUSIVE : HOLD_SHARED;
}

static void test_locks(void **state)
{
	uint32_t before = frames_out;
	struct lock *list = NULL;

	(void)state;
	seed = 2;
	for (unsigned i = 0; i < ROUNDS; i++) {
		lock_step(&list);
		locks_compare(list);
	}
	for (unsigned owner = 0; owner < OWNERS; owner++)
		(void)lock_clear_all(&list, &owners[owner], kind_of(owner));
	assert_null(list);
	assert_int_equal(frames_out, before);
}

static void test_locks_whole(void **state)
{
	struct lock *list = NULL, record = {.owner = &owners[0], .kind = LOCK_OF_PROCESS, .exclusive = true, .last = LOCK_END}, whole = {.owner = &owners[1], .kind = LOCK_WHOLE, .exclusive = true, .last = LOCK_END};

	(void)state;
	assert_true(lock_set(&list, &record));
	assert_null(lock_conflict(list, &whole));
	assert_true(lock_set(&list, &whole));
	whole.owner = &owners[2];
	assert_non_null(lock_conflict(list, &whole));
	assert_true(lock_clear_all(&list, &owners[0], LOCK_OF_PROCESS));
	assert_true(lock_clear_all(&list, &owners[1], LOCK_WHOLE));
	assert_false(lock_clear_all(&list, &owners[1], LOCK_WHOLE));
	assert_null(list);
}

/* Tables of open files. */

#define NUMBERS 600
#define FILES 5

static struct description files[FILES];
static const struct description_operations no_operations;
static int table_model[NUMBERS]; /* file and 1, negative with FD_CLOEXEC; 0 */

void description_release(struct description *description)
{
	assert(description->users);
	description->users--;
}

void locks_closed(const struct description *description, const struct descriptors *by)
{
	(void)description, (void)by;
}

uint32_t dnotifications;

void dnotify_closed_slow(const struct description *directory, const struct descriptors *by)
{
	(void)directory, (void)by;
}

static void table_compare(const struct descriptors *table)
{
	uint64_t next = descriptor_next(table, 0);

	for (uint64_t number = 0; number < NUMBERS; number++) {
		int file = abs(table_model[number]);

		assert_ptr_equal(descriptor_find(table, number), file ? &files[file - 1] : NULL);
		assert_int_equal(descriptor_closes(table, number), table_model[number] < 0);
		if (file) {
			assert_int_equal(next, number);
			next = descriptor_next(table, number + 1);
		}
	}
	assert_int_equal(next, DESCRIPTORS_MAX);
}

static int model_lowest(uint64_t from)
{
	while (from < NUMBERS && table_model[from])
		from++;
	return from < NUMBERS ? (int)from : -EMFILE;
}

static void table_step(struct descriptors *table)
{
	uint64_t number = chance(NUMBERS), from = chance(4) ? 0 : chance(NUMBERS + 10);
	int file = (int)chance(FILES);
	bool closes = chance(2);

	switch (chance(5)) {
	case 0:
	case 1:
		files[file].users++;
		number = (uint64_t)descriptor_add(table, &files[file], from, closes, NUMBERS);
		assert_int_equal((int)number, model_lowest(from));
		if ((int)number < 0)
			files[file].users--;
		else
			table_model[number] = closes ? -file - 1 : file + 1;
		break;
	case 2:
		files[file].users++;
		assert_int_equal(descriptor_replace(table, number, &files[file], closes), 0);
		table_model[number] = closes ? -file - 1 : file + 1;
		break;
	case 3:
		descriptor_set_closes(table, number, closes);
		table_model[number] = closes ? -abs(table_model[number]) : abs(table_model[number]);
		break;
	default:
		assert_int_equal(descriptor_close(table, number), table_model[number] ? 0 : -EBADF);
		table_model[number] = 0;
		break;
	}
}

/* exec in a copy: what is FD_CLOEXEC goes there, and stays in the first table. */
static void copy_check(const struct descriptors *table)
{
	struct descriptors *copy = descriptors_copy(table);

	assert_non_null(copy);
	descriptors_exec(copy);
	for (uint64_t number = 0; number < NUMBERS; number++)
		assert_ptr_equal(descriptor_find(copy, number), table_model[number] > 0 ? &files[table_model[number] - 1] : NULL);
	descriptors_release(copy);
	table_compare(table);
}

static void test_descriptors(void **state)
{
	uint32_t before = frames_out;
	struct descriptors *table = descriptors_make();

	(void)state;
	seed = 3;
	for (unsigned i = 0; i < FILES; i++)
		files[i] = (struct description){.operations = &no_operations, .users = 1};
	for (unsigned i = 0; i < ROUNDS; i++) {
		table_step(table);
		if (i % 50 == 0)
			table_compare(table);
		if (i % 1000 == 0)
			copy_check(table);
	}
	descriptors_hold(table);
	descriptors_release(table);
	table_compare(table);
	descriptors_release(table);
	for (unsigned i = 0; i < FILES; i++)
		assert_int_equal(files[i].users, 1);
	assert_int_equal(frames_out, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_ring_small),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_locks_whole),
		cmocka_unit_test(test_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
