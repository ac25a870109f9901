/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2): the requests of tracers. Who asks is one task, which traces; what it asks about is a task that stands still for it, but for PTRACE_INTERRUPT and PTRACE_KILL.
 *
 * What the tracer hands in is read before the record is looked up, and what it gets is written after everything else: copying may wait, and the record may be gone then.
 */
#include "abi/linux/constants.h"
#include "abi/linux/structures.h"
#include "lib/string.h"
#include "mm/host.h"
#include "mm/user.h"
#include "process/handlers.h"
#include "process/life.h"
#include "process/permission.h"
#include "ptrace/registers.h"
#include "ptrace/stops.h"
#include "signal/send.h"

#define CALL_ARCH_X86_64 0xc000003e /* AUDIT_ARCH_X86_64 */
#define CALL_MARKED (LINUX_SIGTRAP | 0x80)
#define EVENT_CODE(event) (LINUX_SIGTRAP | (event) << 8)
#define PEEK_SHARED 1 /* PTRACE_PEEKSIGINFO_SHARED */

enum note { NOTE_REGISTERS = 1, NOTE_FPU = 2, NOTE_EXTENDED = 0x202 }; /* NT_PRSTATUS, NT_FPREGSET, NT_X86_XSTATE */

/* What a request is about, with what came in it. */
struct request {
	struct task *task; /* who asks */
	uint64_t number, address, data;
	int32_t id;
};

/* The record of a task that the caller traces and that stands still; a null pointer: -ESRCH. */
static struct traced *record_find(const struct request *request)
{
	const struct task *task = task_find(request->id);
	struct traced *traced = task ? task->traced : NULL;

	return traced && traced->tracer == request->task && traced->stopped && !traced->listening && traced->point ? traced : NULL;
}

/* Beginning. */

static int64_t request_self(struct task *task)
{
	struct process *parent = task->process->parent;
	struct task *tracer = parent ? task_find(task->process->made_by) : NULL;

	if (task->traced)
		return -EPERM;
	if (!tracer || tracer->process != parent)
		tracer = parent ? process_task(parent) : NULL;
	if (!tracer || !tracer->credentials)
		return parent ? 0 : -EPERM; /* who is ending traces nobody any more */
	if (!task_may(tracer, LINUX_CAP_SYS_PTRACE) && task->credentials->permitted & ~tracer->credentials->permitted)
		return -EPERM;
	return traced_join(task, tracer, 0, false) ? 0 : -ENOMEM;
}

/* PTRACE_O_SUSPEND_SECCOMP is for who may do anything, and is not filtered itself. */
static int options_check(const struct task *task, uint64_t options)
{
	if (options & ~(uint64_t)TRACE_OPTIONS)
		return -EINVAL;
	return options & TRACE_SUSPEND_FILTERS && (!task_may(task, LINUX_CAP_SYS_ADMIN) || task->filter_mode || (task->traced && task->traced->options & TRACE_SUSPEND_FILTERS)) ? -EPERM : 0;
}

static int attach_check(const struct request *request, const struct task *to)
{
	bool seizes = request->number == LINUX_PTRACE_SEIZE;
	int error = 0;

	if (seizes && (request->address || request->data & ~(uint64_t)TRACE_OPTIONS))
		return -EIO;
	if (seizes)
		error = options_check(request->task, request->data);
	if (error)
		return error;
	if (to->process == request->task->process || !to->credentials || !may_inspect(request->task, to))
		return -EPERM;
	return to->traced || !to->host || to->dying ? -EPERM : 0;
}

/* Who stands still already with its process goes over into a stop for its tracer. */
static int64_t request_attach(const struct request *request)
{
	bool seizes = request->number == LINUX_PTRACE_SEIZE;
	struct task *to = task_find(request->id);
	struct traced *traced;
	int error = to ? attach_check(request, to) : -ESRCH;

	if (error)
		return error;
	traced = traced_join(to, request->task, seizes ? (uint32_t)request->data : 0, seizes);
	if (!traced)
		return -ENOMEM;
	if (!seizes)
		(void)signal_send_task(to, &(struct signal_information){.number = LINUX_SIGSTOP, .code = LINUX_SI_KERNEL}); /* SIGSTOP is no real-time signal: it cannot be refused */
	if (to->process->stopped) {
		traced->trap = true;
		task_notice(to);
		task_wake(to);
	}
	return 0;
}

