/* SPDX-License-Identifier: MIT */
/*
 * Tests of the supervisor, from a client's side: its server (tests/servers/echo) faults, hangs, returns, is kept from running; the client's calls are answered all the same. Writes TAP.
 */
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "tests/servers/console/console.h"
#include "tests/servers/echo/echo.h"

#define MILLISECOND 1000000ull
#define HOG_TIME (1500 * MILLISECOND) /* many times the heartbeat of 200 ms */

static unsigned failed;
static uint64_t once;

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok %s %s\n", holds ? "" : "not ", id, sentence);
}

struct count {
	uint64_t count, instance, ended;
};

static bool count_get(struct count *count)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	enum error error = service_call(start_session("echo"), ECHO_COUNT, 0, data);

	*count = (struct count){data[0], data[1], data[2]};
	return error == OK;
}

/* Has the server end by `request` in the middle of a call that lib repeats. */
static bool ends_and_answers(uint64_t request, uint64_t ended)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {request, ++once};
	struct count before, after;

	if (!count_get(&before) || service_call(start_session("echo"), ECHO_ONCE, 2, data) != OK || !count_get(&after))
		return false;
	return data[0] == before.instance + 1 && after.instance == before.instance + 1 && after.count == before.count + 1 && after.ended == ended;
}

/* A call that nobody repeats tells that its server has gone. */
static bool caller_is_told(void)
{
	struct kernel_call call = {.word = call_word(CALL_SEND | CALL_CALL, 1, 0, ECHO_FAULT), .target = start_session("echo"), .data = {8}};

	return kernel_call(&call) == ERR_CANCELLED;
}

/* While another service of higher priority computes for long, the server gets no time: that is no hang. */
static bool hog_is_no_hang(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {HOG_TIME};
	struct count before, after;

	if (!count_get(&before) || service_call(start_session("hog"), ECHO_BURN, 1, data) != OK || !count_get(&after))
		return false;
	return before.instance == after.instance;
}

/* One that dies as soon as it is started waits longer each time. */
static bool crash_loop_backs_off(void)
{
	uint64_t before = 0;
	struct count count;

	for (int i = 0; i < 3; i++) {
		before = clock_now();
		if (!caller_is_told() || !count_get(&count))
			return false;
	}
	return clock_now() - before >= 80 * MILLISECOND;
}

int main(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS];

	log_print("1..6\n");
	check(ends_and_answers(ECHO_FAULT, ENDED_FAULT), "recover-fault", "a server that faults is started again, keeps its state, and its caller is answered");
	check(ends_and_answers(ECHO_SPIN, ENDED_HANG), "recover-hang", "a server that spins is caught, and its caller is answered");
	check(hog_is_no_hang(), "recover-hog", "a server that is kept from running is left alone");
	check(ends_and_answers(ECHO_EXIT, ENDED_EXIT), "recover-exit", "a server that returns is started again");
	check(caller_is_told(), "recover-cancelled", "who does not repeat is told");
	check(crash_loop_backs_off(), "recover-loop", "a crash loop backs off");
	data[0] = failed;
	return (int)service_call(start_session("console"), CONSOLE_END, 1, data);
}
