/* SPDX-License-Identifier: MIT */
/*
 * Sending signals (signal/send.h). A standard signal is pending once, with the information of the first; real-time signals queue. SIGKILL needs no queue: it decides the end of the process at once.
 */
#include "signal/send.h"

#include "abi/linux/constants.h"
#include "lib/methods.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "process/life.h"
#include "process/loop.h"
#include "ptrace/stops.h"
#include "signal/deliver.h"
#include "time/interval.h"
#include "time/posix_timer.h"

#define STOPPING (SIGNAL_BIT(LINUX_SIGSTOP) | SIGNAL_BIT(LINUX_SIGTSTP) | SIGNAL_BIT(LINUX_SIGTTIN) | SIGNAL_BIT(LINUX_SIGTTOU))
#define REAL_TIME_FIRST 32 /* SIGRTMIN of the kernel */
#define QUEUED_MAX 32768 /* signals with information in the whole system */

static struct slab queued = SLAB(struct signal_queued);

enum signal_default signal_default(int number)
{
	switch (number) {
	case LINUX_SIGCHLD:
	case LINUX_SIGURG:
	case LINUX_SIGWINCH:
		return DEFAULT_IGNORE;
	case LINUX_SIGCONT:
		return DEFAULT_CONTINUE;
	case LINUX_SIGSTOP:
	case LINUX_SIGTSTP:
	case LINUX_SIGTTIN:
	case LINUX_SIGTTOU:
		return DEFAULT_STOP;
	case LINUX_SIGQUIT:
	case LINUX_SIGILL:
	case LINUX_SIGTRAP:
	case LINUX_SIGABRT:
	case LINUX_SIGBUS:
	case LINUX_SIGFPE:
	case LINUX_SIGSEGV:
	case LINUX_SIGXCPU:
	case LINUX_SIGXFSZ:
	case LINUX_SIGSYS:
		return DEFAULT_CORE;
	default:
		return DEFAULT_END;
	}
}

static bool is_ignored(const struct process *process, int number)
{
	uint64_t handler = process->actions->action[number - 1].handler;

	if (process->id == 1 && handler == LINUX_SIG_DFL && number != LINUX_SIGCHLD)
		return true; /* the first process gets only what it has asked for */
	return handler == LINUX_SIG_IGN || (handler == LINUX_SIG_DFL && signal_default(number) == DEFAULT_IGNORE);
}

/* Takes an entry out of the list, of which the one before it is told (null: it is the first), and the pointer to it. */
static void entry_remove(struct signals *signals, struct signal_queued **at, struct signal_queued *before)
{
	struct signal_queued *entry = *at;

	*at = entry->next;
	if (signals->last == entry)
		signals->last = before;
	signals->count--;
	slab_return(&queued, entry);
}

static void signals_remove(struct signals *signals, uint64_t set)
{
	struct signal_queued **at = &signals->first, *before = NULL;

	signals->pending &= ~set;
	while (*at) {
		struct signal_queued *entry = *at;

		if (set & SIGNAL_BIT(entry->information.number)) {
			entry_remove(signals, at, before);
		} else {
			before = entry;
			at = &entry->next;
		}
	}
}

void signals_discard(struct signals *signals)
{
	signals_remove(signals, ~0ull);
}

static void process_remove(struct process *process, uint64_t set)
{
	signals_remove(&process->pending, set);
	for (struct task *task = process->tasks; task; task = task->next_in_process)
		signals_remove(&task->signals, set);
}

void signals_ignore(struct process *process, int number)
{
	if (is_ignored(process, number))
		process_remove(process, SIGNAL_BIT(number));
}

void attention_update(struct task *task)
{
	task->attention = task->dying || (task->traced ? task->traced->trap : task->process->stopped) || (signals_pending(task) & ~task->signals.blocked);
}

void signals_block(struct task *task, uint64_t mask)
{
	task->signals.blocked = mask & ~SIGNALS_UNBLOCKABLE;
	attention_update(task);
}

