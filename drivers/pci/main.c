/* SPDX-License-Identifier: MIT */
/*
 * pci: the one service that touches PCI configuration space and MSI-X tables (abi/protocols/pci.h).
 *
 * The manifest gives each device to one service; which function of the machine that is, pci finds by a scan. All requests of a session are about that function. The Regions of its BARs are cut out of the device memory and sent with the answer
 * of CLAIM; they are cut anew for each CLAIM, and deleting the old ones takes them from the instance before. Requests are answered one after the other: a reset takes up to a second of waiting.
 *
 * What is kept from one instance of pci to the next is what a reset or a size in the making would lose: the BARs of each function (struct pci_memory), in the state Region. When pci is restarted, the Regions that it gave out go with its capabilities; their drivers fault, and claim again.
 */
#include "abi/errno.h"
#include "drivers/pci/configuration.h"
#include "lib/log.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/slots.h"
#include "lib/space.h"
#include "lib/string.h"
#include "lib/thread.h"

#define MESSAGES_MAX 8 /* interrupts of one device */

static struct pci_list list;
static handle_t bar_slot[PCI_FUNCTIONS_MAX][PCI_BARS]; /* the Region cut for it; 0: none yet */

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

/* Cuts the Region of a BAR out of its window, for one CLAIM. Returns its handle, 0 when that is not possible. */
static handle_t bar_cut(const struct pci_function *function, unsigned bar)
{
	handle_t *slot = &bar_slot[function - list.function][bar];
	uint64_t page, pages = function->bar[bar].bytes / PAGE_SIZE;
	handle_t window = window_find(function->bar[bar].base, function->bar[bar].bytes, &page);

	if (!window)
		return 0;
	if (*slot == 0)
		*slot = slot_allocate();
	else if (cnode_delete(own_space.cnode, *slot) != OK)
		return 0;
	if (*slot == 0 || cnode_mint(own_space.cnode, *slot, own_space.cnode, window, RIGHT_READ | RIGHT_WRITE, page | pages << 32) != OK)
		return 0;
	return *slot;
}

/* Puts the Regions of the BARs into the message page, and tells in `device` which came. Returns the mask of the BARs. */
static uint64_t bars_send(const struct pci_function *function, struct pci_device *device, uint64_t *caps)
{
	handle_t regions[PCI_REGIONS_MAX];
	uint64_t mask = 0, count = 0;

	for (unsigned bar = 0; bar < PCI_BARS; bar++) {
		handle_t region = device->bar_bytes[bar] && count < PCI_REGIONS_MAX ? bar_cut(function, bar) : 0;

		device->bar_bytes[bar] = region ? device->bar_bytes[bar] : 0;
		if (!region)
			continue;
		regions[count++] = region;
		mask |= 1u << bar;
	}
	memcpy(thread_self()->page->caps, regions, count * sizeof(regions[0])); /* after the last stub that uses the page */
	*caps = count;
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
	request->data[1] = bars_send(function, &device, &request->caps);
	memcpy((void *)buffer->address, &device, sizeof(device));
	log_print("%s is %x:%x at %x: %s, %u interrupts\n", name, (uint64_t)function->vendor, (uint64_t)function->device, (uint64_t)function->address,
		  reset_name(device.reset), (uint64_t)device.interrupts);
}

/* The same as a claim, but the driver keeps what it has. */
static int reset_serve(struct pci_function *function, uint64_t badge)
{
	struct pci_device device;

	return function->claimed ? device_claim(function, badge, &device) : -EINVAL;
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

static void scan(struct pci_memory *memory)
{
	if (!pci_scan(&list, &configuration_access, NULL, memory))
		log_print("there were more than %u functions: the others are not used\n", (uint64_t)PCI_FUNCTIONS_MAX);
	log_print("%u functions, configuration space by %s\n", (uint64_t)list.count, configuration_map(&list) ? "memory" : "ports");
}

int main(void)
{
	const struct start_grant *state = start_next(GRANT_STATE, NULL);
	struct request request = {.words = 0};

	if (!configuration_open() || !state) {
		log_print("the ports 0xcf8 to 0xcff or the state were not granted\n");
		return 1;
	}
	scan((struct pci_memory *)state->address);
	while (service_reply_receive(&request) == OK)
		if (request.kind == MESSAGE_CALL)
			request_serve(&request);
	return 1;
}