/* Memory. */

static int64_t request_peek(const struct request *request, struct traced *traced)
{
	struct memory *memory = traced->task->memory;
	uint64_t word;
	int error;

	memory_hold(memory);
	error = user_force_read(memory, &word, request->address, sizeof(word));
	memory_release(memory);
	return error ? -EIO : user_put(request->task->memory, request->data, &word);
}

static int64_t request_poke(const struct request *request, struct traced *traced)
{
	struct memory *memory = traced->task->memory;
	int error;

	memory_hold(memory);
	error = user_force_write(memory, request->address, &request->data, sizeof(request->data));
	memory_release(memory);
	return error ? -EIO : 0;
}

/* Registers. */

static int64_t request_peek_user(const struct request *request, const struct traced *traced)
{
	uint64_t value;
	int error = user_area_peek(traced, request->address, &value);

	return error ? error : user_put(request->task->memory, request->data, &value);
}

/* A register set: its size, and how much of it a request may move. 0: there is none. */
static uint64_t set_bytes(uint64_t note)
{
	switch (note) {
	case NOTE_REGISTERS:
		return sizeof(struct user_registers);
	case NOTE_FPU:
		return FPU_LEGACY_BYTES;
	case NOTE_EXTENDED:
		return host_fpu_bytes;
	default:
		return 0;
	}
}

/* The FPU's state can be set as a whole only: how a part of it is refused. */
static int part_check(uint64_t note, uint64_t bytes)
{
	if (note == NOTE_REGISTERS || bytes == set_bytes(note))
		return 0;
	return note == NOTE_FPU ? -EINVAL : -EFAULT;
}

union set {
	struct user_registers registers;
	uint8_t fpu[sizeof(((struct thread_image *)0)->fpu)];
};
static union set set; /* nothing waits while it is between a task and a copy on the caller's side; a copy that waits has it filled anew */

static bool set_read(const struct traced *traced, uint64_t note, union set *to)
{
	return note == NOTE_REGISTERS ? registers_read(traced, &to->registers) : fpu_read(traced, to->fpu);
}

static int set_write(struct traced *traced, uint64_t note, const union set *from)
{
	return note == NOTE_REGISTERS ? registers_write(traced, &from->registers) : fpu_write(traced, from->fpu);
}

/* Begins to move a set to the caller (`told`) or from him: his pages come first, for that waits, then the set is there as it is now, with whose it is. */
static int64_t set_begin(const struct request *request, uint64_t note, uint64_t address, uint64_t bytes, bool told, struct traced **traced)
{
	int came = 1;

	while (came > 0)
		came = user_reach(request->task->memory, address, bytes, told);
	if (came < 0)
		return -EFAULT;
	*traced = record_find(request);
	if (!*traced)
		return -ESRCH;
	return set_read(*traced, note, &set) ? 0 : -EIO;
}

/* `bytes` bytes of a set to the caller. */
static int64_t set_tell(const struct request *request, uint64_t note, uint64_t address, uint64_t bytes)
{
	struct traced *traced;
	int64_t error = set_begin(request, note, address, bytes, true, &traced);

	return error ? error : user_write(request->task->memory, address, &set, bytes);
}

/* The same from the caller; what it does not give stays. */
static int64_t set_take(const struct request *request, uint64_t note, uint64_t address, uint64_t bytes)
{
	struct traced *traced;
	int64_t error = set_begin(request, note, address, bytes, false, &traced);

	if (error)
		return error;
	if (user_read(request->task->memory, &set, address, bytes) != 0)
		return -EFAULT;
	return set_write(traced, note, &set);
}

