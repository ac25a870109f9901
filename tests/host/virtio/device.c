/* SPDX-License-Identifier: MIT */
/* The simulated virtio device (tests/host/virtio/device.h). A driver that breaks a rule of the standard that devices depend on ends the test by an assertion. */
#include "tests/host/virtio/device.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Where the windows lie in the BAR. */
#define COMMON_AT 0x0000
#define COMMON_BYTES 0x38
#define INTERRUPT_AT 0x1000
#define DEVICE_AT 0x2000
#define NOTIFY_AT 0x3000
#define NOTIFY_BYTES 0x40
#define MULTIPLIER 4

static uint64_t random_next(struct device *device)
{
	device->random ^= device->random << 13;
	device->random ^= device->random >> 7;
	device->random ^= device->random << 17;
	return device->random;
}

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

void *arena_at(struct device *device, uint64_t offset)
{
	assert(offset < ARENA_BYTES);
	return device->arena + offset;
}

/* Where the device's DMA goes; outside of the arena is memory that nobody gave to it. */
static unsigned char *physical_at(struct device *device, uint64_t address, uint64_t bytes)
{
	assert(address >= ARENA_PHYSICAL && address - ARENA_PHYSICAL <= ARENA_BYTES && bytes <= ARENA_BYTES - (address - ARENA_PHYSICAL));
	return device->arena + (address - ARENA_PHYSICAL);
}

static void capability_put(struct device *device, unsigned at, unsigned next, unsigned type, uint32_t offset, uint32_t bytes)
{
	uint8_t *capability = device->pci.configuration + at;

	put(capability, 0x09, 1);
	put(capability + 1, next, 1);
	put(capability + 2, type == VIRTIO_PCI_NOTIFY ? 20 : 16, 1);
	put(capability + 3, type, 1);
	put(capability + 4, DEVICE_BAR, 1);
	put(capability + 8, offset, 4);
	put(capability + 12, bytes, 4);
	if (type == VIRTIO_PCI_NOTIFY)
		put(capability + 16, MULTIPLIER, 4);
}

void device_make(struct device *device, uint16_t type, uint64_t features)
{
	device->arena = calloc(1, ARENA_BYTES);
	assert(device->arena);
	device_remake(device, type, features);
}

void device_remake(struct device *device, uint16_t type, uint64_t features)
{
	unsigned char *arena = device->arena;

	*device = (struct device){.arena = memset(arena, 0, ARENA_BYTES)};
	device->offered = features;
	device->queue_most = 256;
	device->random = 1;
	put(device->pci.configuration, 0x1af4, 2);
	put(device->pci.configuration + 2, 0x1040u + type, 2);
	put(device->pci.configuration + 6, 0x10, 2);
	put(device->pci.configuration + 0x34, 0x40, 1);
	put(device->pci.configuration + 0x40, 0x11, 1); /* MSI-X, to be passed over */
	put(device->pci.configuration + 0x41, 0x50, 1);
	capability_put(device, 0x50, 0x60, VIRTIO_PCI_COMMON, COMMON_AT, COMMON_BYTES);
	capability_put(device, 0x60, 0x70, VIRTIO_PCI_INTERRUPT, INTERRUPT_AT, 4);
	capability_put(device, 0x70, 0x80, VIRTIO_PCI_DEVICE, DEVICE_AT, DEVICE_CONFIGURATION_BYTES);
	capability_put(device, 0x80, 0, VIRTIO_PCI_NOTIFY, NOTIFY_AT, NOTIFY_BYTES);
	device->pci.bar_bytes[DEVICE_BAR] = DEVICE_BAR_BYTES;
}

void device_free(struct device *device)
{
	free(device->arena);
}

/* Registers. */

static struct device_queue *selected(struct device *device)
{
	static struct device_queue none;

	none = (struct device_queue){0};
	return device->queue_select < DEVICE_QUEUES ? &device->queue[device->queue_select] : &none;
}

static uint16_t queue_size(struct device *device)
{
	if (device->queue_select >= DEVICE_QUEUES || device->lie == LIE_NO_QUEUE)
		return 0;
	if (device->lie == LIE_ODD_QUEUE)
		return 100;
	return selected(device)->size ? selected(device)->size : device->queue_most;
}

static uint32_t common_read(struct device *device, uint32_t offset)
{
	switch (offset) {
	case 0x04:
		return device->offered_select < 2 ? (uint32_t)((device->lie == LIE_LEGACY ? device->offered & 0xffffffff : device->offered) >> 32 * device->offered_select) : 0;
	case 0x10:
		return device->configuration_interrupt;
	case 0x14:
		return device->lie == LIE_FORGETS ? 0 : device->status;
	case 0x15:
		return device->lie == LIE_RESTLESS ? ++device->generation : device->generation;
	case 0x18:
		return queue_size(device);
	case 0x1a:
		return device->lie == LIE_NO_VECTOR ? VIRTIO_NO_INTERRUPT : selected(device)->interrupt;
	case 0x1c:
		return selected(device)->enabled;
	case 0x1e:
		return device->lie == LIE_NOTIFY_FAR ? NOTIFY_BYTES / MULTIPLIER : device->queue_select;
	default:
		return 0;
	}
}

