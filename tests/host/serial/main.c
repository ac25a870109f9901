/* SPDX-License-Identifier: MIT */
/* Unit tests of the serial driver's pure parts: the 16550 against a simulated port, that works, is stuck or is not there, and the order of what is printed, from rings that are honest or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/serial/lines.h"
#include "drivers/serial/uart.h"
#include "tests/host/harness/suite.h"

/* A port with FIFOs of 16 bytes; its line is low only while nothing is pending (PC16550D, 8.6). */
struct port {
	struct uart uart;
	uint8_t enable, line_control, scratch, divisor;
	bool empty_pending; /* the transmitter's interrupt: set when it runs empty or is enabled, cleared by reading its cause or by writing */
	uint8_t sent[4096], typed[4096], got[4096], out[4096];
	unsigned sent_count, fifo, typed_count, typed_at, got_count, out_count, out_at, reads;
	int stuck; /* what every register reads as; -1: works */
};

static uint8_t cause_read(struct port *port)
{
	if (port->enable & 1 && port->typed_at < port->typed_count)
		return 0xc4;
	if (port->enable & 2 && port->empty_pending) {
		port->empty_pending = false;
		return 0xc2;
	}
	return 0xc1;
}

static uint8_t port_read(void *context, unsigned offset)
{
	struct port *port = context;

	port->reads++;
	if (port->stuck >= 0)
		return (uint8_t)port->stuck;
	switch (offset) {
	case 0:
		return port->typed_at < port->typed_count ? port->typed[port->typed_at++] : 0;
	case 2:
		return cause_read(port);
	case 5:
		return (uint8_t)((port->fifo == 0 ? 0x60 : 0) | (port->typed_at < port->typed_count));
	case 7:
		return port->scratch;
	default:
		return 0;
	}
}

static void port_write(void *context, unsigned offset, uint8_t value)
{
	struct port *port = context;

	if (offset == 0 && port->line_control & 0x80) {
		port->divisor = value;
	} else if (offset == 0) {
		assert_true(port->fifo < UART_FIFO_BYTES || port->stuck >= 0); /* else a byte is lost */
		port->fifo++;
		port->empty_pending = false;
		port->sent[port->sent_count++ % sizeof(port->sent)] = value;
	} else if (offset == 1 && !(port->line_control & 0x80)) {
		port->empty_pending |= value & 2 && !(port->enable & 2) && port->fifo == 0;
		port->enable = value;
	} else if (offset == 3) {
		port->line_control = value;
	} else if (offset == 7) {
		port->scratch = value;
	}
}

static bool byte_take(void *context, uint8_t *byte)
{
	struct port *port = context;

	if (port->out_at == port->out_count)
		return false;
	*byte = port->out[port->out_at++];
	return true;
}

static void byte_give(void *context, uint8_t byte)
{
	struct port *port = context;

	port->got[port->got_count++ % sizeof(port->got)] = byte;
}

static const struct uart_operations operations = {.read = port_read, .write = port_write, .take = byte_take, .give = byte_give};

static struct port *port_make(void)
{
	struct port *port = calloc(1, sizeof(*port));

	assert_non_null(port);
	port->stuck = -1;
	assert_true(uart_open(&port->uart, &operations, port));
	assert_int_equal(port->divisor, 1);
	assert_int_equal(port->line_control, 3);
	return port;
}

/* The FIFO runs empty: returns whether the port raises its line. */
static bool port_drain(struct port *port)
{
	port->empty_pending |= port->fifo != 0;
	port->fifo = 0;
	return port->enable & 2 && port->empty_pending;
}

static void bytes_are_sent_by_interrupt(void **state)
{
	struct port *port = port_make();
	unsigned interrupts = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		port->out[port->out_count++] = (uint8_t)(i * 7);
	uart_serve(&port->uart);
	assert_true(uart_sends(&port->uart));
	while (port_drain(port)) {
		interrupts++;
		uart_serve(&port->uart);
	}
	assert_int_equal(port->sent_count, 1000);
	assert_memory_equal(port->sent, port->out, 1000);
	assert_in_range(interrupts, 1000 / UART_FIFO_BYTES, 1000 / UART_FIFO_BYTES + 2);
	assert_false(uart_sends(&port->uart)); /* and then it is quiet */
	assert_int_equal(port->enable & 2, 0);
	port->out[port->out_count++] = 'x'; /* until there is something again */
	uart_serve(&port->uart);
	assert_int_equal(port->sent_count, 1001);
	free(port);
}

static void bytes_are_received(void **state)
{
	struct port *port = port_make();

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		port->typed[port->typed_count++] = (uint8_t)i;
	uart_serve(&port->uart);
	assert_int_equal(port->got_count, 100);
	assert_memory_equal(port->got, port->typed, 100);
	assert_int_equal(cause_read(port), 0xc1); /* the line is low: the next edge can come */
	/* Both causes at once are one edge. */
	port->out[port->out_count++] = 'x';
	uart_serve(&port->uart);
	port->typed[port->typed_count++] = 'y';
	assert_true(port_drain(port));
	uart_serve(&port->uart);
	assert_int_equal(port->got_count, 101);
	assert_false(port->empty_pending);
	free(port);
}

