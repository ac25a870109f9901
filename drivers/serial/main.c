/* SPDX-License-Identifier: MIT */
/*
 * serial: the first serial port. It prints what services say (`needs log.print`) and is the terminal of one session at a time (abi/protocols/serial.h).
 *
 * Which session has the port lies in the state Region (lib/serial_session.h), so a new instance goes on with it: the indexes of its rings lie in the shared buffer. What lies in the FIFOs stays there: at most
 * the one byte that the instance before had on its way between a ring and the port is lost, in each direction.
 */
#include "drivers/serial/lines.h"
#include "drivers/serial/uart.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/methods.h"
#include "lib/serial_session.h"

#define LATE 1000000000ull /* ns: an interrupt of the transmitter that takes longer is looked for */

static struct uart uart;
static struct lines lines;
static handle_t ports, irq;
static uint64_t first_port, irq_bits;
static struct serial_session session;

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

static void byte_give(void *context, uint8_t byte)
{
	(void)context;
	(void)serial_session_give(&session, byte); /* the line does not wait */
}

static const struct uart_operations operations = {.read = uart_read, .write = uart_write, .take = byte_take, .give = byte_give};

/* All that there is to do now. The session is the terminal of the lines while there is one. */
static void work(void)
{
	lines.terminal = session.owner ? &session.output : NULL;
	uart_serve(&uart);
	serial_session_signal(&session);
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
	serial_session_open(&session, (struct serial_memory *)state->address);
	return true;
}

int main(void)
{
	struct request request = {.words = 0};
	enum error error = OK;

	if (!grants_find())
		return 1;
	texts_open();
	if (!uart_open(&uart, &operations, &lines))
		return 1;
	(void)!irq_acknowledge(irq);
	while (error == OK || error == ERR_TIMEOUT) {
		work();
		error = uart_sends(&uart) ? service_reply_receive_until(&request, clock_now() + LATE) : service_reply_receive(&request);
		if (error == OK && request.kind == MESSAGE_NOTIFICATION && request.data[0] & irq_bits)
			(void)!irq_acknowledge(irq);
		if (error == OK && request.kind == MESSAGE_CALL)
			serial_session_serve(&session, &request);
	}
	return 1;
}
