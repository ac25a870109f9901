/* SPDX-License-Identifier: MIT */
/* What outlives an instance of pci (drivers/pci/memory.h). */
#include "drivers/pci/memory.h"

#define LAYOUT 1 /* of the data: an array of struct pci_memory_entry */
#define UNDO_CELLS 1

static void damage_take(void *context, uint64_t offset, uint64_t bytes)
{
	struct pci_memory *memory = context;

	for (uint64_t entry = offset / TSM_CELL; entry < (offset + bytes) / TSM_CELL && entry < PCI_FUNCTIONS_MAX; entry++)
		memory->dropped |= 1ull << entry;
}

static void dropped_clear(struct pci_memory *memory)
{
	for (unsigned n = 0; n < PCI_FUNCTIONS_MAX; n++) {
		if (!(memory->dropped >> n & 1))
			continue;
		tsm_begin(&memory->tsm);
		tsm_repair(&memory->tsm, &memory->entry[n], TSM_CELL);
		memory->entry[n] = (struct pci_memory_entry){0};
		tsm_commit(&memory->tsm);
	}
}

bool pci_memory_open(struct pci_memory *memory, void *region, size_t bytes, bool first)
{
	const struct tsm_options options = {.layout = LAYOUT, .undo_cells = UNDO_CELLS, .damaged = damage_take, .context = memory};
	enum tsm_result result;

	*memory = (struct pci_memory){0};
	result = tsm_open(&memory->tsm, region, bytes, &options);
	memory->first = first && result == TSM_BLANK;
	if (result == TSM_UNUSABLE) {
		memory->dropped = UINT64_MAX;
		result = tsm_format(&memory->tsm, region, bytes, &options);
	}
	if (result == TSM_TOO_SMALL || tsm_bytes(&memory->tsm) < PCI_FUNCTIONS_MAX * sizeof(*memory->entry))
		return false;
	memory->entry = tsm_data(&memory->tsm);
	dropped_clear(memory);
	return true;
}

struct pci_memory_entry *pci_memory_find(const struct pci_memory *memory, pci_address_t address, uint16_t vendor, uint16_t device)
{
	for (struct pci_memory_entry *entry = memory->entry; entry < memory->entry + PCI_FUNCTIONS_MAX; entry++)
		if (entry->address == address && entry->vendor == vendor && entry->device == device)
			return entry;
	return NULL;
}

struct pci_memory_entry *pci_memory_add(struct pci_memory *memory, const struct pci_memory_entry *entry)
{
	for (struct pci_memory_entry *place = memory->entry; place < memory->entry + PCI_FUNCTIONS_MAX; place++) {
		if (place->vendor)
			continue;
		tsm_begin(&memory->tsm);
		*(struct pci_memory_entry *)tsm_modify(&memory->tsm, place, sizeof(*place)) = *entry;
		tsm_commit(&memory->tsm);
		return place;
	}
	return NULL;
}

void pci_memory_place(struct pci_memory *memory, struct pci_memory_entry *entry, unsigned bar, uint32_t value)
{
	tsm_begin(&memory->tsm);
	tsm_set(&memory->tsm, entry->bar[bar], value);
	tsm_commit(&memory->tsm);
}

void pci_memory_claim(struct pci_memory *memory, struct pci_memory_entry *entry, bool claimed)
{
	tsm_begin(&memory->tsm);
	tsm_modify(&memory->tsm, entry, sizeof(*entry));
	entry->claimed = claimed;
	if (claimed)
		entry->lost = 0;
	tsm_commit(&memory->tsm);
}
