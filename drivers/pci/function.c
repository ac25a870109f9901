/* SPDX-License-Identifier: MIT */
/* PCI functions (drivers/pci/function.h): scan, capabilities, BARs, reset, MSI-X, bus mastering. Where free addresses are is placement.c. */
#include "drivers/pci/function.h"

#include "abi/errno.h"
#include "drivers/pci/placement.h"
#include "drivers/pci/registers.h"
#include "lib/string.h"

static uint32_t config_read(const struct pci_list *list, pci_address_t address, unsigned offset, unsigned width)
{
	return list->access->read(list->context, address, offset, width);
}

static void config_write(const struct pci_list *list, pci_address_t address, unsigned offset, unsigned width, uint32_t value)
{
	list->access->write(list->context, address, offset, width, value);
}

/* What a register of a BAR says. */

static bool bar_is_memory(uint32_t value)
{
	return !(value & PCI_BAR_PORTS);
}

static bool bar_is_wide(uint32_t value)
{
	return bar_is_memory(value) && (value & PCI_BAR_TYPE) == PCI_BAR_64;
}

/* Scan. */

#define ADDRESS(bus, device, function) ((pci_address_t)((bus) << 8 | (device) << 3 | (function)))

struct scan {
	uint64_t seen[4]; /* buses */
	bool complete;
};

static void bus_scan(struct pci_list *list, struct scan *scan, unsigned bus, pci_address_t bridge);

/* Follows a bridge to its bus, unless somebody has led there already. */
static void bridge_scan(struct pci_list *list, struct scan *scan, pci_address_t address)
{
	unsigned bus = config_read(list, address, PCI_BRIDGE_SECONDARY, 1);

	if (!(scan->seen[bus / 64] >> bus % 64 & 1))
		bus_scan(list, scan, bus, address);
}

/* What is to be kept of a function that is not known yet. Unless the firmware is all that was there before, its BARs are those in its registers only if it decodes them (drivers/pci/memory.h). */
static struct pci_memory_entry bars_keep(const struct pci_list *list, const struct pci_function *function)
{
	struct pci_memory_entry entry = {.address = function->address, .device = function->device, .vendor = function->vendor};

	for (unsigned bar = 0; bar < PCI_BARS; bar++)
		entry.bar[bar] = config_read(list, function->address, PCI_BAR_FIRST + bar * 4, 4);
	if (list->memory->first || config_read(list, function->address, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY)
		return entry;
	entry.lost = 1;
	for (unsigned bar = 0; bar < PCI_BARS; bar++) {
		if (!bar_is_memory(entry.bar[bar]))
			continue;
		entry.bar[bar] &= ~PCI_BAR_ADDRESS;
		if (bar_is_wide(entry.bar[bar]) && bar + 1 < PCI_BARS)
			entry.bar[++bar] = 0;
	}
	return entry;
}

/* A null pointer when there is no room for one more. */
static struct pci_memory_entry *function_keep(const struct pci_list *list, const struct pci_function *function)
{
	struct pci_memory_entry *entry = pci_memory_find(list->memory, function->address, function->vendor, function->device), fresh;

