/* SPDX-License-Identifier: MIT */
/* The end of the system (process/system.h): the service `shutdown` does it, in order. */
#include "abi/protocols/shutdown.h"
#include "abi/linux/constants.h"
#include "lib/service.h"
#include "process/system.h"
#include "process/system_log.h"

#define ENDS "shutdown"

int64_t system_switch_off(struct task *task, bool again)
{
	uint64_t data[MESSAGE_REGISTER_WORDS] = {0};

	(void)task;
	if (!start_session(ENDS) || service_call(start_session(ENDS), again ? SHUTDOWN_REBOOT : SHUTDOWN_OFF, 0, data) != OK)
		return -EIO;
	return (int64_t)data[0];
}

void system_end(int status)
{
	system_log(LINUX_LOGLEVEL_EMERG, "the first process has ended with status %d", (int64_t)status);
	(void)system_switch_off(NULL, false); /* when that fails the system stays as it is: its services run */
}
