/* SPDX-License-Identifier: MIT */
/* The port of a virtio console (drivers/virtio/console/port.h). The token of a chain is the number of its buffer. */
#include "drivers/virtio/console/port.h"

#include "lib/string.h"

#define QUEUE_RECEIVING 0
#define QUEUE_SENDING 1

/* Buffers 0 .. PORT_BUFFERS - 1 are for what is typed, the others for what is printed. */
static uint32_t buffer_offset(unsigned buffer)
{
	return PORT_BUFFERS_OFFSET + buffer * PORT_BUFFER_BYTES;
}

/* Gives a buffer to the device. There is always room: a queue has more descriptors than there are buffers. */
static bool buffer_add(struct port *port, struct virtio_queue *queue, unsigned buffer, uint32_t bytes, bool written)
{
	struct virtio_segment segment = {port->physical + buffer_offset(buffer), bytes, written};

	return virtio_queue_add(queue, &segment, 1, buffer);
}

enum virtio_fault port_start(struct port *port, const struct virtio_transport *transport, void *transport_context, uint16_t interrupt)
{
	enum virtio_fault fault = virtio_device_begin(&port->device, transport, transport_context, VIRTIO_F_ACCESS_PLATFORM, 0);

	memset(port->busy, 0, sizeof(port->busy));
	port->held_bytes = 0;
	if (fault == VIRTIO_SOUND)
		fault = virtio_device_queue(&port->device, QUEUE_RECEIVING, &port->receiving, port->memory, port->physical, PORT_QUEUE_SIZE, interrupt);
	if (fault == VIRTIO_SOUND)
		fault = virtio_device_queue(&port->device, QUEUE_SENDING, &port->sending, port->memory + PORT_SENDING_OFFSET, port->physical + PORT_SENDING_OFFSET, PORT_QUEUE_SIZE,
					    interrupt);
	if (fault == VIRTIO_SOUND && (port->receiving.size < PORT_BUFFERS || port->sending.size < PORT_BUFFERS))
		fault = port->device.fault = VIRTIO_BAD_QUEUE;
	for (unsigned i = 0; fault == VIRTIO_SOUND && i < PORT_BUFFERS; i++)
		(void)buffer_add(port, &port->receiving, i, PORT_BUFFER_BYTES, true);
	return fault == VIRTIO_SOUND ? virtio_device_run(&port->device) : fault;
}

/* Gives what is left of the held buffer; when that is all, the device gets it back. False when there is no room for more. */
static bool held_give(struct port *port)
{
	const unsigned char *bytes = port->memory + buffer_offset(port->held);

	for (; port->held_given < port->held_bytes; port->held_given++)
		if (!port->operations->give(port->context, bytes[port->held_given]))
			return false;
	port->held_bytes = 0;
	(void)buffer_add(port, &port->receiving, port->held, PORT_BUFFER_BYTES, true);
	return true;
}

static enum virtio_taken receive(struct port *port)
{
	enum virtio_taken taken = VIRTIO_NONE;
	uint64_t buffer;

	while (!port->held_bytes || held_give(port)) {
		taken = virtio_queue_take(&port->receiving, &buffer, &port->held_bytes);
		if (taken != VIRTIO_TAKEN) {
			port->held_bytes = 0;
			break;
		}
		port->held = (uint32_t)buffer;
		port->held_given = 0;
		port->moved++;
		if (!port->held_bytes)
			(void)held_give(port); /* an empty one goes straight back */
	}
	return taken == VIRTIO_FAULT ? VIRTIO_FAULT : VIRTIO_NONE;
}

static uint32_t buffer_fill(struct port *port, unsigned buffer)
{
	uint32_t bytes = 0;

	while (bytes < PORT_BUFFER_BYTES && port->operations->take(port->context, port->memory + buffer_offset(buffer) + bytes))
		bytes++;
	return bytes;
}

static enum virtio_taken send(struct port *port)
{
	enum virtio_taken taken;
	uint64_t buffer;
	uint32_t written;

	while ((taken = virtio_queue_take(&port->sending, &buffer, &written)) == VIRTIO_TAKEN) {
		port->busy[buffer - PORT_BUFFERS] = false;
		port->moved++;
	}
	for (unsigned i = 0; taken == VIRTIO_NONE && i < PORT_BUFFERS; i++) {
		uint32_t bytes = port->busy[i] ? 0 : buffer_fill(port, PORT_BUFFERS + i);

		if (bytes)
			port->busy[i] = buffer_add(port, &port->sending, PORT_BUFFERS + i, bytes, false);
	}
	return taken;
}

enum virtio_fault port_work(struct port *port)
{
	if (receive(port) == VIRTIO_FAULT)
		return port->device.fault = port->receiving.fault;
	if (send(port) == VIRTIO_FAULT)
		return port->device.fault = port->sending.fault;
	if (virtio_queue_publish(&port->receiving))
		virtio_device_notify(&port->device, QUEUE_RECEIVING);
	if (virtio_queue_publish(&port->sending))
		virtio_device_notify(&port->device, QUEUE_SENDING);
	return VIRTIO_SOUND;
}