static int64_t request_set(const struct request *request, bool takes)
{
	struct linux_iovec part;
	uint64_t bytes = set_bytes(request->address);
	int64_t result;

	if (user_get(request->task->memory, &part, request->data) != 0)
		return -EFAULT;
	if (!bytes || part.iov_len % sizeof(uint64_t))
		return -EINVAL;
	if (part.iov_len < bytes)
		bytes = part.iov_len;
	result = takes ? part_check(request->address, bytes) : 0;
	if (result)
		return result;
	result = takes ? set_take(request, request->address, part.iov_base, bytes) : set_tell(request, request->address, part.iov_base, bytes);
	part.iov_len = bytes;
	return result ? result : user_write(request->task->memory, request->data + offsetof(struct linux_iovec, iov_len), &part.iov_len, sizeof(part.iov_len));
}

/* PTRACE_ARCH_PRCTL: FS and GS base. */
static int64_t request_base(const struct request *request, struct traced *traced)
{
	struct user_registers registers = {0};
	bool sets = request->data == LINUX_ARCH_SET_FS || request->data == LINUX_ARCH_SET_GS, fs = request->data == LINUX_ARCH_SET_FS || request->data == LINUX_ARCH_GET_FS;
	uint64_t *base = fs ? &registers.fs_base : &registers.gs_base;

	if (!sets && !fs && request->data != LINUX_ARCH_GET_GS)
		return -EINVAL;
	if (!registers_read(traced, &registers))
		return -EIO;
	if (!sets)
		return user_put(request->task->memory, request->address, base);
	if (request->address >= MEMORY_TOP)
		return -EPERM;
	*base = request->address;
	return registers_write(traced, &registers);
}

static int64_t request_message(const struct request *request, uint64_t message)
{
	return user_put(request->task->memory, request->data, &message);
}

/* Signals. */

static int64_t request_information(const struct request *request, const struct traced *traced)
{
	struct signal_information information = traced->information;

	return traced->informed ? user_put(request->task->memory, request->data, &information) : -EINVAL;
}

static int64_t request_set_information(const struct request *request)
{
	struct signal_information information;
	struct traced *traced;

	if (user_get(request->task->memory, &information, request->data) != 0)
		return -EFAULT;
	traced = record_find(request);
	if (!traced)
		return -ESRCH;
	if (!traced->informed)
		return -EINVAL;
	traced->information = information;
	return 0;
}

/* struct ptrace_peeksiginfo_args */
struct peek {
	uint64_t offset;
	uint32_t flags;
	int32_t count;
};

/* The pending signal with information at a place in a queue; a null pointer when there are not so many. */
static const struct signal_queued *queued_at(const struct traced *traced, const struct peek *peek, uint64_t index)
{
	const struct signals *signals = peek->flags & PEEK_SHARED ? &traced->process->pending : &traced->task->signals;
	const struct signal_queued *entry = signals->first;

	while (entry && index--)
		entry = entry->next;
	return entry;
}

static int64_t request_peek_information(const struct request *request)
{
	struct signal_information information;
	const struct signal_queued *entry;
	const struct traced *traced;
	struct peek peek;
	int32_t done = 0;

	if (user_get(request->task->memory, &peek, request->address) != 0)
		return -EFAULT;
	if (peek.flags & ~(uint32_t)PEEK_SHARED || peek.count < 0)
		return -EINVAL;
	while (done < peek.count && (traced = record_find(request)) && (entry = queued_at(traced, &peek, peek.offset + (uint64_t)done))) {
		information = entry->information;
		if (user_put(request->task->memory, request->data + (uint64_t)done * sizeof(information), &information) != 0)
			return done ? done : -EFAULT;
		done++;
	}
	return done;
}

static int64_t request_mask(const struct request *request, const struct traced *traced)
{
	const struct task *task = traced->task;
	uint64_t mask = task->mask_is_saved ? task->saved_mask : task->signals.blocked;

	if (request->address != sizeof(mask))
		return -EINVAL;
	return user_put(request->task->memory, request->data, &mask);
}

