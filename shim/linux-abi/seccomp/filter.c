/* SPDX-License-Identifier: MIT */
/* Filters of system calls (seccomp/filter.h): how they are added, and what they make of a call (kernel/seccomp.c of Linux). */
#include "seccomp/filter.h"

#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "bpf/program.h"
#include "lib/string.h"
#include "mm/host.h"
#include "mm/slab.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/life.h"
#include "process/permission.h"
#include "process/system_log.h"
#include "ptrace/stops.h"
#include "signal/send.h"

#define CALL_ARCH_X86_64 0xc000003e /* AUDIT_ARCH_X86_64 */
#define SYS_SECCOMP 1               /* code of the SIGSYS */
#define ERRNO_MOST 4095
#define PROGRAMS_MOST 32768 /* instructions of all filters of a task, with FILTER_COST for each filter besides (MAX_INSNS_PER_PATH) */
#define FILTER_COST 4
#define PROGRAM_COST 3 /* how Linux begins each */
#define FLAGS_KNOWN (LINUX_SECCOMP_FILTER_FLAG_TSYNC | LINUX_SECCOMP_FILTER_FLAG_LOG | LINUX_SECCOMP_FILTER_FLAG_SPEC_ALLOW | LINUX_SECCOMP_FILTER_FLAG_TSYNC_ESRCH)

/* SECCOMP_RET_*: as signed numbers the least is the strictest. */
#define ACTION(answer) ((int32_t)((answer) & 0xffff0000))
#define ACTION_DATA(answer) ((answer) & 0xffff)
enum action { ACTION_KILL_PROCESS = INT32_MIN, ACTION_KILL_THREAD = 0, ACTION_TRAP = 0x30000, ACTION_ERRNO = 0x50000, ACTION_NOTIFY = 0x7fc00000, ACTION_TRACE = 0x7ff00000, ACTION_LOG = 0x7ffc0000, ACTION_ALLOW = 0x7fff0000 };

enum { CALL_READ = 0, CALL_WRITE = 1, CALL_RT_SIGRETURN = 15, CALL_EXIT = 60 };

struct call_filter {
	uint32_t users;
	bool logs; /* what is not allowed */
	struct bpf_program *program;
	struct call_filter *before;
};

/* struct seccomp_data: what a program looks at. */
struct call_seen {
	int32_t number;
	uint32_t arch;
	uint64_t instruction, arguments[6];
};
_Static_assert(sizeof(struct call_seen) == 64, "seccomp_data");

static struct slab filters = SLAB(struct call_filter);

static void filter_release(struct call_filter *filter)
{
	while (filter && --filter->users == 0) {
		struct call_filter *before = filter->before;

		bpf_release(filter->program);
		slab_return(&filters, filter);
		filter = before;
	}
}

static void filters_set(struct task *task, struct call_filter *filter, enum filter_mode mode)
{
	if (filter)
		filter->users++;
	filter_release(task->filter);
	task->filter = filter;
	task->filter_mode = (uint8_t)mode;
	task->watched |= WATCHED_BY_FILTER;
}

void call_filter_inherit(struct task *task, const struct task *from)
{
	if (from->filter_mode != FILTER_NONE)
		filters_set(task, from->filter, (enum filter_mode)from->filter_mode);
}

void call_filter_drop(struct task *task)
{
	filter_release(task->filter);
	task->filter = NULL;
}

uint64_t call_filter_count(const struct task *task)
{
	uint64_t count = 0;

	for (const struct call_filter *filter = task->filter; filter; filter = filter->before)
		count++;
	return count;
}

/* Looking at a call. */

static bool call_load(const struct bpf_run *run, int32_t offset, uint32_t bytes, bool plain, uint32_t *value)
{
	(void)plain;
	memcpy(value, (const uint8_t *)run->subject + offset, bytes); /* program_check() has looked at both */
	return true;
}

