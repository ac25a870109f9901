/* SPDX-License-Identifier: MIT */
/*
 * The link to tools/kozo-run (lib/run_link.h). A frame that is on its way is copied out first: so it is sent to its end, and one that must be sent again never cuts it short. Whatever arrives is believed only with its check; behind bytes that
 * make no frame the next magic number is looked for.
 */
#include "lib/run_link.h"

#include "lib/crc32.h"
#include "lib/string.h"

#define PATIENCE_FIRST 100000000ull /* ns until frames are sent again; doubled each time, up to: */
#define PATIENCE_LONGEST 5000000000ull
#define CHECKED_FROM offsetof(struct run_frame, number)

static const uint64_t credit_first[RUN_STREAMS] = {
#define RUN_NUMBER(name, value, sentence)
#define RUN_KIND(name, number, sentence)
#define RUN_STREAM(name, number, credit, sentence) [number] = (credit),
#define RUN_KEY(name, key, sentence)
#include "abi/protocols/run.def"
};

/* Writes a frame to `to`, which has room for RUN_FRAME_MOST bytes; returns its size. */
static size_t frame_make(unsigned char *to, enum run_kind kind, uint8_t stream, uint32_t number, const void *bytes, size_t count)
{
	struct run_frame frame = {.magic = RUN_MAGIC, .number = number, .bytes = (uint16_t)count, .kind = (uint8_t)kind, .stream = stream};

	memcpy(to, &frame, sizeof(frame));
	if (count)
		memcpy(to + sizeof(frame), bytes, count);
	frame.check = crc32_add(0, to + CHECKED_FROM, sizeof(frame) + count - CHECKED_FROM);
	memcpy(to, &frame, sizeof(frame));
	return sizeof(frame) + count;
}

static void pending_put(struct run_link *link, const unsigned char *bytes, size_t count)
{
	size_t at = link->end % sizeof(link->pending), whole = sizeof(link->pending) - at < count ? sizeof(link->pending) - at : count;

	memcpy(link->pending + at, bytes, whole);
	memcpy(link->pending, bytes + whole, count - whole);
	link->end += count;
}

static void pending_get(const struct run_link *link, uint64_t position, void *bytes, size_t count)
{
	size_t at = position % sizeof(link->pending), whole = sizeof(link->pending) - at < count ? sizeof(link->pending) - at : count;

	memcpy(bytes, link->pending + at, whole);
	memcpy((unsigned char *)bytes + whole, link->pending, count - whole);
}

/* The size of the frame at a position. */
static size_t pending_size(const struct run_link *link, uint64_t position)
{
	struct run_frame frame;

	pending_get(link, position, &frame, sizeof(frame));
	return sizeof(frame) + frame.bytes;
}

/* Bytes of payload for which there is room in one more frame. */
static size_t payload_room(const struct run_link *link)
{
	size_t room = sizeof(link->pending) - (size_t)(link->end - link->acknowledged);

	if (room < sizeof(struct run_frame))
		return 0;
	room -= sizeof(struct run_frame);
	return room < RUN_PAYLOAD_MOST ? room : RUN_PAYLOAD_MOST;
}

static bool frame_put(struct run_link *link, enum run_kind kind, uint8_t stream, const void *bytes, size_t count)
{
	unsigned char frame[RUN_FRAME_MOST];

	if (count > RUN_PAYLOAD_MOST || sizeof(struct run_frame) + count > sizeof(link->pending) - (link->end - link->acknowledged))
		return false;
	pending_put(link, frame, frame_make(frame, kind, stream, link->next++, bytes, count));
	return true;
}

void run_link_open(struct run_link *link, const struct run_link_operations *operations, void *context, uint64_t instance, uint64_t now)
{
	const struct {
		uint32_t version, zero;
		uint64_t instance;
	} hello = {RUN_VERSION, 0, instance};

	memset(link, 0, sizeof(*link));
	link->operations = operations;
	link->context = context;
	link->patience = PATIENCE_FIRST;
	link->resend_time = now + link->patience;
	memcpy(link->allowed, credit_first, sizeof(link->allowed));
	(void)frame_put(link, RUN_HELLO, 0, &hello, sizeof(hello)); /* nothing is pending yet */
}

size_t run_link_room(const struct run_link *link, enum run_stream stream)
{
	uint64_t credit = link->allowed[stream] - link->written[stream];
	size_t room = payload_room(link);

	return credit < room ? (size_t)credit : room;
}

size_t run_link_write(struct run_link *link, enum run_stream stream, const void *bytes, size_t count)
{
	size_t done = 0;

	while (done < count) {
		size_t room = run_link_room(link, stream), part = count - done < room ? count - done : room;

		if (!part || !frame_put(link, RUN_DATA, (uint8_t)stream, (const unsigned char *)bytes + done, part))
			break;
		link->written[stream] += part;
		done += part;
	}
	return done;
}

bool run_link_end(struct run_link *link, enum run_stream stream)
{
	return frame_put(link, RUN_END, (uint8_t)stream, NULL, 0);
}

