/* SPDX-License-Identifier: MIT */
/*
 * Pages of open files (lib/file.h): those that the filesystem has leased to this program, to be read where they lie, and those that are shared with all who store into them.
 *
 * A page that is read a second time is leased; each page has its slot of the window, which others want too. When two fibers lease pages for one slot, the filesystem shows that of which it heard last; tokens tell.
 */
#include "lib/file_open.h"
#include "lib/leases.h"
#include "lib/string.h"

static uint32_t slot_for(uint64_t serial, uint64_t index)
{
	return (uint32_t)(serial * 29 + index) % LEASE_SLOTS;
}

static bool lease_holds(const struct file_session *session, uint32_t slot, uint32_t token)
{
	const struct session_page *page = (const struct session_page *)session->buffer;

	return __atomic_load_n(&page->leases[slot], __ATOMIC_SEQ_CST) == token;
}

/* Has a page shown in its slot of the window. False when it cannot be: then nothing is known of the slot. */
static bool lease_take(struct file_session *session, int number, uint64_t serial, uint64_t index)
{
	uint32_t slot = slot_for(serial, index);
	uint64_t words[8] = {0, (uint64_t)number, index, slot};
	int64_t bytes = file_call(session, FILE_LEASE, 4, words, false);
	bool given = bytes > 0 && bytes <= LEASE_PAGE;

	session->leased[slot] = given ? (struct leased){serial, index, (uint32_t)words[1], (uint32_t)bytes} : (struct leased){0};
	return given;
}

/* Copies bytes of one page out of the window. False when they are not all there, or the page was taken back meanwhile. */
static bool leased_copy(const struct file_session *session, uint64_t serial, uint64_t offset, void *buffer, size_t bytes)
{
	uint64_t index = offset / LEASE_PAGE, within = offset % LEASE_PAGE;
	uint32_t slot = slot_for(serial, index);
	const struct leased *leased = &session->leased[slot];

	if (leased->serial != serial || leased->index != index || !leased->token || within + bytes > leased->bytes || !lease_holds(session, slot, leased->token))
		return false;
	memcpy(buffer, session->window + slot * LEASE_PAGE + within, bytes);
	return lease_holds(session, slot, leased->token);
}

/* A page that is read a second time is leased. True when it is now. */
static bool lease_consider(struct file_session *session, int number, uint64_t serial, uint64_t index)
{
	uint32_t slot = slot_for(serial, index);
	struct leased *leased = &session->leased[slot];

	if (leased->serial != serial || leased->index != index) {
		*leased = (struct leased){.serial = serial, .index = index};
		return false;
	}
	if (leased->token && lease_holds(session, slot, leased->token))
		return false; /* what is wanted lies behind the end of the file */
	return lease_take(session, number, serial, index);
}

size_t leased_read(int number, const struct file *file, uint64_t offset, void *buffer, size_t bytes)
{
	size_t rest = LEASE_PAGE - offset % LEASE_PAGE, part = bytes < rest ? bytes : rest;
	struct file_session *session = file->session;
	uint64_t serial = file->serial;

	if (!session->window || !part)
		return 0;
	if (leased_copy(session, serial, offset, buffer, part))
		return part;
	if (bytes > rest || !lease_consider(session, number, serial, offset / LEASE_PAGE))
		return 0;
	return leased_copy(session, serial, offset, buffer, part) ? part : 0;
}

int file_page(int number, uint64_t index, struct file_page *page)
{
	const struct file *file = file_of(number);
	struct file_session *session = file ? file->session : NULL;
	uint32_t slot;

	if (!session || !session->window)
		return session ? -EOPNOTSUPP : -EBADF;
	slot = slot_for(file->serial, index);
	if (!lease_take(session, number, file->serial, index))
		return -ENODATA;
	page->bytes = session->window + slot * LEASE_PAGE;
	page->count = session->leased[slot].bytes;
	page->word = &((const struct session_page *)session->buffer)->leases[slot];
	page->token = session->leased[slot].token;
	return 0;
}

void *file_shared(int number, uint32_t slot)
{
	const struct file *file = file_of(number);

	return file && file->session->window && slot < LEASE_SLOTS ? (void *)(file->session->window + START_WINDOW_SHARED + slot * LEASE_PAGE) : NULL;
}

int64_t file_share(int number, uint64_t index, uint32_t slot, bool write)
{
	struct file *file = file_of(number);
	uint64_t words[8] = {0, (uint64_t)number, index, slot, write};

	if (file)
		parked_never(file); /* there is something to be done when it is closed */
	return file ? file_call(file->session, FILE_SHARE, 5, words, false) : -EBADF;
}

int file_unshare(int number, uint32_t slot)
{
	const struct file *file = file_of(number);
	uint64_t words[8] = {0, (uint64_t)number, slot};

	return file ? (int)file_call(file->session, FILE_UNSHARE, 3, words, false) : -EBADF;
}