/* The answer of the strictest filter, of several such the last one added. */
static uint32_t filters_ask(const struct task *task, const struct call_seen *seen, const struct call_filter **by)
{
	uint32_t answer = ACTION_ALLOW;

	*by = NULL;
	for (const struct call_filter *filter = task->filter; filter; filter = filter->before) {
		struct bpf_run run = {.subject = seen, .bytes = sizeof(*seen), .load = call_load};
		uint32_t one = bpf_run(filter->program, &run);

		if (ACTION(one) >= ACTION(answer))
			continue;
		answer = one;
		*by = filter;
	}
	return answer;
}

static struct call_seen seen_of(const struct task *task)
{
	const struct thread_image *image = host_thread_read(task->host, STATE_REGISTERS);
	struct call_seen seen = {.number = (int32_t)task->call[0], .arch = CALL_ARCH_X86_64, .instruction = image ? image->registers.rip : 0};

	memcpy(seen.arguments, task->call + 1, sizeof(seen.arguments));
	return seen;
}

static void call_log(const struct task *task, const struct call_seen *seen, const char *what)
{
	system_log(LINUX_LOGLEVEL_NOTICE, "seccomp: process %d, call %d: %s", (int64_t)task->process->id, (int64_t)seen->number, what);
}

/* The signal of who has made a call that it may not make. */
static void signal_refused(struct task *task, const struct call_seen *seen, uint32_t data)
{
	struct signal_information information = {.number = LINUX_SIGSYS, .code = SYS_SECCOMP, .error = (int32_t)data};

	information.call_address = seen->instruction;
	information.call = seen->number;
	information.call_arch = seen->arch;
	signal_force(task, &information);
}

/* Ends one thread, as exit would, but by a signal. */
static void thread_end(struct task *task, int number)
{
	if (task->process->task_count == 1) {
		process_end(task->process, number);
		return;
	}
	if (task->traced)
		task->traced->status = number;
	task->dying = task->attention = true;
}

/* Ends the process with a core, and nobody hears of it before: neither a handler nor a tracer. */
static void kill_refused(struct task *task, const struct call_seen *seen, uint32_t data)
{
	struct signal_action *action = &task->process->actions->action[LINUX_SIGSYS - 1];

	*action = (struct signal_action){.handler = LINUX_SIG_DFL, .flags = SIGNAL_ACTION_FINAL};
	signal_refused(task, seen, data);
}

static bool filters_pass(struct task *task, int64_t *result, bool traced);

/* The tracer decides; what it has made of the call is looked at again, without asking it once more. */
static bool tracer_passes(struct task *task, int64_t *result, uint32_t data, bool traced)
{
	return traced || (traced_filtered(task, data, result) && filters_pass(task, result, true));
}

static bool filters_pass(struct task *task, int64_t *result, bool traced)
{
	const struct call_seen seen = seen_of(task);
	const struct call_filter *by;
	uint32_t answer = filters_ask(task, &seen, &by), data = ACTION_DATA(answer);

	*result = (int64_t)task->call[0];
	switch (ACTION(answer)) {
	case ACTION_ALLOW:
		return true;
	case ACTION_LOG:
		call_log(task, &seen, "logged");
		return true;
	case ACTION_TRACE:
		return tracer_passes(task, result, data, traced);
	case ACTION_NOTIFY: /* nobody listens */
		*result = -ENOSYS;
		return false;
	case ACTION_ERRNO:
		*result = -(int64_t)(data < ERRNO_MOST ? data : ERRNO_MOST);
		if (by->logs)
			call_log(task, &seen, "refused");
		return false;
	case ACTION_TRAP:
		signal_refused(task, &seen, data);
		return false;
	default:
		call_log(task, &seen, "ended");
		if (ACTION(answer) == ACTION_KILL_THREAD && task->process->task_count > 1)
			thread_end(task, LINUX_SIGSYS);
		else
			kill_refused(task, &seen, data);
		return false;
	}
}

