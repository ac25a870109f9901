/* SPDX-License-Identifier: MIT */
/* The mapped BARs of a device (drivers/virtio/bars.h). */
#include "drivers/virtio/bars.h"

#include "abi/errno.h"
#include "lib/service.h"
#include "lib/space.h"

static uint32_t bar_read(void *context, unsigned bar, uint32_t offset, unsigned width)
{
	const struct virtio_bars *bars = context;
	vaddr_t at = bars->at[bar] + offset;

	return width == 1 ? *(volatile uint8_t *)at : width == 2 ? *(volatile uint16_t *)at : *(volatile uint32_t *)at;
}

static void bar_write(void *context, unsigned bar, uint32_t offset, unsigned width, uint32_t value)
{
	const struct virtio_bars *bars = context;
	vaddr_t at = bars->at[bar] + offset;

	if (width == 1)
		*(volatile uint8_t *)at = (uint8_t)value;
	else if (width == 2)
		*(volatile uint16_t *)at = (uint16_t)value;
	else
		*(volatile uint32_t *)at = value;
}

const struct virtio_pci_access virtio_bar_access = {.read = bar_read, .write = bar_write};

int virtio_bars_map(struct virtio_bars *bars, struct pci_device *device, uint64_t mask)
{
	const struct start_grant *slots = start_next(GRANT_BARS, NULL);
	unsigned next = 0;

	for (unsigned bar = 0; bar < PCI_BARS; bar++) {
		handle_t mapping;

		if (!(mask >> bar & 1)) {
			device->bar_bytes[bar] = 0;
			continue;
		}
		if (!slots || next == slots->argument || device->bar_bytes[bar] > UINT32_MAX)
			return -EIO;
		if (space_map(&own_space, slots->slot + next++, device->bar_bytes[bar] / PAGE_SIZE, MAP_READ | MAP_WRITE, &bars->at[bar], &mapping) != OK)
			return -ENOMEM;
	}
	return 0;
}
