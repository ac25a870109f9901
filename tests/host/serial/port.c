/* SPDX-License-Identifier: MIT */
/* The simulated 16550 (port.h): its registers, as the tests of the serial driver find them. */
#include "port.h"

#include "drivers/serial/uart.h"

void port_reset(struct port *port)
{
	*port = (struct port){.stuck = -1};
}

uint8_t port_cause(struct port *port)
{
	if (port->enable & 1 && port->typed_at != port->typed_count)
		return 0xc4;
	if (port->enable & 2 && port->empty_pending) {
		port->empty_pending = false;
		return 0xc2;
	}
	return 0xc1;
}

uint8_t port_read(struct port *port, unsigned offset)
{
	port->reads++;
	if (port->stuck >= 0)
		return (uint8_t)port->stuck;
	switch (offset) {
	case 0:
		return port->typed_at != port->typed_count ? port->typed[port->typed_at++ % PORT_BYTES] : 0;
	case 2:
		return port_cause(port);
	case 5:
		return (uint8_t)((port->fifo == 0 ? 0x60 : 0) | (port->typed_at != port->typed_count));
	case 7:
		return port->scratch;
	default:
		return 0;
	}
}

static void byte_send(struct port *port, uint8_t byte)
{
	port->empty_pending = false;
	if (port->fifo == UART_FIFO_BYTES) {
		port->lost++;
		return;
	}
	port->fifo++;
	port->sent[port->sent_count++ % PORT_BYTES] = byte;
}

void port_write(struct port *port, unsigned offset, uint8_t value)
{
	if (port->stuck >= 0)
		return;
	if (offset == 0 && port->line_control & 0x80) {
		port->divisor = value;
	} else if (offset == 0) {
		byte_send(port, value);
	} else if (offset == 1 && !(port->line_control & 0x80)) {
		port->empty_pending |= value & 2 && !(port->enable & 2) && port->fifo == 0;
		port->enable = value;
	} else if (offset == 2) {
		if (value & 0x02 || (value & 0x01) != port->fifos_on)
			port->typed_at = port->typed_count;
		port->fifos_on = value & 0x01;
	} else if (offset == 3) {
		port->line_control = value;
	} else if (offset == 7) {
		port->scratch = value;
	}
}

void port_type(struct port *port, uint8_t byte)
{
	port->typed[port->typed_count++ % PORT_BYTES] = byte;
}

bool port_drain(struct port *port)
{
	port->empty_pending |= port->fifo != 0;
	port->fifo = 0;
	return port->enable & 2 && port->empty_pending;
}
