/* SPDX-License-Identifier: MIT */
/* Virtio over PCI (drivers/virtio/pci.h): the capabilities that tell where registers are, and the common configuration (VIRTIO 1.2, 4.1.4) behind the operations of a transport. */
#include "drivers/virtio/pci.h"

/* PCI Local Bus 3.0, 6.1 and 6.7. */
#define PCI_VENDOR 0x00
#define PCI_DEVICE 0x02
#define PCI_STATUS 0x06
#define PCI_STATUS_CAPABILITIES 0x10
#define PCI_SUBSYSTEM 0x2e
#define PCI_CAPABILITIES 0x34
#define PCI_HEADER_END 0x40
#define PCI_CAPABILITIES_MAX 48 /* more do not fit behind the header */
#define PCI_CAPABILITY_VENDOR 0x09

/* VIRTIO 1.2, 4.1.2 and 4.1.4. */
#define VENDOR_VIRTIO 0x1af4
#define DEVICE_MODERN 0x1040 /* + type; below it are transitional devices, whose subsystem is their type */
#define DEVICE_TRANSITIONAL 0x1000
#define DEVICE_LAST 0x107f
#define CAPABILITY_TYPE 3
#define CAPABILITY_BAR 4
#define CAPABILITY_OFFSET 8
#define CAPABILITY_BYTES 12
#define CAPABILITY_END 16
#define CAPABILITY_MULTIPLIER 16
#define CAPABILITY_NOTIFY_END 20

/* The common configuration, VIRTIO 1.2, 4.1.4.3. */
#define COMMON_FEATURES_OFFERED_SELECT 0x00
#define COMMON_FEATURES_OFFERED 0x04
#define COMMON_FEATURES_SELECT 0x08
#define COMMON_FEATURES 0x0c
#define COMMON_INTERRUPT 0x10
#define COMMON_STATUS 0x14
#define COMMON_GENERATION 0x15
#define COMMON_QUEUE_SELECT 0x16
#define COMMON_QUEUE_SIZE 0x18
#define COMMON_QUEUE_INTERRUPT 0x1a
#define COMMON_QUEUE_ENABLE 0x1c
#define COMMON_QUEUE_NOTIFY 0x1e
#define COMMON_QUEUE_DESCRIPTORS 0x20
#define COMMON_QUEUE_AVAILABLE 0x28
#define COMMON_QUEUE_USED 0x30
#define COMMON_BYTES 0x38

static uint32_t field(const struct pci_device *device, unsigned at, unsigned width)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint32_t)device->configuration[(at + i) & (PCI_CONFIGURATION_BYTES - 1)] << 8 * i;
	return value;
}

/* The device's type, 0 when it is no virtio device. */
static uint16_t type_of(const struct pci_device *device)
{
	uint32_t number = field(device, PCI_DEVICE, 2);

	if (field(device, PCI_VENDOR, 2) != VENDOR_VIRTIO || number < DEVICE_TRANSITIONAL || number > DEVICE_LAST)
		return 0;
	return (uint16_t)(number > DEVICE_MODERN ? number - DEVICE_MODERN : field(device, PCI_SUBSYSTEM, 2));
}

static bool window_fits(const struct pci_device *device, unsigned bar, uint32_t offset, uint32_t bytes)
{
	return bar < PCI_BARS && offset % 4 == 0 && bytes != 0 && offset <= device->bar_bytes[bar] && bytes <= device->bar_bytes[bar] - offset;
}

/* Takes the window that the capability at `at` describes. The first of each type counts; types that are unknown here, or BARs that pci keeps, are passed over. */
static void window_take(struct virtio_pci *pci, const struct pci_device *device, unsigned at)
{
	unsigned type = field(device, at + CAPABILITY_TYPE, 1), bar = field(device, at + CAPABILITY_BAR, 1);
	uint32_t offset = field(device, at + CAPABILITY_OFFSET, 4), bytes = field(device, at + CAPABILITY_BYTES, 4);

	if (type == 0 || type >= VIRTIO_PCI_WINDOWS || pci->window[type].bytes || !window_fits(device, bar, offset, bytes))
		return;
	if (type == VIRTIO_PCI_NOTIFY) {
		if (at + CAPABILITY_NOTIFY_END > PCI_CONFIGURATION_BYTES)
			return;
		pci->notify_multiplier = field(device, at + CAPABILITY_MULTIPLIER, 4);
	}
	pci->window[type].bar = bar;
	pci->window[type].offset = offset;
	pci->window[type].bytes = bytes;
}

