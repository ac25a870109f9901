/* SPDX-License-Identifier: MIT */
/*
 * virtio-blk: the service around disk.c. It waits for requests, for signals of its clients and for the device's interrupt; all that there is to do is then done by disk_work.
 *
 * A device that has a fault, or that has given nothing back for VIRTIO_LOOKS_MOST looks, is reset by pci; what was in flight ends with -EIO, and the device is started again. After FAULTS_MOST times without any progress in between, or when the reset
 * is not confirmed, it is given up: -ENODEV for everything, and nobody uses the memory of what was in flight any more (abi/protocols/block.h). A signal of the interrupt that brings nothing is taken as a change of the device's state, which is looked at.
 */
#include "abi/errno.h"
#include "drivers/virtio/blk/disk.h"
#include "drivers/virtio/claim.h"
#include "lib/clock.h"
#include "lib/health.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"

#define TYPE_BLOCK 2
#define FAULTS_MOST 3
#define MSIX_ENTRY 0
#define UNCONFIRMED "its reset is not confirmed: QUARANTINE of the memory that it knows"

static struct disk disk;
static struct virtio_claim claim;
static uint64_t badges[DISK_SESSIONS];  /* of the session's client; 0: none */
static handle_t signals[DISK_SESSIONS]; /* to wake it */
static handle_t attaching[DISK_SESSIONS]; /* the Reply of a client that waits in ATTACH */
static unsigned faults;                 /* in a row */
static unsigned silence;
static uint64_t completed;              /* when it was last looked at */
static uint64_t look_due;               /* when the device is looked at next; 0: nothing is in flight */

static unsigned session_of(uint64_t badge)
{
	unsigned index = 0;

	while (index < DISK_SESSIONS && badges[index] != badge)
		index++;
	return index;
}

/* The service that a Region belongs to is its name up to the dot. */
static bool region_belongs(const char *region, const char *service)
{
	size_t length = strlen(service);

	return memcmp(region, service, length) == 0 && region[length] == '.';
}

/* What the manifest lends for DMA, of the client at `index`. */
static void regions_open(unsigned index, const char *client)
{
	for (const struct start_grant *grant = start_next(GRANT_REGION, NULL); grant; grant = start_next(GRANT_REGION, grant)) {
		struct disk_region region = {.physical = grant->argument, .bytes = grant->bytes, .session = index};

		memcpy(region.name, grant->name, sizeof(region.name));
		if (grant->argument && region_belongs(grant->name, client) && !disk_region_add(&disk, &region))
			log_print("too many Regions: %s is not used\n", grant->name);
	}
}

static void sessions_open(void)
{
	unsigned index = 0;

	for (const struct start_grant *client = start_next(GRANT_CLIENT, NULL); client && index < DISK_SESSIONS; client = start_next(GRANT_CLIENT, client)) {
		const struct start_grant *buffer = start_buffer(client->argument);

		if (!buffer || buffer->bytes < BLOCK_BUFFER_BYTES) {
			log_print("%s has no buffer of %u bytes\n", client->name, (uint64_t)BLOCK_BUFFER_BYTES);
			continue;
		}
		badges[index] = client->argument;
		signals[index] = start_signal(client->name);
		disk_session_open(&disk, index, (void *)buffer->address);
		regions_open(index, client->name);
		index++;
	}
}

/* Device. */

static void device_give_up(const char *why)
{
	log_print("the device is given up: %s\n", why);
	health_degraded("the device is given up: %s", why);
	disk_drop(&disk, -ENODEV, true);
}

static enum virtio_fault device_start(void)
{
	enum virtio_fault fault = disk_start(&disk, &virtio_pci_transport, &claim.pci, MSIX_ENTRY);

	if (fault == VIRTIO_SOUND)
		log_print("%u sectors%s%s\n", disk.sectors, disk.flags & BLOCK_READ_ONLY ? ", read-only" : "", disk.flags & BLOCK_FLUSH_NEEDED ? ", with a cache" : "");
	return fault;
}

/* Only after pci has confirmed the reset is the clients' memory theirs again. */
static void device_recover(enum virtio_fault fault)
{
	int result;

	log_print("%s\n", virtio_fault_sentence(fault));
	result = virtio_claim_reset(&claim);
	if (result || ++faults > FAULTS_MOST) {
		device_give_up(result == -EIO ? UNCONFIRMED : result ? "it cannot be reset" : "too many faults");
		return;
	}
	disk_drop(&disk, -EIO, false);
	fault = device_start();
	if (fault)
		device_give_up(virtio_fault_sentence(fault));
}

/* Does everything; `looks`: the device may have something to say by its status. */
static void work(bool looks)
{
	enum virtio_fault fault = disk_work(&disk);

	if (disk.completed != completed)
		faults = silence = 0;
	else if (looks && disk.running && fault == VIRTIO_SOUND)
		fault = virtio_device_check(&disk.device);
	if (silence >= VIRTIO_LOOKS_MOST && disk.flights && fault == VIRTIO_SOUND)
		fault = VIRTIO_SILENT;
	completed = disk.completed;
	if (fault && disk.running) {
		silence = 0;
		device_recover(fault);
		(void)disk_work(&disk); /* the next fault is found at the next look */
	}
}