static uint32_t device_read(void *context, unsigned bar, uint32_t offset, unsigned width)
{
	struct device *device = context;
	uint32_t all = width == 4 ? UINT32_MAX : (1u << 8 * width) - 1;

	assert(bar == DEVICE_BAR && offset % width == 0 && offset + width <= DEVICE_BAR_BYTES);
	if (device->lie == LIE_GONE)
		return all;
	if (device->lie == LIE_REGISTERS)
		return (uint32_t)(random_next(device) % 3 ? 0 : random_next(device)) & all;
	if (offset < COMMON_AT + COMMON_BYTES)
		return common_read(device, offset - COMMON_AT) & all;
	if (offset >= DEVICE_AT && offset + width <= DEVICE_AT + DEVICE_CONFIGURATION_BYTES)
		return (uint32_t)get(device->configuration + (offset - DEVICE_AT), width);
	return 0;
}

static void status_write(struct device *device, uint8_t status)
{
	if (status == 0) {
		device->resets++;
		if (device->lie == LIE_RESET_HANGS)
			return;
		memset(device->queue, 0, sizeof(device->queue));
		device->accepted = 0;
	}
	assert(status == 0 || (status & device->status) == device->status || device->lie); /* bits are only added: VIRTIO 1.2, 2.1.1 */
	if (status & 0x08 && !(device->status & 0x08)) {
		assert((device->accepted & ~device->offered) == 0);
		if (device->lie == LIE_REFUSES)
			status &= (uint8_t)~0x08;
	}
	device->status = status;
}

static void address_write(struct device *device, uint32_t offset, uint32_t value)
{
	uint64_t *address = &selected(device)->address[(offset - 0x20) / 8];
	unsigned shift = offset % 8 ? 32 : 0;

	*address = (*address & ~(0xffffffffull << shift)) | (uint64_t)value << shift;
}

static void enable_write(struct device *device, uint32_t value)
{
	struct device_queue *queue = selected(device);

	assert(value == 1 && !queue->enabled && queue->size && device->status & 0x08);
	assert(queue->address[0] % 16 == 0 && queue->address[1] % 2 == 0 && queue->address[2] % 4 == 0);
	queue->enabled = 1;
	if (device->no_notify)
		put(physical_at(device, queue->address[2], 2), 1, 2);
}

static void common_write(struct device *device, uint32_t offset, uint32_t value)
{
	if (offset >= 0x20) {
		address_write(device, offset, value);
		return;
	}
	switch (offset) {
	case 0x00:
		device->offered_select = value;
		break;
	case 0x08:
		device->accepted_select = value;
		break;
	case 0x0c:
		assert(device->accepted_select < 2);
		device->accepted = (device->accepted & ~(0xffffffffull << 32 * device->accepted_select)) | (uint64_t)value << 32 * device->accepted_select;
		break;
	case 0x10:
		device->configuration_interrupt = (uint16_t)value;
		break;
	case 0x14:
		status_write(device, (uint8_t)value);
		break;
	case 0x16:
		device->queue_select = (uint16_t)value;
		break;
	case 0x18:
		assert(value && value <= device->queue_most && !(value & (value - 1)));
		selected(device)->size = (uint16_t)value;
		break;
	case 0x1a:
		selected(device)->interrupt = (uint16_t)value;
		break;
	case 0x1c:
		enable_write(device, value);
		break;
	default:
		assert(!"a register that cannot be written");
	}
}

static void device_write(void *context, unsigned bar, uint32_t offset, unsigned width, uint32_t value)
{
	struct device *device = context;

	assert(bar == DEVICE_BAR && offset % width == 0 && offset + width <= DEVICE_BAR_BYTES);
	if (device->lie == LIE_GONE || device->lie == LIE_REGISTERS)
		return;
	if (offset < COMMON_AT + COMMON_BYTES) {
		common_write(device, offset - COMMON_AT, value);
		return;
	}
	assert(offset >= NOTIFY_AT && offset + width <= NOTIFY_AT + NOTIFY_BYTES && width == 2);
	assert((offset - NOTIFY_AT) / MULTIPLIER == value && device->queue[value].enabled && device->status & 0x04);
	device->notifications++;
}

const struct virtio_pci_access device_access = {.read = device_read, .write = device_write};

/* Queues, from the device's side. */

static unsigned char *queue_part(struct device *device, const struct device_queue *queue, unsigned part, uint64_t offset, unsigned bytes)
{
	return physical_at(device, queue->address[part] + offset, bytes);
}

