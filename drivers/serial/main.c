/* SPDX-License-Identifier: MIT */
/*
 * serial: the first serial port. It prints what services say (`needs log.print`) and is the terminal of one session at a time (abi/protocols/serial.h).
 *
 * Which session has the port is one word in the state Region, so a new instance goes on with it: the indexes of its rings lie in the shared buffer. What the instance before had handed to the port and had not been sent when it ended may be lost
 * with the FIFO, and nothing else.
 */
#include "abi/errno.h"
#include "abi/protocols/serial.h"
#include "drivers/serial/lines.h"
#include "drivers/serial/uart.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/string.h"

#define LATE 1000000000ull /* ns: an interrupt of the transmitter that takes longer is looked for */

static struct uart uart;
static struct lines lines;
static handle_t ports, irq;
static uint64_t first_port, irq_bits;
static uint64_t *owner; /* badge of the session that has the port; 0: none. In the state Region */
static struct ring output, input;
static bool received; /* since the last signal to the session */

static uint8_t uart_read(void *context, unsigned offset)
{
	uint64_t value = 0xff;

	(void)context;
	(void)!ioports_in(ports, first_port + offset, 1, &value); /* the range was checked at the start */
	return (uint8_t)value;
}

static void uart_write(void *context, unsigned offset, uint8_t value)
{
	(void)context;
	(void)!ioports_out(ports, first_port + offset, 1, value);
}

static bool byte_take(void *context, uint8_t *byte)
{
	return lines_take(context, byte);
}

/* What nobody waits for is dropped, as is what does not fit. */
static void byte_give(void *context, uint8_t byte)
{
	(void)context;
	if (*owner && ring_push(&input, &byte) == RING_OK)
		received = true;
}

static const struct uart_operations operations = {.read = uart_read, .write = uart_write, .take = byte_take, .give = byte_give};

/* The rings of a session, at the indexes that are there. */
static void rings_open(char *buffer)
{
	struct ring_shared *out = (struct ring_shared *)(buffer + SERIAL_OUTPUT_OFFSET), *in = (struct ring_shared *)(buffer + SERIAL_INPUT_OFFSET);

	ring_open(&output, out, SERIAL_RING_BYTES, 1);
	ring_open(&input, in, SERIAL_RING_BYTES, 1);
	output.own = output.peer = __atomic_load_n(&out->consumed, __ATOMIC_ACQUIRE);
	input.own = __atomic_load_n(&in->produced, __ATOMIC_ACQUIRE);
	input.peer = __atomic_load_n(&in->consumed, __ATOMIC_ACQUIRE);
	lines.terminal = &output;
}

static int attach(uint64_t badge)
{
	const struct start_grant *buffer = start_buffer(badge);

	if (!buffer || buffer->bytes < SERIAL_BUFFER_BYTES)
		return -EINVAL;
	if (*owner && *owner != badge)
		return -EBUSY;
	memset((char *)buffer->address + SERIAL_OUTPUT_OFFSET, 0, sizeof(struct ring_shared)); /* the client waits for our answer */
	memset((char *)buffer->address + SERIAL_INPUT_OFFSET, 0, sizeof(struct ring_shared));
	*owner = badge;
	rings_open((char *)buffer->address);
	return 0;
}

static int detach(uint64_t badge)
{
	if (*owner != badge)
		return -EINVAL;
	if (!output.poisoned && __atomic_load_n(&output.shared->produced, __ATOMIC_ACQUIRE) != output.own)
		return -EAGAIN;
	lines.terminal = NULL;
	*owner = 0;
	return 0;
}

static void request_serve(struct request *request)
{
	request->words = 1;
	if (request->label == SERIAL_ATTACH)
		request->data[0] = (uint64_t)(int64_t)attach(request->badge);
	else if (request->label == SERIAL_DETACH)
		request->data[0] = (uint64_t)(int64_t)detach(request->badge);
	else
		request->status = ERR_METHOD;
}

static const char *name_of(uint64_t badge)
{
	const struct start_grant *client = start_argument(GRANT_CLIENT, badge);

	return client ? client->name : "";
}

/* All that there is to do now. */
static void work(void)
{
	uint64_t consumed = output.own;

	uart_serve(&uart);
	if (*owner && (received || output.own != consumed))
		service_signal(start_signal(name_of(*owner)));
	received = false;
}

static void texts_open(void)
{
	lines_open(&lines);
	for (const struct start_grant *grant = start_next(GRANT_TEXT, NULL); grant; grant = start_next(GRANT_TEXT, grant))
		if (grant->argument && !lines_add(&lines, grant->name + sizeof("text:") - 1, (struct start_text *)grant->address))
			log_print("too many services: %s is not printed\n", grant->name);
}

/* Finds what was granted; false when the manifest gives no port, no interrupt or no state. */
static bool grants_find(void)
{
	const struct start_grant *port = start_next(GRANT_PORTS, NULL), *handler = start_next(GRANT_IRQ, NULL), *state = start_next(GRANT_STATE, NULL);

	if (!port || !handler || !state || (port->argument >> 16) - (port->argument & 0xffff) < 7)
		return false;
	ports = port->slot;
	first_port = port->argument & 0xffff;
	irq = handler->slot;
	irq_bits = 1ull << handler->argument;
	owner = (uint64_t *)state->address;
	return true;
}

/* The session of the instance before, if its client still exists. */
static void session_resume(void)
{
	const struct start_grant *buffer = *owner ? start_buffer(*owner) : NULL;

	if (buffer && buffer->bytes >= SERIAL_BUFFER_BYTES)
		rings_open((char *)buffer->address);
	else
		*owner = 0;
}

int main(void)
{
	struct request request = {.words = 0};
	enum error error = OK;

	if (!grants_find())
		return 1;
	texts_open();
	session_resume();
	if (!uart_open(&uart, &operations, &lines))
		return 1;
	(void)!irq_acknowledge(irq);
	while (error == OK || error == ERR_TIMEOUT) {
		work();
		error = uart_sends(&uart) ? service_reply_receive_until(&request, clock_now() + LATE) : service_reply_receive(&request);
		if (error == OK && request.kind == MESSAGE_NOTIFICATION && request.data[0] & irq_bits)
			(void)!irq_acknowledge(irq);
		if (error == OK && request.kind == MESSAGE_CALL)
			request_serve(&request);
	}
	return 1;
}
