/* SPDX-License-Identifier: MIT */
/*
 * PCI functions: found by a scan, then taken by their drivers, one each (PCI Local Bus 3.0; PCI Express Base 4.0).
 *
 *	found ──function_claim──► claimed: no bus mastering, reset, BARs placed, MSI-X entries written ──function_master──► mastering
 *	            ▲                                                                                                         │
 *	            └───────────────── function_claim ◄───────────────────────────────────────────────────────────────────────┘
 *
 * A scan writes nothing: another instance's drivers may be at work. Sizes of BARs are asked only of a function that does not master the bus, with its decoders off. What a function says is checked: lists of capabilities that
 * are circles, bridges that lead back, sizes that are none.
 *
 * Pure: configuration space, memory and time are operations. One thread owns the list.
 */
#pragma once

#include "drivers/pci/memory.h"

struct pci_access {
	/* Reads and writes configuration space; width 1, 2 or 4 bytes, `offset` < 256 and naturally aligned. What is not there reads as all ones. */
	uint32_t (*read)(void *context, pci_address_t address, unsigned offset, unsigned width);
	void (*write)(void *context, pci_address_t address, unsigned offset, unsigned width, uint32_t value);
	/* Writes 32 bits of device memory at a physical address; false when that is not device memory. */
	bool (*memory_write)(void *context, paddr_t address, uint32_t value);
	/* Lets at least this time pass. */
	void (*wait)(void *context, uint64_t ns);
};

struct pci_bar {
	paddr_t base;
	uint64_t bytes; /* 0: none, or of I/O ports */
	bool wide;      /* 64 bits: the next register is its upper half */
};

struct pci_function {
	pci_address_t address;
	pci_address_t bridge; /* behind which it lies; 0: on bus 0 */
	uint16_t vendor, device;
	uint8_t msix; /* offset of that capability; 0: none */
	struct pci_memory_entry *kept;
	struct pci_bar bar[PCI_BARS]; /* when claimed */
};

struct pci_list {
	const struct pci_access *access;
	void *context;
	struct pci_memory *memory;
	unsigned count;
	struct pci_function function[PCI_FUNCTIONS_MAX];
};

/* A message-signalled interrupt: what the function writes, and where. */
struct pci_message {
	uint64_t address;
	uint32_t data;
};

/*
 * Finds all functions but bridges, in the order of their buses, and keeps in `memory` the BARs of those that are not in it yet. False: there were more than PCI_FUNCTIONS_MAX in all, and some are not used.
 */
__attribute__((warn_unused_result)) bool pci_scan(struct pci_list *list, const struct pci_access *access, void *context, struct pci_memory *memory);

/* The function that a manifest calls `name` (drivers/pci/devices.def); a null pointer when there is none. */
struct pci_function *pci_find(struct pci_list *list, const char *name);

/* Takes a function for its driver, or back from what that has done with it: bus mastering off, reset, BARs sized and placed, one MSI-X entry for each message. Fills `out`. 0 or a negative errno. */
__attribute__((warn_unused_result)) int function_claim(struct pci_list *list, struct pci_function *function, const struct pci_message *messages, unsigned count,
							struct pci_device *out);

/* The same for a driver that keeps what it has mapped: -EIO when its BARs may not be where they were, and it must claim them. */
__attribute__((warn_unused_result)) int function_reset(struct pci_list *list, struct pci_function *function, const struct pci_message *messages, unsigned count);

/* Switches bus mastering of a claimed function, confirmed by reading it back. */
__attribute__((warn_unused_result)) int function_master(struct pci_list *list, struct pci_function *function, bool on);

/* Whether a BAR of a claimed function may be handed out: whole pages of memory, without the MSI-X table in them. */
bool function_bar_free(struct pci_list *list, const struct pci_function *function, unsigned bar);
