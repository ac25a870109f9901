/* SPDX-License-Identifier: MIT */
/* Registers as debuggers see them (ptrace/registers.h). Of who is in a call rax is what the call has come to so far, and the number that it came with is told beside it. */
#include "ptrace/registers.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/host.h"

#define USER_CODE_SELECTOR 0x33
#define USER_STACK_SELECTOR 0x2b
#define FLAG_TRAP 0x100ull
#define FLAGS_SETTABLE 0x54dd5ull /* what a tracer may change (FLAG_MASK of Linux's arch/x86/kernel/ptrace.c, without resumption and alignment, which are not kept here) */
#define FPU_FEATURES_OFFSET 464   /* where XCR0 stands in what debuggers read, in bytes that the processor leaves to software */

/* struct user: what has a meaning in it. */
#define USER_BYTES 928
#define USER_DEBUG_OFFSET 848
#define USER_DEBUG_END (USER_DEBUG_OFFSET + 8 * sizeof(uint64_t))
#define DEBUG_STATUS 6
#define DEBUG_STATUS_RESERVED 0xffff0ff0 /* of DR6: these read as ones */

struct user_registers user_registers_of(const struct thread_registers *r, const struct trace_point *point)
{
	return (struct user_registers){
		.r15 = r->r15, .r14 = r->r14, .r13 = r->r13, .r12 = r->r12, .rbp = r->rbp, .rbx = r->rbx, .r11 = r->r11, .r10 = r->r10, .r9 = r->r9, .r8 = r->r8,
		.rax = point->in_call ? (uint64_t)point->result : r->rax, .rcx = r->rcx, .rdx = r->rdx, .rsi = r->rsi, .rdi = r->rdi,
		.call = point->number,
		.rip = r->rip, .cs = USER_CODE_SELECTOR, .rflags = r->rflags, .rsp = r->rsp, .ss = USER_STACK_SELECTOR, .fs_base = r->fs_base, .gs_base = r->gs_base,
	};
}

bool registers_read(const struct traced *traced, struct user_registers *registers)
{
	const struct thread_image *image = host_thread_read(traced->task->host, STATE_REGISTERS);

	if (image)
		*registers = user_registers_of(&image->registers, traced->point);
	return image != NULL;
}

static struct thread_registers thread_registers_of(const struct user_registers *u)
{
	return (struct thread_registers){
		.rax = u->rax, .rbx = u->rbx, .rcx = u->rcx, .rdx = u->rdx, .rsi = u->rsi, .rdi = u->rdi, .rbp = u->rbp, .rsp = u->rsp,
		.r8 = u->r8, .r9 = u->r9, .r10 = u->r10, .r11 = u->r11, .r12 = u->r12, .r13 = u->r13, .r14 = u->r14, .r15 = u->r15,
		.rip = u->rip, .rflags = u->rflags, .fs_base = u->fs_base, .gs_base = u->gs_base,
	};
}

/* Segments have one value each: others cannot be had. */
static bool segments_are_possible(const struct user_registers *registers)
{
	return registers->cs == USER_CODE_SELECTOR && registers->ss == USER_STACK_SELECTOR && !(registers->ds | registers->es | registers->fs | registers->gs);
}

/* The call that a tracer means with the registers that it has written. */
static void point_set(struct traced *traced, const struct user_registers *registers)
{
	struct trace_point *point = traced->point;
	uint64_t *call = traced->task->call;

	point->number = registers->call;
	point->result = (int64_t)registers->rax;
	point->in_call = point->in_call || (int64_t)registers->call >= 0;
	if (!point->in_call)
		return;
	call[0] = registers->call;
	call[1] = registers->rdi;
	call[2] = registers->rsi;
	call[3] = registers->rdx;
	call[4] = registers->r10;
	call[5] = registers->r8;
	call[6] = registers->r9;
}

int registers_write(struct traced *traced, const struct user_registers *registers)
{
	struct task *task = traced->task;
	struct user_registers now;
	struct thread_registers *written = &thread_self_image()->registers;

	if (!segments_are_possible(registers) || registers->fs_base >= MEMORY_TOP || registers->gs_base >= MEMORY_TOP || !registers_read(traced, &now))
		return -EIO;
	host_thread_stop(task->host);
	*written = thread_registers_of(registers);
	written->rflags = (registers->rflags & FLAGS_SETTABLE) | (now.rflags & ~FLAGS_SETTABLE);
	if (!host_thread_write(task->host, STATE_REGISTERS))
		return -EIO;
	point_set(traced, registers);
	return 0;
}

