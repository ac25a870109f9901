/* SPDX-License-Identifier: MIT */
/*
 * Delivery of signals: default actions, and the frame for a handler on the task's stack, as Linux lays it out for x86-64 (arch/x86/include/asm/sigframe.h, uapi/asm/sigcontext.h): return address, ucontext, siginfo, and above them the
 * FPU state on a border of 64 bytes.
 */
#include "signal/deliver.h"

#include "abi/linux/constants.h"
#include "core/dump.h"
#include "lib/string.h"
#include "mm/user.h"
#include "process/groups.h"
#include "process/life.h"
#include "ptrace/stops.h"
#include "signal/frame.h"
#include "signal/send.h"

/* Puts the mask back that sigsuspend and others had changed for the time of their call. */
static void mask_restore(struct task *task)
{
	if (!task->mask_is_saved)
		return;
	task->mask_is_saved = false;
	signals_block(task, task->saved_mask);
}

/* Waits while the process is stopped. */
static void stop_wait(struct task *task)
{
	while (task->process->stopped && !task->dying && !task->traced)
		(void)task_wait(task, WAIT_KILLABLE, NEVER);
	attention_update(task);
}

static void default_act(struct task *task, const struct signal_information *information, const struct core_state *state)
{
	int number = information->number;
	struct process *process = task->process;

	switch (signal_default(number)) {
	case DEFAULT_IGNORE:
	case DEFAULT_CONTINUE:
		break;
	case DEFAULT_STOP:
		if (number == LINUX_SIGSTOP || !group_is_orphaned(process))
			process_stop(process, number);
		break;
	case DEFAULT_CORE:
		core_dump(task, information, state);
		break;
	case DEFAULT_END:
		process_end(process, number);
		break;
	}
}

/* Whether a call that a signal has ended is made again when its handler returns. */
static bool restarts(int64_t result, uint64_t flags)
{
	return result == -ERESTARTNOINTR || (result == -ERESTARTSYS && flags & LINUX_SA_RESTART);
}

static bool is_restart(int64_t result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND || result == -ERESTART_RESTARTBLOCK;
}

/* Enters the handler. False when there is no stack for its frame; what the call comes to is decided all the same, and told in *result. */
static bool handler_enter(struct task *task, const struct signal_information *information, int64_t *result, bool call)
{
	struct signal_action *action = &task->process->actions->action[information->number - 1];
	struct signal_action entered = *action;
	uint64_t mask = task->mask_is_saved ? task->saved_mask : task->signals.blocked;
	bool again = call && restarts(*result, action->flags), steps = traced_step_end(task);

	if (is_restart(*result))
		*result = again ? -ERESTARTNOINTR : -EINTR;
	task->restart_deadline = 0;
	if (entered.flags & LINUX_SA_RESETHAND)
		action->handler = LINUX_SIG_DFL;
	if (!frame_push(task, &entered, information, mask, call ? (again ? (int64_t)task->call[0] : *result) : 0, call, again))
		return false;
	task->mask_is_saved = false;
	mask = task->signals.blocked | entered.mask;
	if (!(entered.flags & LINUX_SA_NODEFER))
		mask |= SIGNAL_BIT(information->number);
	signals_block(task, mask);
	if (steps)
		traced_handler_entered(task);
	return true;
}

/* A handler has no stack: that is a SIGSEGV, whose own handler may have one. */
static void stack_fail(struct task *task, int number, const struct core_state *state)
{
	const struct signal_information information = {.number = LINUX_SIGSEGV, .code = LINUX_SI_KERNEL};

	if (number == LINUX_SIGSEGV)
		core_dump(task, &information, state);
	else
		signal_force(task, &information);
}

/* One signal. True when a handler was entered. */
static bool signal_act(struct task *task, const struct signal_information *information, int64_t *result, bool call)
{
	const struct signal_action *action = &task->process->actions->action[information->number - 1];
	const struct core_state state = {.result = *result, .in_call = call};

	if (action->handler == LINUX_SIG_IGN)
		return false;
	if (action->handler == LINUX_SIG_DFL) {
		default_act(task, information, &state);
		return false;
	}
	if (handler_enter(task, information, result, call))
		return true;
	stack_fail(task, information->number, &state);
	return false;
}

/* What comes before signals: the end of the task, a stop. 1: it was a stop, and everything is to be looked at anew; -1: the task has left. */
static int state_handle(struct task *task, int64_t *result, bool *call)
{
	if (task->dying) {
		core_hold(task, &(struct core_state){.result = *result, .in_call = *call});
		traced_exit(task, *result, *call);
		task_leave(task);
		return -1;
	}
	if (task->traced ? task->traced->trap : task->process->stopped) {
		if (task->traced)
			traced_trap(task, result, call);
		else
			stop_wait(task);
		return 1;
	}
	return 0;
}

enum deliver_result signals_handle(struct task *task, int64_t *result, bool call)
{
	struct signal_information information;
	int state;

	while (task->attention) {
		state = state_handle(task, result, &call);
		if (state < 0)
			return DELIVER_DONE;
		if (state)
			continue;
		if (!signal_take(task, ~task->signals.blocked, &information)) {
			attention_update(task);
			continue;
		}
		if (task->traced && !traced_signal(task, &information, result, &call))
			continue;
		if (!signal_act(task, &information, result, call))
			continue;
		if (task->attention && task->dying)
			continue;
		task->fiber = NULL;
		if (task->host->stopped)
			host_thread_run(task->host);
		if (task->attention)
			program_interrupt(task); /* one more signal: its handler runs before the first instruction of this one */
		return DELIVER_DONE;
	}
	mask_restore(task);
	return call && is_restart(*result) ? DELIVER_AGAIN : DELIVER_NOTHING;
}
