/* SPDX-License-Identifier: MIT */
/*
 * virtio-rng: gives out random bytes of the entropy device (abi/protocols/random.h). When the device is given up, every request is answered -EIO. Nothing is kept over a restart: no byte may be given out twice.
 */
#include "abi/errno.h"
#include "abi/protocols/random.h"
#include "drivers/virtio/driver.h"
#include "drivers/virtio/rng/pool.h"
#include "lib/string.h"

#define TYPE_ENTROPY 4
#define MSIX_ENTRY 0
#define BADGES_MAX 64

static struct pool pool;
static void *memory;
static paddr_t physical;
static uint64_t waiting; /* bit n: the client with badge n has asked in vain */

static enum virtio_fault start(struct virtio_driver *driver)
{
	return pool_start(&pool, &virtio_pci_transport, &driver->claim.pci, memory, physical, MSIX_ENTRY);
}

static enum virtio_fault work(struct virtio_driver *driver, bool *moved)
{
	uint32_t before = pool.count;
	enum virtio_fault fault = pool_work(&pool);

	(void)driver;
	*moved = pool.count > before;
	return fault;
}

static void waiting_signal(void)
{
	for (const struct start_grant *client = start_next(GRANT_CLIENT, NULL); client; client = start_next(GRANT_CLIENT, client))
		if (client->argument < BADGES_MAX && waiting >> client->argument & 1)
			service_signal(start_signal(client->name));
	waiting = 0;
}

static void serve(struct virtio_driver *driver, struct request *request)
{
	uint64_t wanted = request->data[0];

	request->caps = 0;
	if (request->label != RANDOM_READ || request->words != 1) {
		request->status = request->label == RANDOM_READ ? ERR_ARGUMENT : ERR_METHOD;
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
	if (request->data[0] == 0 && !driver->works)
		request->data[0] = (uint64_t)-EIO;
	else if (request->data[0] == 0 && request->badge < BADGES_MAX)
		waiting |= 1ull << request->badge;
}

static void tell(struct virtio_driver *driver)
{
	if (waiting && (pool.count || !driver->works))
		waiting_signal();
}

static bool waits(void)
{
	return waiting != 0;
}

int main(void)
{
	static struct virtio_driver driver = {.type = TYPE_ENTROPY, .start = start, .work = work, .serve = serve, .tell = tell, .waits = waits, .prompt = true, .device = &pool.device};

	memory = virtio_claim_memory(POOL_MEMORY_BYTES, &physical);
	return memory ? virtio_driver_run(&driver) : 1;
}
