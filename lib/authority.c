/* SPDX-License-Identifier: MIT */
/* The question to the keeper of the log (lib/authority.h). It is asked each time: the answer before may not hold any more, and what follows it costs more. */
#include "lib/authority.h"

#include "abi/protocols/log.h"
#include "lib/clock.h"
#include "lib/service.h"

#define ANSWER_NS 100000000u

bool authority_may_change(void)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};
	static handle_t keeper;

	if (!keeper)
		keeper = start_session("axiom");
	if (!keeper)
		return true;
	return service_call_until(keeper, LOG_ROOM, 0, data, clock_now() + ANSWER_NS) == OK && data[0] == 0;
}
