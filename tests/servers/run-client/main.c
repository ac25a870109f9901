/* SPDX-License-Identifier: MIT */
/*
 * What a personality does at the other end of tools/kozo-run, without one: attaches to the virtio console, is told what to run, and carries out one of a few programs of its own (programs below) in its place. tests/servers/kozo-run starts it
 * and judges what came out on the host.
 */
#include "abi/errno.h"
#include "abi/protocols/serial.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/ring.h"
#include "lib/run_link.h"
#include "lib/service.h"
#include "lib/string.h"

#define CONSOLE "virtio-console"
#define SHARE "/mnt/share"
#define START_MOST 196608
#define INPUT_MOST 32768
#define ARGUMENTS_MOST 64

static struct run_link link;
static struct ring output, input;

/* What came and has not been used: the START text, and standard input as a ring. */
static char start[START_MOST];
static size_t start_bytes;
static bool started;
static unsigned char typed[INPUT_MOST];
static uint64_t typed_end, typed_used, typed_allowed;
static bool typed_ended;
static uint32_t signal_number;
static uint16_t window[2];

static const char *arguments[ARGUMENTS_MOST];
static unsigned argument_count;

static size_t device_send(void *context, const void *bytes, size_t count)
{
	(void)context;
	return ring_push_bytes(&output, bytes, count);
}

static void data_take(enum run_stream stream, const unsigned char *bytes, size_t count)
{
	if (stream == RUN_STREAM_START && count <= sizeof(start) - start_bytes) {
		memcpy(start + start_bytes, bytes, count);
		start_bytes += count;
	}
	for (size_t i = 0; stream == RUN_STREAM_INPUT && i < count; i++)
		typed[typed_end++ % INPUT_MOST] = bytes[i];
}

static void event(void *context, enum run_kind kind, enum run_stream stream, const void *bytes, size_t count)
{
	(void)context;
	if (kind == RUN_DATA)
		data_take(stream, bytes, count);
	else if (kind == RUN_END && stream == RUN_STREAM_START)
		started = true;
	else if (kind == RUN_END && stream == RUN_STREAM_INPUT)
		typed_ended = true;
	else if (kind == RUN_SIGNAL && count == sizeof(signal_number))
		memcpy(&signal_number, bytes, count);
	else if (kind == RUN_WINDOW && count == sizeof(window))
		memcpy(window, bytes, count);
}

/* Moves what can be moved, then waits until something comes or has to be sent again. */
static void turn(void)
{
	static unsigned char piece[256];
	struct request request;
	uint64_t next;
	size_t count;

	do {
		count = ring_pop_bytes(&input, piece, sizeof(piece));
		run_link_take(&link, piece, count, clock_now());
	} while (count);
	if (typed_used + INPUT_MOST - typed_allowed >= INPUT_MOST / 2 && run_link_credit(&link, RUN_STREAM_INPUT, typed_used + INPUT_MOST))
		typed_allowed = typed_used + INPUT_MOST;
	next = run_link_work(&link, clock_now());
	service_signal(start_signal(CONSOLE));
	(void)!service_receive_until(&request, next < clock_now() + 1000000000 ? next : clock_now() + 1000000000);
}

static void put(enum run_stream stream, const void *bytes, size_t count)
{
	size_t done = run_link_write(&link, stream, bytes, count);

	while (done < count) {
		turn();
		done += run_link_write(&link, stream, (const unsigned char *)bytes + done, count - done);
	}
}

static void put_line(const char *text)
{
	put(RUN_STREAM_OUTPUT, text, strlen(text));
	put(RUN_STREAM_OUTPUT, "\n", 1);
}

/* Standard input; 0 at its end. */
static size_t get(unsigned char *bytes, size_t most)
{
	size_t count = 0;

	while (typed_used == typed_end && !typed_ended)
		turn();
	while (count < most && typed_used < typed_end)
		bytes[count++] = typed[typed_used++ % INPUT_MOST];
	return count;
}

static uint32_t number_of(const char *text)
{
	uint32_t value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (uint32_t)(*text - '0');
	return value;
}

static uint32_t program_cat(void)
{
	static unsigned char piece[4096];
	size_t count;

	while ((count = get(piece, sizeof(piece))) > 0)
		put(RUN_STREAM_OUTPUT, piece, count);
	return 0;
}

/* What it was told, a line each. */
static uint32_t program_show(void)
{
	for (size_t at = 0; at < start_bytes; at += strlen(start + at) + 1)
		put_line(start + at);
	return 0;
}