enum virtio_fault virtio_pci_find(struct virtio_pci *pci, const struct pci_device *device, const struct virtio_pci_access *access, void *context)
{
	unsigned at = field(device, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES ? field(device, PCI_CAPABILITIES, 1) & ~3u : 0;

	*pci = (struct virtio_pci){.access = access, .context = context, .type = type_of(device)};
	if (pci->type == 0)
		return VIRTIO_BAD_CAPABILITY;
	for (unsigned i = 0; at >= PCI_HEADER_END; i++) {
		if (i == PCI_CAPABILITIES_MAX)
			return VIRTIO_BAD_CAPABILITY;
		if (field(device, at, 1) == PCI_CAPABILITY_VENDOR && at + CAPABILITY_END <= PCI_CONFIGURATION_BYTES)
			window_take(pci, device, at);
		at = field(device, at + 1, 1) & ~3u;
	}
	return pci->window[VIRTIO_PCI_COMMON].bytes >= COMMON_BYTES && pci->window[VIRTIO_PCI_NOTIFY].bytes >= 2 ? VIRTIO_SOUND : VIRTIO_BAD_CAPABILITY;
}

static uint32_t common_read(void *context, uint32_t offset, unsigned width)
{
	const struct virtio_pci *pci = context;

	return pci->access->read(pci->context, pci->window[VIRTIO_PCI_COMMON].bar, pci->window[VIRTIO_PCI_COMMON].offset + offset, width);
}

static void common_write(void *context, uint32_t offset, unsigned width, uint32_t value)
{
	const struct virtio_pci *pci = context;

	pci->access->write(pci->context, pci->window[VIRTIO_PCI_COMMON].bar, pci->window[VIRTIO_PCI_COMMON].offset + offset, width, value);
}

/* Registers of 64 bits are written as two halves (VIRTIO 1.2, 4.1.3.1). */
static void common_write_address(void *context, uint32_t offset, paddr_t address)
{
	common_write(context, offset, 4, (uint32_t)address);
	common_write(context, offset + 4, 4, (uint32_t)(address >> 32));
}

static uint8_t pci_status_read(void *context)
{
	return (uint8_t)common_read(context, COMMON_STATUS, 1);
}

static void pci_status_write(void *context, uint8_t status)
{
	common_write(context, COMMON_STATUS, 1, status);
}

static uint64_t pci_features_read(void *context)
{
	uint64_t features = 0;

	for (unsigned half = 0; half < 2; half++) {
		common_write(context, COMMON_FEATURES_OFFERED_SELECT, 4, half);
		features |= (uint64_t)common_read(context, COMMON_FEATURES_OFFERED, 4) << 32 * half;
	}
	return features;
}

static void pci_features_write(void *context, uint64_t features)
{
	for (unsigned half = 0; half < 2; half++) {
		common_write(context, COMMON_FEATURES_SELECT, 4, half);
		common_write(context, COMMON_FEATURES, 4, (uint32_t)(features >> 32 * half));
	}
}

static uint16_t pci_queue_size(void *context, unsigned index)
{
	common_write(context, COMMON_QUEUE_SELECT, 2, index);
	return (uint16_t)common_read(context, COMMON_QUEUE_SIZE, 2);
}

/* The notification register of the selected queue must lie in its window (VIRTIO 1.2, 4.1.4.4). */
static bool notify_find(struct virtio_pci *pci, unsigned index)
{
	uint64_t offset = (uint64_t)common_read(pci, COMMON_QUEUE_NOTIFY, 2) * pci->notify_multiplier;

	if (index >= VIRTIO_PCI_QUEUES_MAX || offset % 2 || offset + 2 > pci->window[VIRTIO_PCI_NOTIFY].bytes)
		return false;
	pci->notify_offset[index] = pci->window[VIRTIO_PCI_NOTIFY].offset + (uint32_t)offset;
	return true;
}

static enum virtio_fault pci_queue_enable(void *context, unsigned index, const struct virtio_queue *queue, uint16_t interrupt)
{
	common_write(context, COMMON_QUEUE_SELECT, 2, index);
	if (!notify_find(context, index))
		return VIRTIO_BAD_QUEUE;
	common_write(context, COMMON_QUEUE_SIZE, 2, queue->size);
	common_write(context, COMMON_QUEUE_INTERRUPT, 2, interrupt);
	if (common_read(context, COMMON_QUEUE_INTERRUPT, 2) != interrupt) /* the device had no room for it: VIRTIO 1.2, 4.1.5.1.2 */
		return VIRTIO_BAD_QUEUE;
	common_write_address(context, COMMON_QUEUE_DESCRIPTORS, queue->physical + queue->layout.descriptors);
	common_write_address(context, COMMON_QUEUE_AVAILABLE, queue->physical + queue->layout.available);
	common_write_address(context, COMMON_QUEUE_USED, queue->physical + queue->layout.used);
	common_write(context, COMMON_QUEUE_ENABLE, 2, 1);
	return VIRTIO_SOUND;
}

static void pci_queue_notify(void *context, unsigned index)
{
	const struct virtio_pci *pci = context;

	pci->access->write(pci->context, pci->window[VIRTIO_PCI_NOTIFY].bar, pci->notify_offset[index], 2, index);
}

static enum virtio_fault pci_configuration_interrupt(void *context, uint16_t interrupt)
{
	common_write(context, COMMON_INTERRUPT, 2, interrupt);
	return common_read(context, COMMON_INTERRUPT, 2) == interrupt ? VIRTIO_SOUND : VIRTIO_BAD_QUEUE;
}

static bool pci_configuration_read(void *context, uint32_t offset, unsigned bytes, uint32_t *value)
{
	const struct virtio_pci *pci = context;
	uint32_t size = pci->window[VIRTIO_PCI_DEVICE].bytes;

	if (offset > size || bytes > size - offset)
		return false;
	*value = pci->access->read(pci->context, pci->window[VIRTIO_PCI_DEVICE].bar, pci->window[VIRTIO_PCI_DEVICE].offset + offset, bytes);
	return true;
}

static uint8_t pci_configuration_generation(void *context)
{
	return (uint8_t)common_read(context, COMMON_GENERATION, 1);
}

const struct virtio_transport virtio_pci_transport = {
	.status_read = pci_status_read,
	.status_write = pci_status_write,
	.features_read = pci_features_read,
	.features_write = pci_features_write,
	.queue_size = pci_queue_size,
	.queue_enable = pci_queue_enable,
	.queue_notify = pci_queue_notify,
	.configuration_interrupt = pci_configuration_interrupt,
	.configuration_read = pci_configuration_read,
	.configuration_generation = pci_configuration_generation,
};
