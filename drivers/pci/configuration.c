/* SPDX-License-Identifier: MIT */
/*
 * Access to configuration space and device memory (drivers/pci/configuration.h). Pages of device memory are mapped when they are first used: those with MSI-X tables, and with ECAM one for each function. They stay
 * mapped; when there are more than PAGES_MAX, memory_write says false, and ECAM gives way to the ports.
 */
#include "drivers/pci/configuration.h"

#include "drivers/pci/registers.h"
#include "lib/clock.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/space.h"

#define PORT_ADDRESS 0xcf8
#define PORT_DATA 0xcfc
#define PORT_ENABLE 0x80000000u
#define PAGES_MAX 128
#define WINDOWS_MAX 32

/* The host bridge of the Intel Q35 chipset family tells where ECAM lies in its register PCIEXBAR (Intel 3 Series Express Chipset Family, 5.1.18). Other chipsets are reached by the ports. */
#define HOST_BRIDGE 0
#define VENDOR_INTEL 0x8086
#define DEVICE_Q35 0x29c0
#define PCIEXBAR 0x60
#define PCIEXBAR_ENABLE 0x1
#define PCIEXBAR_ADDRESS 0xffc000000ull

struct window {
	handle_t region, mapping;
	paddr_t base;
	uint64_t bytes;
};

static handle_t ports;
static struct window windows[WINDOWS_MAX];
static unsigned window_count;
static struct {
	paddr_t physical;
	vaddr_t address;
} pages[PAGES_MAX];
static unsigned page_count;
static paddr_t ecam; /* 0: none */
static handle_t timer; /* a Notification that nobody signals */

static struct window *window_of(paddr_t address, uint64_t bytes)
{
	for (unsigned i = 0; i < window_count; i++)
		if (address >= windows[i].base && bytes <= windows[i].bytes && address - windows[i].base <= windows[i].bytes - bytes)
			return &windows[i];
	return NULL;
}

int window_find(paddr_t address, uint64_t bytes, uint64_t *page)
{
	const struct window *window = window_of(address, bytes);

	if (!window)
		return -1;
	*page = (address - window->base) / PAGE_SIZE;
	return (int)(window - windows);
}

/* Maps the page at a physical address; 0 when that is no device memory, or there is no room. */
static vaddr_t page_map(paddr_t physical)
{
	struct window *window = window_of(physical, PAGE_SIZE);
	vaddr_t address;

	if (!window || page_count == PAGES_MAX)
		return 0;
	if (!window->mapping && space_attach(&own_space, window->region, RIGHT_READ | RIGHT_WRITE, &window->mapping) != OK)
		return 0;
	address = space_reserve(&own_space, 1);
	if (mapping_fill(window->mapping, address, (physical - window->base) / PAGE_SIZE, 1, MAP_READ | MAP_WRITE) != OK)
		return 0;
	pages[page_count].physical = physical;
	pages[page_count++].address = address;
	return address;
}

static volatile unsigned char *device_memory(paddr_t physical)
{
	paddr_t page = physical & -(uint64_t)PAGE_SIZE;
	vaddr_t address = 0;

	for (unsigned i = 0; i < page_count && !address; i++)
		if (pages[i].physical == page)
			address = pages[i].address;
	if (!address)
		address = page_map(page);
	return address ? (volatile unsigned char *)(address + physical % PAGE_SIZE) : NULL;
}

static bool memory_write(void *context, paddr_t address, uint32_t value)
{
	volatile uint32_t *word = (volatile uint32_t *)device_memory(address);

	(void)context;
	if (word)
		*word = value;
	return word != NULL;
}

/* By ports. */

static uint32_t port_address(pci_address_t address, unsigned offset)
{
	return PORT_ENABLE | (uint32_t)address << 8 | (offset & 0xfc);
}

