/* SPDX-License-Identifier: MIT */
/* Copying to and from processes (mm/user.h). The page that is wanted is nearly always there: then its entry tells where. */
#include "mm/user.h"

#include "abi/errno.h"
#include "lib/string.h"

/* Whether the page at an address, which is below MEMORY_TOP, is there as it must be; its frame. */
static bool frame_is_there(struct memory *memory, uint64_t address, bool store, frame_t *frame)
{
	const uint64_t *word = radix_find(&memory->pages, address >> PAGE_BITS);

	if (!word || !(*word & (store ? ENTRY_WRITE : ENTRY_MAPPED)))
		return false;
	*frame = (frame_t)(*word >> PAGE_BITS);
	return true;
}

/* The frame behind an address. */
static int frame_find(struct memory *memory, uint64_t address, bool store, frame_t *frame)
{
	if (address >= MEMORY_TOP)
		return -EFAULT;
	if (frame_is_there(memory, address, store, frame))
		return 0;
	return memory_fault(memory, address, store ? AREA_WRITE : AREA_READ, frame) == FAULT_DONE ? 0 : -EFAULT;
}

unsigned char *user_bytes_bring(struct memory *memory, uint64_t address, bool store)
{
	frame_t frame;

	if (frame_find(memory, address, store, &frame) != 0)
		return NULL;
	return (unsigned char *)frame_bytes(frame) + address % PAGE_SIZE;
}

int user_reach(struct memory *memory, uint64_t address, size_t bytes, bool store)
{
	uint64_t end = address + bytes;
	frame_t frame;
	int came = 0;

	if (!user_range(address, bytes))
		return -EFAULT;
	for (address &= ~(PAGE_SIZE - 1); address < end; address += PAGE_SIZE) {
		if (frame_is_there(memory, address, store, &frame))
			continue;
		if (frame_find(memory, address, store, &frame) != 0)
			return -EFAULT;
		came = 1;
	}
	return came;
}

int user_read(struct memory *memory, void *to, uint64_t address, size_t bytes)
{
	unsigned char *at = to;

	while (bytes) {
		size_t count;
		const unsigned char *from = user_bytes(memory, address, bytes, false, &count);

		if (!from)
			return -EFAULT;
		memcpy(at, from, count);
		at += count;
		address += count;
		bytes -= count;
	}
	return 0;
}

int user_write(struct memory *memory, uint64_t address, const void *from, size_t bytes)
{
	const unsigned char *at = from;

	while (bytes) {
		size_t count;
		unsigned char *to = user_bytes(memory, address, bytes, true, &count);

		if (!to)
			return -EFAULT;
		memcpy(to, at, count);
		at += count;
		address += count;
		bytes -= count;
	}
	return 0;
}

/* As many bytes as lie in one page, moved either way. How many, or -EFAULT. */
static int64_t force_move(struct memory *memory, uint64_t address, unsigned char *bytes, size_t count, bool store)
{
	size_t in_page = PAGE_SIZE - address % PAGE_SIZE, part = count < in_page ? count : in_page;
	unsigned char *there;
	frame_t frame;

	if (address >= MEMORY_TOP || (!frame_is_there(memory, address, store, &frame) && memory_force(memory, address, store, &frame) != FAULT_DONE))
		return -EFAULT;
	there = (unsigned char *)frame_bytes(frame) + address % PAGE_SIZE;
	if (store)
		memcpy(there, bytes, part);
	else
		memcpy(bytes, there, part);
	return (int64_t)part;
}

static int force_all(struct memory *memory, uint64_t address, unsigned char *bytes, size_t count, bool store)
{
	for (size_t done = 0; done < count;) {
		int64_t moved = force_move(memory, address + done, bytes + done, count - done, store);

		if (moved < 0)
			return (int)moved;
		done += (size_t)moved;
	}
	return 0;
}

int user_force_read(struct memory *memory, void *to, uint64_t address, size_t bytes)
{
	return force_all(memory, address, to, bytes, false);
}

int user_force_write(struct memory *memory, uint64_t address, const void *from, size_t bytes)
{
	return force_all(memory, address, (unsigned char *)from, bytes, true); /* which is read only then */
}

int user_clear(struct memory *memory, uint64_t address, size_t bytes)
{
	while (bytes) {
		size_t count;
		unsigned char *to = user_bytes(memory, address, bytes, true, &count);

		if (!to)
			return -EFAULT;
		memset(to, 0, count);
		address += count;
		bytes -= count;
	}
	return 0;
}

int user_read_grown(struct memory *memory, void *to, size_t known, uint64_t address, uint64_t bytes)
{
	unsigned char byte;

	if (bytes > PAGE_SIZE)
		return -E2BIG;
	memset(to, 0, known);
	for (uint64_t i = known; i < bytes; i++) {
		if (user_get(memory, &byte, address + i) != 0)
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	return user_read(memory, to, address, bytes < known ? bytes : known);
}

/* Each byte is looked at once: other threads may change it. */
int64_t user_text(struct memory *memory, char *to, uint64_t address, size_t size)
{
	size_t count;

	for (size_t done = 0; done < size; done += count) {
		const volatile char *from = (const char *)user_bytes(memory, address + done, size - done, false, &count);

		if (!from)
			return -EFAULT;
		for (size_t i = 0; i < count; i++)
			if (!(to[done + i] = from[i]))
				return (int64_t)(done + i);
	}
	return -ENAMETOOLONG;
}

int user_page_begin(struct memory *memory, uint64_t address, size_t bytes, bool store, struct user_page *page)
{
	page->bytes = user_bytes(memory, address, bytes, store, &page->count);
	if (!page->bytes)
		return -EFAULT;
	page->frame = frame_of(page->bytes);
	frame_hold(page->frame);
	return 0;
}

void user_page_end(const struct user_page *page)
{
	frame_release(page->frame);
}
