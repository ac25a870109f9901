/* SPDX-License-Identifier: MIT */
/* The world of a virtio driver (virtio_world.h): pci, the device's deeds, and its registers in the place of drivers/virtio/bars.c. */
#include "tests/host/harness/virtio_world.h"

#include <string.h>

#include "abi/abi.h"
#include "abi/errno.h"
#include "drivers/virtio/bars.h"

#define PCI_BADGE 9 /* none that sends requests */
#define PCI_SESSION (WORLD_HANDLES + 1)
#define IRQ (WORLD_HANDLES + 2)
#define STATUS_DRIVER_OK 0x04
#define STATUS_STUCK 0x01 /* of a device that does not let itself be reset */

static struct virtio_world *world; /* whose registers the driver reaches */

static uint64_t take(unsigned bytes)
{
	return input_take(&world->service->requester.input, bytes);
}

/* Registers. */

static uint32_t register_read(void *context, unsigned bar, uint32_t offset, unsigned width)
{
	(void)context;
	return device_access.read(&world->device, bar, offset, width);
}

static void register_write(void *context, unsigned bar, uint32_t offset, unsigned width, uint32_t value)
{
	(void)context;
	device_access.write(&world->device, bar, offset, width, value);
}

const struct virtio_pci_access virtio_bar_access = {.read = register_read, .write = register_write};

int virtio_bars_map(struct virtio_bars *bars, struct pci_device *device, uint64_t mask)
{
	(void)bars;
	for (unsigned bar = 0; bar < PCI_BARS; bar++)
		if (!(mask >> bar & 1))
			device->bar_bytes[bar] = 0;
	return 0;
}

/* pci. */

static void device_reset(void)
{
	struct device *device = &world->device;

	world->masters = false;
	world->resets++;
	if (!world->resets_function)
		return;
	if (device->lie <= LIE_SILENT)
		device->lie = LIE_NONE; /* the others show when it is started */
	memset(device->queue, 0, sizeof(device->queue));
	device->accepted = 0;
	device->status = device->lie == LIE_RESET_HANGS ? STATUS_STUCK : 0;
	world->scribbled = false;
}

/* Until pci takes the bus from it, the device goes on with what an instance before has given to it. */
static void claim(uint64_t data[MESSAGE_REGISTER_WORDS])
{
	world->given_up = false; /* by the instance before */
	virtio_world_work(world);
	device_reset();
	if (world->moved)
		world->device.lie = LIE_REGISTERS;
	memcpy(world->pci_buffer, &world->device.pci, sizeof(world->device.pci));
	world->service->may_end = world->needs_claim && world->device.lie != LIE_NONE;
	data[1] = 1 << DEVICE_BAR;
}

static void master(bool on)
{
	if (on && world->device.status != 0 && world->device.lie != LIE_REGISTERS)
		complain("the device is to master the bus and is not reset");
	world->masters = on;
	world->scribbled = false; /* the driver has reset it */
}

static enum error pci_answer(uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	uint64_t kind = take(1) % 64;

	if (kind >= 61) {
		world->unconfirmed |= label != PCI_MASTER;
		world->given_up |= label == PCI_RESET;
		world->resets_by_driver = world->device.resets;
		world->service->may_end |= world->needs_claim && label != PCI_RESET;
		data[0] = kind == 62 ? (uint64_t)-ENODEV : (uint64_t)-EIO;
		return kind == 63 ? ERR_TIMEOUT : OK;
	}
	if (label == PCI_CLAIM)
		claim(data);
	else if (label == PCI_RESET)
		device_reset();
	else if (label == PCI_MASTER)
		master(data[0]);
	else
		service_world_stray(PCI_SESSION, label);
	data[0] = 0;
	return OK;
}

static enum error capability(handle_t target, uint64_t label, uint64_t data[MESSAGE_REGISTER_WORDS])
{
	if (target == PCI_SESSION)
		return pci_answer(label, data);
	if (target == IRQ && label == IRQ_HANDLER_ACKNOWLEDGE)
		return OK;
	if (target <= world->signals || target > world->signals + world->clients || label != 0)
		service_world_stray(target, label);
	return OK;
}

