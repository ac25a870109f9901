/* SPDX-License-Identifier: MIT */
/* Dispatch of system calls (process/calls.h) by the table syscalls.def, and what comes between a handler and its answer: signals, restarts, ends. */
#include "process/calls.h"

#include "abi/linux/constants.h"
#include "process/exhausted.h"
#include "process/handlers.h"
#include "process/life.h"
#include "process/tracing.h"
#include "ptrace/stops.h"
#include "seccomp/filter.h"
#include "signal/deliver.h"
#include "signal/send.h"

#define CALL_RT_SIGRETURN 15

static linux_call *const handlers[] = {
#define SYSCALL(number, name, arguments, result, handler, status) BUILT_##status([number] = handler, )
#include "syscalls.def"
#undef SYSCALL
};

static const int16_t absent[] = {
#define SYSCALL(number, name, arguments, result, handler, status) [number] = -(ERRNO_##status),
#include "syscalls.def"
#undef SYSCALL
};

#define CALLS (sizeof(absent) / sizeof(absent[0]))

static int64_t call_make(struct task *task)
{
	uint64_t number = task->call[0];

	if (number < sizeof(handlers) / sizeof(handlers[0]) && handlers[number])
		return handlers[number](task, task->call + 1);
	return number < CALLS && absent[number] ? absent[number] : -ENOSYS;
}

/* A call that somebody wants to see. */
static int64_t call_watch(struct task *task)
{
	int64_t result = -ENOSYS;
	bool passes = !(task->watched & WATCHED_BY_TRACER) || traced_call_begin(task, &result);

	if (passes && task->watched & WATCHED_BY_FILTER)
		passes = call_filter_passes(task, &result);
	if (passes)
		result = task->watched & WATCHED_BY_LINES ? call_traced(task, call_make) : call_make(task);
	if (result == RESULT_NONE)
		return result;
	traced_call_end(task, &result);
	if (task->host->stopped) /* its registers have been written: the end is not an answer */
		task->attention = true;
	return result;
}

/* The result of a call whose registers a tracer has written: nobody waits for an answer any more. */
static int64_t call_return(struct task *task, int64_t result)
{
	if (__builtin_expect(!task->host->stopped, 1))
		return result;
	if (host_thread_read(task->host, STATE_REGISTERS)) {
		thread_self_image()->registers.rax = (uint64_t)result;
		(void)host_thread_write(task->host, STATE_REGISTERS); /* they were good before */
	}
	host_thread_run(task->host);
	task->fiber = NULL;
	return RESULT_NONE;
}

static inline int64_t call_once(struct task *task)
{
	return __builtin_expect(task->watched, 0) ? call_watch(task) : call_make(task);
}

/* What comes between a call and its answer where it is not simply its result: signals, its end, and the call once more. */
__attribute__((noinline)) static int64_t call_finish(struct task *task, int64_t result)
{
	for (;; result = call_once(task)) {
		if (result == RESULT_NONE) /* perhaps there is no such task any more */
			return result;
		switch (signals_handle(task, &result, true)) {
		case DELIVER_NOTHING:
			return call_return(task, result);
		case DELIVER_DONE:
			return RESULT_NONE;
		case DELIVER_AGAIN:
			break;
		}
	}
}

int64_t call_handle(struct task *task)
{
	int64_t result = call_once(task);

	return __builtin_expect(result > -ERESTARTSYS && !task->attention && !task->mask_is_saved, 1) ? result : call_finish(task, result);
}

int64_t call_end_resumed(struct task *task)
{
	bool executed = task->call[0] != CALL_RT_SIGRETURN;
	int64_t result = 0;

	if (task->traced)
		traced_call_end_replaced(task, executed);
	if (task->attention || task->mask_is_saved) {
		host_thread_stop(task->host);
		if (signals_handle(task, &result, executed) == DELIVER_DONE)
			return RESULT_NONE;
	}
	if (task->host->stopped)
		host_thread_run(task->host);
	task->fiber = NULL;
	return RESULT_NONE;
}

