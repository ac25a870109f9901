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
#include "port.h"
#include "tests/host/harness/suite.h"

/* The driver's end of a simulated port, between what it is to send and what it has received. */
struct rig {
	struct port port;
	struct uart uart;
	uint8_t got[PORT_BYTES], out[PORT_BYTES];
	unsigned got_count, out_count, out_at;
};

static uint8_t register_read(void *context, unsigned offset)
{
	return port_read(&((struct rig *)context)->port, offset);
}

static void register_write(void *context, unsigned offset, uint8_t value)
{
	port_write(&((struct rig *)context)->port, offset, value);
}

static bool byte_take(void *context, uint8_t *byte)
{
	struct rig *rig = context;

	if (rig->out_at == rig->out_count)
		return false;
	*byte = rig->out[rig->out_at++];
	return true;
}

static void byte_give(void *context, uint8_t byte)
{
	struct rig *rig = context;

	rig->got[rig->got_count++ % sizeof(rig->got)] = byte;
}

static const struct uart_operations operations = {.read = register_read, .write = register_write, .take = byte_take, .give = byte_give};

static struct rig *rig_make(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	port_reset(&rig->port);
	assert_true(uart_open(&rig->uart, &operations, rig));
	assert_int_equal(rig->port.divisor, 1);
	assert_int_equal(rig->port.line_control, 3);
	return rig;
}

/* No byte was written where there was no room. */
static void rig_end(struct rig *rig)
{
	assert_int_equal(rig->port.lost, 0);
	free(rig);
}

static void bytes_are_sent_by_interrupt(void **state)
{
	struct rig *rig = rig_make();
	unsigned interrupts = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		rig->out[rig->out_count++] = (uint8_t)(i * 7);
	uart_serve(&rig->uart);
	assert_true(uart_sends(&rig->uart));
	while (port_drain(&rig->port)) {
		interrupts++;
		uart_serve(&rig->uart);
	}
	assert_int_equal(rig->port.sent_count, 1000);
	assert_memory_equal(rig->port.sent, rig->out, 1000);
	assert_in_range(interrupts, 1000 / UART_FIFO_BYTES, 1000 / UART_FIFO_BYTES + 2);
	assert_false(uart_sends(&rig->uart)); /* and then it is quiet */
	assert_int_equal(rig->port.enable & 2, 0);
	rig->out[rig->out_count++] = 'x'; /* until there is something again */
	uart_serve(&rig->uart);
	assert_int_equal(rig->port.sent_count, 1001);
	rig_end(rig);
}

static void bytes_are_received(void **state)
{
	struct rig *rig = rig_make();

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		port_type(&rig->port, (uint8_t)i);
	uart_serve(&rig->uart);
	assert_int_equal(rig->got_count, 100);
	assert_memory_equal(rig->got, rig->port.typed, 100);
	assert_int_equal(port_cause(&rig->port), 0xc1); /* the line is low: the next edge can come */
	/* Both causes at once are one edge. */
	rig->out[rig->out_count++] = 'x';
	uart_serve(&rig->uart);
	port_type(&rig->port, 'y');
	assert_true(port_drain(&rig->port));
	uart_serve(&rig->uart);
	assert_int_equal(rig->got_count, 101);
	assert_false(rig->port.empty_pending);
	rig_end(rig);
}

/* The instance before ended; what is typed until the next one has set up the port is not lost. */
static void what_came_between_two_instances_is_received(void **state)
{
	struct rig *rig = rig_make();

	(void)state;
	uart_serve(&rig->uart);
	for (unsigned i = 0; i < UART_FIFO_BYTES; i++)
		port_type(&rig->port, (uint8_t)('a' + i));
	assert_true(uart_open(&rig->uart, &operations, rig));
	uart_serve(&rig->uart);
	assert_int_equal(rig->got_count, UART_FIFO_BYTES);
	assert_memory_equal(rig->got, "abcdefghijklmnop", UART_FIFO_BYTES);
	rig_end(rig);
}

static void a_stuck_port_costs_a_bounded_time(void **state)
{
	(void)state;
	for (int stuck = 0; stuck < 256; stuck++) {
		struct rig *rig = rig_make();

		rig->port.stuck = stuck;
		rig->out_count = 100;
		rig->port.reads = 0;
		uart_serve(&rig->uart);
		assert_true(rig->port.reads < 40000);
		assert_false(uart_open(&rig->uart, &operations, rig) && stuck != 0x5a);
		rig_end(rig);
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
	{cmocka_unit_test(what_came_between_two_instances_is_received), "what came between two instances is received"},
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
