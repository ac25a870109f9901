/* SPDX-License-Identifier: MIT */
/* The 16550 (drivers/serial/uart.h). Registers and bits as in the data sheet, 8.0. */
#include "drivers/serial/uart.h"

#define DATA 0
#define INTERRUPT_ENABLE 1
#define ENABLE_RECEIVED 0x01
#define ENABLE_EMPTY 0x02
#define ENABLE_STATUS 0x04
#define INTERRUPT_IDENTITY 2 /* read */
#define IDENTITY_NONE 0x01
#define IDENTITY_CAUSE 0x0f
#define CAUSE_MODEM 0x00
#define CAUSE_EMPTY 0x02
#define CAUSE_RECEIVED 0x04
#define CAUSE_STATUS 0x06
#define CAUSE_TIMEOUT 0x0c
#define FIFO_CONTROL 2 /* write */
#define FIFO_ON 0x01
#define FIFO_TRIGGER_8 0x80
#define LINE_CONTROL 3
#define LINE_8N1 0x03
#define LINE_DIVISOR 0x80
#define MODEM_CONTROL 4
#define MODEM_READY 0x0b /* DTR, RTS, OUT2, which lets interrupts out */
#define LINE_STATUS 5
#define STATUS_DATA 0x01
#define STATUS_ERRORS 0x0e
#define STATUS_EMPTY 0x20
#define MODEM_STATUS 6
#define SCRATCH 7

#define LOOKS_MOST 64  /* at causes in one uart_serve */
#define BYTES_MOST 256 /* received in one look: as many as no real FIFO has */

static uint8_t port_read(const struct uart *uart, unsigned offset)
{
	return uart->operations->read(uart->context, offset);
}

static void port_write(const struct uart *uart, unsigned offset, uint8_t value)
{
	uart->operations->write(uart->context, offset, value);
}

static void interrupts_set(struct uart *uart, bool sending)
{
	if (sending != uart->sending)
		port_write(uart, INTERRUPT_ENABLE, (uint8_t)(ENABLE_RECEIVED | ENABLE_STATUS | (sending ? ENABLE_EMPTY : 0)));
	uart->sending = sending;
}

bool uart_open(struct uart *uart, const struct uart_operations *operations, void *context)
{
	*uart = (struct uart){.operations = operations, .context = context};
	port_write(uart, SCRATCH, 0x5a);
	if (port_read(uart, SCRATCH) != 0x5a)
		return false;
	port_write(uart, INTERRUPT_ENABLE, 0);
	port_write(uart, LINE_CONTROL, LINE_DIVISOR | LINE_8N1);
	port_write(uart, DATA, 1); /* divisor: 115,200 */
	port_write(uart, INTERRUPT_ENABLE, 0);
	port_write(uart, LINE_CONTROL, LINE_8N1);
	port_write(uart, FIFO_CONTROL, FIFO_ON | FIFO_TRIGGER_8); /* what waits in it, in either direction, stays: it came while no instance was there, or is of the one before */
	port_write(uart, MODEM_CONTROL, MODEM_READY);
	port_write(uart, INTERRUPT_ENABLE, ENABLE_RECEIVED | ENABLE_STATUS);
	uart->room = port_read(uart, LINE_STATUS) & STATUS_EMPTY ? UART_FIFO_BYTES : 0;
	if (uart->room == 0)
		interrupts_set(uart, true);
	return true;
}

static void bytes_receive(struct uart *uart)
{
	for (unsigned i = 0; i < BYTES_MOST; i++) {
		uint8_t status = port_read(uart, LINE_STATUS);

		uart->errors += (status & STATUS_ERRORS) != 0;
		if (!(status & STATUS_DATA))
			return;
		uart->operations->give(uart->context, port_read(uart, DATA));
	}
}

/* Returns false when the port asks for nothing. */
static bool cause_serve(struct uart *uart)
{
	uint8_t identity = port_read(uart, INTERRUPT_IDENTITY);

	if (identity & IDENTITY_NONE)
		return false;
	switch (identity & IDENTITY_CAUSE) {
	case CAUSE_EMPTY:
		uart->room = UART_FIFO_BYTES;
		break;
	case CAUSE_RECEIVED:
	case CAUSE_TIMEOUT:
	case CAUSE_STATUS:
		bytes_receive(uart);
		break;
	case CAUSE_MODEM:
		(void)port_read(uart, MODEM_STATUS);
		break;
	default:
		return false;
	}
	return true;
}

/* Fills the FIFO; the interrupt of the transmitter is on while it has something that we want to follow with more. */
static void bytes_send(struct uart *uart)
{
	bool any = false;
	uint8_t byte;

	if (uart->room == 0)
		return;
	while (uart->room && uart->operations->take(uart->context, &byte)) {
		port_write(uart, DATA, byte);
		uart->room--;
		any = true;
	}
	if (any)
		uart->room = 0; /* until the port says that it is empty: it tells no level in between */
	interrupts_set(uart, any);
}

void uart_serve(struct uart *uart)
{
	bytes_send(uart);
	for (unsigned i = 0; i < LOOKS_MOST && cause_serve(uart); i++)
		bytes_send(uart);
}

bool uart_sends(const struct uart *uart)
{
	return uart->sending;
}
