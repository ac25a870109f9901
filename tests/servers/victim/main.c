/* SPDX-License-Identifier: MIT */
/*
 * A client whose files must stay what they are while another one (tests/servers/malicious) does what it can. The root is ext2; ramfs is mounted on /memory. Each has a directory /play that belongs to everybody.
 * Rounds of operations on both, until the host whistles; then it says what it has found, and ends when it whistles again.
 */
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/service.h"
#include "tests/servers/echo/whistle.h"
#include "tests/servers/files/storm.h"

#define LOOK_NS 50000000ull /* for the second whistle */

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
	const char *wrong = NULL;

	for (; !wrong && !whistle_blown(); ++*rounds)
		for (int i = 0; !wrong && i < 2; i++) {
			service_alive();
			wrong = storm_round(places[i], *rounds);
		}
	return wrong;
}

int main(void)
{
	uint64_t rounds = 0;
	struct request request;
	const char *wrong = prepare();

	log_print("begins\n");
	if (!wrong)
		wrong = storms(&rounds);
	log_print("%u rounds: %s\n", rounds, wrong ? wrong : "all is right");
	if (wrong)
		log_print("error %d\n", (int64_t)storm_error);
	while (whistle_blown() < 2) /* the host asks for the status before */
		(void)!service_receive_until(&request, clock_now() + LOOK_NS);
	log_print("ends\n");
	for (;;)
		(void)!service_receive(&request);
}
