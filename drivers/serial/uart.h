/* SPDX-License-Identifier: MIT */
/*
 * A 16550 serial port (National Semiconductor PC16550D data sheet; offsets from the first port): both directions by interrupt, with its FIFOs.
 *
 * The port raises its line while any cause is pending, and the line is edge-triggered: after an acknowledged interrupt uart_serve goes on until the port says that there is none, else no further edge would come. It looks a bounded
 * number of times: a port that is not there, and one that is stuck, cost no more than that.
 *
 * Pure: registers and the two ends of the data are operations.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct uart_operations {
	uint8_t (*read)(void *context, unsigned offset);
	void (*write)(void *context, unsigned offset, uint8_t value);
	/* The next byte to send; false when there is none now. */
	bool (*take)(void *context, uint8_t *byte);
	/* A byte that was received. */
	void (*give)(void *context, uint8_t byte);
};

struct uart {
	const struct uart_operations *operations;
	void *context;
	unsigned room;  /* bytes that the transmitter's FIFO takes now */
	bool sending;   /* its interrupt is on */
	uint64_t errors; /* overruns, bad parity, bad frames */
};

#define UART_FIFO_BYTES 16

/* Sets the port up: 115,200 bits a second, 8 data bits, no parity, one stop bit. False when nothing is there. */
__attribute__((warn_unused_result)) bool uart_open(struct uart *uart, const struct uart_operations *operations, void *context);

/* Does what the port asks for, and sends what there is to send. After an interrupt, and when there is new data. */
void uart_serve(struct uart *uart);

/* Whether something was given to the transmitter that it has not asked for more after: then an interrupt will come. */
bool uart_sends(const struct uart *uart);