static void clients_signal(void)
{
	for (unsigned i = 0; i < DISK_SESSIONS; i++)
		if (disk.signals >> i & 1)
			service_signal(signals[i]);
	disk.signals = 0;
}

/* Requests. */

static void attach_answer(struct request *answer, uint64_t generation)
{
	answer->status = OK;
	answer->words = 2;
	answer->data[0] = 0;
	answer->data[1] = generation;
}

/* Answers who waited for the device to finish. */
static void attached_answer(void)
{
	uint64_t generation;

	for (unsigned i = 0; i < DISK_SESSIONS; i++) {
		struct request answer = {.words = 0};

		if (!attaching[i] || !disk_attached(&disk, i, &generation))
			continue;
		attach_answer(&answer, generation);
		(void)!service_answer(attaching[i], &answer); /* a client that is gone attaches again in its next instance */
		attaching[i] = 0;
	}
}

static void refuse(struct request *request, enum error status)
{
	request->status = status;
	request->words = 0;
}

/* Returns whether the caller can be answered now. */
static bool attach_serve(struct request *request, unsigned index)
{
	uint64_t generation;
	handle_t held;

	disk_attach(&disk, index);
	if (disk_attached(&disk, index, &generation)) {
		attach_answer(request, generation);
		return true;
	}
	if (attaching[index]) { /* of the client's instance before: nobody waits there any more */
		struct request gone = {.status = ERR_CANCELLED};

		(void)!service_answer(attaching[index], &gone);
		attaching[index] = 0;
	}
	held = service_hold();
	if (!held) {
		refuse(request, ERR_BUSY);
		return true;
	}
	attaching[index] = held;
	return false;
}

static void inform_serve(struct request *request)
{
	request->words = 5;
	request->data[0] = disk.dead ? (uint64_t)-ENODEV : 0;
	request->data[1] = disk.sectors;
	request->data[2] = disk.flags;
	request->data[3] = disk.sectors_most;
	request->data[4] = disk.block_sectors;
}

static void region_serve(struct request *request, unsigned index)
{
	int region = disk_region_find(&disk, index, (const char *)request->data);

	request->words = 3;
	request->data[0] = (uint64_t)(int64_t)(region < 0 ? region : 0);
	request->data[1] = region < 0 ? 0 : (uint64_t)region;
	request->data[2] = region < 0 ? 0 : disk.region[region].bytes;
}

/* Returns whether the caller is to be answered. */
static bool request_serve(struct request *request)
{
	unsigned index = session_of(request->badge);

	request->caps = 0;
	if (request->badge == 0 || index == DISK_SESSIONS)
		refuse(request, ERR_RIGHTS);
	else if (request->label == BLOCK_ATTACH)
		return attach_serve(request, index);
	else if (request->label == BLOCK_INFORM)
		inform_serve(request);
	else if (request->label != BLOCK_REGION)
		refuse(request, ERR_METHOD);
	else if (request->words != 4)
		refuse(request, ERR_ARGUMENT);
	else
		region_serve(request, index);
	return true;
}

/* Waits for the next message, with `answers` after an answer to the last one. While requests are in flight the device is looked at from time to time: messages, however many, put that off no further. */
static enum error next(struct request *request, bool answers)
{
	if (!disk.flights) {
		look_due = 0;
		return answers ? service_reply_receive(request) : service_receive(request);
	}
	if (!look_due)
		look_due = clock_now() + VIRTIO_LOOK_NS;
	return answers ? service_reply_receive_until(request, look_due) : service_receive_until(request, look_due);
}

static bool look_take(void)
{
	bool due = look_due && clock_now() >= look_due;

	if (due) {
		silence++;
		look_due = 0;
	}
	return due;
}

static void serve(void)
{
	struct request request = {.words = 0};
	bool answers = false;

	for (;;) {
		enum error error = next(&request, answers);
		bool interrupted = error == OK && request.kind == MESSAGE_NOTIFICATION && request.data[0] & claim.irq_bits;

		answers = false;
		if (error != OK && error != ERR_TIMEOUT)
			return;
		if (interrupted)
			virtio_claim_acknowledge(&claim);
		else if (error == OK && request.kind == MESSAGE_CALL)
			answers = request_serve(&request);
		work(look_take() || interrupted);
		attached_answer();
		clients_signal();
	}
}

int main(void)
{
	paddr_t physical = 0;
	void *memory = virtio_claim_memory(DISK_MEMORY_BYTES, &physical);
	enum virtio_fault fault;
	int result;

	if (!memory)
		return 1;
	disk_open(&disk, memory, physical); /* clears our own structure; the memory is touched when the device is reset */
	result = virtio_claim(&claim, TYPE_BLOCK);
	if (result == -ENODEV) {
		disk_drop(&disk, -ENODEV, true); /* a machine without this disk is as it should be */
	} else if (result == -EIO) {
		device_give_up(UNCONFIRMED);
	} else if (result) {
		return 1; /* the next instance may be luckier */
	} else {
		fault = device_start();
		if (fault)
			device_give_up(virtio_fault_sentence(fault));
	}
	sessions_open();
	clients_signal();
	serve();
	return 1;
}
