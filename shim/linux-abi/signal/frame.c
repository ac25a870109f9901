/* SPDX-License-Identifier: MIT */
/*
 * Frames of signal handlers (signal/frame.h). What a frame says when it is popped is the program's: registers are sanitised by the kernel when they are written, an FPU state that it refuses ends the process, as in Linux.
 */
#include "signal/frame.h"

#include "abi/linux/constants.h"
#include "lib/string.h"
#include "mm/user.h"
#include "signal/send.h"

#define RED_ZONE 128
#define SYSCALL_BYTES 2
#define USER_CODE_SELECTOR 0x33
#define USER_STACK_SELECTOR 0x2b
#define FPU_LEGACY_BYTES 512
#define FPU_MAGIC1_OFFSET 464 /* struct _fpx_sw_bytes in the legacy area */
#define FPU_MAGIC1 0x46505853
#define FPU_MAGIC2 0x46505845
#define XSTATE_BV_OFFSET 512
#define MXCSR_OFFSET 24
#define MXCSR_BITS 0xffff /* Intel SDM volume 1, 10.2.3; the others are reserved */
#define CONTEXT_FLAGS 7 /* UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */

/* struct sigcontext_64 */
struct context {
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	uint16_t cs, gs, fs, ss;
	uint64_t error, trap, old_mask, cr2;
	uint64_t fpu; /* address of the FPU state; 0: none */
	uint64_t reserved[8];
};
_Static_assert(sizeof(struct context) == 256, "sigcontext_64");

/* struct rt_sigframe */
struct frame {
	uint64_t restorer;
	uint64_t flags, link; /* struct ucontext */
	struct signal_stack stack;
	struct context context;
	uint64_t mask;
	struct signal_information information;
};
_Static_assert(sizeof(struct frame) == 440, "rt_sigframe");

/* struct _fpx_sw_bytes */
struct fpu_tail {
	uint32_t magic, extended_bytes;
	uint64_t features;
	uint32_t state_bytes, padding[7];
};

static bool on_stack(const struct signal_stack *stack, uint64_t rsp)
{
	return rsp > stack->address && rsp - stack->address <= stack->bytes;
}

/* Where the frame begins: on the stack in use, or at the top of the alternate one. */
static uint64_t stack_choose(const struct task *task, uint64_t flags, uint64_t rsp)
{
	const struct signal_stack *stack = &task->alternate;

	if (flags & LINUX_SA_ONSTACK && stack->bytes && !(stack->flags & LINUX_SS_DISABLE) && !on_stack(stack, rsp))
		return stack->address + stack->bytes;
	return rsp - RED_ZONE;
}

static void context_fill(struct context *context, const struct thread_registers *r)
{
	*context = (struct context){
		.r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11, .r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15,
		.rdi = r->rdi, .rsi = r->rsi, .rbp = r->rbp, .rbx = r->rbx, .rdx = r->rdx, .rax = r->rax, .rcx = r->rcx, .rsp = r->rsp,
		.rip = r->rip, .rflags = r->rflags, .cs = USER_CODE_SELECTOR, .ss = USER_STACK_SELECTOR,
	};
}

static void registers_fill(struct thread_registers *r, const struct context *context)
{
	r->r8 = context->r8;
	r->r9 = context->r9;
	r->r10 = context->r10;
	r->r11 = context->r11;
	r->r12 = context->r12;
	r->r13 = context->r13;
	r->r14 = context->r14;
	r->r15 = context->r15;
	r->rdi = context->rdi;
	r->rsi = context->rsi;
	r->rbp = context->rbp;
	r->rbx = context->rbx;
	r->rdx = context->rdx;
	r->rax = context->rax;
	r->rcx = context->rcx;
	r->rsp = context->rsp;
	r->rip = context->rip;
	r->rflags = context->rflags;
}

/* Where the parts of a frame lie. */
struct place {
	uint64_t frame, fpu;
};

static struct place place_choose(uint64_t top)
{
	struct place place = {.fpu = (top - host_fpu_bytes - sizeof(uint32_t)) & ~63ull};

	place.frame = ((place.fpu - sizeof(struct frame)) & ~15ull) - 8;
	return place;
}

/* user_reach() until all pages are there at once: while one was waited for, another may have gone. */
static int range_reach(struct memory *memory, uint64_t address, uint64_t bytes, bool store)
{
	int came = 0, reached;

	while ((reached = user_reach(memory, address, bytes, store)) > 0)
		came = 1;
	return reached < 0 ? reached : came;
}

/* Reads registers and FPU state with the frame's pages there: nothing comes between the message page and the writing of the frame. A null pointer when there is no stack for it. */
static struct thread_image *image_read(struct task *task, uint64_t flags, struct place *place)
{
	struct thread_image *image = host_thread_read(task->host, STATE_REGISTERS | STATE_FPU);
	int came;

	if (!image)
		return NULL;
	*place = place_choose(stack_choose(task, flags, image->registers.rsp));
	came = range_reach(task->memory, place->frame, place->fpu + host_fpu_bytes + sizeof(uint32_t) - place->frame, true);
	if (came < 0)
		return NULL;
	return came ? host_thread_read(task->host, STATE_REGISTERS | STATE_FPU) : image;
}

