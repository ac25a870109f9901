/* SPDX-License-Identifier: MIT */
/*
 * virtio-console: the console device as the terminal of one session (abi/protocols/serial.h). What the device had to print when it had a fault may be lost with it. When it is given up, or unplugged, the session is told, and what it sends
 * is no longer taken. While there is a session the device is looked at: who only reads waits for it, too.
 */
#include "drivers/virtio/console/port.h"
#include "drivers/virtio/driver.h"

#include "abi/errno.h"
#include "abi/protocols/serial.h"
#include "lib/serial_session.h"

#define TYPE_CONSOLE 3
#define MSIX_ENTRY 0

static struct port port;
static struct serial_session session;

static bool byte_take(void *context, uint8_t *byte)
{
	return serial_session_take(context, byte);
}

static bool byte_give(void *context, uint8_t byte)
{
	return serial_session_give(context, byte);
}

static const struct port_operations operations = {.take = byte_take, .give = byte_give};

static enum virtio_fault start(struct virtio_driver *driver)
{
	return port_start(&port, &virtio_pci_transport, &driver->claim.pci, MSIX_ENTRY);
}

static enum virtio_fault work(struct virtio_driver *driver, bool *moved)
{
	uint64_t before = port.moved;
	enum virtio_fault fault = port_work(&port);

	(void)driver;
	*moved = port.moved != before;
	return fault;
}

static void serve(struct virtio_driver *driver, struct request *request)
{
	if (driver->works || request->label != SERIAL_ATTACH) {
		serial_session_serve(&session, request);
		return;
	}
	request->words = 1;
	request->caps = 0;
	request->data[0] = (uint64_t)-ENODEV;
}

static void tell(struct virtio_driver *driver)
{
	serial_session_gone(&session, !driver->works);
	serial_session_signal(&session);
}

/* Who has the port waits for what the device receives. What an earlier session had to print the device may hold for as long as nobody reads it. */
static bool waits(void)
{
	for (unsigned i = 0; i < PORT_BUFFERS; i++)
		if (port.busy[i])
			return true;
	return session.owner != 0;
}

int main(void)
{
	static struct virtio_driver driver = {.type = TYPE_CONSOLE, .start = start, .work = work, .serve = serve, .tell = tell, .waits = waits, .device = &port.device};
	const struct start_grant *state = start_next(GRANT_STATE, NULL);

	port.memory = virtio_claim_memory(PORT_MEMORY_BYTES, &port.physical);
	port.operations = &operations;
	port.context = &session;
	if (!state || !port.memory)
		return 1;
	serial_session_open(&session, (struct serial_memory *)state->address);
	return virtio_driver_run(&driver);
}
