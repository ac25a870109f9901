/* SPDX-License-Identifier: MIT */
/*
 * Stops of traced tasks (ptrace/stops.h): system calls, signals, events, group stops. Each is one wait in the task's fiber, which its tracer ends, or the end of tracer or task.
 */
#include "ptrace/stops.h"

#include "abi/linux/constants.h"
#include "mm/host.h"
#include "process/life.h"
#include "ptrace/registers.h"
#include "signal/send.h"

#define CALL_MARK 0x80 /* in what wait4 tells of a stop at a call: PTRACE_O_TRACESYSGOOD */
#define EVENT_SHIFT 8
#define SYSCALL_BYTES 2

/* PTRACE_EVENTMSG_SYSCALL_*: the message of a stop at a call. */
enum { MESSAGE_CALL_ENTRY = 1, MESSAGE_CALL_EXIT = 2 };

/* What is told of a stop. */
struct stop {
	int code, why;
	uint64_t message;
	struct signal_information *information; /* changed as the tracer changes it; null: there is none */
	bool at_end; /* the task is dying: what ends the stop is a SIGKILL that comes then */
};

static bool goes_on(const struct task *task, const struct traced *traced, const struct stop *stop)
{
	if (!traced->stopped || (traced->listening && traced->trap))
		return true;
	return stop->at_end ? traced->cut : task->dying;
}

static void stop_begin(struct traced *traced, struct trace_point *point, const struct stop *stop)
{
	step_flag_clear(traced);
	traced->point = point;
	traced->code = stop->code;
	traced->why = stop->why;
	traced->message = stop->message;
	traced->informed = stop->information != NULL;
	if (stop->information)
		traced->information = *stop->information;
	traced->stopped = true;
	tracer_tell(traced, stop->why, stop->code & 0x7f);
}

/* Stops. The signal with which the tracer lets the task go on; 0: none. */
static int stop_wait(struct task *task, struct trace_point *point, const struct stop *stop)
{
	struct traced *traced = task->traced;
	int code;

	if (task->dying && !stop->at_end)
		return 0;
	stop_begin(traced, point, stop);
	while (!goes_on(task, traced, stop))
		(void)task_wait(task, stop->at_end ? WAIT_ALWAYS : WAIT_KILLABLE, NEVER);
	code = task->dying || traced->listening ? 0 : traced->code;
	if (stop->information)
		*stop->information = traced->information;
	traced_end_stop(traced);
	attention_update(task);
	return code;
}

/* What a stop says that is none of a signal: its code is in the information as well. */
static struct signal_information told(const struct task *task, int number, int code)
{
	struct signal_information information = {.number = number, .code = code};

	information.process = task->id;
	information.user = task->credentials->user;
	return information;
}

static struct trace_point point_of(const struct task *task, bool in_call, int64_t result)
{
	return (struct trace_point){.in_call = in_call, .number = in_call ? task->call[0] : UINT64_MAX, .result = result};
}

static int stop_at_call(struct task *task, struct trace_point *point, uint64_t message)
{
	int code = LINUX_SIGTRAP | (task->traced->options & TRACE_CALLS_MARKED ? CALL_MARK : 0), number;
	struct signal_information information = told(task, LINUX_SIGTRAP, code);

	number = stop_wait(task, point, &(struct stop){.code = code, .why = LINUX_CLD_TRAPPED, .message = message, .information = &information});
	if (number)
		(void)signal_send_task(task, &(struct signal_information){.number = number, .code = LINUX_SI_KERNEL}); /* not refused: it is the kernel's */
	return number;
}

bool traced_call_begin(struct task *task, int64_t *result)
{
	enum trace_resume resumed = task->traced ? task->traced->resumed : RESUME_TO_SIGNAL;
	struct trace_point point = point_of(task, true, -ENOSYS);

	if (resumed == RESUME_TO_SIGNAL || resumed == RESUME_ONE_STEP)
		return true;
	(void)stop_at_call(task, &point, MESSAGE_CALL_ENTRY);
	*result = point.result;
	task->call[0] = point.number;
	return !task->dying && resumed == RESUME_TO_CALL && point.number != UINT64_MAX;
}

