/* SPDX-License-Identifier: MIT */
/*
 * Pages of files on the host: a client leases pages, shares them and stores into them, writes, reads, cuts and extends, closes, and the server dies between any two requests. What read tells and what the windows show is compared with arrays of
 * bytes after each step.
 */
#include "sharing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE WINDOW_PAGE
#define BYTES (SHARING_PAGES * PAGE)
#define CHECK_EVERY 100

static int64_t ask(struct sharing *sharing, uint64_t badge, uint64_t label, bool numbered, const uint64_t *words)
{
	struct file_exchange x = {.label = label, .badge = badge, .words = 8};

	memcpy(x.data + 1, words, 6 * sizeof(*words));
	x.data[0] = numbered ? ++sharing->sequence[badge] : 0;
	filesystem_handle(sharing->server, &x);
	return (int64_t)x.data[0];
}

#define ASK(sharing, label, numbered, ...) ask(sharing, CLIENT_BADGE, label, numbered, (const uint64_t[6]){__VA_ARGS__})

void sharing_open(struct sharing *sharing, unsigned file)
{
	assert_int_equal(ask(sharing, VFS_BADGE, TREE_OPEN, false, (const uint64_t[6]){sharing->files[file].inode, CLIENT_BADGE, file, OPEN_READ_WRITE | OPEN_KEEP_SETID}), 0);
}

void sharing_begin(struct sharing *sharing)
{
	unsigned char *name = sharing->windows->buffers[VFS_BADGE] + SESSION_DATA;

	for (unsigned i = 0; i < SHARING_FILES; i++) {
		struct file_exchange x = {.label = TREE_CREATE, .badge = VFS_BADGE, .words = 8,
			.data = {++sharing->sequence[VFS_BADGE], sharing->root, span_make(SESSION_DATA, 1), MODE_REGULAR | 0644, 0, 0, SESSION_DATA + 1024}};

		*name = (unsigned char)('a' + i);
		filesystem_handle(sharing->server, &x);
		assert_int_equal(x.data[0], 0);
		sharing->files[i].inode = x.data[1];
		sharing_open(sharing, i);
	}
}

/* Bytes that a file has of a page, as a request for it must be answered. */
static int64_t page_answer(const struct sharing *sharing, unsigned file, uint64_t index)
{
	int64_t bytes = (int64_t)sharing->files[file].size - (int64_t)(index * PAGE);

	return bytes <= 0 ? -ENODATA : bytes < PAGE ? bytes : PAGE;
}

/* The client asks for a page, as at a fault. */
static void page_ask(struct sharing *sharing, unsigned file, uint64_t index, uint32_t slot, bool write)
{
	int64_t got = ASK(sharing, FILE_SHARE, false, file, index, slot, write);

	if (got == -ENOMEM || (got == -EOPNOTSUPP && !sharing->windows->pool))
		return;
	assert_int_equal(got, page_answer(sharing, file, index));
	if (got <= 0)
		return;
	sharing->slots[slot].file = file;
	sharing->slots[slot].index = index;
	assert_true(sharing->windows->shared[slot] && sharing->windows->writable[slot] == write);
}

/* Leases a page. It may be refused: as a hole, or because it is shared. */
static void page_lease(struct sharing *sharing, unsigned file, uint64_t index, uint32_t slot)
{
	int64_t got = ASK(sharing, FILE_LEASE, false, file, index, slot);

	if (got == -ENODATA)
		return;
	assert_int_equal(got, page_answer(sharing, file, index));
	assert_true(windows_word(sharing->windows, slot));
	sharing->leased[slot].file = file;
	sharing->leased[slot].index = index;
	sharing->leases++;
}

/* Stores into the first page from a slot on where it can, also behind the end of the file: that must never be seen. */
static void page_store(struct sharing *sharing, unsigned *seed, uint32_t slot)
{
	uint64_t at = random_next(seed) % PAGE, offset;
	uint32_t tries = 0;
	unsigned file;

	while (tries < SHARING_SLOTS && !(sharing->windows->shared[slot] && sharing->windows->writable[slot])) {
		slot = (slot + 1) % SHARING_SLOTS;
		tries++;
	}
	if (tries == SHARING_SLOTS)
		return;
	offset = sharing->slots[slot].index * PAGE + at;
	file = sharing->slots[slot].file;
	sharing->windows->shared[slot][at] = (unsigned char)*seed;
	if (offset < sharing->files[file].size)
		sharing->files[file].bytes[offset] = (unsigned char)*seed;
	sharing->stores++;
}

static void bytes_write(struct sharing *sharing, unsigned *seed, unsigned file)
{
	uint64_t offset = random_next(seed) % BYTES, bytes = random_next(seed) % (random_next(seed) % 2 ? 300 : 9000) + 1;
	bool append = random_next(seed) % 4 == 0;

	if (append)
		offset = sharing->files[file].size;
	if (bytes > BYTES - offset)
		bytes = BYTES - offset;
	if (!bytes)
		return;
	for (uint64_t i = 0; i < bytes; i++)
		sharing->windows->buffers[CLIENT_BADGE][SESSION_DATA + i] = sharing->files[file].bytes[offset + i] = (unsigned char)(*seed + i);
	assert_int_equal(ASK(sharing, FILE_WRITE, true, file, append ? FILE_END : offset, span_make(SESSION_DATA, bytes)), bytes);
	if (offset + bytes > sharing->files[file].size)
		sharing->files[file].size = offset + bytes;
}