/* The device. */

static void scribble(uint64_t at)
{
	world->scribbled = world->dishonest = true;
	*(unsigned char *)arena_at(&world->device, VIRTIO_MEMORY_AT + at % world->memory_bytes) = (unsigned char)take(1);
}

/* After a reset that was not confirmed the device must not be started again. */
static void given_up_judge(void)
{
	const struct device *device = &world->device;

	if (world->given_up && device->resets != world->resets_by_driver && device->status & STATUS_DRIVER_OK)
		complain("the device is started again, and its reset was not confirmed");
}

/* Near the used index and the first used entries. */
static void scribble_used(void)
{
	const struct device_queue *queue = &world->device.queue[take(1) % world->queues];

	if (queue->enabled)
		scribble(queue->address[2] - ARENA_PHYSICAL - VIRTIO_MEMORY_AT + take(1) % 64);
}

/* One of those about completions, or any. What its registers are does not change before the next reset. */
static void lie(void)
{
	uint64_t draw = take(1), kind = draw % 2 ? 1 + draw / 2 % LIE_NO_STATUS : draw / 2 % LIES;

	if (world->device.lie != LIE_REGISTERS && kind != LIE_REGISTERS)
		world->device.lie = (enum lie)kind;
}

/* A byte of its configuration space: it may tell of other registers than it has. */
static void move(void)
{
	uint64_t at = take(1);

	world->moved = true;
	world->device.pci.configuration[at] = (uint8_t)take(1);
}

static void configuration_change(void)
{
	uint64_t at = take(1) % DEVICE_CONFIGURATION_BYTES;

	world->device.configuration[at] = (uint8_t)take(1);
}

static void serve(void)
{
	uint64_t how = take(1);

	if (world->masters && !world->scribbled)
		device_serve(&world->device, (unsigned)(how % world->queues), 1 + (unsigned)(how / 2 % 8), world->shuffles);
}

void virtio_world_work(struct virtio_world *working)
{
	uint64_t what;

	world = working;
	what = take(1);
	given_up_judge();
	if (what < 8 && world->scribbles)
		scribble(take(2));
	else if (what < 16 && world->scribbles)
		scribble_used();
	else if (what < 48)
		lie();
	else if (what < 50)
		move();
	else if (what < 56)
		configuration_change();
	else
		serve();
}

bool virtio_world_owns(const struct virtio_world *owner, const struct chain_part *part)
{
	uint64_t at = (uint64_t)(part->data - owner->device.arena);

	return at >= VIRTIO_MEMORY_AT && at + part->bytes <= VIRTIO_MEMORY_AT + owner->memory_bytes;
}

void virtio_world_begin(struct virtio_world *begun)
{
	uint64_t features, how;

	world = begun;
	features = take(2);
	how = take(1);
	device_remake(&world->device, world->type, VIRTIO_F_VERSION_1 | (features & world->features));
	world->device.pci.interrupts = 1;
	world->device.serve = world->serve;
	world->device.no_notify = how & 1;
	world->resets_function = !(how & 2);
	world->scribbles = how & 4;
	world->masters = world->scribbled = world->dishonest = world->unconfirmed = world->given_up = world->moved = false;
	world->resets = 0;
}

void virtio_world_make(struct virtio_world *made)
{
	struct service_world *service = made->service;
	struct start_grant *grant;
	char name[32];

	world = made;
	service->capability = capability;
	device_make(&made->device, made->type, 0);
	service_world_grant(service, GRANT_SESSION, "pci")->slot = PCI_SESSION;
	made->pci_buffer = service_world_buffer(service, "pci", PCI_BADGE, PAGE_SIZE);
	grant = service_world_grant(service, GRANT_IRQ, "device");
	grant->slot = IRQ;
	grant->argument = START_BIT_IRQ;
	grant = service_world_grant(service, GRANT_REGION, strcat(strcpy(name, service->page->name), ".queue"));
	grant->address = (uint64_t)arena_at(&made->device, VIRTIO_MEMORY_AT);
	grant->argument = ARENA_PHYSICAL + VIRTIO_MEMORY_AT;
	grant->bytes = made->memory_bytes;
}