/* Who steps over a call stops behind it. */
static void step_tell(struct task *task)
{
	struct signal_information information = {.number = LINUX_SIGTRAP, .code = LINUX_TRAP_BRKPT};

	signal_force(task, &information);
}

static void call_end(struct task *task, struct trace_point *point)
{
	enum trace_resume resumed = task->traced->resumed;

	if (resumed == RESUME_ONE_STEP || resumed == RESUME_EMULATED_STEP)
		step_tell(task);
	else if (resumed == RESUME_TO_CALL)
		(void)stop_at_call(task, point, MESSAGE_CALL_EXIT);
}

void traced_call_end(struct task *task, int64_t *result)
{
	struct trace_point point = point_of(task, true, *result);

	if (!task->traced || task->dying)
		return;
	call_end(task, &point);
	*result = point.result;
}

void traced_call_end_replaced(struct task *task, bool executed)
{
	struct trace_point point = point_of(task, executed, 0);

	if (task->traced && !task->dying)
		call_end(task, &point);
}

/* Who was interrupted in its program is to make a call again that its tracer has put into its registers. */
static void restart_write(struct task *task, struct trace_point *point)
{
	struct thread_registers *registers;

	if (point->result > -ERESTARTSYS || point->result < -ERESTART_RESTARTBLOCK || !host_thread_read(task->host, STATE_REGISTERS))
		return;
	registers = &thread_self_image()->registers;
	registers->rax = point->number;
	registers->rip -= SYSCALL_BYTES;
	(void)host_thread_write(task->host, STATE_REGISTERS); /* they were good before */
}

/* What the tracer has made of the registers at a stop between a program's instructions, or behind a call. */
static void point_take(struct task *task, struct trace_point *point, int64_t *result, bool *call)
{
	bool called = point->in_call && point->number != UINT64_MAX;

	if (called && !*call)
		restart_write(task, point);
	*call = *call && called;
	*result = point->result;
}

/* The tracer's choice of another signal comes from the tracer. */
static void signal_replace(struct signal_information *information, const struct traced *traced, int number)
{
	*information = (struct signal_information){.number = number, .code = LINUX_SI_USER};
	if (!traced)
		return;
	information->process = traced->tracer->process->id;
	information->user = traced->tracer->credentials->user;
}

bool traced_signal(struct task *task, struct signal_information *information, int64_t *result, bool *call)
{
	struct trace_point point = point_of(task, *call, *result);
	int number = information->number;

	if (number == LINUX_SIGKILL || task->process->actions->action[number - 1].flags & SIGNAL_ACTION_FINAL)
		return true;
	number = stop_wait(task, &point, &(struct stop){.code = number, .why = LINUX_CLD_TRAPPED, .information = information});
	point_take(task, &point, result, call);
	if (!number || task->dying)
		return false;
	if (number != information->number)
		signal_replace(information, task->traced, number);
	if (!(task->signals.blocked & SIGNAL_BIT(number)))
		return true;
	(void)signal_send_task(task, information); /* until it is unblocked; a full queue loses it, as on Linux */
	return false;
}

void traced_trap(struct task *task, int64_t *result, bool *call)
{
	struct trace_point point = point_of(task, *call, *result);
	const struct process *process = task->process;
	int number = process->stopped ? process->stop_signal : LINUX_SIGTRAP, code = number | EVENT_STOP << EVENT_SHIFT;
	struct signal_information information = told(task, number, code);

	task->traced->trap = false;
	if (task->traced->seized)
		(void)stop_wait(task, &point, &(struct stop){.code = code, .why = LINUX_CLD_STOPPED, .information = &information});
	else if (process->stopped)
		(void)stop_wait(task, &point, &(struct stop){.code = number, .why = LINUX_CLD_STOPPED});
	point_take(task, &point, result, call);
}

