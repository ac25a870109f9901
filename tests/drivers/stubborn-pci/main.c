/* SPDX-License-Identifier: MIT */
/*
 * pci on a machine whose functions cannot be stopped: from the first time on that one of them has been given bus mastering, it keeps it, and hears of no reset. The program is pci's own; only its way to configuration space is another.
 */
#include "drivers/pci/configuration.h"
#include "drivers/pci/registers.h"

static bool stubborn;

static uint32_t stubborn_read(void *context, pci_address_t address, unsigned offset, unsigned width)
{
	return configuration_access.read(context, address, offset, width);
}

static void stubborn_write(void *context, pci_address_t address, unsigned offset, unsigned width, uint32_t value)
{
	if (offset == PCI_COMMAND && value & PCI_COMMAND_MASTER)
		stubborn = true;
	if (!stubborn)
		configuration_access.write(context, address, offset, width, value);
	else if (offset == PCI_COMMAND)
		configuration_access.write(context, address, offset, width, value | PCI_COMMAND_MASTER);
}

static bool stubborn_memory_write(void *context, paddr_t address, uint32_t value)
{
	return configuration_access.memory_write(context, address, value);
}

static void stubborn_wait(void *context, uint64_t ns)
{
	configuration_access.wait(context, ns);
}

static const struct pci_access stubborn_access = {.read = stubborn_read, .write = stubborn_write, .memory_write = stubborn_memory_write, .wait = stubborn_wait};

#define configuration_access stubborn_access
/* NOLINTNEXTLINE(bugprone-suspicious-include): what its main names is what differs */
#include "drivers/pci/main.c"
