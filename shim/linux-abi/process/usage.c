/* SPDX-License-Identifier: MIT */
/* Resources used (process/usage.h): getrusage(2), times(2). */
#include "process/usage.h"

#include "abi/linux/constants.h"
#include "lib/clock.h"
#include "lib/methods.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "time/convert.h"

#define TICKS_PER_SECOND 100

uint64_t task_user_ns(const struct task *task)
{
	struct thread_status status;

	if (!task->host || thread_inform(task->host->thread, &status) != OK)
		return 0;
	return status.cpu_time - task->cpu_before;
}

uint64_t task_system_ns(const struct task *task)
{
	struct clock scale = clock_scale();

	return (uint64_t)(((unsigned __int128)task->system_ticks * scale.mult) >> scale.shift);
}

uint64_t task_cpu_ns(const struct task *task)
{
	return task_user_ns(task) + task_system_ns(task);
}

uint64_t process_user_ns(const struct process *process)
{
	uint64_t ns = process->user_ns;

	for (const struct task *task = process->tasks; task; task = task->next_in_process)
		ns += task_user_ns(task);
	return ns;
}

uint64_t process_system_ns(const struct process *process)
{
	uint64_t ns = process->system_ns;

	for (const struct task *task = process->tasks; task; task = task->next_in_process)
		ns += task_system_ns(task);
	return ns;
}

struct usage_times usage_all(void)
{
	struct usage_times all = {0};

	for (const struct process *process = processes; process; process = process->next) {
		all.user_ns += process_user_ns(process) + process->children_user_ns;
		all.system_ns += process_system_ns(process) + process->children_system_ns;
	}
	return all;
}

uint64_t process_cpu_ns(const struct process *process)
{
	return process_user_ns(process) + process_system_ns(process);
}

/* How often its tasks have waited. */
static uint64_t process_switches(const struct process *process)
{
	uint64_t switches = process->switches;

	for (const struct task *task = process->tasks; task; task = task->next_in_process)
		switches += task->switches;
	return switches;
}

void usage_leave_memory(struct process *process, const struct memory *memory)
{
	process->faults_minor += memory->faults_minor;
	process->faults_major += memory->faults_major;
	if (memory->resident_most > process->resident_most)
		process->resident_most = memory->resident_most;
}

struct linux_timeval timeval_of(uint64_t ns)
{
	struct time_value time = time_of_ns(ns, 1000000);

	return (struct linux_timeval){time.seconds, time.fraction};
}

void usage_tell(const struct process *process, bool children, struct linux_rusage *usage)
{
	const struct task *task = process_task(process);
	uint64_t most = process->resident_most;

	*usage = (struct linux_rusage){0};
	usage->ru_utime = timeval_of(process_user_ns(process) + (children ? process->children_user_ns : 0));
	usage->ru_stime = timeval_of(process_system_ns(process) + (children ? process->children_system_ns : 0));
	usage->ru_minflt = (int64_t)process->faults_minor;
	usage->ru_majflt = (int64_t)process->faults_major;
	if (task && task->memory) {
		usage->ru_minflt += (int64_t)task->memory->faults_minor;
		usage->ru_majflt += (int64_t)task->memory->faults_major;
		if (task->memory->resident_most > most)
			most = task->memory->resident_most;
	}
	usage->ru_nvcsw = (int64_t)process_switches(process);
	if (children) {
		usage->ru_minflt += (int64_t)process->children_minor;
		usage->ru_majflt += (int64_t)process->children_major;
		usage->ru_nvcsw += (int64_t)process->children_switches;
		most = process->children_resident > most ? process->children_resident : most;
	}
	usage->ru_maxrss = (int64_t)(most * (PAGE_SIZE / 1024));
}

void usage_inherit(struct process *parent, const struct process *child)
{
	uint64_t most = child->resident_most > child->children_resident ? child->resident_most : child->children_resident;

	parent->children_user_ns += process_user_ns(child) + child->children_user_ns;
	parent->children_system_ns += process_system_ns(child) + child->children_system_ns;
	parent->children_minor += child->faults_minor + child->children_minor;
	parent->children_major += child->faults_major + child->children_major;
	parent->children_switches += process_switches(child) + child->children_switches;
	if (most > parent->children_resident)
		parent->children_resident = most;
}

int64_t linux_getrusage(struct task *task, const uint64_t arguments[6])
{
	const struct process *process = task->process;
	struct linux_rusage usage = {0};

	switch ((int)arguments[0]) {
	case LINUX_RUSAGE_SELF:
		usage_tell(process, false, &usage);
		break;
	case LINUX_RUSAGE_THREAD:
		usage_tell(process, false, &usage);
		usage.ru_utime = timeval_of(task_user_ns(task));
		usage.ru_stime = timeval_of(task_system_ns(task));
		usage.ru_nvcsw = (int64_t)task->switches;
		break;
	case LINUX_RUSAGE_CHILDREN:
		usage.ru_utime = timeval_of(process->children_user_ns);
		usage.ru_stime = timeval_of(process->children_system_ns);
		usage.ru_minflt = (int64_t)process->children_minor;
		usage.ru_majflt = (int64_t)process->children_major;
		usage.ru_nvcsw = (int64_t)process->children_switches;
		usage.ru_maxrss = (int64_t)(process->children_resident * (PAGE_SIZE / 1024));
		break;
	default:
		return -EINVAL;
	}
	return user_put(task->memory, arguments[1], &usage);
}

int64_t linux_times(struct task *task, const uint64_t arguments[6])
{
	const uint64_t tick = NS_PER_SECOND / TICKS_PER_SECOND;
	const struct process *process = task->process;
	struct linux_tms times = {
		.tms_utime = (int64_t)(process_user_ns(process) / tick),
		.tms_stime = (int64_t)(process_system_ns(process) / tick),
		.tms_cutime = (int64_t)(process->children_user_ns / tick),
		.tms_cstime = (int64_t)(process->children_system_ns / tick),
	};

	if (arguments[0] && user_put(task->memory, arguments[0], &times) != 0)
		return -EFAULT;
	return (int64_t)(clock_now() / tick);
}