bool traced_step_end(struct task *task)
{
	bool steps = task->traced && task->traced->steps;

	if (steps)
		step_flag_clear(task->traced);
	return steps;
}

void traced_handler_entered(struct task *task)
{
	struct trace_point point = point_of(task, false, 0);
	struct signal_information information = told(task, LINUX_SIGTRAP, LINUX_SIGTRAP);

	if (task->traced)
		(void)stop_wait(task, &point, &(struct stop){.code = LINUX_SIGTRAP, .why = LINUX_CLD_TRAPPED, .information = &information});
}

static bool is_wanted(const struct task *task, enum trace_event event)
{
	return task->traced && task->traced->options >> event & 1;
}

/* An event in the middle of a call whose result is not there yet. */
static void event_stop(struct task *task, enum trace_event event, uint64_t message, struct trace_point *point)
{
	int code = LINUX_SIGTRAP | (int)event << EVENT_SHIFT;
	struct signal_information information = told(task, LINUX_SIGTRAP, code);

	(void)stop_wait(task, point, &(struct stop){.code = code, .why = LINUX_CLD_TRAPPED, .message = message, .information = &information, .at_end = event == EVENT_EXIT});
}

void traced_event(struct task *task, enum trace_event event, uint64_t message)
{
	struct trace_point point = point_of(task, true, -ENOSYS);

	if (is_wanted(task, event))
		event_stop(task, event, message, &point);
}

bool traced_filtered(struct task *task, uint32_t message, int64_t *result)
{
	struct trace_point point = point_of(task, true, -ENOSYS);

	*result = -ENOSYS;
	if (!is_wanted(task, EVENT_SECCOMP))
		return false;
	event_stop(task, EVENT_SECCOMP, message, &point);
	*result = point.result;
	task->call[0] = point.number;
	return !task->dying && (int32_t)point.number >= 0;
}

/* Where the call has replaced the registers, its result is among them already: whatever a tracer has made of it. */
static void result_clear(struct task *task)
{
	if (!host_thread_read(task->host, STATE_REGISTERS))
		return;
	thread_self_image()->registers.rax = 0;
	(void)host_thread_write(task->host, STATE_REGISTERS); /* they were good before */
}

void traced_exec(struct task *task, int32_t id)
{
	struct signal_information information = told(task, LINUX_SIGTRAP, LINUX_SI_USER);

	if (is_wanted(task, EVENT_EXEC)) {
		traced_event(task, EVENT_EXEC, (uint64_t)id);
		result_clear(task);
	} else if (task->traced && !task->traced->seized) {
		(void)signal_send_task(task, &information); /* SIGTRAP is no real-time signal: it cannot be refused */
	}
}

void traced_exit(struct task *task, int64_t result, bool call)
{
	struct trace_point point = point_of(task, call, result);

	if (is_wanted(task, EVENT_EXIT))
		event_stop(task, EVENT_EXIT, (uint64_t)(task->process->exiting ? task->process->exit_status : task->traced->status), &point);
}

/* The event that a parent's tracer calls the making of a task; 0: it does not ask for it. */
static int event_of(const struct task *parent, uint64_t flags, int exit_signal)
{
	enum trace_event event = flags & LINUX_CLONE_VFORK ? EVENT_VFORK : exit_signal != LINUX_SIGCHLD ? EVENT_CLONE : EVENT_FORK;

	return !(flags & LINUX_CLONE_UNTRACED) && is_wanted(parent, event) ? (int)event : 0;
}

int traced_child(struct task *parent, struct task *child, uint64_t flags, int exit_signal)
{
	const struct traced *of = parent->traced;
	int event = event_of(parent, flags, exit_signal);
	struct traced *traced = of && (event || flags & LINUX_CLONE_PTRACE) ? traced_join(child, of->tracer, of->options, of->seized) : NULL;

	if (!traced)
		return event;
	traced->capable = of->capable;
	traced->trap = traced->seized;
	if (!traced->seized)
		child->signals.pending |= SIGNAL_BIT(LINUX_SIGSTOP);
	child->attention = true;
	return event;
}
