/* SPDX-License-Identifier: MIT */
/* Taking a virtio device from pci (drivers/virtio/claim.h). */
#include "drivers/virtio/claim.h"

#include "abi/errno.h"
#include "lib/log.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/string.h"

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
	enum virtio_fault fault = virtio_pci_find(&claim->pci, &claim->device, &virtio_bar_access, &claim->bars);

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
		result = virtio_bars_map(&claim->bars, &claim->device, mask);
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
