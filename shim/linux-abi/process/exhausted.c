/* SPDX-License-Identifier: MIT */
/* Out of memory (process/exhausted.h): the badness is the resident pages, moved by oom_score_adj as proc(5) tells. The first process is never chosen. */
#include "process/exhausted.h"

#include "abi/linux/constants.h"
#include "process/life.h"
#include "process/system_log.h"

static int64_t badness(const struct process *process)
{
	const struct task *task = process_task(process);

	if (process->id == 1 || !task || !task->memory || process->exiting || process->oom_adjustment == -1000)
		return -1;
	return (int64_t)task->memory->resident + (int64_t)(frames_total() / 1000) * process->oom_adjustment;
}

/* Lets what has been decided to end do so. */
static bool ending_wait(struct task *task, const struct process *victim)
{
	int32_t id = victim->id;

	if (victim == task->process)
		return true;
	for (unsigned looks = 0; looks < 1000 && process_find(id) && !process_find(id)->zombie; looks++)
		fiber_yield();
	return true;
}

bool memory_exhausted(struct task *task)
{
	struct process *worst = NULL;

	if (task->dying)
		return false;
	for (struct process *process = processes; process; process = process->next)
		if (badness(process) >= 0 && (!worst || badness(process) > badness(worst)))
			worst = process;
	if (!worst)
		return false;
	system_log(LINUX_LOGLEVEL_ERR, "out of memory: process %d (%s) is ended; it has %u KiB", (int64_t)worst->id, worst->command, process_task(worst)->memory->resident * (PAGE_SIZE / 1024));
	process_end(worst, LINUX_SIGKILL);
	return ending_wait(task, worst);
}
