/* SPDX-License-Identifier: MIT */
/* Taking a virtio device from pci (drivers/virtio/claim.h), and the accesses to its registers through the mapped BARs. */
#include "drivers/virtio/claim.h"

#include "abi/errno.h"
#include "lib/log.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/space.h"
#include "lib/string.h"

static uint32_t bar_read(void *context, unsigned bar, uint32_t offset, unsigned width)
{
	const struct virtio_claim *claim = context;
	vaddr_t at = claim->bar[bar] + offset;

	return width == 1 ? *(volatile uint8_t *)at : width == 2 ? *(volatile uint16_t *)at : *(volatile uint32_t *)at;
}

static void bar_write(void *context, unsigned bar, uint32_t offset, unsigned width, uint32_t value)
{
	const struct virtio_claim *claim = context;
	vaddr_t at = claim->bar[bar] + offset;

	if (width == 1)
		*(volatile uint8_t *)at = (uint8_t)value;
	else if (width == 2)
		*(volatile uint16_t *)at = (uint16_t)value;
	else
		*(volatile uint32_t *)at = value;
}

static const struct virtio_pci_access bar_access = {.read = bar_read, .write = bar_write};

/* A call to pci; the result, or -EIO when pci cannot be reached. */
static int pci_call(const struct virtio_claim *claim, enum pci_request label, uint64_t argument, uint64_t *more)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {argument};

	if (service_call(claim->session, label, 1, data) != OK)
		return -EIO;
	if (more)
		*more = data[1];
	return (int)(int64_t)data[0];
}

/* Maps the BARs of which `mask` tells that they are in the slots for them, in order. */
static int bars_map(struct virtio_claim *claim, uint64_t mask)
{
	const struct start_grant *bars = start_next(GRANT_BARS, NULL);
	unsigned next = 0;

	for (unsigned bar = 0; bar < PCI_BARS; bar++) {
		handle_t mapping;

		if (!(mask >> bar & 1)) {
			claim->device.bar_bytes[bar] = 0;
			continue;
		}
		if (!bars || next == bars->argument || claim->device.bar_bytes[bar] > UINT32_MAX)
			return -EIO;
		if (space_map(&own_space, bars->slot + next++, claim->device.bar_bytes[bar] / PAGE_SIZE, MAP_READ | MAP_WRITE, &claim->bar[bar], &mapping) != OK)
			return -ENOMEM;
	}
	return 0;
}

/* The device's own reset, then bus mastering: never the other way round. */
static int device_enable(struct virtio_claim *claim)
{
	struct virtio_device device = {.transport = &virtio_pci_transport, .context = &claim->pci};
	enum virtio_fault fault = virtio_device_reset(&device);

	if (fault) {
		log_print("%s\n", virtio_fault_sentence(fault));
		return fault == VIRTIO_GONE ? -ENODEV : -EIO;
	}
	return pci_call(claim, PCI_MASTER, 1, NULL);
}

static int device_find(struct virtio_claim *claim, uint16_t type)
{
	const struct start_grant *irq = start_next(GRANT_IRQ, NULL);
	enum virtio_fault fault = virtio_pci_find(&claim->pci, &claim->device, &bar_access, claim);

	if (fault || claim->pci.type != type) {
		log_print("%s\n", fault ? virtio_fault_sentence(fault) : "the device is of another type");
		return -ENODEV;
	}
	if (!irq || claim->device.interrupts == 0) {
		log_print("the device has no interrupt\n");
		return -ENODEV;
	}
	claim->irq = irq->slot;
	claim->irq_bits = 1ull << irq->argument;
	return 0;
}

int virtio_claim(struct virtio_claim *claim, uint16_t type)
{
	const struct start_grant *buffer = start_buffer_of("pci");
	uint64_t mask = 0;
	int result;

	memset(claim, 0, sizeof(*claim));
	claim->session = start_session("pci");
	if (!claim->session || !buffer || buffer->bytes < sizeof(claim->device)) {
		log_print("there is no session with pci\n");
		return -EINVAL;
	}
	result = pci_call(claim, PCI_CLAIM, 0, &mask);
	memcpy(&claim->device, (const void *)buffer->address, sizeof(claim->device));
	if (result == 0)
		result = bars_map(claim, mask);
	if (result == 0)
		result = device_find(claim, type);
	if (result == 0)
		result = device_enable(claim);
	if (result)
		log_print("no device: %d\n", (int64_t)result);
	else
		virtio_claim_acknowledge(claim);
	return result;
}

int virtio_claim_reset(struct virtio_claim *claim)
{
	int result = pci_call(claim, PCI_RESET, 0, NULL);

	return result ? result : device_enable(claim);
}

void virtio_claim_acknowledge(const struct virtio_claim *claim)
{
	(void)!irq_acknowledge(claim->irq); /* the handler is this service's own: it cannot be refused */
}

void *virtio_claim_memory(uint64_t bytes, paddr_t *physical)
{
	const struct start_grant *grant = start_own("queue");

	if (!grant || grant->kind != GRANT_REGION || !grant->address || !grant->argument || grant->bytes < bytes) {
		log_print("the Region %s.queue of at least %u bytes for DMA is missing\n", start_page->name, bytes);
		return NULL;
	}
	*physical = grant->argument;
	return (void *)grant->address;
}