uint64_t signals_queued(uint32_t user)
{
	uint64_t count = 0;

	for (const struct process *process = processes; process; process = process->next) {
		if (process->user != user)
			continue;
		count += process->pending.count;
		for (const struct task *task = process->tasks; task; task = task->next_in_process)
			count += task->signals.count;
	}
	return count;
}

/* Whether one more may be kept: RLIMIT_SIGPENDING is about those that processes send, and real-time ones. */
static bool may_queue(const struct process *to, const struct signal_information *information)
{
	if (queued.used >= QUEUED_MAX)
		return false;
	return (information->number < REAL_TIME_FIRST && information->code >= 0) || signals_queued(to->user) < to->limits[LINUX_RLIMIT_SIGPENDING][0];
}

/* Makes a signal pending, for the process or one of its tasks. A standard one is that only once. */
static int pend(const struct process *to, struct signals *signals, const struct signal_information *information)
{
	int number = information->number;
	struct signal_queued *entry;

	if (number < REAL_TIME_FIRST && signals->pending & SIGNAL_BIT(number))
		return 0;
	entry = may_queue(to, information) ? slab_take(&queued) : NULL;
	if (!entry && number >= REAL_TIME_FIRST && information->code < 0)
		return -EAGAIN;
	signals->pending |= SIGNAL_BIT(number);
	if (!entry)
		return 0; /* without its information, as Linux does */
	entry->information = *information;
	if (signals->last)
		signals->last->next = entry;
	else
		signals->first = entry;
	signals->last = entry;
	signals->count++;
	return 0;
}

void process_continue(struct process *process)
{
	process_remove(process, STOPPING);
	if (!process->stopped)
		return;
	process->stopped = false;
	process->continued = true;
	process->stop_reported = false;
	traced_group_changed(process);
	for (struct task *task = process->tasks; task; task = task->next_in_process) {
		task_notice(task);
		task_wake(task); /* out of its stop, which nothing but this and its end ends */
	}
	parent_tell(process);
}

void process_stop(struct process *process, int number)
{
	process->stopped = true;
	process->continued = false;
	process->stop_reported = false;
	process->stop_signal = number;
	traced_group_changed(process);
	for (struct task *task = process->tasks; task; task = task->next_in_process)
		task_notice(task);
	if (!traced_by_parent(process))
		parent_tell(process);
}

/* The task of a process that is to take a signal: one that does not block it, the leader first; a null pointer when all do. */
static struct task *taker_find(struct process *process, int number)
{
	for (struct task *task = process->tasks; task; task = task->next_in_process)
		if (!(task->signals.blocked & SIGNAL_BIT(number)) && !task->dying)
			return task;
	return NULL;
}

/* What a signal does before it is pending. False when it is not to be pending at all. `kept`: also when it is ignored, for it is blocked, or a tracer wants to see it. */
static bool send_begin(struct process *process, int number, bool kept)
{
	if (process->zombie || !process->actions || (process->exiting && number != LINUX_SIGKILL))
		return false;
	if (number == LINUX_SIGKILL) {
		if (process->id != 1)
			process_end(process, LINUX_SIGKILL);
		return false;
	}
	if (number == LINUX_SIGCONT)
		process_continue(process);
	if (SIGNAL_BIT(number) & STOPPING)
		process_remove(process, SIGNAL_BIT(LINUX_SIGCONT));
	return kept || !is_ignored(process, number);
}

int signal_send_process(struct process *process, const struct signal_information *information)
{
	struct task *taker = taker_find(process, information->number);
	int error = 0;

	if (!send_begin(process, information->number, !taker || taker->traced))
		return 0;
	error = pend(process, &process->pending, information);
	if (!error && taker)
		task_notice(taker);
	if (!error && !taker)
		queue_wake(&process->signal_arrived, 0);
	return error;
}

