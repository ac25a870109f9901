/* SPDX-License-Identifier: MIT */
/*
 * What clients see of devices that are unplugged while they work (tests/drivers/take-away): a disk that is written to all the time, then a source of random bytes that is drawn from all the time. Both must become errors, also for what
 * was under way, and nobody may wait for ever; then a console of which this program only reads: it must be told. Writes TAP; the host takes a device away when this program says that it works with it.
 */
#include "abi/errno.h"
#include "abi/protocols/random.h"
#include "abi/protocols/serial.h"
#include "lib/block_session.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/ring.h"
#include "lib/service.h"
#include "tests/servers/console/console.h"

#define DEPTH 8 /* requests under way at the disk */
#define LOOK_NS 100000000ull
#define PATIENCE_NS 120000000000ull /* then it is a hang */
#define TOLD_AFTER 100 /* requests: before, the host has not been asked to do anything */

static struct block_session block;
static uint32_t region;
static bool failed;

static bool check(bool holds, const char *id, const char *sentence)
{
	failed |= !holds;
	log_print("%sok unplugged-%s %s\n", holds ? "" : "not ", id, sentence);
	return holds;
}

static bool submit(uint64_t token)
{
	struct block_request request = {.operation = BLOCK_WRITE, .region = region, .sector = token * 8, .sectors = 8, .offset = token * 4096};

	return block_submit(&block.client, &request, token) == 0;
}

/* The result of some request that was submitted, -ETIMEDOUT when there is none. Whoever asks the driver for something meanwhile must not keep it from looking at the device. */
static int complete(uint64_t *token)
{
	uint64_t end = clock_now() + PATIENCE_NS;
	struct request message;
	int result;

	block_kick(&block.client);
	while (!block_poll(&block.client, token, &result)) {
		uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

		if (clock_now() > end)
			return -ETIMEDOUT;
		if (service_receive_until(&message, clock_now() + LOOK_NS) == ERR_TIMEOUT)
			(void)!service_call(start_session("virtio-blk"), BLOCK_INFORM, 0, data);
	}
	return result;
}

static bool disk_begins(void)
{
	uint64_t bytes = 0, token;
	int index;

	if (block_session_open(&block, "virtio-blk", 0) != 0)
		return false;
	index = block_session_region(&block, "unplugged.data", &bytes);
	region = (uint32_t)index;
	return index >= 0 && bytes >= DEPTH * 4096 && submit(0) && complete(&token) == 0;
}

/* Writes until the disk is gone: then all that are under way are errors. */
static bool disk_ends(void)
{
	unsigned written = 0, under_way = 0;
	uint64_t token;
	int result = 0;

	for (uint64_t i = 0; i < DEPTH; i++)
		under_way += submit(i);
	while (under_way) {
		int one = complete(&token);

		under_way--;
		if (one == -ETIMEDOUT || (one == 0 && result != 0))
			return false; /* the second: done after others had failed? */
		if (one == 0)
			under_way += submit(token);
		else
			result = one;
		if (one == 0 && ++written == TOLD_AFTER)
			log_print("works with the disk\n");
	}
	return written >= TOLD_AFTER && result == -ENODEV;
}

static bool disk_stays_gone(void)
{
	uint64_t token;

	return submit(1) && complete(&token) == -ENODEV && submit(2) && complete(&token) == -ENODEV;
}

/* How many bytes came, at least one, or the error: -ETIMEDOUT when nothing comes. */
static int64_t random_take(void)
{
	uint64_t end = clock_now() + PATIENCE_NS;

	for (;;) {
		uint64_t data[MESSAGE_REGISTER_WORDS] = {RANDOM_BYTES_MAX};
		struct request message;

		if (service_call(start_session("virtio-rng"), RANDOM_READ, 1, data) != OK)
			return -EINVAL;
		if (data[0] != 0)
			return (int64_t)data[0];
		if (service_receive_until(&message, end) != OK)
			return -ETIMEDOUT;
	}
}

static bool random_ends(void)
{
	unsigned taken = 0;
	int64_t result;

	while ((result = random_take()) > 0)
		if (++taken == TOLD_AFTER)
			log_print("works with the source of random bytes\n");
	return taken >= TOLD_AFTER && result == -EIO;
}

static const char *console_buffer(void)
{
	return (const char *)start_buffer_of("virtio-console")->address;
}

static int64_t console_ask(uint64_t label)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	return service_call(start_session("virtio-console"), label, 0, data) == OK ? (int64_t)data[0] : -EINVAL;
}

/* Attaches, and waits for what never comes, but for the end of the device. */
static bool console_ends(void)
{
	uint64_t end = clock_now() + PATIENCE_NS;
	struct request message;

	if (console_ask(SERIAL_ATTACH) != 0 || serial_is_gone(console_buffer()))
		return false;
	log_print("works with the console\n");
	while (!serial_is_gone(console_buffer()))
		if (service_receive_until(&message, end) != OK)
			return false;
	return true;
}

/* Gives the port back with something that was pushed, and nobody gets it again. */
static bool console_stays_gone(void)
{
	struct ring output;

	ring_open(&output, (void *)(start_buffer_of("virtio-console")->address + SERIAL_OUTPUT_OFFSET), SERIAL_RING_BYTES, 1);
	return ring_push(&output, "a") == RING_OK && console_ask(SERIAL_DETACH) == 0 && console_ask(SERIAL_ATTACH) == -ENODEV;
}

int main(void)
{
	uint64_t words[MESSAGE_REGISTER_WORDS] = {0};

	log_print("1..7\n");
	(void)(check(disk_begins(), "begins", "a block is written") &&
	       check(disk_ends(), "disk", "when the disk is taken away, what is under way there fails with ENODEV") &&
	       check(disk_stays_gone(), "stays", "so does all that comes later") &&
	       check(random_ends(), "random", "when the source of random bytes is taken away, who waits for some is told EIO") &&
	       check(random_take() == -EIO && disk_stays_gone(), "both", "so is everybody later") &&
	       check(console_ends(), "console", "when the console is taken away, who only reads there is told") &&
	       check(console_stays_gone(), "free", "the port can be given back, and nobody gets it again"));
	words[0] = failed;
	(void)!service_call(start_session("console"), CONSOLE_END, 1, words);
	return 1;
}
