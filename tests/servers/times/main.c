/* SPDX-License-Identifier: MIT */
/* Tests of the times of files: they are those of platform's wall clock, also right after the filesystem or platform was restarted. The host kills what this program asks it to (tests/servers/as-it-asks). Writes TAP. */
#include "abi/protocols/platform.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "lib/wall.h"
#include "tests/servers/echo/whistle.h"

#define SECOND 1000000000ull
#define YEAR_2031 1925000000ull /* seconds: before the time at which the test's machine begins, and after any real one of today */

static unsigned failed;

static void check(bool holds, const char *id, const char *sentence)
{
	failed += !holds;
	log_print("%sok times-%s %s\n", holds ? "" : "not ", id, sentence);
}

/* What platform says, in seconds. */
static uint64_t platform_seconds(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	return service_call(start_session("platform"), PLATFORM_TIME, 0, data) == OK && (int64_t)data[0] == 0 ? data[1] / SECOND : 0;
}

/* Makes a file and compares its times with platform's before and after; the clock may be a second late. */
static bool file_is_of_now(const char *path)
{
	struct attributes attributes;
	uint64_t before = platform_seconds(), after;
	int file = file_open(path, OPEN_READ_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE, 0644);
	bool made = file >= 0 && file_attributes(file, &attributes) == 0 && file_close(file) == 0;

	after = platform_seconds();
	log_print("# %s: %u, platform %u to %u\n", path, made ? (uint64_t)attributes.modify.seconds : 0, before, after);
	return made && before > YEAR_2031 && (uint64_t)attributes.modify.seconds + 1 >= before && (uint64_t)attributes.modify.seconds <= after + 1 &&
	       attributes.change.seconds == attributes.modify.seconds && attributes.access.seconds == attributes.modify.seconds;
}

static void pause_for(uint64_t ns)
{
	struct request request;

	(void)!service_receive_until(&request, clock_now() + ns);
}

/* Has the host kill a service, and then the whistle, which tells us that the first has come about: it does one after the other. */
static void kill(const char *service)
{
	uint64_t before = whistle_blown();

	log_print("control: kill %s\n", service);
	log_print("control: kill whistle\n");
	while (whistle_blown() == before)
		pause_for(SECOND / 20);
}

int main(void)
{
	uint64_t first;

	log_print("1..4\n");
	check(file_start() == 0 && file_is_of_now("/first"), "first", "a new file has the time of the wall clock");
	kill("ramfs");
	check(file_is_of_now("/second"), "filesystem", "so has one that is made after the filesystem was restarted");
	first = wall_now();
	kill("platform");
	check(file_is_of_now("/third"), "platform", "so has one that is made after platform was restarted");
	check(wall_now() > first, "forward", "the clock has not gone backwards");
	log_print("machine: end %u\n", (uint64_t)failed); /* not by us: the host may not have read its last answer yet */
	for (;;)
		pause_for(SECOND);
}
