/* SPDX-License-Identifier: MIT */
/*
 * What outlives an instance of pci, in its state Region (lib/tsm.h): for each function an entry of one cell, with the BARs that it had when it was first seen or got later (a reset clears them, and sizing destroys them for a moment), and whether
 * it is claimed.
 *
 *	free ──add──► known ──claim──► claimed
 *	 ▲            │  ▲                │ │
 *	 └──damaged───┴──┼────────────────┘ │
 *	                 └──claim───────────┘
 *
 * A damaged entry is dropped. What it said of a function is then asked of the function: whose memory is decoded has the right BARs in its registers, for pci changes them with the decoders off only. Of another one nobody knows where its BARs
 * were: it is *lost* until its driver claims it, and its BARs are placed anew.
 *
 * Pure. One thread owns it.
 */
#pragma once

#include "abi/protocols/pci.h"
#include "lib/tsm.h"

#define PCI_FUNCTIONS_MAX 64

typedef uint16_t pci_address_t; /* bus << 8 | device << 3 | function */

struct pci_memory_entry {
	_Alignas(TSM_CELL) uint32_t bar[PCI_BARS]; /* as in the registers */
	uint32_t claimed; /* 1: from the end of a claim to the next reset; drivers outlive an instance of pci */
	uint32_t lost;    /* 1: where the BARs were is not known */
	pci_address_t address;
	uint16_t device, vendor; /* vendor 0: free */
};
_Static_assert(sizeof(struct pci_memory_entry) == TSM_CELL, "damage to one entry is damage to one function");

struct pci_memory {
	struct tsm tsm;
	struct pci_memory_entry *entry; /* PCI_FUNCTIONS_MAX of them */
	bool first;                     /* nothing was ever kept here: the registers are as the firmware left them */
	uint64_t dropped;               /* bit n: entry n was damaged */
};

/* State that it takes. */
#define PCI_MEMORY_BYTES (2 * PAGE_SIZE)

/*
 * Opens the region (page-aligned, zero before the first instance). `first`: no instance of pci was there before in this boot. What is damaged is dropped; a region that cannot be used is begun anew. False: it is too small.
 */
__attribute__((warn_unused_result)) bool pci_memory_open(struct pci_memory *memory, void *region, size_t bytes, bool first);

/* The entry of a function; a null pointer when it has none. */
struct pci_memory_entry *pci_memory_find(const struct pci_memory *memory, pci_address_t address, uint16_t vendor, uint16_t device);

/* Keeps a new entry. A null pointer when there is no room. */
struct pci_memory_entry *pci_memory_add(struct pci_memory *memory, const struct pci_memory_entry *entry);

/* A BAR of a function has another value from now on. */
void pci_memory_place(struct pci_memory *memory, struct pci_memory_entry *entry, unsigned bar, uint32_t value);

/* A function is claimed, which also says where its BARs are; or it is not any more. */
void pci_memory_claim(struct pci_memory *memory, struct pci_memory_entry *entry, bool claimed);