bool call_filter_passes(struct task *task, int64_t *result)
{
	uint64_t number = task->call[0];

	if (task->traced && task->traced->options & TRACE_SUSPEND_FILTERS)
		return true;
	if (task->filter_mode == FILTER_PROGRAMS)
		return filters_pass(task, result, false);
	if (number == CALL_READ || number == CALL_WRITE || number == CALL_RT_SIGRETURN || number == CALL_EXIT)
		return true;
	*result = (int64_t)number;
	thread_end(task, LINUX_SIGKILL);
	return false;
}

/* Adding. */

int64_t call_filter_strict(struct task *task)
{
	if (task->filter_mode == FILTER_PROGRAMS)
		return -EINVAL;
	filters_set(task, NULL, FILTER_STRICT);
	return 0;
}

/* Whether a filter of calls may have an instruction: loads of whole words of what it looks at, and no remainders. */
static bool instruction_is_allowed(const struct linux_sock_filter *instruction)
{
	switch (instruction->code) {
	case BPF_LOAD_WORD:
		return instruction->k < sizeof(struct call_seen) && instruction->k % sizeof(uint32_t) == 0;
	case BPF_LOAD_HALF:
	case BPF_LOAD_BYTE:
	case BPF_LOAD_WORD_INDEXED:
	case BPF_LOAD_HALF_INDEXED:
	case BPF_LOAD_BYTE_INDEXED:
	case BPF_INDEX_HEADER:
	case BPF_MODULO_K:
	case BPF_MODULO_X:
		return false;
	default:
		return true;
	}
}

static bool program_check(const struct bpf_program *program)
{
	for (uint32_t at = 0; at < program->count; at++)
		if (!instruction_is_allowed(bpf_instruction(program, at)))
			return false;
	return true;
}

/* The program that a struct sock_fprog leads to. */
static int program_take(struct task *task, uint64_t address, struct bpf_program **program)
{
	struct linux_sock_fprog given;
	int error;

	if (user_get(task->memory, &given, address) != 0)
		return -EFAULT;
	if (!given.len || given.len > BPF_INSTRUCTIONS_MAX)
		return -EINVAL;
	if (!task->credentials->no_new_privileges && !task_may(task, LINUX_CAP_SYS_ADMIN))
		return -EACCES;
	error = bpf_take(task->memory, given.filter, given.len, program);
	if (error || program_check(*program))
		return error;
	bpf_release(*program);
	return -EINVAL;
}

/* How many instructions of Linux's own kind one becomes there, of which it limits the sum. */
static uint32_t instruction_cost(const struct linux_sock_filter *instruction)
{
	bool negative = instruction->k >> 31;

	switch (instruction->code) {
	case BPF_RETURN_K:
		return 2;
	case BPF_DIVIDE_X:
		return 5;
	case BPF_IF_EQUAL_K:
	case BPF_IF_GREATER_K:
	case BPF_IF_NOT_LESS_K:
		return (instruction->jt && instruction->jf ? 2 : 1) + negative;
	case BPF_IF_EQUAL_X:
	case BPF_IF_GREATER_X:
	case BPF_IF_NOT_LESS_X:
		return instruction->jt && instruction->jf ? 2 : 1;
	case BPF_IF_BITS_K:
		return (instruction->jf ? 2 : 1) + negative;
	case BPF_IF_BITS_X:
		return instruction->jf ? 2 : 1;
	default:
		return 1;
	}
}

static uint64_t program_cost(const struct bpf_program *program)
{
	uint64_t cost = PROGRAM_COST;

	for (uint32_t at = 0; at < program->count; at++)
		cost += instruction_cost(bpf_instruction(program, at));
	return cost;
}

static bool is_too_much(const struct task *task, const struct bpf_program *program)
{
	uint64_t count = program_cost(program);

	for (const struct call_filter *filter = task->filter; filter; filter = filter->before)
		count += program_cost(filter->program) + FILTER_COST;
	return count > PROGRAMS_MOST;
}