int signal_send_task(struct task *task, const struct signal_information *information)
{
	bool blocked = task->signals.blocked & SIGNAL_BIT(information->number);
	int error = 0;

	if (!send_begin(task->process, information->number, blocked || task->traced))
		return 0;
	error = pend(task->process, &task->signals, information);
	if (!error && !blocked)
		task_notice(task);
	if (!error && blocked)
		queue_wake(&task->process->signal_arrived, 0);
	return error;
}

void signal_force(struct task *task, const struct signal_information *information)
{
	struct signal_action *action = &task->process->actions->action[information->number - 1];
	uint64_t bit = SIGNAL_BIT(information->number);

	if (action->handler == LINUX_SIG_IGN || task->signals.blocked & bit)
		action->handler = LINUX_SIG_DFL;
	task->signals.blocked &= ~bit;
	if (task->process->id == 1 && action->handler == LINUX_SIG_DFL)
		process_end(task->process, information->number);
	(void)pend(task->process, &task->signals, information); /* the signal counts, with information or without */
	task->attention = true;
}

static int take_from(struct signals *signals, uint64_t wanted, struct signal_information *information)
{
	uint64_t ready = signals->pending & wanted, synchronous = ready & 0x4d8; /* SIGILL SIGTRAP SIGBUS SIGFPE SIGSEGV: what the program did comes first */
	int number;
	bool more = false;

	if (!ready)
		return 0;
	number = __builtin_ctzll(synchronous ? synchronous : ready) + 1;
	*information = (struct signal_information){.number = number};
	for (struct signal_queued **at = &signals->first, *entry, *before = NULL; (entry = *at) != NULL;) {
		if (entry->information.number != number) {
			before = entry;
			at = &entry->next;
			continue;
		}
		if (more || information->code || information->process) {
			more = true;
			break;
		}
		*information = entry->information;
		entry_remove(signals, at, before);
		if (number < REAL_TIME_FIRST)
			break;
		for (const struct signal_queued *rest = *at; rest; rest = rest->next)
			more = more || rest->information.number == number;
		break;
	}
	if (!more)
		signals->pending &= ~SIGNAL_BIT(number);
	return number;
}

static bool timer_pends(const struct signals *signals, int32_t timer)
{
	for (const struct signal_queued *entry = signals->first; entry; entry = entry->next)
		if (entry->information.code == LINUX_SI_TIMER && entry->information.timer == timer)
			return true;
	return false;
}

bool signal_timer_pends(const struct process *process, int32_t timer)
{
	bool pends = timer_pends(&process->pending, timer);

	for (const struct task *task = process->tasks; task && !pends; task = task->next_in_process)
		pends = timer_pends(&task->signals, timer);
	return pends;
}

int signal_take(struct task *task, uint64_t wanted, struct signal_information *information)
{
	int number = take_from(&task->signals, wanted, information);

	if (!number)
		number = take_from(&task->process->pending, wanted, information);
	if (number && information->code == LINUX_SI_TIMER)
		posix_timer_taken(task->process, information);
	if (number == LINUX_SIGALRM)
		interval_taken(task->process);
	attention_update(task);
	return number;
}

/* In a fiber of its own, while the task's program is stopped. */
static void program_look(void *argument)
{
	struct task *task = task_find((int32_t)(uint64_t)argument);
	struct thread_status status;
	int64_t result = 0;

	if (!task || (task->fiber && task->fiber != fiber_self()))
		return;
	host_thread_stop(task->host);
	if (thread_inform(task->host->thread, &status) != OK || status.state != THREAD_RUNNABLE) {
		host_thread_run(task->host); /* a message of it is on its way, and will be looked at then */
		return;
	}
	task->fiber = fiber_self();
	if (signals_handle(task, &result, false) == DELIVER_NOTHING) {
		task->fiber = NULL;
		host_thread_run(task->host);
	}
}

void program_interrupt(struct task *task)
{
	if (task->host && task->host->owner == task)
		(void)loop_work(program_look, (void *)(uint64_t)task->id); /* without a fiber it is looked at when it comes by itself */
}