static uint32_t port_config_read(pci_address_t address, unsigned offset, unsigned width)
{
	uint64_t value = UINT32_MAX;

	if (ioports_out(ports, PORT_ADDRESS, 4, port_address(address, offset)) != OK || ioports_in(ports, PORT_DATA + offset % 4, width, &value) != OK)
		return UINT32_MAX;
	return (uint32_t)value;
}

static void port_config_write(pci_address_t address, unsigned offset, unsigned width, uint32_t value)
{
	if (ioports_out(ports, PORT_ADDRESS, 4, port_address(address, offset)) == OK)
		(void)!ioports_out(ports, PORT_DATA + offset % 4, width, value); /* the range of the ports was checked at the start */
}

/* Memory-mapped. */

static volatile unsigned char *ecam_register(pci_address_t address, unsigned offset)
{
	return ecam ? device_memory(ecam + ((uint64_t)address << 12) + offset) : NULL;
}

static uint32_t config_read(void *context, pci_address_t address, unsigned offset, unsigned width)
{
	volatile unsigned char *at = ecam_register(address, offset);

	(void)context;
	if (!at)
		return port_config_read(address, offset, width);
	return width == 1 ? *at : width == 2 ? *(volatile uint16_t *)at : *(volatile uint32_t *)at;
}

static void config_write(void *context, pci_address_t address, unsigned offset, unsigned width, uint32_t value)
{
	volatile unsigned char *at = ecam_register(address, offset);

	(void)context;
	if (!at)
		port_config_write(address, offset, width, value);
	else if (width == 1)
		*at = (unsigned char)value;
	else if (width == 2)
		*(volatile uint16_t *)at = (uint16_t)value;
	else
		*(volatile uint32_t *)at = value;
}

static void wait(void *context, uint64_t ns)
{
	struct kernel_call call = {.word = CALL_RECEIVE | CALL_DEADLINE, .source = timer, .deadline = clock_now() + ns};

	(void)context;
	if (!timer || kernel_call(&call) != ERR_TIMEOUT)
		for (uint64_t end = clock_now() + ns; clock_now() < end;)
			;
}

const struct pci_access configuration_access = {.read = config_read, .write = config_write, .memory_write = memory_write, .wait = wait};

static paddr_t ecam_find(void)
{
	uint64_t value;

	if (port_config_read(HOST_BRIDGE, PCI_VENDOR, 4) != (DEVICE_Q35 << 16 | VENDOR_INTEL))
		return 0;
	value = port_config_read(HOST_BRIDGE, PCIEXBAR, 4) | (uint64_t)port_config_read(HOST_BRIDGE, PCIEXBAR + 4, 4) << 32;
	return value & PCIEXBAR_ENABLE ? value & PCIEXBAR_ADDRESS : 0;
}

static void windows_open(void)
{
	for (const struct start_grant *grant = start_next(GRANT_DEVICE, NULL); grant && window_count < WINDOWS_MAX; grant = start_next(GRANT_DEVICE, grant))
		windows[window_count++] = (struct window){.region = grant->slot, .base = grant->address, .bytes = grant->bytes};
}

/* What wait sleeps at. */
static void timer_open(void)
{
	const struct start_grant *untyped = start_next(GRANT_UNTYPED, NULL);

	if (!untyped)
		return;
	memory_use(untyped->slot);
	if (object_create(OBJECT_NOTIFICATION, 0, &timer) != OK)
		timer = 0;
}

bool configuration_open(void)
{
	const struct start_grant *grant = start_next(GRANT_PORTS, NULL);

	if (!grant || (grant->argument & 0xffff) > PORT_ADDRESS || grant->argument >> 16 < PORT_DATA + 3)
		return false;
	ports = grant->slot;
	windows_open();
	timer_open();
	return true;
}

bool configuration_map(const struct pci_list *list)
{
	ecam = ecam_find();
	for (unsigned i = 0; ecam && i < list->count; i++)
		if (config_read(NULL, list->function[i].address, PCI_VENDOR, 4) != port_config_read(list->function[i].address, PCI_VENDOR, 4))
			ecam = 0;
	return ecam != 0;
}
