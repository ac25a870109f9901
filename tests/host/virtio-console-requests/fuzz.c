/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: virtio-console with its sessions (tests/host/harness/serial_clients.h), between pci and a device that lies (tests/host/harness/virtio_world.h).
 *
 * The device holds what earlier sessions have pushed until it prints it; bytes tell only so many sessions apart, so their order is judged while it is known that no older ones can come.
 */
#include <string.h>

#include "drivers/virtio/console/port.h"
#include "tests/host/harness/serial_clients.h"
#include "tests/host/harness/virtio_world.h"

#define TYPE_CONSOLE 3
#define QUEUES 2
#define QUEUE_SENDING 1
#define TYPED_BYTES 40
#define CHAINS_ALL 255

static uint32_t serve(struct device *device, const struct chain *chain);

static struct service_world world;
static struct virtio_world virtio = {
	.service = &world,
	.type = TYPE_CONSOLE,
	.memory_bytes = (PORT_MEMORY_BYTES + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE,
	.serve = serve,
	.queues = QUEUES,
	.signals = SERIAL_CLIENT_SIGNALS,
	.clients = SERIAL_CLIENTS,
	.needs_claim = true,
};
static unsigned resets;        /* of the device, when a byte was last printed */
static uint64_t printed_until; /* sessions that had begun when the device had printed all that it had */

static void byte_print(uint8_t byte)
{
	if (!(byte & SERIAL_BYTE_OF_SESSION) && !world.stores && !virtio.dishonest)
		complain("byte %u is printed, which no session has pushed", byte);
	if (virtio.resets != resets || serial_clients_sessions() - printed_until >= SERIAL_SESSIONS_TOLD_APART)
		serial_clients_lost();
	resets = virtio.resets;
	if (!virtio.dishonest && serial_clients_sessions() - printed_until < SERIAL_SESSIONS_TOLD_APART)
		serial_clients_sent(byte);
}

/* Types into what is to be written, prints what is to be read. */
static uint32_t serve(struct device *device, const struct chain *chain)
{
	const struct chain_part *part = &chain->part[0];
	uint32_t typed = part->bytes < TYPED_BYTES ? part->bytes : TYPED_BYTES;

	(void)device;
	if (chain->count != 1 || !virtio_world_owns(&virtio, part))
		complain("the device is given memory that is not the driver's");
	if (part->written) {
		memset(part->data, 'a', typed);
		return typed;
	}
	for (uint32_t i = 0; i < part->bytes; i++)
		byte_print(part->data[i]);
	return 0;
}

/* An honest device prints all that it has. */
static void print_all(void)
{
	if (!virtio.masters || virtio.dishonest || virtio.device.lie != LIE_NONE)
		return;
	while (device_serve(&virtio.device, QUEUE_SENDING, CHAINS_ALL, false))
		;
	printed_until = serial_clients_sessions();
}

static void deed(uint64_t what)
{
	if (what == 0)
		print_all();
	else if (what == 1)
		virtio_world_work(&virtio);
	else
		serial_clients_work();
}

/* Four of them, each as two bits say. */
static void event(void)
{
	uint64_t deeds = 0x100 | input_take(&world.requester.input, 1);

	for (; deeds > 1; deeds >>= 2)
		deed(deeds & 3);
}

static void begin(void)
{
	virtio_world_begin(&virtio);
	serial_clients_begin();
	serial_clients_gone(true);
	resets = 0;
	printed_until = serial_clients_sessions();
}

struct service_world *service_world_target(void)
{
	service_world_make(&world, "virtio-console", 1);
	world.event = event;
	world.begin = begin;
	world.restart = serial_clients_restart;
	virtio_world_make(&virtio);
	serial_clients_make(&world);
	return &world;
}
