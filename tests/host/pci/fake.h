/* SPDX-License-Identifier: MIT */
/* Functions of a simulated PCI bus, honest or not. Writable bits, sizes of BARs, and what a reset clears are those of the standards, written here a second time. */
#pragma once

#include "drivers/pci/function.h"

#define FAKE_TABLE_BASE 0xfe801000u
#define FAKE_REGISTERS_BASE 0x700000000ull

struct fake {
	pci_address_t address;
	uint8_t space[256];
	uint32_t bar_mask[PCI_BARS]; /* bits that can be written */
	unsigned resets;
	bool gone, sticky_master, deaf_reset, pending;
};

/* Numbers in its configuration space. */
void fake_put(struct fake *fake, unsigned at, uint64_t value, unsigned bytes);
uint32_t fake_get(const struct fake *fake, unsigned at, unsigned bytes);

/* A virtio-like function: BAR 1 holds the MSI-X table, BAR 4 (64 bits) the registers. */
void fake_make(struct fake *fake, pci_address_t address, uint16_t device);

/* A bridge to a bus, which passes on 1 MiB of memory from 0xfe800000 on. */
void fake_make_bridge(struct fake *fake, pci_address_t address, uint8_t bus);

/* An access of pci. A null pointer reads as nothing. A write that pci must not make returns what is wrong with it. */
uint32_t fake_read(const struct fake *fake, unsigned offset, unsigned width);
const char *fake_write(struct fake *fake, unsigned offset, unsigned width, uint32_t value);