	if (entry)
		return entry;
	fresh = bars_keep(list, function);
	return pci_memory_add(list->memory, &fresh);
}

/* Returns whether there is a function, and in `*many` whether its device may have more than one. */
static bool function_scan(struct pci_list *list, struct scan *scan, pci_address_t address, pci_address_t bridge, bool *many)
{
	uint32_t vendor = config_read(list, address, PCI_VENDOR, 2), type;
	struct pci_function found;

	if (vendor == PCI_NOTHING || vendor == 0)
		return false;
	type = config_read(list, address, PCI_HEADER_TYPE, 1);
	*many = type & PCI_HEADER_MANY;
	if ((type & PCI_HEADER_KIND) == PCI_HEADER_BRIDGE) {
		bridge_scan(list, scan, address);
		return true;
	}
	if ((type & PCI_HEADER_KIND) != PCI_HEADER_FUNCTION)
		return true;
	found = (struct pci_function){.address = address, .bridge = bridge, .vendor = (uint16_t)vendor, .device = (uint16_t)config_read(list, address, PCI_DEVICE, 2)};
	found.kept = list->count < PCI_FUNCTIONS_MAX ? function_keep(list, &found) : NULL;
	if (found.kept)
		list->function[list->count++] = found;
	else
		scan->complete = false;
	return true;
}

static void bus_scan(struct pci_list *list, struct scan *scan, unsigned bus, pci_address_t bridge)
{
	scan->seen[bus / 64] |= 1ull << bus % 64;
	for (unsigned device = 0; device < 32; device++) {
		bool many = false;

		if (!function_scan(list, scan, ADDRESS(bus, device, 0), bridge, &many))
			continue;
		for (unsigned function = 1; many && function < 8; function++)
			function_scan(list, scan, ADDRESS(bus, device, function), bridge, &(bool){false});
	}
}

bool pci_scan(struct pci_list *list, const struct pci_access *access, void *context, struct pci_memory *memory)
{
	struct scan scan = {.complete = true};

	memset(list, 0, sizeof(*list));
	list->access = access;
	list->context = context;
	list->memory = memory;
	bus_scan(list, &scan, 0, 0);
	return scan.complete;
}

/* Names. */

struct device_name {
	const char *name;
	uint16_t vendor, device, other;
};

static const struct device_name device_names[] = {
#define DEVICE(name, vendor, device, other) {name, vendor, device, other},
#include "drivers/pci/devices.def"
#undef DEVICE
};

/* The number behind the dot, 0 without one, UINT32_MAX when `name` is not the device's. */
static uint32_t name_match(const char *name, const char *device)
{
	size_t length = strlen(device);
	uint32_t number = 0;

	if (memcmp(name, device, length) != 0 || (name[length] && (name[length] != '.' || !name[length + 1])))
		return UINT32_MAX;
	for (const char *digit = &name[length] + (name[length] == '.'); *digit; digit++) {
		if (*digit < '0' || *digit > '9' || number > PCI_FUNCTIONS_MAX)
			return UINT32_MAX;
		number = number * 10 + (uint32_t)(*digit - '0');
	}
	return number;
}

struct pci_function *pci_find(struct pci_list *list, const char *name)
{
	char padded[64] = {0}; /* so that every comparison stays in it */
	size_t length = strlen(name);

