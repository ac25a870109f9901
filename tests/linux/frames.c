/* SPDX-License-Identifier: MIT */
/*
 * Frames of signals that a program has changed before its handler returns: registers, flags, segments, floating-point state, masks. What the kernel takes from them must not be more than the program could have by itself: bad ones end the
 * program, with the signal that Linux has for it, and nobody else.
 */
#include "check.h"

#include <ucontext.h>

static volatile int returned;

static void plain(ucontext_t *context)
{
	(void)context;
}

static void flags_all(ucontext_t *context)
{
	context->uc_mcontext.gregs[REG_EFL] = -1;
}

/* The direction flag alone would spoil what comes after: it is taken as it is, and cleared again by who sees it. */
static void flags_privileged(ucontext_t *context)
{
	context->uc_mcontext.gregs[REG_EFL] |= 3 << 12 | 1 << 17 | 1 << 19 | 1 << 20 | 1 << 14;
}

static void place_of_kernel(ucontext_t *context)
{
	context->uc_mcontext.gregs[REG_RIP] = (long)0xffff800000000000;
}

static void place_nowhere(ucontext_t *context)
{
	context->uc_mcontext.gregs[REG_RIP] = (long)0x8000000000000000;
}

static void place_unmapped(ucontext_t *context)
{
	context->uc_mcontext.gregs[REG_RIP] = 8;
}

static void stack_of_kernel(ucontext_t *context)
{
	context->uc_mcontext.gregs[REG_RSP] = (long)0xffff800000000000;
}

static void stack_nowhere(ucontext_t *context)
{
	context->uc_mcontext.gregs[REG_RSP] = (long)0x8000000000000000;
}

static void segments_of_kernel(ucontext_t *context)
{
	context->uc_mcontext.gregs[REG_CSGSFS] = 0x10 | 0x18l << 48;
}

static void segments_all(ucontext_t *context)
{
	context->uc_mcontext.gregs[REG_CSGSFS] = -1;
}

static void floats_nowhere(ucontext_t *context)
{
	context->uc_mcontext.fpregs = BAD_ADDRESS;
}

static void floats_of_kernel(ucontext_t *context)
{
	context->uc_mcontext.fpregs = KERNEL_ADDRESS;
}

static void floats_none(ucontext_t *context)
{
	context->uc_mcontext.fpregs = NULL;
}

static void floats_reserved(ucontext_t *context)
{
	((uint32_t *)context->uc_mcontext.fpregs)[6] = 0xffffffff; /* MXCSR: bits that there are not */
}

static void floats_header(ucontext_t *context)
{
	memset((char *)context->uc_mcontext.fpregs + 512, 0xff, 64); /* XSAVE's header */
}

static void mask_all(ucontext_t *context)
{
	memset(&context->uc_sigmask, 0xff, 8);
}

static void (*change)(ucontext_t *context);

static void handler(int number, siginfo_t *information, void *context)
{
	(void)number, (void)information;
	change(context);
}

static void try(const char *what, void (*of)(ucontext_t *context))
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	uint64_t mask = 0;
	unsigned long flags;

	change = of;
	CHILD(what, {
		sigaction(SIGUSR1, &action, NULL);
		raise(SIGUSR1);
		__asm__ volatile("pushfq; popq %0; cld" : "=r"(flags));
		syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
		/* IOPL, NT, VM, VIF and VIP are never a program's; masks are all but two. */
		SHOW(what, "goes on, privileged flags %lx, mask %lx", flags & 0x1a7000 & ~0x4000ul, (unsigned long)mask);
	});
}

/* Without a frame at all: the stack holds anything. */
static void without_frame(void)
{
	CHILD("sigreturn of nothing", {
		static char stack[65536] __attribute__((aligned(16)));

		__asm__ volatile("movq %0, %%rsp; movl $15, %%eax; syscall; ud2" : : "r"(stack + 32768) : "memory", "rax");
	});
	CHILD("sigreturn at the end of memory", {
		char *edge = check_border();

		__asm__ volatile("movq %0, %%rsp; movl $15, %%eax; syscall; ud2" : : "r"(edge - 16) : "memory", "rax");
	});
	CHILD("sigreturn nowhere", { __asm__ volatile("movq %0, %%rsp; movl $15, %%eax; syscall; ud2" : : "r"(0x8000000000000000) : "memory", "rax"); });
}

/* A handler for which there is no room. */
static void no_room(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	static char small[4096];
	stack_t tiny = {.ss_sp = small, .ss_size = sizeof(small)};

	change = plain;
	CHILD("stack nowhere", {
		sigaction(SIGUSR1, &action, NULL);
		__asm__ volatile("movq %%rsp, %%rbx; movq $8, %%rsp; movl $39, %%eax; syscall; movl %%eax, %%edi; movl $10, %%esi; movl $62, %%eax; syscall; movq %%rbx, %%rsp" : : : "memory", "rax", "rbx", "rcx", "rdi", "rsi", "r11");
		_exit(3);
	});
	CHILD("alternate stack in the way of itself", {
		sigaltstack(&tiny, NULL);
		munmap((void *)((uintptr_t)small & ~4095ul), 4096);
		sigaction(SIGUSR1, &action, NULL);
		raise(SIGUSR1);
	});
}

/* All that one may signal at once: only for a plain user, who has nobody else. */
static void everybody(void)
{
	CHILD("kill -1 of a user", {
		check_become(4000);
		CALL(kill, -1, SIGTERM);
		SHOW("who sent it", "is left");
	});
}

int main(void)
{
	try("plain", plain);
	try("all flags", flags_all);
	try("privileged flags", flags_privileged);
	try("goes on in the kernel", place_of_kernel);
	try("goes on nowhere", place_nowhere);
	try("goes on where nothing is", place_unmapped);
	try("stack in the kernel", stack_of_kernel);
	try("stack nowhere at all", stack_nowhere);
	try("segments of the kernel", segments_of_kernel);
	try("all segments", segments_all);
	try("floats where nothing is", floats_nowhere);
	try("floats in the kernel", floats_of_kernel);
	try("no floats", floats_none);
	try("reserved bits of MXCSR", floats_reserved);
	try("a wrong header of floats", floats_header);
	try("mask of all", mask_all);
	without_frame();
	no_room();
	everybody();
	return 0;
}
