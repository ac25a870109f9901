/* SPDX-License-Identifier: MIT */
/*
 * Changes authority all the time, so that axiom has something to keep, and says how far axiom is. The host's side (tests/servers/log) kills axiom meanwhile, whistles when it has done so often enough, and looks at the disk afterwards.
 *
 * Without a disk it goes on until nothing more is taken: then a change of authority waits, which a deadline shows, and everything else goes on. With a session to `echo` it does so with a disk as well (tests/servers/log-faults), and has the host
 * (tests/servers/as-it-asks) kill that and axiom then: recovery has a reserve in the ring, so both come back.
 */
#include "abi/log.h"
#include "abi/protocols/log.h"
#include "lib/authority.h"
#include "lib/call.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/methods.h"
#include "lib/service.h"
#include "tests/servers/console/console.h"
#include "tests/servers/echo/whistle.h"

#define PAIRS 60                 /* of a copy and its deletion, between two questions */
#define ROUNDS 120               /* with a disk that works, at least; those after them are small */
#define PAUSE 10000000ull        /* ns between two rounds */
#define KILLS 4 /* of a server, with a full log */
#define PATIENCE 2000000000ull   /* ns that a change may wait before the log counts as full */

struct status {
	uint64_t result, taken, flushed, state, link[4];
};

static bool status_get(struct status *status)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	if (service_call(start_session("axiom"), LOG_STATUS, 0, data) != OK)
		return false;
	*status = (struct status){data[0], data[1], data[2], data[3], {data[4], data[5], data[6], data[7]}};
	return status->result == 0;
}

#define LINK_TEXT (2 * LOG_LINK_BYTES + 1)

/* A link as text. */
static const char *link_text(const void *link, char text[LINK_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = link;

	for (unsigned i = 0; i < LOG_LINK_BYTES; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[LINK_TEXT - 1] = 0;
	return text;
}

/* What is on the disk, as tools/replay --witness understands it. */
static void head_print(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	char text[LINK_TEXT];

	if (service_call(start_session("axiom"), LOG_HEAD, 0, data) == OK && data[0] == 0)
		log_print("boot %u, record %u, link %s\n", data[1], data[2], link_text(&data[4], text));
}

static void link_print(const char *what, const struct status *status)
{
	char text[LINK_TEXT];

	log_print("%s %u records, %u on the disk, state %u, link %s\n", what, status->taken, status->flushed, status->state, link_text(status->link, text));
}

/* Waits a while; signals are no news here. */
static void pause_for(uint64_t ns)
{
	struct request request;

	(void)!service_receive_until(&request, clock_now() + ns);
}

/* A method of the own CNode, with a deadline: ERR_TIMEOUT when its record finds no room. */
static enum error cnode_call(uint64_t method, uint64_t words, uint64_t caps, uint64_t index)
{
	struct kernel_call call = {
		.word = call_word(CALL_SEND | CALL_CALL | CALL_DEADLINE, words, caps, method),
		.target = start_find("cnode")->slot,
		.deadline = clock_now() + PATIENCE,
		.data = {index, start_find("vspace")->slot, RIGHTS_ALL},
	};

	method_caps(call.target, 0);
	return kernel_call(&call);
}

/* One copy and its deletion. */
static enum error authority_change(void)
{
	enum error error = cnode_call(CNODE_COPY, 3, 1, START_SLOT_FREE);

	return error == OK ? cnode_call(CNODE_DELETE, 1, 0, START_SLOT_FREE) : error;
}

static enum error round_run(struct status *status, unsigned pairs)
{
	enum error error = OK;

	for (unsigned i = 0; i < pairs && error == OK; i++)
		error = authority_change();
	pause_for(PAUSE);
	return status_get(status) || error != OK ? error : ERR_STATE;
}

static _Noreturn void end(bool passed)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {!passed};

	(void)!service_call(start_session("console"), CONSOLE_END, 1, data);
	for (;;)
		pause_for(PAUSE);
}

/* All that was taken gets to the disk, and the end mark after it. */
static bool log_close(struct status *status)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	for (unsigned i = 0; i < 6000 && (!status_get(status) || status->flushed != status->taken); i++)
		pause_for(PAUSE);
	link_print("settled:", status);
	if (status->flushed != status->taken || service_call(start_session("axiom"), LOG_CLOSE, 0, data) != OK || data[0] != 0 || !status_get(status))
		return false;
	for (unsigned i = 0; i < 100; i++) /* for the end mark */
		pause_for(PAUSE);
	link_print("closed:", status);
	head_print();
	return true;
}