static void a_stuck_port_costs_a_bounded_time(void **state)
{
	(void)state;
	for (int stuck = 0; stuck < 256; stuck++) {
		struct port *port = port_make();

		port->stuck = stuck;
		port->out_count = 100;
		port->reads = 0;
		uart_serve(&port->uart);
		assert_true(port->reads < 40000);
		assert_false(uart_open(&port->uart, &operations, port) && stuck != 0x5a);
		free(port);
	}
}

/* Lines. */

struct texts {
	struct lines lines;
	struct start_text text[3];
	unsigned char shared[4096];
	struct ring terminal; /* the client's side */
	struct ring output;
	char printed[65536];
	size_t length;
};

static struct texts *texts_make(void)
{
	static const char *const names[] = {"alpha", "beta", "a-service-with-a-name-too-long"};
	void *memory = NULL;
	struct texts *texts;

	assert_int_equal(posix_memalign(&memory, 64, sizeof(*texts)), 0);
	texts = memory;
	memset(texts, 0, sizeof(*texts));
	lines_open(&texts->lines);
	for (unsigned i = 0; i < 3; i++)
		assert_true(lines_add(&texts->lines, names[i], &texts->text[i]));
	return texts;
}

static void say(struct texts *texts, unsigned service, const char *line)
{
	for (; *line; line++)
		texts->text[service].text[texts->text[service].produced++ % START_TEXT_BYTES] = *line;
}

static const char *printed(struct texts *texts)
{
	uint8_t byte;

	texts->length = 0;
	while (texts->length + 1 < sizeof(texts->printed) && lines_take(&texts->lines, &byte))
		texts->printed[texts->length++] = (char)byte;
	texts->printed[texts->length] = 0;
	return texts->printed;
}

static void lines_stay_whole_and_take_turns(void **state)
{
	struct texts *texts = texts_make();

	(void)state;
	say(texts, 0, "one\ntwo\n");
	say(texts, 1, "three\n");
	say(texts, 2, "four\n");
	assert_string_equal(printed(texts), "alpha: one\nbeta: three\na-service-with-a-nam: four\nalpha: two\n");
	assert_string_equal(printed(texts), "");
	say(texts, 1, "half");
	assert_string_equal(printed(texts), "beta: half\n");
	say(texts, 0, "next\n");
	assert_string_equal(printed(texts), "alpha: next\n");
	free(texts);
}

static void the_terminal_goes_first_and_is_not_broken(void **state)
{
	struct texts *texts = texts_make();

	(void)state;
	ring_open(&texts->terminal, texts->shared, 2048, 1);
	ring_open(&texts->output, texts->shared, 2048, 1);
	texts->lines.terminal = &texts->output;
	for (const char *c = "hi\n$ "; *c; c++)
		assert_int_equal(ring_push(&texts->terminal, c), RING_OK);
	say(texts, 0, "log\n");
	assert_string_equal(printed(texts), "hi\n$ \nalpha: log\n");
	say(texts, 0, "log\n");
	assert_string_equal(printed(texts), "alpha: log\n");
	free(texts);
}

/* What a service cannot have written honestly; the others go on. */
static void nonsense_in_a_text_ring_silences_its_service(void **state)
{
	static const uint64_t produced[] = {START_TEXT_BYTES + 1, UINT64_MAX, 1ull << 63};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct texts *texts = texts_make();

		texts->text[0].produced = produced[i];
		say(texts, 1, "fine\n");
		assert_string_equal(printed(texts), "beta: fine\n");
		texts->text[0].produced = 0;
		say(texts, 0, "late\n");
		assert_string_equal(printed(texts), "");
		free(texts);
	}
}

/* A new instance goes on behind the last byte that was handed out. */
static void a_new_instance_goes_on(void **state)
{
	struct texts *texts = texts_make();
	uint8_t byte;

	(void)state;
	say(texts, 0, "0123456789\n");
	for (unsigned i = 0; i < sizeof("alpha: 01234") - 1; i++)
		assert_true(lines_take(&texts->lines, &byte));
	lines_open(&texts->lines);
	assert_true(lines_add(&texts->lines, "alpha", &texts->text[0]));
	assert_string_equal(printed(texts), "alpha: 56789\n");
	free(texts);
}

static const struct suite_test tests[] = {
	{cmocka_unit_test(bytes_are_sent_by_interrupt), "bytes are sent a FIFO at a time, and the transmitter is quiet when there are none"},
	{cmocka_unit_test(bytes_are_received), "what is received is taken until the port asks for nothing"},
	{cmocka_unit_test(a_stuck_port_costs_a_bounded_time), "a port that is stuck or not there costs a bounded time"},
	{cmocka_unit_test(lines_stay_whole_and_take_turns), "lines stay whole behind their service's name, and services take turns"},
	{cmocka_unit_test(the_terminal_goes_first_and_is_not_broken), "the terminal goes first, and log lines begin on a line of their own"},
	{cmocka_unit_test(nonsense_in_a_text_ring_silences_its_service), "a text ring that makes no sense silences its service and no other"},
	{cmocka_unit_test(a_new_instance_goes_on), "a new instance goes on behind the last byte that was sent"},
};

int main(void)
{
	return suite_run("serial", tests, sizeof(tests) / sizeof(tests[0]));
}
