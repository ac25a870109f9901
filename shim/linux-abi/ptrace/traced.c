/* SPDX-License-Identifier: MIT */
/* Records of traced tasks (ptrace/traced.h): how they come and go, and what tracers are told. */
#include "ptrace/traced.h"

#include "abi/linux/constants.h"
#include "mm/slab.h"
#include "process/life.h"
#include "process/permission.h"
#include "process/wanted.h"
#include "ptrace/registers.h"
#include "ptrace/stops.h"
#include "signal/send.h"

static struct slab records = SLAB(struct traced);
struct traced *traced_all;

struct traced *traced_join(struct task *task, struct task *tracer, uint32_t options, bool seized)
{
	struct traced *traced = slab_take(&records);
	struct process *process = task->process;

	if (!traced)
		return NULL;
	traced->tracer = tracer;
	traced->task = task;
	traced->process = process;
	traced->id = task->id;
	traced->user = task->credentials->user;
	traced->options = options;
	traced->seized = seized;
	traced->capable = task_may(tracer, LINUX_CAP_SYS_PTRACE);
	traced->next = traced_all;
	traced_all = traced;
	task->traced = traced;
	task->watched |= WATCHED_BY_TRACER;
	if (task->id == process->id)
		process->traced = traced;
	return traced;
}

static void record_unlist(struct traced *traced)
{
	struct traced **at = &traced_all;

	while (*at != traced)
		at = &(*at)->next;
	*at = traced->next;
}

void traced_leave(struct traced *traced)
{
	struct task *task = traced->task;

	record_unlist(traced);
	if (traced->process && traced->process->traced == traced)
		traced->process->traced = NULL;
	if (task) {
		step_flag_clear(traced);
		task->traced = NULL;
		task->watched &= (uint8_t)~WATCHED_BY_TRACER;
		if (task->process->stopped)
			task_notice(task);
	}
	if (!traced->stopped) {
		slab_return(&records, traced);
		return;
	}
	traced->given_up = true; /* its stop gives it back */
	traced->stopped = false;
	task_wake(task);
}

void traced_end_stop(struct traced *traced)
{
	traced->stopped = traced->listening = false;
	traced->point = NULL;
	if (traced->given_up)
		slab_return(&records, traced);
}

void traced_resume(struct traced *traced, enum trace_resume how, int number)
{
	traced->resumed = (uint8_t)how;
	traced->code = number;
	if (how == RESUME_ONE_STEP || how == RESUME_EMULATED_STEP)
		step_flag_set(traced);
	traced->stopped = false;
	task_wake(traced->task);
}

void tracer_tell(const struct traced *traced, int why, int status)
{
	struct process *process = traced->tracer->process;
	const struct signal_action *action;
	struct signal_information information = {.number = LINUX_SIGCHLD, .code = why};
	bool stop = why == LINUX_CLD_TRAPPED || why == LINUX_CLD_STOPPED;

	if (!process->actions)
		return;
	information.process = traced->id;
	information.user = traced->user;
	information.status = status;
	action = &process->actions->action[LINUX_SIGCHLD - 1];
	if (!stop || (action->handler != LINUX_SIG_IGN && !(action->flags & LINUX_SA_NOCLDSTOP)))
		(void)signal_send_process(process, &information); /* SIGCHLD is no real-time signal: it cannot be refused */
	queue_wake(&process->children_changed, 0);
}

bool traced_id_is_used(int32_t id)
{
	for (const struct traced *traced = traced_all; traced; traced = traced->next)
		if (traced->id == id)
			return true;
	return false;
}

bool traced_by_parent(const struct process *process)
{
	return process->traced && process->traced->tracer->process == process->parent;
}

/* Whether a process does not want to hear of ends. */
static bool ignores_children(const struct process *process)
{
	const struct signal_action *action = process->actions ? &process->actions->action[LINUX_SIGCHLD - 1] : NULL;

	return !action || action->handler == LINUX_SIG_IGN || action->flags & LINUX_SA_NOCLDWAIT;
}

static void end_tell(struct traced *traced, int status)
{
	bool ignored = ignores_children(traced->tracer->process);

	tracer_tell(traced, ended_code(status), ended_status(status));
	if (!ignored)
		return;
	if (traced->process && traced->process->zombie)
		traced_process_untraced(traced->process);
	else
		traced_leave(traced);
}

void traced_process_untraced(struct process *process)
{
	traced_leave(process->traced);
	parent_tell(process);
}

/* Ends everything that a task traces, as it leaves. */
static void tracer_left(const struct task *tracer)
{
	for (struct traced *traced = traced_all, *next; traced; traced = next) {
		struct process *process = traced->process;

		next = traced->next;
		if (traced->tracer != tracer)
			continue;
		if (process && process->zombie && !traced_by_parent(process)) {
			traced_process_untraced(process);
			next = traced_all; /* which may have ended other processes' records as well */
			continue;
		}
		if (process && traced->options & TRACE_EXIT_KILL)
			process_end(process, LINUX_SIGKILL);
		traced_leave(traced);
	}
}

/* A thread that has ended is told of at once, a leader with its process. */
void traced_task_left(struct task *task)
{
	struct traced *traced = task->traced;
	const struct process *process = task->process;

	if (traced) {
		task->traced = NULL;
		traced->task = NULL;
		if (process->exiting)
			traced->status = process->exit_status;
		if (process->traced != traced) {
			traced->ended = true;
			traced->process = NULL;
			end_tell(traced, traced->status);
		}
	}
	if (traced_all)
		tracer_left(task);
}

void traced_process_left(struct process *process)
{
	if (!process->traced || traced_by_parent(process))
		parent_tell(process);
	else
		end_tell(process->traced, process->exit_status);
}

void traced_cut(const struct process *process)
{
	for (struct task *task = process->tasks; task; task = task->next_in_process)
		if (task->traced && task->traced->stopped) {
			task->traced->cut = true;
			task_wake(task);
		}
}

/* Who has executed a program is its process's leader now; who was is not told of. */
void traced_renamed(struct task *task)
{
	struct process *process = task->process;

	if (process->traced && process->traced != task->traced)
		traced_leave(process->traced);
	process->traced = task->traced;
	if (task->traced)
		task->traced->id = task->id;
}

void traced_group_changed(struct process *process)
{
	for (struct task *task = process->tasks; task; task = task->next_in_process)
		if (task->traced)
			task->traced->trap = process->stopped || task->traced->seized;
}
