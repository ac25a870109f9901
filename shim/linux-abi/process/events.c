/* SPDX-License-Identifier: MIT */
/* Signals of other services (process/events.h). Each may mean anything of what it can mean: the rings tell. */
#include "process/events.h"

#include "lib/file.h"
#include "run/run.h"
#include "terminal/terminal.h"

void events_take(uint64_t bits)
{
	if (!bits)
		return;
	file_signalled(bits);
	console_signalled();
	run_signalled();
}
