/* SPDX-License-Identifier: MIT */
/* What stops a write before it begins: RLIMIT_FSIZE and the largest size (file/limits.h). */
#include "file/limits.h"

#include "abi/linux/constants.h"
#include "signal/send.h"

void task_signal(struct task *task, int number)
{
	struct signal_information information = {.number = number, .code = LINUX_SI_USER, .process = task->process->id, .user = task->credentials->user};

	(void)signal_send_task(task, &information); /* no real-time signal: there is room */
}

uint64_t limit_file_bytes(struct task *task, uint64_t offset, uint64_t bytes)
{
	uint64_t limit = task->process->limits[LINUX_RLIMIT_FSIZE][0];

	if (offset < limit)
		return bytes < limit - offset ? bytes : limit - offset;
	if (bytes)
		task_signal(task, LINUX_SIGXFSZ);
	return 0;
}
