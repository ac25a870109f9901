/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of the link between kozo-run and the guest: two ends of lib/run_link.c with a line between them that loses, repeats, changes and invents bytes. What one end hands over must come out of the other one once and in order.
 *
 * Time is the test's: it goes on by a millisecond a step.
 */
#include "tests/host/harness/suite.h"

#include <string.h>
#include <zlib.h>

#include "lib/crc32.h"
#include "lib/run_link.h"

#define STEP_NS 1000000ull
#define LINE_BYTES 2048
#define STREAM_BYTES 100000
#define STEPS_MOST 2000000

/* Bytes under way to an end. */
struct line {
	unsigned char bytes[LINE_BYTES];
	size_t count;
};

struct end {
	struct run_link link;
	struct line *out;
	unsigned char got[RUN_STREAMS][STREAM_BYTES];
	size_t got_bytes[RUN_STREAMS], given[RUN_STREAMS];
	unsigned hellos, ends, exits, windows;
	uint32_t status;
};

static struct end ends[2];
static struct line lines[2];
static unsigned char contents[STREAM_BYTES];

static size_t line_send(void *context, const void *bytes, size_t count)
{
	struct line *line = ((struct end *)context)->out;
	size_t room = sizeof(line->bytes) - line->count, part = count < room ? count : room;

	memcpy(line->bytes + line->count, bytes, part);
	line->count += part;
	return part;
}

static void event(void *context, enum run_kind kind, enum run_stream stream, const void *bytes, size_t count)
{
	struct end *end = context;

	if (kind == RUN_DATA) {
		assert_true(end->got_bytes[stream] + count <= STREAM_BYTES);
		memcpy(end->got[stream] + end->got_bytes[stream], bytes, count);
		end->got_bytes[stream] += count;
	} else if (kind == RUN_EXIT) {
		assert_int_equal(count, sizeof(end->status));
		memcpy(&end->status, bytes, count);
		end->exits++;
	} else {
		end->hellos += kind == RUN_HELLO;
		end->ends += kind == RUN_END;
		end->windows += kind == RUN_WINDOW;
	}
}

static const struct run_link_operations operations = {.send = line_send, .event = event};

static void begin(void)
{
	memset(ends, 0, sizeof(ends));
	memset(lines, 0, sizeof(lines));
	for (int i = 0; i < 2; i++) {
		ends[i].out = &lines[1 - i];
		run_link_open(&ends[i].link, &operations, &ends[i], 1, 0);
	}
	for (size_t i = 0; i < sizeof(contents); i++)
		contents[i] = (unsigned char)rand();
	memcpy(contents + 5000, &(uint32_t){RUN_MAGIC}, 4); /* what looks like a frame is contents as well */
}

/* What a driver that ends, or worse, does to the bytes under way. */
static void line_harm(struct line *line)
{
	size_t at = (size_t)rand() % (line->count + 1), count = (size_t)rand() % (line->count - at + 1);

	switch (rand() % 4) {
	case 0: /* lost */
		memmove(line->bytes + at, line->bytes + at + count, line->count - at - count);
		line->count -= count;
		break;
	case 1: /* repeated */
		count = count < sizeof(line->bytes) - line->count ? count : sizeof(line->bytes) - line->count;
		memmove(line->bytes + at + count, line->bytes + at, line->count - at);
		line->count += count;
		break;
	case 2: /* changed */
		for (size_t i = at; i < at + count; i++)
			line->bytes[i] = (unsigned char)rand();
		break;
	default:
		if (at < line->count)
			line->bytes[at] ^= (unsigned char)(1u << rand() % 8);
	}
}

/* Some of the bytes under way arrive, in two pieces. */
static void line_deliver(struct line *line, struct run_link *link, uint64_t now)
{
	size_t count = (size_t)rand() % (line->count + 1), part = (size_t)rand() % (count + 1);

	run_link_take(link, line->bytes, part, now);
	run_link_take(link, line->bytes + part, count - part, now);
	memmove(line->bytes, line->bytes + count, line->count - count);
	line->count -= count;
}

/* Hands over more of a stream, and its end. */
static void stream_give(struct end *end, enum run_stream stream)
{
	size_t left = STREAM_BYTES - end->given[stream];

	if (left) {
		end->given[stream] += run_link_write(&end->link, stream, contents + end->given[stream], left < 3000 ? left : (size_t)rand() % 3000);
		if (end->given[stream] == STREAM_BYTES)
			assert_true(run_link_room(&end->link, stream) <= RUN_PAYLOAD_MOST);
	}
}

