/* SPDX-License-Identifier: MIT */
/*
 * The link to kozo-run over the virtio console (shim/linux-abi/run/run.h): bytes between the driver's rings and lib/run_link.h, frames to whom they are for. The driver may be restarted at any time; what is lost then is sent again by the timer. When the device is gone for good,
 * the host is: standard input ends, and there is nobody who reads.
 */
#include "abi/protocols/serial.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/ring.h"
#include "lib/service.h"
#include "lib/string.h"
#include "run/run.h"

#define DRIVER "virtio-console"
#define START_MOST 196608 /* the credit of the START stream */
#define PIECE_BYTES 512

static struct run_link host;
static bool attached, gone;
static const char *device_buffer;
static struct ring output, input;
static struct timer again;
static char start[START_MOST];
static size_t start_bytes;
static uint64_t input_allowed;
static bool credit_due;

/* Fibers that wait for room for a frame, or for the end of another one's line of --trace. Each lies on the stack of its fiber. */
struct turn {
	struct fiber *fiber;
	struct turn *next;
};
static struct turn *turns;
static bool line_under_way;

static size_t device_send(void *context, const void *bytes, size_t count)
{
	(void)context;
	return ring_push_bytes(&output, bytes, count);
}

static void data_take(enum run_stream stream, const void *bytes, size_t count)
{
	if (stream == RUN_STREAM_INPUT) {
		run_stream_input(bytes, count);
	} else if (stream == RUN_STREAM_START && count <= sizeof(start) - start_bytes) {
		memcpy(start + start_bytes, bytes, count);
		start_bytes += count;
	}
}

static void end_take(enum run_stream stream)
{
	if (stream == RUN_STREAM_INPUT)
		run_stream_input(NULL, 0);
	else if (stream == RUN_STREAM_START)
		run_program_start(start, start_bytes);
}

static void event(void *context, enum run_kind kind, enum run_stream stream, const void *bytes, size_t count)
{
	uint16_t size[2];
	uint32_t number;

	(void)context;
	if (kind == RUN_DATA) {
		data_take(stream, bytes, count);
	} else if (kind == RUN_END) {
		end_take(stream);
	} else if (kind == RUN_SIGNAL && count == sizeof(number)) {
		memcpy(&number, bytes, count);
		run_program_signal(number);
	} else if (kind == RUN_WINDOW && count == sizeof(size)) {
		memcpy(size, bytes, count);
		run_window(size[0], size[1]);
	}
}

void run_send(void)
{
	uint64_t next;

	if (gone)
		return;
	if (credit_due && run_link_credit(&host, RUN_STREAM_INPUT, input_allowed))
		credit_due = false;
	next = run_link_work(&host, clock_now());
	if (next == NEVER)
		timer_stop(&again);
	else
		timer_start(&again, next);
	service_signal(start_signal(DRIVER));
}

static void again_expired(struct timer *timer)
{
	(void)timer;
	run_send();
}

/* What the driver has received. */
static void input_pull(void)
{
	unsigned char piece[PIECE_BYTES];
	size_t count;

	do {
		count = ring_pop_bytes(&input, piece, sizeof(piece));
		run_link_take(&host, piece, count, clock_now());
	} while (count == sizeof(piece));
}

static void turns_wake(void)
{
	for (struct turn *turn = turns; turn; turn = turn->next)
		fiber_wake(turn->fiber);
}

bool run_is_gone(void)
{
	return gone;
}

/* The console has gone, and the host with it. */
static void host_leave(void)
{
	log_print("the console is gone: the program goes on without standard input, output and error\n");
	gone = true;
	attached = false;
	timer_stop(&again);
	run_stream_input(NULL, 0);
	run_stream_told();
	turns_wake();
}

void run_signalled(void)
{
	if (!attached)
		return;
	input_pull();
	if (serial_is_gone(device_buffer)) {
		host_leave();
		return;
	}
	turns_wake();
	run_stream_told();
	run_send();
}

bool run_start(void)
{
	static const struct run_link_operations operations = {.send = device_send, .event = event};
	const struct start_grant *buffer = start_buffer_of(DRIVER);
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	if (!buffer || service_call(start_session(DRIVER), SERIAL_ATTACH, 0, data) != OK || data[0])
		return false;
	device_buffer = (const char *)buffer->address;
	ring_open(&output, (char *)buffer->address + SERIAL_OUTPUT_OFFSET, SERIAL_RING_BYTES, 1);
	ring_open(&input, (char *)buffer->address + SERIAL_INPUT_OFFSET, SERIAL_RING_BYTES, 1);
	again.expired = again_expired;
	attached = true;
	run_link_open(&host, &operations, NULL, clock_now() ^ start_page->instance << 48, clock_now());
	run_send();
	return true;
}

size_t run_write(enum run_stream stream, const void *bytes, size_t count)
{
	return run_link_write(&host, stream, bytes, count);
}

size_t run_room(enum run_stream stream)
{
	return run_link_room(&host, stream);
}

void run_input_allow(uint64_t bytes)
{
	input_allowed += bytes;
	credit_due = true;
}

/* Waits in the fiber until something has come from the host, or a line has ended. */
static void turn_await(void)
{
	struct turn self = {fiber_self(), turns}, **place = &turns;

	turns = &self;
	fiber_wait();
	while (*place != &self)
		place = &(*place)->next;
	*place = self.next;
}

void run_put(enum run_kind kind, const void *bytes, size_t count)
{
	while (!gone && !run_link_put(&host, kind, bytes, count))
		turn_await();
	run_send();
}

/* One line after the other: a line may go in several pieces, between which its fiber waits. */
void run_trace(const char *line, size_t bytes)
{
	size_t done = 0;

	while (line_under_way)
		turn_await();
	line_under_way = true;
	while (attached && (done += run_link_write(&host, RUN_STREAM_TRACE, line + done, bytes - done)) < bytes)
		turn_await();
	line_under_way = false;
	if (attached)
		run_send();
	turns_wake();
}