/* Writes the FPU state, with what tells its size: that is put into the image first. */
static bool fpu_push(struct task *task, uint64_t address, uint8_t *fpu)
{
	uint64_t bytes = host_fpu_bytes;
	struct fpu_tail tail = {.magic = FPU_MAGIC1, .extended_bytes = (uint32_t)(bytes + sizeof(uint32_t)), .features = 7, .state_bytes = (uint32_t)bytes};
	const uint32_t magic = FPU_MAGIC2;

	if (bytes <= FPU_LEGACY_BYTES)
		return user_write(task->memory, address, fpu, bytes) == 0;
	memcpy(fpu + FPU_MAGIC1_OFFSET, &tail, sizeof(tail));
	memcpy(fpu + bytes, &magic, sizeof(magic));
	return user_write(task->memory, address, fpu, bytes + sizeof(magic)) == 0;
}

/* The registers with which the handler begins. */
static void registers_enter(struct thread_registers *registers, const struct signal_action *action, int number, uint64_t frame)
{
	registers->rip = action->handler;
	registers->rsp = frame;
	registers->rax = 0;
	registers->rdi = (uint64_t)number;
	registers->rsi = frame + offsetof(struct frame, information);
	registers->rdx = frame + offsetof(struct frame, flags);
	registers->rflags &= ~0x500ull; /* direction and single step: clear in a handler */
}

static void frame_fill(struct frame *frame, const struct task *task, const struct signal_action *action, const struct signal_information *information, uint64_t mask)
{
	frame->restorer = action->restorer;
	frame->flags = CONTEXT_FLAGS;
	frame->link = 0;
	frame->stack = task->alternate;
	frame->mask = mask;
	frame->information = *information;
	frame->context.old_mask = mask;
	frame->context.trap = task->fault_vector;
	frame->context.error = task->fault_error;
	frame->context.cr2 = task->fault_address;
}

bool frame_push(struct task *task, const struct signal_action *action, const struct signal_information *information, uint64_t mask, int64_t result, bool call, bool again)
{
	struct place place;
	struct thread_image *image = image_read(task, action->flags, &place);
	struct frame whole, *frame;
	size_t there;

	if (!image)
		return false;
	if (call)
		image->registers.rax = (uint64_t)result;
	if (again)
		image->registers.rip -= SYSCALL_BYTES;
	frame = (struct frame *)user_bytes(task->memory, place.frame, sizeof(*frame), true, &there);
	if (!frame || there < sizeof(*frame)) /* over the border of two pages */
		frame = &whole;
	context_fill(&frame->context, &image->registers);
	frame_fill(frame, task, action, information, mask);
	frame->context.fpu = place.fpu;
	if (!fpu_push(task, place.fpu, image->fpu) || (frame == &whole && user_put(task->memory, place.frame, &whole) != 0))
		return false;
	registers_enter(&image->registers, action, information->number, place.frame);
	return host_thread_write(task->host, STATE_REGISTERS);
}

/* Whether the FPU state that the frame names is one; puts it into the message page. */
static bool fpu_pull(struct task *task, uint64_t address)
{
	uint8_t *fpu = thread_self_image()->fpu;
	struct fpu_tail tail;
	uint32_t mxcsr;

	if (range_reach(task->memory, address, host_fpu_bytes, false) < 0 || user_read(task->memory, fpu, address, host_fpu_bytes) != 0)
		return false;
	memcpy(&tail, fpu + FPU_MAGIC1_OFFSET, sizeof(tail));
	if (tail.magic != FPU_MAGIC1)
		memset(fpu + XSTATE_BV_OFFSET + 8, 0, 56); /* legacy only: the header says so */
	memset(fpu + FPU_MAGIC1_OFFSET, 0, sizeof(tail));
	memcpy(&mxcsr, fpu + MXCSR_OFFSET, sizeof(mxcsr));
	mxcsr &= MXCSR_BITS;
	memcpy(fpu + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
	return true;
}

bool frame_pop(struct task *task)
{
	const struct thread_image *image = host_thread_read(task->host, STATE_REGISTERS);
	struct thread_registers *registers = &thread_self_image()->registers;
	uint64_t fs_base, gs_base;
	struct frame frame;

	if (!image)
		return false;
	fs_base = image->registers.fs_base;
	gs_base = image->registers.gs_base;
	if (user_read(task->memory, &frame, image->registers.rsp - sizeof(frame.restorer), offsetof(struct frame, information)) != 0)
		return false;
	if (frame.context.fpu && !fpu_pull(task, frame.context.fpu))
		return false;
	if (!(frame.stack.flags & LINUX_SS_DISABLE) || !frame.stack.bytes)
		task->alternate = frame.stack;
	signals_block(task, frame.mask);
	registers_fill(registers, &frame.context);
	registers->fs_base = fs_base;
	registers->gs_base = gs_base;
	return host_thread_write(task->host, STATE_REGISTERS | (frame.context.fpu ? STATE_FPU : 0));
}
