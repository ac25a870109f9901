/* SPDX-License-Identifier: MIT */
/*
 * Standard input, output and error of a program that kozo-run has started (shim/linux-abi/run/run.h). What is no terminal on the host is like the end of a pipe here: bytes go as they are, readers wait, writers wait for who reads on the host.
 * What is a terminal there is one terminal here, whose keys are the bytes of standard input.
 */
#include "file/blocking.h"
#include "file/description.h"
#include "file/descriptors.h"
#include "file/device.h"
#include "lib/string.h"
#include "file/limits.h"
#include "run/run.h"
#include "terminal/terminal.h"

#define INPUT_MOST 65536
#define PIECE_BYTES 1024
#define TERMINAL_MAJOR 4
#define TERMINAL_MINOR 65 /* ttyS1 */
#define EVENTS_READ (LINUX_POLLIN | LINUX_POLLRDNORM)
#define EVENTS_WRITE (LINUX_POLLOUT | LINUX_POLLWRNORM)

static struct terminal terminal;
static bool input_is_terminal;

/* Standard input: what has come and was not read. A ring; the host never sends more than there is room for. */
static unsigned char typed[INPUT_MOST];
static uint64_t typed_end, typed_taken;
static bool ended;
static struct wait_queue readable, writable;

static size_t typed_get(unsigned char *bytes, size_t most)
{
	size_t count = 0;

	while (count < most && typed_taken + count < typed_end) {
		bytes[count] = typed[(typed_taken + count) % INPUT_MOST];
		count++;
	}
	return count;
}

static void typed_drop(size_t count)
{
	typed_taken += count;
	run_input_allow(count);
	run_send();
}

static int64_t input_read(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	unsigned char piece[PIECE_BYTES];
	int64_t done = 0;

	(void)offset;
	while (typed_taken == typed_end && !ended && transfer->left) {
		int error = description->flags & LINUX_O_NONBLOCK ? -EAGAIN : queue_wait(&readable, task, EVENTS_READ, NEVER);

		if (error)
			return error;
	}
	while (transfer->left && typed_taken < typed_end) {
		size_t count = typed_get(piece, transfer->left < sizeof(piece) ? transfer->left : sizeof(piece));
		int64_t put = transfer_put(transfer, piece, count);

		if (put < 0)
			return done ? done : put;
		typed_drop((size_t)put);
		done += put;
		if ((size_t)put < count)
			break;
	}
	return done;
}

static uint32_t input_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	(void)task;
	(void)description;
	*queue = &readable;
	return (typed_taken < typed_end ? (uint32_t)EVENTS_READ : 0) | (ended ? (uint32_t)LINUX_POLLHUP : 0);
}

static enum run_stream stream_of(const struct description *description)
{
	return (enum run_stream)(uintptr_t)description->data;
}

/* As for a pipe. */
static int nobody_reads(struct task *task)
{
	task_signal(task, LINUX_SIGPIPE);
	return -EPIPE;
}

static int64_t output_write(struct task *task, struct description *description, struct transfer *transfer, uint64_t *offset)
{
	const enum run_stream stream = stream_of(description);
	unsigned char piece[PIECE_BYTES];
	int64_t done = 0;

	(void)offset;
	while (transfer->left) {
		size_t room = run_room(stream);
		int64_t got = room ? transfer_get(transfer, piece, room < sizeof(piece) ? room : sizeof(piece)) : 0;
		int error = 0;

		if (run_is_gone())
			return done ? done : nobody_reads(task);
		if (got < 0)
			return done ? done : got;
		done += (int64_t)run_write(stream, piece, (size_t)got);
		if (room)
			continue;
		run_send();
		error = description->flags & LINUX_O_NONBLOCK ? -EAGAIN : queue_wait(&writable, task, EVENTS_WRITE, NEVER);
		if (error)
			return done ? done : error;
	}
	run_send();
	return done;
}