	memcpy(padded, name, length < 31 ? length : 31);
	for (size_t i = 0; i < sizeof(device_names) / sizeof(device_names[0]); i++) {
		uint32_t number = name_match(padded, device_names[i].name);

		for (unsigned n = 0; number != UINT32_MAX && n < list->count; n++) {
			struct pci_function *function = &list->function[n];

			if (function->vendor != device_names[i].vendor || (function->device != device_names[i].device && function->device != device_names[i].other))
				continue;
			if (number-- == 0)
				return function;
		}
	}
	return NULL;
}

/* The offset of the first capability with an id that has so many bytes; 0 when there is none, or the list is a circle before it. */
static unsigned capability_find(const struct pci_list *list, pci_address_t address, unsigned id, unsigned bytes)
{
	unsigned at;

	if (!(config_read(list, address, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES))
		return 0;
	at = config_read(list, address, PCI_CAPABILITIES, 1) & ~3u;
	for (unsigned i = 0; at >= PCI_HEADER_END && i < PCI_CAPABILITIES_MAX; i++) {
		if (config_read(list, address, at, 1) == id && at + bytes <= PCI_CONFIGURATION_BYTES)
			return at;
		at = config_read(list, address, at + 1, 1) & ~3u;
	}
	return 0;
}

static bool function_present(const struct pci_list *list, const struct pci_function *function)
{
	return config_read(list, function->address, PCI_VENDOR, 2) == function->vendor;
}

/* Command register. */

/* Sets and clears bits and confirms it by reading them back. */
static int command_set(const struct pci_list *list, const struct pci_function *function, uint32_t clear, uint32_t set)
{
	uint32_t command = config_read(list, function->address, PCI_COMMAND, 2), now;

	config_write(list, function->address, PCI_COMMAND, 2, (command & ~clear) | set);
	now = config_read(list, function->address, PCI_COMMAND, 2);
	if (!function_present(list, function))
		return -ENODEV;
	return (now & (clear | set)) == set ? 0 : -EIO;
}

int function_master(struct pci_list *list, struct pci_function *function, bool on)
{
	if (!function->kept->claimed)
		return -EINVAL;
	if (on && function->bridge) /* passes on what its bus writes; those above it the firmware has opened */
		config_write(list, function->bridge, PCI_COMMAND, 2, config_read(list, function->bridge, PCI_COMMAND, 2) | PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	return on ? command_set(list, function, 0, PCI_COMMAND_MASTER) : command_set(list, function, PCI_COMMAND_MASTER, 0);
}

/* BARs. */

/* Writes all ones and looks which bits stay. Decoders are off. Returns the size, 0 for none. */
static uint64_t bar_size(const struct pci_list *list, pci_address_t address, unsigned bar, bool wide)
{
	unsigned offset = PCI_BAR_FIRST + bar * 4;
	uint32_t low = config_read(list, address, offset, 4), high = wide ? config_read(list, address, offset + 4, 4) : 0;
	uint64_t mask;

	config_write(list, address, offset, 4, UINT32_MAX);
	mask = config_read(list, address, offset, 4) & PCI_BAR_ADDRESS;
	config_write(list, address, offset, 4, low);
	if (wide) {
		config_write(list, address, offset + 4, 4, UINT32_MAX);
		mask |= (uint64_t)config_read(list, address, offset + 4, 4) << 32;
		config_write(list, address, offset + 4, 4, high);
	} else if (mask) {
		mask |= 0xffffffffull << 32;
	}
	return mask & -mask;
}

/* A place found for a BAR lies below 4 GiB. */
static void bar_write(const struct pci_list *list, const struct pci_function *function, unsigned bar)
{
	pci_memory_place(list->memory, function->kept, bar, (function->kept->bar[bar] & ~PCI_BAR_ADDRESS) | (uint32_t)function->bar[bar].base);
	config_write(list, function->address, PCI_BAR_FIRST + bar * 4, 4, function->kept->bar[bar]);
	if (function->bar[bar].wide)
		config_write(list, function->address, PCI_BAR_FIRST + bar * 4 + 4, 4, 0);
}

/* Reads base and size of all memory BARs. */
static void bars_read(const struct pci_list *list, struct pci_function *function)
{
	for (unsigned bar = 0; bar < PCI_BARS; bar++) {
		uint32_t value = config_read(list, function->address, PCI_BAR_FIRST + bar * 4, 4);
		bool wide = bar_is_wide(value) && bar + 1 < PCI_BARS;

		function->bar[bar] = (struct pci_bar){.wide = wide};
		if (!bar_is_memory(value))
			continue;
		function->bar[bar].base = value & PCI_BAR_ADDRESS;
		if (wide)
			function->bar[bar].base |= (uint64_t)config_read(list, function->address, PCI_BAR_FIRST + bar * 4 + 4, 4) << 32;
		function->bar[bar].bytes = bar_size(list, function->address, bar, wide);
		if (wide)
			function->bar[++bar] = (struct pci_bar){0};
	}
}

/* Places those that the firmware has not placed. */
static int bars_place(struct pci_list *list, struct pci_function *function)
{
	for (unsigned bar = 0; bar < PCI_BARS; bar++) {
		struct pci_bar *place = &function->bar[bar];

		if (place->bytes == 0 || place->base != 0)
			continue;
		place->base = placement_find(list, function, place->bytes);
		if (place->base == 0)
			return -ENOSPC;
		bar_write(list, function, bar);
	}
	return 0;
}

/* Reset. */

/* Waits until the function has no transaction of its own under way: 100 ms at most. */
static bool transactions_end(const struct pci_list *list, pci_address_t address, unsigned offset, uint32_t pending)
{
	for (unsigned i = 0; i < 100; i++) {
		if (!(config_read(list, address, offset, 1) & pending))
			return true;
		list->access->wait(list->context, PCI_MILLISECOND);
	}
	return false;
}

/* After a reset the function answers within a second (PCI Express Base 4.0, 6.6.2). */
static bool function_returns(const struct pci_list *list, const struct pci_function *function)
{
	list->access->wait(list->context, 100 * PCI_MILLISECOND);
	for (unsigned i = 0; i < 90; i++) {
		if (function_present(list, function))
			return true;
		list->access->wait(list->context, 10 * PCI_MILLISECOND);
	}
	return false;
}

/* Function-level reset by the PCI Express capability; false when it has none. */
static bool reset_express(const struct pci_list *list, const struct pci_function *function)
{
	unsigned at = capability_find(list, function->address, PCI_ID_EXPRESS, PCI_EXPRESS_BYTES);
	uint32_t control;

	if (!at || !(config_read(list, function->address, at + PCI_EXPRESS_DEVICE, 4) & PCI_EXPRESS_FLR))
		return false;
	if (!transactions_end(list, function->address, at + PCI_EXPRESS_STATUS, PCI_EXPRESS_PENDING))
		return false;
	control = config_read(list, function->address, at + PCI_EXPRESS_CONTROL, 2);
	config_write(list, function->address, at + PCI_EXPRESS_CONTROL, 2, control | PCI_EXPRESS_START_FLR);
	return function_returns(list, function);
}

/* ... by the Advanced Features capability, which conventional functions have. */
static bool reset_advanced(const struct pci_list *list, const struct pci_function *function)
{
	unsigned at = capability_find(list, function->address, PCI_ID_ADVANCED, PCI_ADVANCED_BYTES);

	if (!at || !(config_read(list, function->address, at + PCI_ADVANCED_FEATURES, 1) & PCI_ADVANCED_FLR))
		return false;
	if (!transactions_end(list, function->address, at + PCI_ADVANCED_STATUS, PCI_ADVANCED_PENDING))
		return false;
	config_write(list, function->address, at + PCI_ADVANCED_CONTROL, 1, PCI_ADVANCED_START_FLR);
	return function_returns(list, function);
}

/* By going to D3hot and back, where the function says that this resets it. */
static bool reset_power(const struct pci_list *list, const struct pci_function *function)
{
	unsigned at = capability_find(list, function->address, PCI_ID_POWER, PCI_POWER_BYTES);
	uint32_t state;

	if (!at || config_read(list, function->address, at + PCI_POWER_STATE, 2) & PCI_POWER_NO_RESET)
		return false;
	state = config_read(list, function->address, at + PCI_POWER_STATE, 2) & ~3u;
	config_write(list, function->address, at + PCI_POWER_STATE, 2, state | PCI_POWER_D3);
	list->access->wait(list->context, 10 * PCI_MILLISECOND);
	config_write(list, function->address, at + PCI_POWER_STATE, 2, state);
	return function_returns(list, function) && (config_read(list, function->address, at + PCI_POWER_STATE, 2) & 3) == 0;
}

static uint32_t reset_do(const struct pci_list *list, const struct pci_function *function)
{
	if (reset_express(list, function) || reset_advanced(list, function))
		return PCI_RESET_FUNCTION_LEVEL;
	return reset_power(list, function) ? PCI_RESET_POWER_STATE : PCI_RESET_DRIVER;
}

static void bars_restore(const struct pci_list *list, const struct pci_function *function)
{
	for (unsigned bar = 0; bar < PCI_BARS; bar++)
		config_write(list, function->address, PCI_BAR_FIRST + bar * 4, 4, function->kept->bar[bar]);
}

/* Bus mastering and decoders off, reset, BARs as before; decoders stay off. */
static int reset_quiet(struct pci_list *list, struct pci_function *function, uint32_t *way)
{
	int error = function_present(list, function) ? command_set(list, function, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY | PCI_COMMAND_PORTS, 0) : -ENODEV;

	if (error)
		return error;
	*way = reset_do(list, function);
	if (!function_present(list, function))
		return -ENODEV;
	bars_restore(list, function);
	/* A reset function masters nothing; one that says it does was not reset. */
	return command_set(list, function, PCI_COMMAND_MASTER, 0);
}

/* MSI-X (PCI Local Bus 3.0, 6.8.2). */

/* Where entry `index` of the table lies; 0 when there is none. */
static paddr_t msix_entry(const struct pci_list *list, const struct pci_function *function, unsigned index)
{
	uint32_t table = config_read(list, function->address, function->msix + PCI_MSIX_TABLE, 4);
	unsigned size = (config_read(list, function->address, function->msix + PCI_MSIX_CONTROL, 2) & PCI_MSIX_SIZE) + 1;
	unsigned bar = table & PCI_MSIX_BAR;
	uint64_t offset = (table & ~(uint32_t)PCI_MSIX_BAR) + (uint64_t)index * PCI_MSIX_ENTRY;

	if (index >= size || bar >= PCI_BARS || function->bar[bar].bytes < PCI_MSIX_ENTRY || offset > function->bar[bar].bytes - PCI_MSIX_ENTRY)
		return 0;
	return function->bar[bar].base + offset;
}

static bool msix_entry_write(const struct pci_list *list, paddr_t entry, const struct pci_message *message)
{
	const struct pci_access *access = list->access;

	return entry != 0 && access->memory_write(list->context, entry + PCI_MSIX_ENTRY_MASK, 1) &&
	       access->memory_write(list->context, entry, (uint32_t)message->address) && access->memory_write(list->context, entry + 4, (uint32_t)(message->address >> 32)) &&
	       access->memory_write(list->context, entry + 8, message->data) && access->memory_write(list->context, entry + PCI_MSIX_ENTRY_MASK, 0);
}

/* Writes an entry for each message and switches MSI-X on; memory is decoded. Returns how many entries work. */
static unsigned msix_write(const struct pci_list *list, const struct pci_function *function, const struct pci_message *messages, unsigned count)
{
	uint32_t control;
	unsigned done = 0;

	if (!function->msix || count == 0)
		return 0;
	control = config_read(list, function->address, function->msix + PCI_MSIX_CONTROL, 2) & ~(PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL);
	config_write(list, function->address, function->msix + PCI_MSIX_CONTROL, 2, control | PCI_MSIX_ENABLE | PCI_MSIX_MASK_ALL);
	while (done < count && msix_entry_write(list, msix_entry(list, function, done), &messages[done]))
		done++;
	config_write(list, function->address, function->msix + PCI_MSIX_CONTROL, 2, done ? control | PCI_MSIX_ENABLE : control);
	return done;
}

bool function_bar_free(struct pci_list *list, const struct pci_function *function, unsigned bar)
{
	const struct pci_bar *place = &function->bar[bar];

	if (place->bytes < PAGE_SIZE)
		return false;
	if (!function->msix)
		return true;
	return (config_read(list, function->address, function->msix + PCI_MSIX_TABLE, 4) & PCI_MSIX_BAR) != bar &&
	       (config_read(list, function->address, function->msix + PCI_MSIX_PENDING, 4) & PCI_MSIX_BAR) != bar;
}

/* Claiming. */

static void device_describe(struct pci_list *list, const struct pci_function *function, struct pci_device *out)
{
	for (unsigned at = 0; at < PCI_CONFIGURATION_BYTES; at += 4) {
		uint32_t value = config_read(list, function->address, at, 4);

		memcpy(out->configuration + at, &value, sizeof(value));
	}
	out->address = function->address;
	for (unsigned bar = 0; bar < PCI_BARS; bar++)
		if (function_bar_free(list, function, bar))
			out->bar_bytes[bar] = function->bar[bar].bytes;
}

int function_claim(struct pci_list *list, struct pci_function *function, const struct pci_message *messages, unsigned count, struct pci_device *out)
{
	struct pci_device device = {0};
	int error;

	pci_memory_claim(list->memory, function->kept, false);
	error = reset_quiet(list, function, &device.reset);
	if (error)
		return error;
	bars_read(list, function);
	error = bars_place(list, function);
	if (error)
		return error;
	error = command_set(list, function, PCI_COMMAND_MASTER, PCI_COMMAND_MEMORY | PCI_COMMAND_NO_INTX);
	if (error)
		return error;
	function->msix = (uint8_t)capability_find(list, function->address, PCI_ID_MSIX, PCI_MSIX_BYTES);
	device.interrupts = (uint16_t)msix_write(list, function, messages, count);
	device_describe(list, function, &device);
	pci_memory_claim(list->memory, function->kept, true);
	*out = device;
	return 0;
}

int function_reset(struct pci_list *list, struct pci_function *function, const struct pci_message *messages, unsigned count)
{
	struct pci_device device;

	return function->kept->lost ? -EIO : function_claim(list, function, messages, count, &device);
}
