/* SPDX-License-Identifier: MIT */
/*
 * What a client of virtio-blk sees when the driver ends and the device cannot be stopped (tests/drivers/stubborn-pci): its requests fail with -ENODEV, it does not hang, and nobody has touched the memory that the device knows. The host kills
 * the driver when this program says that it waits.
 */
#include "abi/errno.h"
#include "lib/block_session.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/console/console.h"

#define QUEUE_BYTES 0x3000 /* what the driver uses of it */
#define SECOND 1000000000ull

static struct block_session block;
static unsigned char before[QUEUE_BYTES];
static bool failed;

static void check(bool holds, const char *id, const char *sentence)
{
	failed |= !holds;
	log_print("%sok quarantine-%s %s\n", holds ? "" : "not ", id, sentence);
}

/* One request; its result. */
static int transfer(enum block_operation operation)
{
	struct block_request request = {.operation = operation, .sector = 8, .sectors = 8};
	uint64_t bytes = 0, token;
	int region = block_session_region(&block, "quarantine.data", &bytes), result = -EIO;
	struct request message;

	request.region = (uint32_t)region;
	if (region < 0 || block_submit(&block.client, &request, 1) != 0)
		return -EINVAL;
	block_kick(&block.client);
	while (!block_poll(&block.client, &token, &result))
		(void)!service_receive_until(&message, clock_now() + SECOND); /* whatever wakes us */
	return result;
}

int main(void)
{
	const struct start_grant *queue = start_find("virtio-blk.queue");
	uint64_t generation, words[MESSAGE_REGISTER_WORDS] = {0};
	struct request message;

	log_print("1..5\n");
	check(block_session_open(&block, "virtio-blk", 0) == 0 && transfer(BLOCK_WRITE) == 0, "begins", "a block is written");
	memcpy(before, (const void *)queue->address, QUEUE_BYTES);
	generation = ((struct block_channel *)start_buffer_of("virtio-blk")->address)->generation;
	log_print("waiting for the end of the driver\n");
	while (__atomic_load_n(&((struct block_channel *)start_buffer_of("virtio-blk")->address)->generation, __ATOMIC_ACQUIRE) == generation)
		(void)!service_receive_until(&message, clock_now() + SECOND / 10);
	check(transfer(BLOCK_READ) == -ENODEV, "error", "the next request fails with ENODEV, and its client does not hang");
	check(transfer(BLOCK_WRITE) == -ENODEV, "stays", "so does the one after it");
	check(memcmp(before, (const void *)queue->address, QUEUE_BYTES) == 0, "memory", "the memory that the device knows is as it was");
	words[0] = failed;
	for (uint64_t end = clock_now() + SECOND; clock_now() < end;) /* the supervisor looks at the driver meanwhile */
		(void)!service_receive_until(&message, end);
	(void)!service_call(start_session("console"), CONSOLE_END, 1, words);
	return 1;
}
