/* SPDX-License-Identifier: MIT */
/*
 * pci: the one service that touches PCI configuration space and MSI-X tables (abi/protocols/pci.h).
 *
 * The manifest gives each device to one service; which function of the machine that is, pci finds by a scan. All requests of a session are about that function. The Regions of its BARs are lent to the driver by init, where pci says which pages of
 * device memory they are: so they are there as long as the driver's instance lives, whatever becomes of pci. Requests are answered one after the other: a reset takes up to a second of waiting.
 *
 * What is kept from one instance of pci to the next (drivers/pci/memory.h) is what a reset or a size in the making would lose, the BARs of each function, and which functions are claimed. A driver at work does not notice that pci is
 * restarted; one that had called repeats its request.
 */
#include "abi/errno.h"
#include "abi/protocols/init.h"
#include "drivers/pci/configuration.h"
#include "lib/health.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"

#define MESSAGES_MAX 8 /* interrupts of one device */

static struct pci_list list;
static struct pci_memory memory;

/* The grant that says which device the service with that badge drives; a null pointer when it drives none. */
static const struct start_grant *owner_of(uint64_t badge)
{
	return start_argument(GRANT_DEVICE_OWNER, badge);
}

/* All interrupts of the device of that badge. */
static unsigned messages_of(uint64_t badge, struct pci_message *messages)
{
	const struct start_grant *grant = NULL;
	unsigned count = 0;

	while ((grant = start_next(GRANT_DEVICE_OWNER, grant)) && count < MESSAGES_MAX)
		if (grant->argument == badge)
			messages[count++] = (struct pci_message){grant->address, (uint32_t)grant->bytes};
	return count;
}

/* Has init lend the Region of a BAR to the device's driver, in slot `which` of those that it has for them. */
static bool bar_lend(const struct pci_function *function, unsigned bar, uint64_t badge, uint64_t which)
{
	uint64_t page, pages = function->bar[bar].bytes / PAGE_SIZE;
	int window = window_find(function->bar[bar].base, function->bar[bar].bytes, &page);
	uint64_t data[MESSAGE_REGISTER_WORDS] = {badge - 1, (uint64_t)window, page, pages, which};
	enum error error = window < 0 ? ERR_ARGUMENT : service_call(start_session("init"), INIT_LEND, 5, data);

	if (error != OK)
		log_print("BAR %u at %p cannot be lent: error %u\n", (uint64_t)bar, function->bar[bar].base, (uint64_t)error);
	return error == OK;
}

/* Lends the Regions of the BARs, and tells in `device` which. Returns the mask of the BARs. */
static uint64_t bars_lend(const struct pci_function *function, struct pci_device *device, uint64_t badge)
{
	uint64_t mask = 0, count = 0;

	for (unsigned bar = 0; bar < PCI_BARS; bar++) {
		if (!device->bar_bytes[bar])
			continue;
		if (count < PCI_REGIONS_MAX && bar_lend(function, bar, badge, count)) {
			mask |= 1u << bar;
			count++;
		} else {
			device->bar_bytes[bar] = 0;
		}
	}
	return mask;
}

static int device_claim(struct pci_function *function, uint64_t badge, struct pci_device *device)
{
	struct pci_message messages[MESSAGES_MAX];
	unsigned count = messages_of(badge, messages);

	return function_claim(&list, function, messages, count, device);
}

static const char *reset_name(uint32_t way)
{
	return way == PCI_RESET_FUNCTION_LEVEL ? "function-level reset" : way == PCI_RESET_POWER_STATE ? "reset by power state" : "no reset of its own: DEGRADED, left to its driver";
}

static void claim_serve(struct request *request, struct pci_function *function, const char *name)
{
	const struct start_grant *buffer = start_buffer(request->badge);
	struct pci_device device;
	int error = buffer && buffer->bytes >= sizeof(device) ? device_claim(function, request->badge, &device) : -EINVAL;

	request->words = 2;
	request->data[0] = (uint64_t)(int64_t)error;
	request->data[1] = 0;
	if (error) {
		log_print("%s: claim fails with %d\n", name, (int64_t)error);
		return;
	}
	request->data[1] = bars_lend(function, &device, request->badge);
	memcpy((void *)buffer->address, &device, sizeof(device));
	log_print("%s is %x:%x at %x: %s, %u interrupts\n", name, (uint64_t)function->vendor, (uint64_t)function->device, (uint64_t)function->address,
		  reset_name(device.reset), (uint64_t)device.interrupts);
}

/* The same as a claim, but the driver keeps what it has. One that was cut short by the end of an instance is done again by the next one: there is nothing that a function must have been before. */
static int reset_serve(struct pci_function *function, uint64_t badge)
{
	struct pci_message messages[MESSAGES_MAX];
	unsigned count = messages_of(badge, messages);

	return function_reset(&list, function, messages, count);
}

static void request_serve(struct request *request)
{
	const struct start_grant *owner = owner_of(request->badge);
	struct pci_function *function = owner ? pci_find(&list, owner->name) : NULL;

	request->caps = 0;
	if (!function) {
		request->words = 1;
		request->data[0] = (uint64_t)(owner ? -(int64_t)ENODEV : -(int64_t)EPERM);
		return;
	}
	switch (request->label) {
	case PCI_CLAIM:
		claim_serve(request, function, owner->name);
		break;
	case PCI_MASTER:
		request->data[0] = (uint64_t)(int64_t)(request->words == 1 && request->data[0] <= 1 ? function_master(&list, function, request->data[0]) : -EINVAL);
		request->words = 1;
		break;
	case PCI_RESET:
		request->data[0] = (uint64_t)(int64_t)reset_serve(function, request->badge);
		request->words = 1;
		break;
	default:
		request->status = ERR_METHOD;
		request->words = 0;
	}
}

/* What is damaged in the state is asked of the functions. */
static bool state_open(const struct start_grant *state)
{
	if (!state || !pci_memory_open(&memory, (void *)state->address, state->bytes, start_page->ended == ENDED_NOT))
		return false;
	if (memory.dropped)
		log_print("the state was damaged: BARs are read from the functions that decode them, those of the others are placed when they are claimed\n");
	return true;
}

static void scan(void)
{
	if (!pci_scan(&list, &configuration_access, NULL, &memory))
		log_print("there were more than %u functions: the others are not used\n", (uint64_t)PCI_FUNCTIONS_MAX);
	log_print("%u functions, configuration space by %s\n", (uint64_t)list.count, configuration_map(&list) ? "memory" : "ports");
}

int main(void)
{
	const struct start_grant *state = start_next(GRANT_STATE, NULL);
	struct request request = {.words = 0};

	if (!configuration_open() || !state_open(state)) {
		log_print("the ports 0xcf8 to 0xcff or the state were not granted, or it is too small\n");
		return 1;
	}
	scan();
	health_degraded("no IOMMU: a driver whose device masters the bus is not contained");
	while (service_reply_receive(&request) == OK)
		if (request.kind == MESSAGE_CALL)
			request_serve(&request);
	return 1;
}
