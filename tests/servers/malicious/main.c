/* SPDX-License-Identifier: MIT */
/*
 * A client that does to its servers whatever its capabilities let it do: rows I1, I2, R1 and R2 of what is tried at each boundary. It has real sessions with all servers of its manifest.
 *
 * Three threads. The one that sends requests and the one that floods run at and below the priority of other clients: the first sends requests, sound ones, half sound ones and noise, made from the lists of abi/protocols; the second sends signals and messages without a caller. main itself runs above
 * the servers and wakes up all the time, in the middle of what they do, to change what lies in the shared buffers. After a while it dies, while its own requests are being worked on; its next instance goes on with other numbers.
 *
 * It asserts no rights of Linux and user 1000, since a client's word is taken for that: whoever may ask as root may change everybody's files. For the same reason it keeps what it writes small: a full disk is no attack on a server.
 */
#include "attack.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/memory.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "lib/space.h"
#include "lib/thread.h"

#define PRIORITY_REQUESTS 10 /* that of other clients */
#define PRIORITY_FLOODS 10
#define LIFE_NS 1500000000ull
#define LIVES 4 /* later ones are ended from outside */
#define PAUSE_LONGEST_NS 400000
#define STORES 12 /* of one look at the buffers */
#define REPORT_LOOKS 2000

static struct random stores = {0x1234567};

/* Where requests have their paths, names and structures, and where rings have their indexes, or anywhere. */
static uint64_t place_choose(const struct start_grant *buffer)
{
	static const uint64_t hot[] = {0, 64, 128, 0x1000, 0x1040, 0x1080, 0x2000, 0x2040, 0x2080, 0x3000, 0x4000};
	uint64_t place = random_below(&stores, 4) ? hot[random_below(&stores, sizeof(hot) / sizeof(hot[0]))] + 8 * random_below(&stores, 40) : 8 * random_below(&stores, buffer->bytes / 8);

	return place <= buffer->bytes - 8 ? place : 0;
}

static void buffers_change(void)
{
	const struct start_grant *buffer = NULL;

	while ((buffer = start_next(GRANT_BUFFER, buffer)))
		for (int i = 0; i < STORES; i++)
			*(volatile uint64_t *)(buffer->address + place_choose(buffer)) = word_choose(&stores, buffer->bytes);
}

static void report(void)
{
	log_print("instance %u: %u requests, %u answered, %u with success; %u messages and signals\n", start_page->instance, attack_counts.sent, attack_counts.answered, attack_counts.succeeded,
		  attack_counts.floods);
}

/* Wakes up after every so many ns until the end of this life. Messages that come are nobody's business. */
static void disturb(uint64_t end)
{
	struct request request;

	for (uint64_t looks = 0; clock_now() < end; looks++) {
		enum error error = service_receive_until(&request, clock_now() + 10000 + random_below(&stores, PAUSE_LONGEST_NS));

		if (error == OK && request.kind == MESSAGE_CALL)
			(void)service_hold();
		buffers_change();
		if (looks % REPORT_LOOKS == 0)
			report();
	}
}

int main(void)
{
	static struct thread threads[2];
	uint64_t seed = start_page->instance * 7919 + 1;
	enum error error;

	stores.state ^= seed << 32;
	memory_use(start_find("untyped")->slot);
	attack_open(seed);
	error = thread_spawn(&threads[0], &own_space, attack_by_requests, 0, PRIORITY_REQUESTS);
	if (error == OK)
		error = thread_spawn(&threads[1], &own_space, attack_by_floods, 0, PRIORITY_FLOODS);
	if (error != OK)
		log_print("no threads: error %u\n", (uint64_t)error);
	disturb(start_page->instance < LIVES ? clock_now() + LIFE_NS + random_below(&stores, LIFE_NS) : UINT64_MAX);
	report();
	__builtin_trap();
}
