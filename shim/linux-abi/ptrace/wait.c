/* SPDX-License-Identifier: MIT */
/* What wait4 and waitid find among the tasks that a process traces (process/wanted.h): stops, each once, and ends of threads and of other processes' children. The end of an own child is found as any child's. */
#include "process/life.h"
#include "process/usage.h"
#include "process/wanted.h"
#include "ptrace/stops.h"

static bool is_meant(const struct traced *traced, const struct task *task, const struct wanted *wanted)
{
	if (traced->tracer->process != task->process || (wanted->options & LINUX___WNOTHREAD && traced->tracer != task))
		return false;
	if (wanted->kind == WANT_PROCESS)
		return traced->id == wanted->id;
	return wanted->kind == WANT_ANY || (traced->process && traced->process->group == wanted->id);
}

static void usage_find(const struct traced *traced, struct found *found)
{
	if (traced->process)
		usage_tell(traced->process, traced->process->zombie, &found->usage);
}

static bool end_tells(struct traced *traced, const struct wanted *wanted, struct found *found)
{
	struct process *process = traced->process;
	bool ended = traced->ended || (process->zombie && !traced_by_parent(process));

	if (!ended || !(wanted->options & LINUX_WEXITED))
		return false;
	found->status = process ? process->exit_status : traced->status;
	found->code = ended_code(found->status);
	usage_find(traced, found);
	if (wanted->options & LINUX_WNOWAIT)
		return true;
	if (process)
		traced_process_untraced(process);
	else
		traced_leave(traced);
	return true;
}

static bool stop_tells(struct traced *traced, const struct wanted *wanted, struct found *found)
{
	if (!traced->stopped || traced->listening || !traced->code)
		return false;
	found->status = traced->code << 8 | 0x7f;
	found->code = traced->why;
	usage_find(traced, found);
	if (!(wanted->options & LINUX_WNOWAIT))
		traced->code = 0;
	return true;
}

bool tracees_look(const struct task *task, const struct wanted *wanted, struct found *found, bool *some)
{
	for (struct traced *traced = traced_all; traced; traced = traced->next) {
		if (!is_meant(traced, task, wanted))
			continue;
		*some = true;
		found->process = traced->id;
		found->user = traced->user;
		if (end_tells(traced, wanted, found) || stop_tells(traced, wanted, found))
			return true;
	}
	return false;
}
