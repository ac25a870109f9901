/* SPDX-License-Identifier: MIT */
/*
 * virtio-rng: gives out random bytes of the entropy device (abi/protocols/random.h). A device with a fault is reset by pci and started again, FAULTS_MOST times without a byte in between; then every request is answered -EIO.
 * Nothing is kept over a restart: no byte may be given out twice.
 */
#include "abi/errno.h"
#include "abi/protocols/random.h"
#include "drivers/virtio/claim.h"
#include "drivers/virtio/rng/pool.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"

#define TYPE_ENTROPY 4
#define FAULTS_MOST 3
#define MSIX_ENTRY 0
#define BADGES_MAX 64

static struct pool pool;
static struct virtio_claim claim;
static void *memory;
static paddr_t physical;
static bool works;
static unsigned faults;
static uint64_t waiting; /* bit n: the client with badge n has asked in vain */

static void device_start(void)
{
	enum virtio_fault fault = pool_start(&pool, &virtio_pci_transport, &claim.pci, memory, physical, MSIX_ENTRY);

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

static void waiting_signal(void)
{
	for (const struct start_grant *client = start_next(GRANT_CLIENT, NULL); client; client = start_next(GRANT_CLIENT, client))
		if (client->argument < BADGES_MAX && waiting >> client->argument & 1)
			service_signal(start_signal(client->name));
	waiting = 0;
}

static void work(bool interrupted)
{
	uint32_t before = pool.count;
	enum virtio_fault fault = works ? pool_work(&pool) : VIRTIO_SOUND;

	if (works && !fault && interrupted && pool.count == before)
		fault = virtio_device_check(&pool.device);
	if (fault)
		device_recover(fault);
	if (pool.count > before)
		faults = 0;
	if (waiting && (pool.count || !works))
		waiting_signal();
}

static void request_serve(struct request *request)
{
	uint64_t wanted = request->data[0];

	if (request->label != RANDOM_READ || request->words != 1) {
		request->status = ERR_METHOD;
		request->words = 0;
		return;
	}
	memset(request->data, 0, sizeof(request->data));
	request->words = MESSAGE_REGISTER_WORDS;
	if (wanted == 0 || wanted > RANDOM_BYTES_MAX) {
		request->data[0] = (uint64_t)-EINVAL;
		return;
	}
	request->data[0] = pool_take(&pool, &request->data[1], (uint32_t)wanted);
	if (request->data[0] == 0 && !works)
		request->data[0] = (uint64_t)-EIO;
	else if (request->data[0] == 0 && request->badge < BADGES_MAX)
		waiting |= 1ull << request->badge;
}

int main(void)
{
	struct request request = {.words = 0};
	enum error error = OK;
	int result;

	memory = virtio_claim_memory(POOL_MEMORY_BYTES, &physical);
	if (!memory)
		return 1;
	result = virtio_claim(&claim, TYPE_ENTROPY);
	if (result && result != -ENODEV)
		return 1; /* the next instance may be luckier */
	if (result == 0)
		device_start();
	while (error == OK) {
		bool interrupted = works && request.kind == MESSAGE_NOTIFICATION && request.data[0] & claim.irq_bits;

		if (interrupted)
			virtio_claim_acknowledge(&claim);
		if (request.kind == MESSAGE_CALL)
			request_serve(&request);
		work(interrupted);
		error = service_reply_receive(&request);
	}
	return 1;
}