static int64_t request_set_mask(const struct request *request)
{
	struct traced *traced;
	uint64_t mask;

	if (request->address != sizeof(mask))
		return -EINVAL;
	if (user_get(request->task->memory, &mask, request->data) != 0)
		return -EFAULT;
	traced = record_find(request);
	if (!traced)
		return -ESRCH;
	traced->task->mask_is_saved = false;
	signals_block(traced->task, mask);
	return 0;
}

/* What kind of stop it is. */

/* struct ptrace_syscall_info */
struct call_told {
	uint8_t kind, padding[3];
	uint32_t arch;
	uint64_t instruction, stack;
	union {
		struct {
			uint64_t number, arguments[6];
			uint32_t filter;
		} entry;
		struct {
			int64_t result;
			uint8_t is_error;
		} exit;
	};
};
_Static_assert(sizeof(struct call_told) == 88, "ptrace_syscall_info");
enum call_kind { CALL_NONE, CALL_ENTRY, CALL_EXIT, CALL_FILTERED };

/* Fills in what there is, and tells how many bytes that are: up to the last one with a meaning. */
static uint64_t call_tell(const struct traced *traced, const struct user_registers *r, struct call_told *told)
{
	const struct signal_information *information = &traced->information;
	uint64_t arguments[] = {r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9};

	*told = (struct call_told){.arch = CALL_ARCH_X86_64, .instruction = r->rip, .stack = r->rsp};
	if (traced->informed && information->code == EVENT_CODE(EVENT_SECCOMP))
		told->kind = CALL_FILTERED;
	else if (traced->informed && information->code == CALL_MARKED)
		told->kind = (uint8_t)traced->message; /* entry 1, exit 2 */
	if (told->kind == CALL_NONE)
		return offsetof(struct call_told, entry);
	if (told->kind == CALL_EXIT) {
		told->exit.result = (int64_t)r->rax;
		told->exit.is_error = told->exit.result < 0 && told->exit.result >= -4095;
		return offsetof(struct call_told, exit.is_error) + sizeof(told->exit.is_error);
	}
	told->entry.number = r->call;
	memcpy(told->entry.arguments, arguments, sizeof(arguments));
	if (told->kind == CALL_ENTRY)
		return offsetof(struct call_told, entry.filter);
	told->entry.filter = (uint32_t)traced->message;
	return offsetof(struct call_told, entry.filter) + sizeof(told->entry.filter);
}

static int64_t request_call(const struct request *request, const struct traced *traced)
{
	struct user_registers registers;
	struct call_told told;
	uint64_t bytes;

	if (!registers_read(traced, &registers))
		return -EIO;
	bytes = call_tell(traced, &registers, &told);
	if (user_write(request->task->memory, request->data, &told, request->address < bytes ? request->address : bytes) != 0)
		return -EFAULT;
	return (int64_t)bytes;
}

static int64_t request_options(const struct request *request, struct traced *traced)
{
	int error = options_check(request->task, request->data);

	if (!error)
		traced->options = (uint32_t)request->data;
	return error;
}

static int64_t request_listen(struct traced *traced)
{
	if (!traced->seized || !traced->informed || traced->information.code >> 8 != EVENT_STOP)
		return -EIO;
	traced->listening = true;
	task_wake(traced->task); /* if there is something already for which it is to stop again */
	return 0;
}

/* Going on. */

static int64_t request_resume(const struct request *request, struct traced *traced)
{
	static const struct {
		uint64_t request;
		enum trace_resume how;
	} resumes[] = {
		{LINUX_PTRACE_CONT, RESUME_TO_SIGNAL}, {LINUX_PTRACE_SYSCALL, RESUME_TO_CALL}, {LINUX_PTRACE_SINGLESTEP, RESUME_ONE_STEP}, {LINUX_PTRACE_SYSEMU, RESUME_EMULATED}, {LINUX_PTRACE_SYSEMU_SINGLESTEP, RESUME_EMULATED_STEP},
	};

	for (unsigned i = 0; i < sizeof(resumes) / sizeof(resumes[0]); i++) {
		if (resumes[i].request != request->number)
			continue;
		if (request->data > SIGNALS)
			return -EIO;
		traced_resume(traced, resumes[i].how, (int)request->data);
		return 0;
	}
	return -EIO;
}

