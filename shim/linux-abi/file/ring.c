/* SPDX-License-Identifier: MIT */
/* Rings of bytes in frames, as pipes and others have them (file/ring.h). */
#include "file/ring.h"

#include "lib/string.h"

/* Where the byte of a number is, or would be: its frame's place. */
static uint32_t page_of(const struct byte_ring *ring, uint64_t number)
{
	return (uint32_t)(number >> PAGE_BITS) & (ring->pages - 1);
}

static uint64_t part(uint64_t number, uint64_t bytes)
{
	uint64_t in_page = PAGE_SIZE - number % PAGE_SIZE;

	return bytes < in_page ? bytes : in_page;
}

uint64_t ring_put(struct byte_ring *ring, const void *from, uint64_t bytes)
{
	uint64_t room = ring_room(ring), wanted = bytes < room ? bytes : room, done = 0;

	while (done < wanted) {
		frame_t *frame = &ring->frames[page_of(ring, ring->put)];
		uint64_t count = part(ring->put, wanted - done);

		if (!*frame && !(*frame = frame_allocate(false)))
			break;
		memcpy((unsigned char *)frame_bytes(*frame) + ring->put % PAGE_SIZE, (const unsigned char *)from + done, count);
		ring->put += count;
		done += count;
	}
	return done;
}

uint64_t ring_look(const struct byte_ring *ring, uint64_t skip, void *to, uint64_t bytes)
{
	uint64_t there = ring_count(ring) > skip ? ring_count(ring) - skip : 0, wanted = bytes < there ? bytes : there, done = 0;

	while (done < wanted) {
		uint64_t number = ring->taken + skip + done, count = part(number, wanted - done);

		memcpy((unsigned char *)to + done, (const unsigned char *)frame_bytes(ring->frames[page_of(ring, number)]) + number % PAGE_SIZE, count);
		done += count;
	}
	return done;
}

/* Frames that have been emptied are given back. When all is empty, the next byte goes to the beginning of the page that is left. */
void ring_drop(struct byte_ring *ring, uint64_t bytes)
{
	uint64_t page = ring->taken >> PAGE_BITS, last = (ring->put - 1) >> PAGE_BITS, stop;

	if (!bytes)
		return;
	ring->taken += bytes;
	stop = ring_count(ring) ? ring->taken >> PAGE_BITS : last;
	for (; page < stop; page++) {
		frame_t *frame = &ring->frames[page & (ring->pages - 1)];

		if (last - page == ring->pages)
			continue; /* a full ring that does not begin at a page's border has its end in the same frame */
		frame_release(*frame);
		*frame = 0;
	}
	if (!ring_count(ring))
		ring->taken = ring->put = last << PAGE_BITS;
}

bool ring_resize(struct byte_ring *ring, uint32_t pages)
{
	struct byte_ring other = {.pages = pages};
	uint64_t number = ring->taken;

	while (number < ring->put) {
		const unsigned char *page = frame_bytes(ring->frames[page_of(ring, number)]);
		uint64_t count = part(number, ring->put - number);

		if (ring_put(&other, page + number % PAGE_SIZE, count) < count) {
			ring_clear(&other);
			return false;
		}
		number += count;
	}
	ring_clear(ring);
	*ring = other;
	return true;
}

void ring_clear(struct byte_ring *ring)
{
	for (uint32_t i = 0; i < ring->pages; i++)
		if (ring->frames[i])
			frame_release(ring->frames[i]);
	memset(ring->frames, 0, sizeof(ring->frames));
	ring->taken = ring->put = 0;
}
