/* SPDX-License-Identifier: MIT */
/*
 * Whether the supervisor can be fooled: processors that others use and a machine that stands still must not look like a hang, a service that spins must, and false signs of life must not help. The host does what this program asks for
 * (tests/servers/as-it-asks); `seconds=N` on the command line says how long the machine stands still. Writes TAP.
 */
#include "abi/boot.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/string.h"
#include "tests/servers/echo/echo.h"

#define SECOND 1000000000ull

static unsigned failed;

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok patience-%s %s\n", holds ? "" : "not ", id, sentence);
}

static void wait(uint64_t ns)
{
	uint64_t end = clock_now() + ns;
	struct request request;

	while (clock_now() < end)
		(void)!service_receive_until(&request, end);
}

/* The number on the command line. */
static uint64_t still_seconds(void)
{
	const char *line = ((const struct boot_information *)start_find("information")->address)->command_line;
	uint64_t number = 0;

	while (*line && memcmp(line, "seconds=", 8) != 0)
		line++;
	for (line += *line ? 8 : 0; *line >= '0' && *line <= '9'; line++)
		number = number * 10 + (uint64_t)(*line - '0');
	return number;
}

static bool echo_answers(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {41, 42};

	return service_call(start_session("echo"), ECHO_WORDS, 8, data) == OK && data[0] == 42 && data[1] == 43;
}

/* Has the host look that no service has been restarted. */
static void all_are_first(void)
{
	log_print("control: status echo => instances 1,\n");
	log_print("control: status starved => instances 1,\n");
	log_print("control: status hog => instances 1,\n");
	log_print("control: status hog-low => instances 1,\n");
	log_print("control: status console => instances 1,\n");
	log_print("control: status supervisor => instances 1,\n");
	wait(SECOND / 2);
}

int main(void)
{
	log_print("1..4\n");
	check(echo_answers(), "begins", "the server beside a hog of its own priority answers");
	wait(4 * SECOND);
	all_are_first();
	log_print("machine: stop %u\n", still_seconds());
	wait(2 * SECOND);
	all_are_first();
	log_print("machine: freeze %u\n", still_seconds());
	wait(2 * SECOND);
	all_are_first();
	check(echo_answers(), "goes-on", "after the machine stood still, with its clock and without, the same instance answers");
	log_print("control: hang echo\n");
	wait(3 * SECOND);
	log_print("control: status echo => instances 2,\n");
	log_print("control: status echo => last ended by a hang\n");
	log_print("control: status false-signs => last ended by a hang\n");
	check(echo_answers(), "spin", "a server that spins beside the hog is noticed, and its next instance answers");
	log_print("control: hang supervisor\n");
	wait(4 * SECOND);
	log_print("control: status supervisor => last ended by a hang\n");
	log_print("control: status echo => instances 2,\n");
	check(echo_answers(), "supervisor", "so is the supervisor, and nothing else is restarted because of it");
	log_print("machine: end %u\n", (uint64_t)failed);
	wait(1000 * SECOND);
	return 1;
}