static int64_t request_detach(const struct request *request, struct traced *traced)
{
	if (request->data > SIGNALS)
		return -EIO;
	traced->code = (int)request->data;
	traced_leave(traced);
	return 0;
}

/* A request about a task that stands still. */
static int64_t request_stopped(const struct request *request, struct traced *traced)
{
	switch (request->number) {
	case LINUX_PTRACE_PEEKTEXT:
	case LINUX_PTRACE_PEEKDATA:
		return request_peek(request, traced);
	case LINUX_PTRACE_POKETEXT:
	case LINUX_PTRACE_POKEDATA:
		return request_poke(request, traced);
	case LINUX_PTRACE_PEEKUSER:
		return request_peek_user(request, traced);
	case LINUX_PTRACE_POKEUSER:
		return user_area_poke(traced, request->address, request->data);
	case LINUX_PTRACE_GETREGS:
		return set_tell(request, NOTE_REGISTERS, request->data, sizeof(struct user_registers));
	case LINUX_PTRACE_SETREGS:
		return set_take(request, NOTE_REGISTERS, request->data, sizeof(struct user_registers));
	case LINUX_PTRACE_GETFPREGS:
		return set_tell(request, NOTE_FPU, request->data, FPU_LEGACY_BYTES);
	case LINUX_PTRACE_SETFPREGS:
		return set_take(request, NOTE_FPU, request->data, FPU_LEGACY_BYTES);
	case LINUX_PTRACE_GETREGSET:
		return request_set(request, false);
	case LINUX_PTRACE_SETREGSET:
		return request_set(request, true);
	case LINUX_PTRACE_ARCH_PRCTL:
		return request_base(request, traced);
	case LINUX_PTRACE_OLDSETOPTIONS:
	case LINUX_PTRACE_SETOPTIONS:
		return request_options(request, traced);
	case LINUX_PTRACE_GETEVENTMSG:
		return request_message(request, traced->message);
	case LINUX_PTRACE_GETSIGINFO:
		return request_information(request, traced);
	case LINUX_PTRACE_SETSIGINFO:
		return request_set_information(request);
	case LINUX_PTRACE_PEEKSIGINFO:
		return request_peek_information(request);
	case LINUX_PTRACE_GETSIGMASK:
		return request_mask(request, traced);
	case LINUX_PTRACE_SETSIGMASK:
		return request_set_mask(request);
	case LINUX_PTRACE_GET_SYSCALL_INFO:
		return request_call(request, traced);
	case LINUX_PTRACE_LISTEN:
		return request_listen(traced);
	case LINUX_PTRACE_DETACH:
		return request_detach(request, traced);
	default:
		return request_resume(request, traced);
	}
}

/* PTRACE_INTERRUPT and PTRACE_KILL do not ask whether it stands still. */
static int64_t request_running(const struct request *request)
{
	struct task *task = task_find(request->id);
	struct traced *traced = task ? task->traced : NULL;

	if (!traced || traced->tracer != request->task)
		return -ESRCH;
	if (request->number == LINUX_PTRACE_KILL)
		return signal_send_process(traced->process, &(struct signal_information){.number = LINUX_SIGKILL});
	if (!traced->seized)
		return -EIO;
	traced->trap = true;
	task_notice(task);
	return 0;
}

int64_t linux_ptrace(struct task *task, const uint64_t arguments[6])
{
	struct request request = {.task = task, .number = arguments[0], .id = (int32_t)arguments[1], .address = arguments[2], .data = arguments[3]};
	struct traced *traced;

	switch (request.number) {
	case LINUX_PTRACE_TRACEME:
		return request_self(task);
	case LINUX_PTRACE_ATTACH:
	case LINUX_PTRACE_SEIZE:
		return request_attach(&request);
	case LINUX_PTRACE_INTERRUPT:
	case LINUX_PTRACE_KILL:
		return request_running(&request);
	default:
		traced = record_find(&request);
		return traced ? request_stopped(&request, traced) : -ESRCH;
	}
}