/* Whether a thread's filters are all among the task's own, so that it can have those as well. */
static bool can_follow(const struct task *thread, const struct task *task)
{
	if (thread->filter_mode != FILTER_PROGRAMS)
		return thread->filter_mode == FILTER_NONE;
	for (const struct call_filter *filter = task->filter; filter; filter = filter->before)
		if (filter == thread->filter)
			return true;
	return false;
}

/* A thread of the process that cannot have the task's filters; 0: all can. */
static int32_t stray_find(const struct task *task)
{
	for (const struct task *thread = task->process->tasks; thread; thread = thread->next_in_process)
		if (thread != task && !thread->dying && !can_follow(thread, task))
			return thread->id;
	return 0;
}

static void threads_follow(struct task *task)
{
	for (struct task *thread = task->process->tasks; thread; thread = thread->next_in_process) {
		struct credentials *changed;

		if (thread == task || thread->dying)
			continue;
		filters_set(thread, task->filter, FILTER_PROGRAMS);
		if (!task->credentials->no_new_privileges || thread->credentials->no_new_privileges)
			continue;
		changed = credentials_copy(thread->credentials);
		if (!changed) {
			process_end(task->process, LINUX_SIGKILL); /* a thread that is filtered could gain rights: rather none */
			return;
		}
		changed->no_new_privileges = true;
		credentials_set(thread, changed);
	}
}

/* The program as the task's newest filter. */
static int64_t filter_join(struct task *task, uint64_t flags, struct bpf_program *program)
{
	struct call_filter *filter;
	int32_t stray;

	if (task->filter_mode == FILTER_STRICT)
		return -EINVAL;
	if (is_too_much(task, program))
		return -ENOMEM;
	stray = flags & LINUX_SECCOMP_FILTER_FLAG_TSYNC ? stray_find(task) : 0;
	if (stray)
		return flags & LINUX_SECCOMP_FILTER_FLAG_TSYNC_ESRCH ? -ESRCH : stray;
	filter = slab_take(&filters);
	if (!filter)
		return -ENOMEM;
	bpf_hold(program);
	*filter = (struct call_filter){.logs = flags & LINUX_SECCOMP_FILTER_FLAG_LOG, .program = program, .before = task->filter};
	if (filter->before)
		filter->before->users++;
	filters_set(task, filter, FILTER_PROGRAMS);
	if (flags & LINUX_SECCOMP_FILTER_FLAG_TSYNC)
		threads_follow(task);
	return 0;
}

int64_t call_filter_add(struct task *task, uint64_t flags, uint64_t address)
{
	struct bpf_program *program;
	int64_t result;

	if (flags & ~(uint64_t)FLAGS_KNOWN)
		return -EINVAL;
	result = program_take(task, address, &program);
	if (result)
		return result;
	result = filter_join(task, flags, program);
	bpf_release(program);
	return result;
}

/* The calls. */

static int64_t action_look(struct task *task, uint64_t address)
{
	uint32_t action;

	if (user_get(task->memory, &action, address) != 0)
		return -EFAULT;
	switch ((int32_t)action) {
	case ACTION_KILL_PROCESS:
	case ACTION_KILL_THREAD:
	case ACTION_TRAP:
	case ACTION_ERRNO:
	case ACTION_TRACE:
	case ACTION_LOG:
	case ACTION_ALLOW:
		return 0;
	default:
		return -EOPNOTSUPP; /* SECCOMP_RET_USER_NOTIF too: nobody can listen */
	}
}

int64_t linux_seccomp(struct task *task, const uint64_t arguments[6])
{
	uint32_t flags = (uint32_t)arguments[1];

	switch ((uint32_t)arguments[0]) {
	case LINUX_SECCOMP_SET_MODE_STRICT:
		return flags || arguments[2] ? -EINVAL : call_filter_strict(task);
	case LINUX_SECCOMP_SET_MODE_FILTER:
		return call_filter_add(task, flags, arguments[2]);
	case LINUX_SECCOMP_GET_ACTION_AVAIL:
		return flags ? -EINVAL : action_look(task, arguments[2]);
	default:
		return -EINVAL;
	}
}
