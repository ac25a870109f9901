/* SPDX-License-Identifier: MIT */
/* Segments of the bytes of a pipe (file/packets.h). Plain bytes that follow plain bytes are one segment. A packet takes a page of a pipe, so there are fewer segments than twice its pages. */
#include "file/packets.h"

#include "file/ring.h"
#include "lib/assert.h"

#define SEGMENTS (PAGE_SIZE / sizeof(struct segment))
_Static_assert(2 * RING_PAGES_MAX <= SEGMENTS, "all segments fit into the frame: plain bytes between packets take a page together");

static struct segment *segment_at(const struct packets *packets, uint32_t index)
{
	return (struct segment *)frame_bytes(packets->frame) + (packets->first + index) % SEGMENTS;
}

bool packets_provide(struct packets *packets)
{
	if (!packets->frame)
		packets->frame = frame_allocate(false);
	return packets->frame;
}

static void segment_add(struct packets *packets, uint64_t bytes, bool packet)
{
	struct segment *last = packets->count ? segment_at(packets, packets->count - 1) : NULL;

	if (last && !packet && !last->packet) {
		last->bytes += (uint32_t)bytes;
		return;
	}
	assert(packets->count < SEGMENTS);
	*segment_at(packets, packets->count++) = (struct segment){(uint32_t)bytes, packet};
	packets->packets += packet;
	packets->packet_bytes += packet ? bytes : 0;
}

void packets_put(struct packets *packets, uint64_t before, uint64_t bytes, bool packet)
{
	if (!packets->count && !packet)
		return; /* plain behind plain */
	if (!packets->count && before)
		segment_add(packets, before, false);
	segment_add(packets, bytes, packet);
}

struct segment packets_look(const struct packets *packets, uint64_t skip, uint64_t bytes)
{
	struct segment found = {.bytes = (uint32_t)bytes};

	for (uint32_t i = 0; i < packets->count; i++) {
		const struct segment *segment = segment_at(packets, i);

		if (skip < segment->bytes) {
			found.bytes = segment->bytes - skip < bytes ? (uint32_t)(segment->bytes - skip) : (uint32_t)bytes;
			found.packet = segment->packet;
			break;
		}
		skip -= segment->bytes;
	}
	return found;
}

void packets_drop(struct packets *packets, uint64_t bytes)
{
	while (bytes && packets->count) {
		struct segment *segment = segment_at(packets, 0);
		uint32_t part = segment->bytes < bytes ? segment->bytes : (uint32_t)bytes;

		segment->bytes -= part;
		bytes -= part;
		packets->packet_bytes -= segment->packet ? part : 0;
		if (segment->bytes)
			continue;
		packets->packets -= segment->packet;
		packets->first = (packets->first + 1) % SEGMENTS;
		packets->count--;
	}
}

void packets_clear(struct packets *packets)
{
	if (packets->frame)
		frame_release(packets->frame);
	*packets = (struct packets){0};
}