static void size_set(struct sharing *sharing, unsigned *seed, unsigned file)
{
	uint64_t size = random_next(seed) % BYTES;

	assert_int_equal(ASK(sharing, FILE_TRUNCATE, true, file, size), 0);
	if (size < sharing->files[file].size)
		memset(sharing->files[file].bytes + size, 0, sharing->files[file].size - size);
	sharing->files[file].size = size;
}

/* Does a leased page show what the file has, with zeros behind its end; or zeros when it does not hold? */
static bool lease_is_right(const struct sharing *sharing, uint32_t slot)
{
	const unsigned char *page = sharing->windows->shown[slot];
	unsigned file = sharing->leased[slot].file;
	bool holds = windows_word(sharing->windows, slot);

	for (uint64_t i = 0; page && i < PAGE; i++) {
		uint64_t at = sharing->leased[slot].index * PAGE + i;

		if (page[i] != (holds && at < sharing->files[file].size ? sharing->files[file].bytes[at] : 0))
			return false;
	}
	return page || !holds;
}

static bool share_is_right(const struct sharing *sharing, uint32_t slot)
{
	unsigned file = sharing->slots[slot].file;
	uint64_t start = sharing->slots[slot].index * PAGE, end = start + PAGE < sharing->files[file].size ? start + PAGE : sharing->files[file].size;

	return !sharing->windows->shared[slot] || (start < end && memcmp(sharing->windows->shared[slot], sharing->files[file].bytes + start, end - start) == 0);
}

void sharing_compare(struct sharing *sharing, int step)
{
	for (unsigned i = 0; i < SHARING_FILES; i++) {
		int64_t got = ASK(sharing, FILE_READ, false, i, 0, span_make(SESSION_DATA, BYTES));

		assert_int_equal(got, sharing->files[i].size);
		if (memcmp(sharing->windows->buffers[CLIENT_BADGE] + SESSION_DATA, sharing->files[i].bytes, sharing->files[i].size) != 0)
			fail_msg("after %d steps, file %u is read wrong", step, i);
	}
	for (uint32_t slot = 0; slot < SHARING_SLOTS; slot++) {
		if (!share_is_right(sharing, slot))
			fail_msg("after %d steps, slot %u does not show what the file has", step, slot);
		if (!lease_is_right(sharing, slot))
			fail_msg("after %d steps, slot %u of the leases does not show what it must", step, slot);
	}
}

/* No slot of the client's has a page of this file that it can store into, or, for `any`, that it sees. */
static void slots_gone(const struct sharing *sharing, unsigned file, bool any)
{
	for (uint32_t i = 0; i < SHARING_SLOTS; i++)
		assert_false(sharing->windows->shared[i] && sharing->slots[i].file == file && (any || sharing->windows->writable[i]));
}

static void step_do(struct sharing *sharing, unsigned *seed)
{
	unsigned file = random_next(seed) % SHARING_FILES;
	uint32_t slot = random_next(seed) % SHARING_SLOTS;

	switch (random_next(seed) % 20) {
	case 0: case 1: case 2:
		page_ask(sharing, file, random_next(seed) % SHARING_PAGES, slot, random_next(seed) % 2);
		break;
	case 3: case 4:
		bytes_write(sharing, seed, file);
		break;
	case 5:
		size_set(sharing, seed, file);
		break;
	case 6:
		assert_int_equal(ASK(sharing, FILE_FSYNC, false, file, 0), 0);
		slots_gone(sharing, file, false);
		break;
	case 7:
		assert_int_equal(ASK(sharing, FILE_UNSHARE, false, file, slot), sharing->windows->pool ? 0 : -EOPNOTSUPP);
		assert_null(sharing->windows->shared[slot]);
		break;
	case 8:
		assert_int_equal(ASK(sharing, FILE_CLOSE, false, file), 0);
		sharing_open(sharing, file);
		slots_gone(sharing, file, true);
		break;
	case 9:
		if (random_next(seed) % 4 == 0)
			sharing->restart(sharing->context);
		break;
	case 10: case 11: case 12:
		page_lease(sharing, file, random_next(seed) % SHARING_PAGES, slot);
		break;
	case 13:
		assert_int_equal(ASK(sharing, FILE_RETURN, false, file, slot), 0);
		break;
	default:
		page_store(sharing, seed, slot);
	}
}

void sharing_run(struct sharing *sharing, unsigned seed, int steps)
{
	for (int i = 0; i < steps; i++) {
		const char *wrong;

		step_do(sharing, &seed);
		sharing_compare(sharing, i);
		wrong = sharing->check && i % CHECK_EVERY == 0 ? sharing->check(sharing->context) : NULL;
		if (wrong)
			fail_msg("after %d steps: %s", i, wrong);
	}
}