static uint16_t available_index(struct device *device, const struct device_queue *queue)
{
	return (uint16_t)get(queue_part(device, queue, 1, 2, 2), 2);
}

/* Follows a chain; one that is a circle or reads after it wrote breaks the driver's side of the standard (2.7.4.2, 2.7.5.2). */
static void chain_walk(struct device *device, const struct device_queue *queue, uint16_t head, struct chain *chain)
{
	uint16_t index = head, flags;

	*chain = (struct chain){.head = head};
	do {
		const uint8_t *descriptor = queue_part(device, queue, 0, 16ull * index, 16);
		struct chain_part *part = &chain->part[chain->count];

		assert(index < queue->size && chain->count < CHAIN_MAX);
		flags = (uint16_t)get(descriptor + 12, 2);
		assert(!(flags & ~3u));
		part->bytes = (uint32_t)get(descriptor + 8, 4);
		part->data = physical_at(device, get(descriptor, 8), part->bytes);
		part->written = flags & 2;
		assert(chain->count == 0 || part->written || !chain->part[chain->count - 1].written);
		chain->count++;
		index = (uint16_t)get(descriptor + 14, 2);
	} while (flags & 1);
}

static void used_put(struct device *device, struct device_queue *queue, uint32_t id, uint32_t bytes)
{
	uint8_t *entry = queue_part(device, queue, 2, 4 + 8ull * (queue->used++ & (queue->size - 1u)), 8);

	put(entry, id, 4);
	put(entry + 4, bytes, 4);
	put(queue_part(device, queue, 2, 2, 2), queue->used, 2);
	device->interrupts++;
}

/* An id that heads no chain: the second descriptor of this one. Behind a chain of one descriptor, where nothing begins while few chains are out. */
static uint32_t id_free(struct device *device, const struct device_queue *queue, const struct chain *chain)
{
	if (chain->count > 1)
		return (uint32_t)get(queue_part(device, queue, 0, 16ull * chain->head + 14, 2), 2);
	return (chain->head + 1u) & (queue->size - 1u);
}

/* Completes a chain, with the lie that is due. */
static void chain_complete(struct device *device, struct device_queue *queue, const struct chain *chain, uint32_t bytes)
{
	uint32_t writable = 0, id = chain->head;

	for (unsigned i = 0; i < chain->count; i++)
		writable += chain->part[i].written ? chain->part[i].bytes : 0;
	device->lied |= device->lie != LIE_NONE;
	if (device->lie == LIE_ID_RANGE)
		id = queue->size + (uint32_t)(device->random % 3) * 0x10000;
	if (device->lie == LIE_LENGTH)
		bytes = writable + 1;
	if (device->lie == LIE_SHORT)
		bytes = bytes ? 1 : 0;
	if (device->lie == LIE_USED_INDEX)
		queue->used = (uint16_t)(queue->used + queue->size);
	if (device->lie == LIE_USED_BACK)
		queue->used = (uint16_t)(queue->used - 2);
	if (device->lie == LIE_ID_FREE)
		id = id_free(device, queue, chain);
	used_put(device, queue, id, bytes);
	if (device->lie == LIE_TWICE)
		used_put(device, queue, id, bytes);
}

/* The head at available position `at`. */
static uint16_t available_head(struct device *device, const struct device_queue *queue, uint16_t at)
{
	return (uint16_t)get(queue_part(device, queue, 1, 4 + 2ull * (at & (queue->size - 1u)), 2), 2);
}

static bool device_works(const struct device *device, const struct device_queue *queue)
{
	return device->lie != LIE_GONE && device->lie != LIE_NEEDS_RESET && device->lie != LIE_FORGETS && device->lie != LIE_SILENT && device->lie != LIE_REGISTERS && queue->enabled && device->status & 0x04;
}

/* Takes all heads that wait and serves them in a shuffled order, or the first `most` in theirs. */
unsigned device_serve(struct device *device, unsigned number, unsigned most, bool shuffle)
{
	struct device_queue *queue = &device->queue[number];
	uint16_t heads[256];
	unsigned count = 0;

	if (device->lie == LIE_NEEDS_RESET)
		device->status |= 0x40;
	if (!device_works(device, queue))
		return 0;
	while (queue->taken != available_index(device, queue) && count < most)
		heads[count++] = available_head(device, queue, queue->taken++);
	for (unsigned i = 0; i < count; i++) {
		unsigned other = shuffle ? i + (unsigned)(random_next(device) % (count - i)) : i;
		uint16_t head = heads[other];
		struct chain chain;

		heads[other] = heads[i];
		chain_walk(device, queue, head, &chain);
		chain_complete(device, queue, &chain, device->serve(device, &chain));
	}
	return count;
}