static uint32_t program_both(void)
{
	for (uint32_t i = 0; i < number_of(arguments[2]); i++) {
		put(RUN_STREAM_OUTPUT, "to the output\n", 14);
		put(RUN_STREAM_ERROR, "to the error\n", 13);
	}
	return 0;
}

static uint32_t program_exit(void)
{
	return number_of(arguments[2]) << 8;
}

static uint32_t program_die(void)
{
	return number_of(arguments[2]);
}

static uint32_t program_wait(void)
{
	put_line("waiting");
	while (!signal_number)
		turn();
	return signal_number;
}

static uint32_t program_hang(void)
{
	put_line("hanging");
	while (signal_number != UINT32_MAX)
		turn();
	return 0;
}

static uint32_t program_window(void)
{
	put_line("waiting");
	while (!window[0])
		turn();
	return (uint32_t)window[0] << 8;
}

/* Copies a file, by names: for the share. */
static uint32_t program_copy(void)
{
	static unsigned char piece[4096];
	int from = file_open(arguments[2], OPEN_READ, 0), to = file_open(arguments[3], OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, 0640);
	uint64_t offset = 0;
	int64_t count = 0;

	while (from >= 0 && to >= 0 && (count = file_read(from, offset, piece, sizeof(piece))) > 0 && file_write(to, offset, piece, (size_t)count) == count)
		offset += (uint64_t)count;
	return from < 0 || to < 0 || count != 0 || file_sync(to) != 0 ? 1 << 8 : 0;
}

/* What a hostile guest leaves in the share: names that lead elsewhere when they are followed. */
static uint32_t program_escape(void)
{
	int file;

	if (path_remove(SHARE "/link") || path_remove(SHARE "/inner/file") || path_remove_directory(SHARE "/inner") || path_make_link(SHARE "/inner", arguments[2]))
		return 1 << 8;
	if (path_make_link(SHARE "/out", arguments[2]) || path_make_directory(SHARE "/link", 0755))
		return 2 << 8;
	file = file_open(SHARE "/link/planted", OPEN_WRITE | OPEN_CREATE, 0755);
	return file < 0 || file_write(file, 0, "planted", 7) != 7 || path_change_mode(SHARE "/link/planted", 04755) ? 3 << 8 : 0;
}

static uint32_t program_remove(void)
{
	return path_remove(arguments[2]) ? 1 << 8 : 0;
}

static const struct {
	const char *name;
	unsigned arguments;
	uint32_t (*run)(void); /* returns the status as wait4 gives it */
} programs[] = {
	{"cat", 2, program_cat}, {"show", 2, program_show}, {"both", 3, program_both}, {"exit", 3, program_exit}, {"die", 3, program_die}, {"wait", 2, program_wait},
	{"hang", 2, program_hang}, {"window", 2, program_window}, {"copy", 4, program_copy}, {"escape", 3, program_escape}, {"remove", 3, program_remove},
};

static void arguments_find(void)
{
	const size_t length = strlen(run_key_ARGUMENT);

	for (size_t at = 0; at < start_bytes && argument_count < ARGUMENTS_MOST; at += strlen(start + at) + 1)
		if (memcmp(start + at, run_key_ARGUMENT, length) == 0 && start[at + length] == '=')
			arguments[argument_count++] = start + at + length + 1;
}

static void program_run(void)
{
	static const char unknown[] = "no such program";
	uint32_t status;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (argument_count >= programs[i].arguments && strcmp(arguments[1], programs[i].name) == 0) {
			status = programs[i].run();
			while (!run_link_put(&link, RUN_EXIT, &status, sizeof(status)))
				turn();
			return;
		}
	(void)run_link_put(&link, RUN_FAILED, unknown, sizeof(unknown) - 1);
}

static bool attach(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	char *buffer = (char *)start_buffer_of(CONSOLE)->address;

	if (service_call(start_session(CONSOLE), SERIAL_ATTACH, 0, data) != OK || data[0] != 0)
		return false;
	ring_open(&output, buffer + SERIAL_OUTPUT_OFFSET, SERIAL_RING_BYTES, 1);
	ring_open(&input, buffer + SERIAL_INPUT_OFFSET, SERIAL_RING_BYTES, 1);
	return true;
}

int main(void)
{
	static const struct run_link_operations operations = {.send = device_send, .event = event};

	if (!attach())
		return 1;
	run_link_open(&link, &operations, NULL, start_page->instance + clock_now(), clock_now());
	if (file_start() != 0 || path_mount(SHARE, "ext2-share", 0) != 0)
		log_print("the share cannot be mounted\n");
	while (!started)
		turn();
	arguments_find();
	program_run();
	for (;;)
		turn();
}
