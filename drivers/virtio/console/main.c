/* SPDX-License-Identifier: MIT */
/*
 * virtio-console: the console device as the terminal of one session (abi/protocols/serial.h). A device with a fault is reset by pci and started again, FAULTS_MOST times in a row; what it had to print may be lost with it. Then it is given up: what the
 * session sends is no longer taken.
 */
#include "abi/errno.h"
#include "drivers/virtio/claim.h"
#include "drivers/virtio/console/port.h"
#include "lib/log.h"
#include "lib/serial_session.h"

#define TYPE_CONSOLE 3
#define FAULTS_MOST 3
#define MSIX_ENTRY 0

static struct port port;
static struct virtio_claim claim;
static struct serial_session session;
static bool works;
static unsigned faults;

static bool byte_take(void *context, uint8_t *byte)
{
	return serial_session_take(context, byte);
}

static void byte_give(void *context, uint8_t byte)
{
	serial_session_give(context, byte);
}

static const struct port_operations operations = {.take = byte_take, .give = byte_give};

static void device_start(void)
{
	enum virtio_fault fault = port_start(&port, &virtio_pci_transport, &claim.pci, MSIX_ENTRY);

	works = fault == VIRTIO_SOUND;
	if (fault)
		log_print("%s\n", virtio_fault_sentence(fault));
}

static void device_recover(enum virtio_fault fault)
{
	log_print("%s\n", virtio_fault_sentence(fault));
	works = ++faults <= FAULTS_MOST && virtio_claim_reset(&claim) == 0;
	if (works)
		device_start();
	if (!works)
		log_print("the device is given up\n");
}

static void work(bool interrupted)
{
	uint64_t before = port.moved;
	enum virtio_fault fault = works ? port_work(&port) : VIRTIO_SOUND;

	if (works && !fault && interrupted && port.moved == before)
		fault = virtio_device_check(&port.device);
	if (port.moved != before)
		faults = 0;
	if (fault)
		device_recover(fault);
	serial_session_signal(&session);
}

int main(void)
{
	const struct start_grant *state = start_next(GRANT_STATE, NULL);
	struct request request = {.words = 0};
	enum error error = OK;
	int result;

	port.memory = virtio_claim_memory(PORT_MEMORY_BYTES, &port.physical);
	port.operations = &operations;
	port.context = &session;
	if (!state || !port.memory)
		return 1;
	serial_session_open(&session, (uint64_t *)state->address);
	result = virtio_claim(&claim, TYPE_CONSOLE);
	if (result && result != -ENODEV)
		return 1; /* the next instance may be luckier */
	if (result == 0)
		device_start();
	while (error == OK) {
		bool interrupted = works && request.kind == MESSAGE_NOTIFICATION && request.data[0] & claim.irq_bits;

		if (interrupted)
			virtio_claim_acknowledge(&claim);
		if (request.kind == MESSAGE_CALL)
			serial_session_serve(&session, &request);
		work(interrupted);
		error = service_reply_receive(&request);
	}
	return 1;
}
