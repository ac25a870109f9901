/* SPDX-License-Identifier: MIT */
/* Simulated PCI functions (fake.h): a configuration space of bytes, and what a write of some of its registers does. */
#include "tests/host/pci/fake.h"

#include <string.h>

void fake_put(struct fake *fake, unsigned at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		fake->space[at + i] = (uint8_t)(value >> 8 * i);
}

uint32_t fake_get(const struct fake *fake, unsigned at, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint32_t)fake->space[at + i] << 8 * i;
	return value;
}

void fake_make(struct fake *fake, pci_address_t address, uint16_t device)
{
	*fake = (struct fake){.address = address};
	fake_put(fake, 0, 0x1af4, 2);
	fake_put(fake, 2, device, 2);
	fake_put(fake, 4, 7, 2); /* the firmware has left it on */
	fake_put(fake, 6, 0x10, 2);
	fake_put(fake, 0x14, FAKE_TABLE_BASE, 4);
	fake_put(fake, 0x20, (uint32_t)FAKE_REGISTERS_BASE | 0xc, 4);
	fake_put(fake, 0x24, FAKE_REGISTERS_BASE >> 32, 4);
	fake->bar_mask[1] = 0xfffff000;
	fake->bar_mask[4] = 0xffffc000;
	fake->bar_mask[5] = 0xffffffff;
	fake_put(fake, 0x34, 0x50, 1);
	fake_put(fake, 0x50, 0x7010, 2); /* Express */
	fake_put(fake, 0x54, 1u << 28, 4);
	fake_put(fake, 0x70, 0x8011, 2); /* MSI-X: 4 entries, table in BAR 1 at 0, pending bits at 0x800 */
	fake_put(fake, 0x72, 3, 2);
	fake_put(fake, 0x74, 1, 4);
	fake_put(fake, 0x78, 0x801, 4);
	fake_put(fake, 0x80, 0x0001, 2); /* power management */
	fake_put(fake, 0x84, 0, 2);
}

void fake_make_bridge(struct fake *fake, pci_address_t address, uint8_t bus)
{
	*fake = (struct fake){.address = address};
	fake_put(fake, 0, 0x1b36, 2);
	fake_put(fake, 0x0e, 1, 1);
	fake_put(fake, 0x19, bus, 1);
	fake_put(fake, 0x20, 0xfe80, 2);
	fake_put(fake, 0x22, 0xfe80, 2);
}

static bool is_bridge(const struct fake *fake)
{
	return (fake->space[0x0e] & 0x7f) == 1;
}

uint32_t fake_read(const struct fake *fake, unsigned offset, unsigned width)
{
	if (!fake)
		return width == 4 ? UINT32_MAX : (1u << 8 * width) - 1;
	if (fake->pending && offset == 0x5a)
		return 0x20;
	return fake_get(fake, offset, width);
}

/* A function-level reset: command, BARs and MSI-X as at power-on. */
static void fake_reset(struct fake *fake)
{
	fake->resets++;
	if (fake->deaf_reset)
		return;
	fake_put(fake, 4, 0, 2);
	memset(fake->space + 0x10, 0, 24);
	for (unsigned bar = 0; bar < PCI_BARS; bar++)
		if (fake->bar_mask[bar] && (bar == 0 || !(fake->space[0x10 + 4 * (bar - 1)] & 4)))
			fake->space[0x10 + 4 * bar] = bar == 4 ? 0x0c : 0;
	fake_put(fake, 0x72, fake_get(fake, 0x72, 2) & 0x7ff, 2);
}

static const char *bar_write(struct fake *fake, unsigned offset, unsigned width, uint32_t value)
{
	unsigned bar = (offset - 0x10) / 4;

	if (width != 4)
		return "a BAR is written in part";
	if (fake_get(fake, 4, 2) & 2)
		return "a BAR is written while it is decoded";
	fake_put(fake, offset, (value & fake->bar_mask[bar]) | (fake_get(fake, offset, 4) & 0xf & ~fake->bar_mask[bar]), 4);
	return NULL;
}

const char *fake_write(struct fake *fake, unsigned offset, unsigned width, uint32_t value)
{
	if (offset >= 0x10 && offset < 0x28 && !is_bridge(fake))
		return bar_write(fake, offset, width, value);
	if (offset == 0x04) {
		fake_put(fake, 4, fake->sticky_master ? value | 4 : value, 2);
	} else if (offset == 0x58 && fake->space[0x50] == 0x10 && value & 0x8000) {
		if (fake_get(fake, 4, 2) & 4)
			return "a function is reset that masters the bus";
		fake_reset(fake);
	} else if (offset == 0x84 && fake->space[0x80] == 0x01) {
		if ((fake->space[0x84] & 3) == 3 && (value & 3) == 0)
			fake_reset(fake);
		fake_put(fake, 0x84, value, 2);
	} else if (offset == 0x72) {
		fake_put(fake, offset, (fake_get(fake, offset, 2) & 0x7ff) | (value & 0xc000), 2);
	}
	return NULL;
}
