/* SPDX-License-Identifier: MIT */
/*
 * Methods of Threads that concern the machine: registers, FPU state, suspend and resume, CPU time.
 *
 * Registers and FPU state are exchanged through the caller's message page and only while the thread is suspended or a Reply holds it. What is written is sanitised so that no value can
 * make the kernel's own return to user mode fail: addresses must be canonical user addresses, RFLAGS keeps only what user mode may set, the FPU
 * image only what the processor accepts.
 */
#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/ipc.h"
#include "kernel/schedule.h"

/* CF PF AF ZF SF TF DF OF RF AC ID: what user mode may set by itself. */
#define RFLAGS_USER 0x00250dd5u

enum error thread_registers_load(struct thread *thread, const struct thread_registers *from)
{
	struct thread_registers r = *(const volatile struct thread_registers *)from;
	struct frame *f = &thread->frame;

	if (r.rip >= USER_TOP || r.fs_base >= USER_TOP || r.gs_base >= USER_TOP)
		return refuse(ERR_ARGUMENT, "RIP, FS base or GS base is no user address");
	wait_cancel(thread, ERR_CANCELLED);
	*f = (struct frame){
		.message = { r.rdx, r.r10, r.r8, r.r9, r.rbx, r.rbp, r.r13, r.r14 },
		.rax = r.rax, .rdi = r.rdi, .rsi = r.rsi, .r12 = r.r12, .r15 = r.r15, .r11 = r.r11, .rcx = r.rcx,
		.rip = r.rip, .cs = SELECTOR_USER_CODE, .rflags = (r.rflags & RFLAGS_USER) | RFLAGS_ALWAYS, .rsp = r.rsp, .ss = SELECTOR_USER_DATA,
	};
	thread->fs_base = r.fs_base;
	thread->gs_base = r.gs_base;
	return OK;
}

static void registers_store(const struct thread *thread, struct thread_registers *to)
{
	const struct frame *f = &thread->frame;
	const uint64_t *m = f->message;

	*to = (struct thread_registers){
		.rax = f->rax, .rbx = m[4], .rcx = f->rcx, .rdx = m[0], .rsi = f->rsi, .rdi = f->rdi, .rbp = m[5], .rsp = f->rsp,
		.r8 = m[2], .r9 = m[3], .r10 = m[1], .r11 = f->r11, .r12 = f->r12, .r13 = m[6], .r14 = m[7], .r15 = f->r15,
		.rip = f->rip, .rflags = f->rflags, .fs_base = thread->fs_base, .gs_base = thread->gs_base,
	};
}

static void state_read(struct thread *thread, uint64_t parts, struct thread_image *image)
{
	if (parts & STATE_REGISTERS)
		registers_store(thread, &image->registers);
	if (parts & STATE_FPU) {
		fpu_flush(thread);
		memory_copy(image->fpu, &thread->fpu, machine_fpu.size);
	}
}

/* The FPU state is copied before it is checked; the registers, the last that can be refused, are checked and loaded before it is taken. */
static enum error state_write(struct thread *thread, uint64_t parts, const struct thread_image *image)
{
	static struct fpu_image fpu;
	enum error error = OK;

	if (parts & STATE_FPU)
		memory_copy(&fpu, image->fpu, machine_fpu.size);
	if (parts & STATE_FPU && !machine_fpu_image_valid(&fpu))
		return refuse(ERR_ARGUMENT, "the processor would not take this FPU state");
	if (parts & STATE_REGISTERS)
		error = thread_registers_load(thread, &image->registers);
	if (!error && parts & STATE_FPU) {
		fpu_flush(thread);
		memory_copy(&thread->fpu, &fpu, machine_fpu.size);
	}
	return error;
}

/* READ_STATE and WRITE_STATE. New registers end a hold by a Reply: a thread that is not suspended goes on with them. */
enum error thread_exchange(struct call *call)
{
	struct thread *thread = core_pointer(call->target->object);
	struct thread_image *image = (struct thread_image *)thread_page((struct thread *)call->caller);
	uint64_t parts = call->words[0];

	if (!image)
		return refuse(ERR_MESSAGE, "the state of a thread is exchanged in the message page");
	if (parts & ~(uint64_t)(STATE_REGISTERS | STATE_FPU))
		return refuse(ERR_ARGUMENT, "a thread's state has no such part");
	if (!(thread->stopped & STOPPED_SUSPENDED) && thread->state != THREAD_REPLY)
		return refuse(ERR_STATE, "the thread is neither suspended nor held by a Reply");
	if (call->label == THREAD_WRITE_STATE && parts & STATE_FPU && call->words[1] != machine_fpu.size)
		return refuse(ERR_ARGUMENT, "an FPU state has the size that READ_STATE tells");
	if (call->label == THREAD_WRITE_STATE) {
		enum error error = state_write(thread, parts, image);

		return !error && parts & STATE_REGISTERS && !(thread->stopped & STOPPED_SUSPENDED) ? thread_resume(call) : error;
	}
	state_read(thread, parts, image);
	call->result[0] = machine_fpu.size;
	call->results = 1;
	return OK;
}

enum error thread_suspend(struct call *call)
{
	thread_stop(core_pointer(call->target->object), STOPPED_SUSPENDED);
	return OK;
}

enum error thread_resume(struct call *call)
{
	struct thread *thread = core_pointer(call->target->object);

	if (thread->state == THREAD_FAULTED)
		thread->state = THREAD_RUNNABLE;
	thread_start(thread, STOPPED_SUSPENDED);
	return OK;
}

enum error thread_inform(struct call *call)
{
	const struct thread *thread = core_pointer(call->target->object);
	uint64_t ticks = thread->cpu_time;

	if (this_cpu()->current == thread)
		ticks += tsc_read() - this_cpu()->switched_at;
	call->result[0] = clock_ticks_to_ns(ticks);
	call->result[1] = thread->state;
	call->result[2] = (thread->stopped & STOPPED_SUSPENDED) != 0;
	call->result[3] = thread->fault_address;
	call->results = 4;
	return OK;
}
