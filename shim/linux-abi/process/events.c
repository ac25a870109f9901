/* SPDX-License-Identifier: MIT */
/* Signals of other services (process/events.h). Each may mean anything of what it can mean: the rings tell. */
#include "process/events.h"

#include "lib/file.h"
#include "run/run.h"
#include "terminal/terminal.h"
#include "vdso/vdso.h"

void events_take(uint64_t bits)
{
	if (!bits)
		return;
	(void)vdso_wall_now(); /* signs of life are asked for several times a second: so old is what a vDSO says at most */
	file_signalled(bits);
	console_signalled();
	run_signalled();
}