void fpu_complete(uint8_t *fpu)
{
	const uint64_t features = host_fpu_bytes > FPU_LEGACY_BYTES + 64 ? 7 : 3;

	memset(fpu + FPU_FEATURES_OFFSET, 0, FPU_LEGACY_BYTES - FPU_FEATURES_OFFSET);
	if (host_fpu_bytes > FPU_LEGACY_BYTES)
		memcpy(fpu + FPU_FEATURES_OFFSET, &features, sizeof(features));
}

bool fpu_read(const struct traced *traced, uint8_t *fpu)
{
	const struct thread_image *image = host_thread_read(traced->task->host, STATE_FPU);

	if (!image)
		return false;
	memcpy(fpu, image->fpu, host_fpu_bytes);
	fpu_complete(fpu);
	return true;
}

/* Writing may end the wait of who is in a call: then its registers are written with it, as they are. */
int fpu_write(struct traced *traced, const uint8_t *fpu)
{
	struct user_registers registers;
	struct task *task = traced->task;
	uint8_t *written = thread_self_image()->fpu;

	if (!registers_read(traced, &registers) || registers_write(traced, &registers))
		return -EIO;
	memcpy(written, fpu, host_fpu_bytes);
	memset(written + FPU_FEATURES_OFFSET, 0, FPU_LEGACY_BYTES - FPU_FEATURES_OFFSET);
	return host_thread_write(task->host, STATE_FPU) ? 0 : -EINVAL;
}

static bool is_debug(uint64_t offset)
{
	return offset >= USER_DEBUG_OFFSET && offset < USER_DEBUG_END;
}

int user_area_peek(const struct traced *traced, uint64_t offset, uint64_t *value)
{
	struct user_registers registers;

	if (offset % sizeof(*value) || offset >= USER_BYTES)
		return -EIO;
	*value = is_debug(offset) && (offset - USER_DEBUG_OFFSET) / sizeof(*value) == DEBUG_STATUS ? DEBUG_STATUS_RESERVED : 0;
	if (offset >= sizeof(registers))
		return 0;
	if (!registers_read(traced, &registers))
		return -EIO;
	memcpy(value, (const uint8_t *)&registers + offset, sizeof(*value));
	return 0;
}

/* There are no debug registers: they can be set to what they are, and nothing else. */
int user_area_poke(struct traced *traced, uint64_t offset, uint64_t value)
{
	struct user_registers registers;
	uint64_t was;
	int error = user_area_peek(traced, offset, &was);

	if (error || (is_debug(offset) && was == value))
		return error;
	if (offset >= sizeof(registers) || !registers_read(traced, &registers))
		return -EIO;
	memcpy((uint8_t *)&registers + offset, &value, sizeof(value));
	return registers_write(traced, &registers);
}

/* In the registers themselves, whatever the task is in the middle of: what its call comes to is written last. */
static void flag_write(struct traced *traced, bool set)
{
	struct task *task = traced->task;
	struct thread_registers *registers;

	host_thread_stop(task->host);
	if (!host_thread_read(task->host, STATE_REGISTERS))
		return;
	registers = &thread_self_image()->registers;
	registers->rflags = set ? registers->rflags | FLAG_TRAP : registers->rflags & ~FLAG_TRAP;
	(void)host_thread_write(task->host, STATE_REGISTERS); /* they were good before */
}

void step_flag_set(struct traced *traced)
{
	struct user_registers registers;

	if (traced->steps || !registers_read(traced, &registers))
		return;
	traced->steps = true;
	traced->steps_itself = registers.rflags & FLAG_TRAP;
	if (!traced->steps_itself)
		flag_write(traced, true);
}

void step_flag_clear(struct traced *traced)
{
	bool clear = traced->steps && !traced->steps_itself;

	traced->steps = false;
	if (clear && traced->task->fiber) /* who runs has done its instruction before anybody can ask */
		flag_write(traced, false);
}