static void with_disk(struct status *status)
{
	uint64_t taken = status->taken;

	for (unsigned n = 0; n < ROUNDS || !whistle_blown(); n++) {
		if (round_run(status, n < ROUNDS ? PAIRS : 1) != OK || status->taken < taken) {
			log_print("round %u failed after %u records\n", (uint64_t)n, taken);
			end(false);
		}
		taken = status->taken;
		if (n % 10 == 0) {
			link_print("so far:", status);
			head_print();
		}
	}
	end(log_close(status));
}

/* What a new instance of a server is told by: ECHO_COUNT's second word. Waits for instance `number`. */
static bool echo_await(uint64_t number)
{
	for (unsigned i = 0; i < 6000; i++) {
		uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

		if (service_call(start_session("echo"), ECHO_COUNT, 0, data) == OK && data[1] >= number)
			return true;
		pause_for(PAUSE);
	}
	return false;
}

/* Recovery while nothing more is taken. Ends the machine by the host. */
static _Noreturn void recover(bool passed, const struct status *status)
{
	struct status later = {.result = 1};

	log_print("control: status axiom => DEGRADED: memory is full\n");
	for (uint64_t i = 1; i <= KILLS; i++) {
		log_print("control: kill echo\n");
		passed = passed && echo_await(i);
		log_print("echo: instance %u\n", i);
	}
	log_print("control: kill axiom\n");
	log_print("control: status axiom => instances 2\n");
	for (unsigned i = 0; i < 200; i++)
		pause_for(PAUSE);
	passed = passed && status_get(&later) && later.taken == status->taken && cnode_call(CNODE_COPY, 3, 1, START_SLOT_FREE + 1) == ERR_TIMEOUT;
	log_print("%sok full-log-recovery with a full log servers are restarted, and a client's change of authority still waits\n", passed ? "" : "not ");
	log_print("machine: end %u\n", (uint64_t)!passed);
	for (;;)
		pause_for(PAUSE);
}

/* Until a change has to wait. Afterwards axiom still answers, and takes nothing more. */
static _Noreturn void without_disk(struct status *status)
{
	enum error error = OK;
	struct status later;
	unsigned rounds = 0;
	bool refuses = authority_may_change();

	for (; error == OK; rounds++)
		error = round_run(status, PAIRS);
	refuses = refuses && !authority_may_change();
	link_print("full:", status);
	if (start_session("echo"))
		recover(error == ERR_TIMEOUT && rounds > 10 && refuses, status);
	end(refuses && error == ERR_TIMEOUT && rounds > 10 && status->state == LOG_IN_MEMORY && cnode_call(CNODE_COPY, 3, 1, START_SLOT_FREE + 1) == ERR_TIMEOUT &&
	    status_get(&later) && later.taken == status->taken && later.taken > 900);
}

int main(void)
{
	struct status status = {.state = LOG_IN_MEMORY};
	unsigned most = start_session("whistle") ? 6000 : start_session("echo") ? 500 : 100; /* for a disk, where there is one */

	for (unsigned i = 0; i < most && (!status_get(&status) || status.state == LOG_IN_MEMORY); i++)
		pause_for(PAUSE);
	link_print("begins:", &status);
	if (status.state == LOG_ON_MEDIUM && !start_session("echo"))
		with_disk(&status);
	without_disk(&status);
}
