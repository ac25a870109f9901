/* SPDX-License-Identifier: MIT */
/* First fit among the BARs of all functions (drivers/pci/placement.h). Their sizes are known only of those that this instance of pci has claimed; of the others it is assumed that a BAR is as large as the alignment of its address allows. */
#include "drivers/pci/placement.h"

#include "drivers/pci/registers.h"

#define MEMORY_END 0xfec00000ull  /* the interrupt controllers */
#define UNKNOWN_MOST 0x1000000ull /* no BAR is assumed to be larger than this */
#define STEP 0x1000ull            /* nothing is placed at less than a page */

struct range {
	uint64_t first, end;
};

/* What a BAR takes below 4 GiB; empty for ports, for what is not placed, and for what lies higher. */
static struct range bar_range(const struct pci_function *function, unsigned *bar)
{
	uint32_t value = function->kept->bar[*bar];
	uint64_t base = value & PCI_BAR_ADDRESS, bytes;

	if (value & PCI_BAR_PORTS)
		return (struct range){0, 0};
	if ((value & PCI_BAR_TYPE) == PCI_BAR_64 && *bar + 1 < PCI_BARS) {
		++*bar;
		if (function->kept->bar[*bar] != 0)
			return (struct range){0, 0};
	}
	bytes = base & -base;
	if (bytes > UNKNOWN_MOST)
		bytes = UNKNOWN_MOST;
	for (unsigned i = 0; i < PCI_BARS; i++)
		if (function->bar[i].base == base && function->bar[i].bytes)
			bytes = function->bar[i].bytes;
	return (struct range){base, base ? base + bytes : 0};
}

/* The end of something that takes part of [first, end); 0 when nothing does. */
static uint64_t overlap_end(const struct pci_list *list, uint64_t first, uint64_t end)
{
	for (unsigned n = 0; n < list->count; n++)
		for (unsigned bar = 0; bar < PCI_BARS; bar++) {
			struct range taken = bar_range(&list->function[n], &bar);

			if (taken.first < end && first < taken.end)
				return taken.end;
		}
	return 0;
}

/* From the lowest BAR of bus 0 on. */
static struct range bus_range(const struct pci_list *list)
{
	struct range range = {MEMORY_END, MEMORY_END};

	for (unsigned n = 0; n < list->count; n++)
		for (unsigned bar = 0; bar < PCI_BARS; bar++) {
			struct range taken = bar_range(&list->function[n], &bar);

			if (taken.end && taken.first < range.first)
				range.first = taken.first;
		}
	return range;
}

/* What the bridge passes on to its bus, without prefetching. */
static struct range bridge_range(const struct pci_list *list, pci_address_t bridge)
{
	uint64_t base = list->access->read(list->context, bridge, PCI_BRIDGE_MEMORY_BASE, 2) & 0xfff0;
	uint64_t limit = list->access->read(list->context, bridge, PCI_BRIDGE_MEMORY_LIMIT, 2) & 0xfff0;

	return (struct range){base << 16, (limit << 16) + 0x100000};
}

paddr_t placement_find(const struct pci_list *list, const struct pci_function *function, uint64_t bytes)
{
	struct range range = function->bridge ? bridge_range(list, function->bridge) : bus_range(list);
	uint64_t step = bytes < STEP ? STEP : bytes, at = (range.first + step - 1) & -step, end;

	if (bytes > MEMORY_END || range.first == 0)
		return 0;
	while (at + step <= range.end && (end = overlap_end(list, at, at + step)) != 0)
		at = (end + step - 1) & -step;
	return at + step <= range.end ? at : 0;
}
