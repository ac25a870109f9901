/* SPDX-License-Identifier: MIT */
/* A terminal session at serial that sends back each byte it gets, lower-case letters as capitals. It also writes a line to its log for each line feed, so that both kinds of output mix. */
#include "abi/protocols/serial.h"
#include "lib/log.h"
#include "lib/ring.h"
#include "lib/service.h"

static struct ring output, input;

/* Returns whether there was a byte and room for its echo. */
static bool echo(void)
{
	static bool held;
	static uint8_t byte;

	if (!held && ring_pop(&input, &byte) != RING_OK)
		return false;
	if (!held && byte >= 'a' && byte <= 'z')
		byte = (uint8_t)(byte - 'a' + 'A');
	held = ring_push(&output, &byte) != RING_OK;
	if (!held && byte == '\n')
		log_print("line\n");
	return !held;
}

int main(void)
{
	char *buffer = (char *)start_buffer_of("serial")->address;
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	struct request request;

	if (service_call(start_session("serial"), SERIAL_ATTACH, 0, data) != OK || data[0] != 0)
		return 1;
	ring_open(&output, buffer + SERIAL_OUTPUT_OFFSET, SERIAL_RING_BYTES, 1);
	ring_open(&input, buffer + SERIAL_INPUT_OFFSET, SERIAL_RING_BYTES, 1);
	log_print("attached\n");
	while (service_receive(&request) == OK) {
		while (echo())
			;
		service_signal(start_signal("serial"));
	}
	return 1;
}