enum { VECTOR_DIVISION = 0, VECTOR_DEBUG = 1, VECTOR_BREAKPOINT = 3, VECTOR_OVERFLOW = 4, VECTOR_OPCODE = 6, VECTOR_PROTECTION = 13, VECTOR_PAGE = 14, VECTOR_X87 = 16, VECTOR_ALIGNMENT = 17, VECTOR_SIMD = 19 };
enum { PAGE_FAULT_WRITE = 2, PAGE_FAULT_FETCH = 16 };

/* What a fault of the processor is as a signal (arch/x86/kernel/traps.c of Linux tells the codes). */
static struct signal_information fault_signal(uint64_t vector, uint64_t rip)
{
	struct signal_information information = {.number = LINUX_SIGSEGV, .code = LINUX_SI_KERNEL};

	switch (vector) {
	case VECTOR_DIVISION:
		information = (struct signal_information){.number = LINUX_SIGFPE, .code = LINUX_FPE_INTDIV, .address = rip};
		break;
	case VECTOR_X87:
	case VECTOR_SIMD:
		information = (struct signal_information){.number = LINUX_SIGFPE, .code = LINUX_FPE_FLTINV, .address = rip};
		break;
	case VECTOR_DEBUG:
		information = (struct signal_information){.number = LINUX_SIGTRAP, .code = LINUX_TRAP_TRACE, .address = rip};
		break;
	case VECTOR_BREAKPOINT:
		information = (struct signal_information){.number = LINUX_SIGTRAP, .code = LINUX_SI_KERNEL};
		break;
	case VECTOR_OPCODE:
		information = (struct signal_information){.number = LINUX_SIGILL, .code = LINUX_ILL_ILLOPN, .address = rip};
		break;
	case VECTOR_ALIGNMENT:
		information = (struct signal_information){.number = LINUX_SIGBUS, .code = LINUX_BUS_ADRALN};
		break;
	default:
		break;
	}
	return information;
}

static struct signal_information page_signal(enum fault_result result, uint64_t address)
{
	struct signal_information information = {.number = LINUX_SIGSEGV, .code = LINUX_SEGV_MAPERR, .address = address};

	if (result == FAULT_DENIED)
		information.code = LINUX_SEGV_ACCERR;
	if (result == FAULT_NO_PAGE) {
		information.number = LINUX_SIGBUS;
		information.code = LINUX_BUS_ADRERR;
	}
	return information;
}

/* Makes the page that a program wanted usable, or tells it why not. */
static bool page_fault(struct task *task, uint64_t address, uint64_t error, struct signal_information *information)
{
	uint32_t access = error & PAGE_FAULT_WRITE ? AREA_WRITE : error & PAGE_FAULT_FETCH ? AREA_EXECUTE : AREA_READ;
	enum fault_result result = memory_fault(task->memory, address, access, NULL);

	if (result == FAULT_NO_MEMORY && memory_exhausted(task))
		return true; /* somebody was chosen to end: then it is tried again */
	if (result != FAULT_DONE)
		*information = page_signal(result, address);
	return result == FAULT_DONE;
}

int64_t fault_handle(struct task *task, const uint64_t data[4])
{
	struct signal_information information;
	int64_t result = 0;
	bool repaired = false;

	if (data[0] == VECTOR_PAGE)
		repaired = page_fault(task, data[1], data[2], &information);
	else
		information = fault_signal(data[0], data[3]);
	if (__builtin_expect(repaired && !task->attention, 1))
		return 0;
	if (!repaired) {
		task->fault_vector = data[0];
		task->fault_address = data[1];
		task->fault_error = data[2];
		signal_force(task, &information);
	}
	if (signals_handle(task, &result, false) != DELIVER_NOTHING)
		return RESULT_NONE;
	if (!task->host->stopped)
		return 0;
	host_thread_run(task->host); /* a tracer has written its registers: nobody waits for an answer any more */
	task->fiber = NULL;
	return RESULT_NONE;
}