bool run_link_credit(struct run_link *link, enum run_stream stream, uint64_t bytes)
{
	return frame_put(link, RUN_CREDIT, (uint8_t)stream, &bytes, sizeof(bytes));
}

bool run_link_put(struct run_link *link, enum run_kind kind, const void *bytes, size_t count)
{
	return frame_put(link, kind, 0, bytes, count);
}

/* All frames before `number` have arrived. Nonsense, and what is long known, changes nothing. */
static void acknowledged_take(struct run_link *link, uint32_t number, uint64_t now)
{
	if (number - link->first > link->next - link->first || number == link->first)
		return;
	while (link->first != number) {
		link->acknowledged += pending_size(link, link->acknowledged);
		link->first++;
	}
	if (link->sent < link->acknowledged)
		link->sent = link->acknowledged;
	link->patience = PATIENCE_FIRST;
	link->resend_time = now + link->patience;
}

static void credit_take(struct run_link *link, uint8_t stream, const void *bytes, size_t count)
{
	uint64_t allowed;

	if (count != sizeof(allowed))
		return;
	memcpy(&allowed, bytes, sizeof(allowed));
	if (allowed > link->allowed[stream])
		link->allowed[stream] = allowed;
}

/* A whole frame with the right check. */
static void frame_take(struct run_link *link, const struct run_frame *frame, const void *bytes, uint64_t now)
{
	if (frame->kind == RUN_ACKNOWLEDGE) {
		acknowledged_take(link, frame->number, now);
		return;
	}
	link->acknowledge = true;
	if (frame->number != link->expected)
		return;
	link->expected++;
	if (frame->stream >= RUN_STREAMS)
		return;
	if (frame->kind == RUN_CREDIT)
		credit_take(link, frame->stream, bytes, frame->bytes);
	else
		link->operations->event(link->context, frame->kind, frame->stream, bytes, frame->bytes);
}

static void received_drop(struct run_link *link, size_t count)
{
	link->received_bytes -= count;
	memmove(link->received, link->received + count, link->received_bytes);
}

/* Drops what cannot be the beginning of a frame: at least one byte. */
static void received_search(struct run_link *link)
{
	const uint32_t magic = RUN_MAGIC;
	size_t at = 1;

	while (at < link->received_bytes && memcmp(link->received + at, &magic, link->received_bytes - at < sizeof(magic) ? link->received_bytes - at : sizeof(magic)) != 0)
		at++;
	received_drop(link, at);
}

/* Takes the frame at the beginning of what was received, or drops what is none. False when more bytes are needed. */
static bool received_take(struct run_link *link, uint64_t now)
{
	struct run_frame frame;

	if (link->received_bytes < sizeof(frame))
		return false;
	memcpy(&frame, link->received, sizeof(frame));
	if (frame.magic != RUN_MAGIC || frame.bytes > RUN_PAYLOAD_MOST) {
		received_search(link);
		return true;
	}
	if (link->received_bytes < sizeof(frame) + frame.bytes)
		return false;
	if (frame.check != crc32_add(0, link->received + CHECKED_FROM, sizeof(frame) + frame.bytes - CHECKED_FROM)) {
		received_search(link);
		return true;
	}
	frame_take(link, &frame, link->received + sizeof(frame), now);
	received_drop(link, sizeof(frame) + frame.bytes);
	return true;
}

void run_link_take(struct run_link *link, const void *bytes, size_t count, uint64_t now)
{
	while (count) {
		size_t room = sizeof(link->received) - link->received_bytes, part = count < room ? count : room;

		memcpy(link->received + link->received_bytes, bytes, part);
		link->received_bytes += part;
		bytes = (const unsigned char *)bytes + part;
		count -= part;
		while (received_take(link, now))
			;
	}
}

/* Puts the next frame into the line: an acknowledgement, else what is pending. False when there is none. */
static bool line_fill(struct run_link *link, uint64_t now)
{
	if (link->acknowledge) {
		link->line_bytes = frame_make(link->line, RUN_ACKNOWLEDGE, 0, link->expected, NULL, 0);
		link->acknowledge = false;
	} else if (link->sent < link->end) {
		if (link->sent == link->acknowledged)
			link->resend_time = now + link->patience;
		link->line_bytes = pending_size(link, link->sent);
		pending_get(link, link->sent, link->line, link->line_bytes);
		link->sent += link->line_bytes;
	} else {
		return false;
	}
	link->line_sent = 0;
	return true;
}

uint64_t run_link_work(struct run_link *link, uint64_t now)
{
	if (link->sent > link->acknowledged && now >= link->resend_time) {
		link->sent = link->acknowledged;
		link->patience = link->patience * 2 < PATIENCE_LONGEST ? link->patience * 2 : PATIENCE_LONGEST;
	}
	while (link->line_sent < link->line_bytes || line_fill(link, now)) {
		link->line_sent += link->operations->send(link->context, link->line + link->line_sent, link->line_bytes - link->line_sent);
		if (link->line_sent < link->line_bytes)
			break;
	}
	return link->sent > link->acknowledged ? link->resend_time : UINT64_MAX;
}