/* Lets the peer send as much as came and a little more. */
static void credit_give(struct end *end, enum run_stream stream)
{
	if (rand() % 8 == 0)
		(void)run_link_credit(&end->link, stream, end->got_bytes[stream] + (size_t)rand() % 4000);
}

static bool all_there(const struct end *end, enum run_stream stream)
{
	return end->got_bytes[stream] == STREAM_BYTES;
}

/* Output and error one way, input the other way; harm: how often in a thousand steps. Returns the steps. */
static unsigned exchange(int harm)
{
	struct end *guest = &ends[0], *host = &ends[1];
	unsigned step = 0;

	for (; !(all_there(host, RUN_STREAM_OUTPUT) && all_there(host, RUN_STREAM_ERROR) && all_there(guest, RUN_STREAM_INPUT)); step++) {
		assert_true(step < STEPS_MOST);
		stream_give(guest, RUN_STREAM_OUTPUT);
		stream_give(guest, RUN_STREAM_ERROR);
		stream_give(host, RUN_STREAM_INPUT);
		credit_give(guest, RUN_STREAM_INPUT);
		credit_give(host, RUN_STREAM_OUTPUT);
		credit_give(host, RUN_STREAM_ERROR);
		for (int i = 0; i < 2; i++) {
			(void)run_link_work(&ends[i].link, step * STEP_NS);
			if (rand() % 1000 < harm)
				line_harm(&lines[i]);
			line_deliver(&lines[i], &ends[i].link, step * STEP_NS);
		}
	}
	return step;
}

static void contents_same(void)
{
	assert_memory_equal(ends[1].got[RUN_STREAM_OUTPUT], contents, STREAM_BYTES);
	assert_memory_equal(ends[1].got[RUN_STREAM_ERROR], contents, STREAM_BYTES);
	assert_memory_equal(ends[0].got[RUN_STREAM_INPUT], contents, STREAM_BYTES);
	assert_int_equal(ends[0].hellos, 1);
	assert_int_equal(ends[1].hellos, 1);
}

static void streams_test(void **state)
{
	(void)state;
	srand(1);
	begin();
	(void)exchange(0);
	contents_same();
}

static void harm_test(void **state)
{
	(void)state;
	for (unsigned seed = 2; seed < 12; seed++) {
		srand(seed);
		begin();
		(void)exchange(20);
		contents_same();
	}
}

/* Steps on a line that is sound until all is acknowledged. */
static void settle(uint64_t *now)
{
	for (int step = 0; !(run_link_idle(&ends[0].link) && run_link_idle(&ends[1].link)); step++, *now += STEP_NS) {
		assert_true(step < 100000);
		for (int i = 0; i < 2; i++) {
			(void)run_link_work(&ends[i].link, *now);
			line_deliver(&lines[i], &ends[i].link, *now);
		}
	}
}

/* Frames without a stream come once, each, though every one of them is lost at first. */
static void control_test(void **state)
{
	uint64_t now = 0;
	uint32_t status = 0x1234;

	(void)state;
	srand(3);
	begin();
	assert_true(run_link_put(&ends[0].link, RUN_EXIT, &status, sizeof(status)));
	assert_true(run_link_end(&ends[0].link, RUN_STREAM_OUTPUT));
	assert_true(run_link_put(&ends[1].link, RUN_WINDOW, "\0\0\0", 4));
	for (int i = 0; i < 2; i++)
		assert_true(run_link_work(&ends[i].link, now) != UINT64_MAX);
	lines[0].count = lines[1].count = 0;
	settle(&now);
	assert_int_equal(ends[1].exits, 1);
	assert_int_equal(ends[1].status, status);
	assert_int_equal(ends[1].ends, 1);
	assert_int_equal(ends[0].windows, 1);
	assert_true(run_link_work(&ends[0].link, now) == UINT64_MAX);
}

