/* SPDX-License-Identifier: MIT */
/*
 * Changes authority while axiom is down. Says `ready` when axiom has begun, waits until the host (tests/servers/spill) has ended axiom for good, makes more records than make the ring ask to be read, says
 * `spilled`, and when the host has started axiom again waits until
 * axiom has them all on its disk.
 */
#include "abi/protocols/log.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "tests/servers/console/console.h"
#include "tests/servers/mutator/changes.h"

#define PAIRS 2500               /* of a copy and its deletion: more records than a quarter of the ring, fewer than the spill holds */
#define PATIENCE 300000000ull    /* ns without an answer: axiom is down */
#define PAUSE 20000000ull        /* ns */
#define LOOKS 1000

/* Asks axiom how many records it has taken, once; 0 when it does not answer. */
static uint64_t taken_now(void)
{
	struct kernel_call call = {
		.word = call_word(CALL_SEND | CALL_CALL | CALL_DEADLINE, 0, 0, LOG_STATUS),
		.target = start_session("axiom"),
		.deadline = clock_now() + PATIENCE,
	};

	return kernel_call(&call) == OK ? call.data[1] : 0;
}

static void pause_short(void)
{
	struct request request;

	(void)!service_receive_until(&request, clock_now() + PAUSE); /* signals are no news here */
}

int main(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0}, before;
	enum error error;

	while (!taken_now())
		pause_short();
	log_print("ready\n");
	do {
		before = taken_now();
		pause_short();
	} while (before);
	error = authority_changes(PAIRS);
	log_print("spilled: error %u\n", (uint64_t)error);
	for (int i = 0; data[2] < 2 * PAIRS && i < LOOKS; i++) {
		if (service_call(start_session("axiom"), LOG_STATUS, 0, data) != OK)
			return 1;
		pause_short();
	}
	log_print("taken %u, %u on the disk\n", data[1], data[2]);
	data[0] = data[2] < 2 * PAIRS || error != OK;
	return (int)service_call(start_session("console"), CONSOLE_END, 1, data);
}
