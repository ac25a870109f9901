/* SPDX-License-Identifier: MIT */
/* A 16550 in memory (PC16550D): FIFOs of 16 bytes, and a line that is low only while nothing is pending (8.6). It works, or every register reads as the same value and none can be written. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PORT_BYTES 4096

struct port {
	uint8_t enable, line_control, scratch, divisor;
	bool fifos_on;      /* what was received is dropped when that changes, or when it is asked for */
	bool empty_pending; /* the transmitter's interrupt: set when it runs empty or is enabled, cleared by reading its cause or by writing */
	uint8_t sent[PORT_BYTES], typed[PORT_BYTES]; /* rings: byte n is at n % PORT_BYTES */
	unsigned sent_count, fifo, typed_count, typed_at, reads;
	unsigned lost; /* bytes that were written into a full FIFO */
	int stuck;     /* what every register reads as; -1: works */
};

/* As after a power-on. */
void port_reset(struct port *port);

uint8_t port_read(struct port *port, unsigned offset);
void port_write(struct port *port, unsigned offset, uint8_t value);

/* What is pending now, as the identity register says it. */
uint8_t port_cause(struct port *port);

/* The other end sends a byte; what is not taken before PORT_BYTES more have come is overwritten. */
void port_type(struct port *port, uint8_t byte);

/* The FIFO of the transmitter runs empty: returns whether the port raises its line for that. */
bool port_drain(struct port *port);