/* Who does not answer is asked less and less often. */
static void patience_test(void **state)
{
	uint64_t now = 0, next = 0, before = 0;

	(void)state;
	begin();
	for (int i = 0; i < 12; i++) {
		lines[1].count = 0;
		next = run_link_work(&ends[0].link, now);
		assert_true(next > now && next != UINT64_MAX);
		assert_true(lines[1].count > 0);
		assert_true(next - now >= before);
		before = next - now;
		now = next;
	}
	assert_int_equal(before, 5000000000ull);
}

/* Without credit nothing is taken, and what one stream may not send does not hold up the other. */
static void credit_test(void **state)
{
	(void)state;
	begin();
	assert_int_equal(run_link_write(&ends[0].link, RUN_STREAM_INPUT, contents, 100), 0);
	ends[0].link.allowed[RUN_STREAM_OUTPUT] = 50;
	assert_int_equal(run_link_write(&ends[0].link, RUN_STREAM_OUTPUT, contents, 100), 50);
	assert_int_equal(run_link_room(&ends[0].link, RUN_STREAM_OUTPUT), 0);
	assert_int_equal(run_link_write(&ends[0].link, RUN_STREAM_ERROR, contents, 100), 100);
}

/* The window is a bound: what has no room is refused whole, and nothing that waits is overwritten. */
static void window_test(void **state)
{
	uint64_t now = 0;
	size_t taken;

	(void)state;
	srand(4);
	begin();
	ends[0].link.allowed[RUN_STREAM_OUTPUT] = STREAM_BYTES;
	taken = run_link_write(&ends[0].link, RUN_STREAM_OUTPUT, contents, STREAM_BYTES);
	assert_true(taken > RUN_WINDOW_TO_HOST - 2 * RUN_FRAME_MOST && taken < RUN_WINDOW_TO_HOST);
	assert_false(run_link_put(&ends[0].link, RUN_FAILED, contents, RUN_PAYLOAD_MOST));
	assert_false(run_link_put(&ends[0].link, RUN_FAILED, contents, RUN_PAYLOAD_MOST + 1));
	settle(&now);
	assert_int_equal(ends[1].got_bytes[RUN_STREAM_OUTPUT], taken);
	assert_memory_equal(ends[1].got[RUN_STREAM_OUTPUT], contents, taken);
}

/* An acknowledgement of what was never sent is nonsense. */
static void nonsense_test(void **state)
{
	unsigned char frame[sizeof(struct run_frame)];
	struct run_frame lie = {.magic = RUN_MAGIC, .number = 1000, .kind = RUN_ACKNOWLEDGE};

	(void)state;
	begin();
	(void)run_link_work(&ends[0].link, 0);
	lie.check = crc32_add(0, (unsigned char *)&lie + 8, sizeof(lie) - 8);
	memcpy(frame, &lie, sizeof(frame));
	run_link_take(&ends[0].link, frame, sizeof(frame), 0);
	assert_int_equal(ends[0].link.acknowledged, 0);
	lie.number = 1;
	lie.check = crc32_add(0, (unsigned char *)&lie + 8, sizeof(lie) - 8);
	memcpy(frame, &lie, sizeof(frame));
	run_link_take(&ends[0].link, frame, sizeof(frame), 0);
	assert_true(run_link_idle(&ends[0].link));
}

static void crc32_test(void **state)
{
	(void)state;
	begin();
	for (size_t size = 0; size < 300; size++) {
		assert_int_equal(crc32_add(0, contents, size), crc32(0, contents, (unsigned)size));
		assert_int_equal(crc32_add(crc32_add(0, contents, size / 3), contents + size / 3, size - size / 3), crc32(0, contents, (unsigned)size));
	}
}

static const struct suite_test tests[] = {
	{cmocka_unit_test(streams_test), "three streams come out as they went in, paced by their credit"},
	{cmocka_unit_test(harm_test), "the same on a line that loses, repeats and changes bytes"},
	{cmocka_unit_test(control_test), "control frames that are all lost at first come once"},
	{cmocka_unit_test(patience_test), "who does not answer is asked less and less often"},
	{cmocka_unit_test(credit_test), "a stream without credit takes nothing and holds up no other"},
	{cmocka_unit_test(window_test), "what has no room is refused, and what waits is kept"},
	{cmocka_unit_test(nonsense_test), "an acknowledgement of what was never sent changes nothing"},
	{cmocka_unit_test(crc32_test), "the checksum is zlib's"},
};

int main(void)
{
	return suite_run("run-link", tests, sizeof(tests) / sizeof(tests[0]));
}
