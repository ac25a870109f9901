/* SPDX-License-Identifier: MIT */
/* Fills the log, once the host has killed its first instance: changes authority until the keeper of the log says that it can take nothing more. */
#include "lib/authority.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/service.h"
#include "tests/servers/mutator/changes.h"

#define PAIRS 20 /* of a copy and its deletion, between two questions */
#define LONG_NS 1000000000ull

int main(void)
{
	struct request request;
	enum error error = OK;

	while (start_page->instance > 0 && error == OK && authority_may_change())
		error = authority_changes(PAIRS);
	if (start_page->instance > 0)
		log_print("the log is full (%u)\n", (uint64_t)error);
	for (;;)
		(void)!service_receive_until(&request, clock_now() + LONG_NS); /* signs of life; signals are no news here */
}