static uint32_t output_poll(struct task *task, struct description *description, struct wait_queue **queue)
{
	(void)task;
	*queue = &writable;
	if (run_is_gone())
		return EVENTS_WRITE | LINUX_POLLERR;
	return run_room(stream_of(description)) ? EVENTS_WRITE : 0;
}

static const struct description_operations input_operations = {.kind = "pipe", .read = input_read, .poll = input_poll};
static const struct description_operations output_operations = {.kind = "pipe", .write = output_write, .poll = output_poll};

/* The terminal. */

static size_t terminal_send(struct terminal *device, const unsigned char *bytes, size_t count)
{
	size_t done = run_write(RUN_STREAM_OUTPUT, bytes, count);

	(void)device;
	run_send();
	return done;
}

static void terminal_feed(struct terminal *device)
{
	unsigned char piece[PIECE_BYTES];
	size_t count, taken;

	do {
		count = typed_get(piece, sizeof(piece));
		taken = count ? terminal_receive(device, piece, count) : 0;
		if (taken)
			typed_drop(taken);
	} while (count && taken == count);
	if (ended && typed_taken == typed_end)
		terminal_hang_up(device);
}

static const struct terminal_device terminal_device = {.send = terminal_send, .resume = terminal_feed};

static int terminal_file_open(struct task *task, struct description *description, uint32_t flags)
{
	return terminal_open(task, description, &terminal, flags);
}

static struct device_kind terminal_kind = {.major = TERMINAL_MAJOR, .minor_first = TERMINAL_MINOR, .minor_last = TERMINAL_MINOR, .open = terminal_file_open};

void run_window(uint16_t rows, uint16_t columns)
{
	const struct linux_winsize size = {.ws_row = rows, .ws_col = columns};

	if (terminal.device)
		terminal_resize(&terminal, &size);
}

/* What comes. */

void run_stream_input(const void *bytes, size_t count)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < count && typed_end - typed_taken < INPUT_MOST; i++)
		typed[typed_end++ % INPUT_MOST] = byte[i];
	ended |= !bytes;
	if (input_is_terminal)
		terminal_feed(&terminal);
	else
		queue_wake(&readable, EVENTS_READ | (ended ? LINUX_POLLHUP : 0));
}

void run_stream_told(void)
{
	if (run_is_gone() || run_room(RUN_STREAM_OUTPUT) || run_room(RUN_STREAM_ERROR))
		queue_wake(&writable, EVENTS_WRITE);
	if (terminal.device && run_is_gone())
		terminal_hang_up(&terminal);
	else if (terminal.device && run_room(RUN_STREAM_OUTPUT))
		terminal_sent(&terminal);
}

/* Opening. */

static struct description *stream_open(int number)
{
	static const uint32_t access[] = {LINUX_O_RDONLY, LINUX_O_WRONLY, LINUX_O_WRONLY};
	struct description *description = description_make(number ? &output_operations : &input_operations, MODE_FIFO | 0600, access[number], FILESYSTEM_PIPE);

	if (description && number)
		description->data = (void *)(uintptr_t)(number == 1 ? RUN_STREAM_OUTPUT : RUN_STREAM_ERROR);
	return description;
}

static struct description *terminal_describe(struct task *task)
{
	struct description *description = description_make(&terminal_operations, MODE_CHARACTER | 0620, LINUX_O_RDWR, FILESYSTEM_TERMINAL);

	if (description && terminal_open(task, description, &terminal, 0) == 0)
		description->device = terminal.number;
	return description;
}

int run_streams_open(struct task *task, unsigned terminals, const struct linux_winsize *size)
{
	input_is_terminal = terminals & 1;
	run_input_allow(INPUT_MOST);
	if (terminals) {
		terminal_start(&terminal, &terminal_device, device_make(TERMINAL_MAJOR, TERMINAL_MINOR));
		terminal.size = *size;
		device_register(&terminal_kind);
	}
	for (int i = 0; i < 3; i++) {
		struct description *description = terminals >> i & 1 ? terminal_describe(task) : stream_open(i);

		if (!description || descriptor_give(task, description, 0) != i)
			return -ENOMEM;
	}
	run_send();
	return 0;
}
