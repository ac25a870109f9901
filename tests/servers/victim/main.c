/* SPDX-License-Identifier: MIT */
/*
 * A client whose files must stay what they are while another one (tests/servers/malicious) does what it can. The root is ext2; ramfs is mounted on /memory. Each has a directory /play that belongs to everybody.
 * Rounds of operations on both, for some seconds; then it says what it has found.
 */
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "tests/servers/files/storm.h"

#define SECONDS 15
#define NS_IN_SECOND 1000000000ull

static const char *prepare(void)
{
	if (file_start())
		return "there are no files";
	if (path_make_directory("/memory", 0755) || path_mount("/memory", "ramfs", 0))
		return "ramfs cannot be mounted";
	if (path_make_directory("/play", 0777) || path_change_mode("/play", 0777) || path_make_directory("/memory/play", 0777) || path_change_mode("/memory/play", 0777))
		return "the directory for everybody cannot be made";
	return NULL;
}

static const char *storms(uint64_t *rounds)
{
	static const char *const places[] = {"/storm", "/memory/storm"};
	uint64_t end = clock_now() + SECONDS * NS_IN_SECOND;
	const char *wrong = NULL;

	for (; !wrong && clock_now() < end; ++*rounds)
		for (int i = 0; !wrong && i < 2; i++) {
			service_alive();
			wrong = storm_round(places[i], *rounds);
		}
	return wrong;
}

int main(void)
{
	uint64_t rounds = 0, end;
	struct request request;
	const char *wrong = prepare();

	log_print("begins\n");
	if (!wrong)
		wrong = storms(&rounds);
	log_print("%u rounds: %s\n", rounds, wrong ? wrong : "all is right");
	if (wrong)
		log_print("error %d\n", (int64_t)storm_error);
	end = clock_now() + 4 * NS_IN_SECOND;
	while (service_receive_until(&request, end) == OK) /* time for the host to ask for the status */
		;
	log_print("ends\n");
	for (;;)
		(void)!service_receive(&request);
}
