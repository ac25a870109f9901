/* SPDX-License-Identifier: MIT */
/*
 * The last words of the kernel.
 *
 * Whoever comes here can trust little. So nothing is locked or allocated, only the kernel image is read, and a panic within the panic stops without a
 * word. The words have no names and nothing is looked up: tools/symbolize, which has the image, finds the reason, the events and the return addresses among them.
 * The stack comes last, because it may be the one that has no room left and cannot be read.
 */
#include "kernel/panic.h"

#include "kernel/arch/x86_64/console.h"
#include "kernel/cpu.h"

static _Noreturn void stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

_Noreturn void halt(const char *line)
{
	console_words(line, NULL, 0);
	stop();
}

_Noreturn void panic(const struct frame *trap)
{
	static bool panicking;
	struct cpu *cpu = &cpus[0]; /* GS may be the user's; with one CPU there is no question whose kernel this is */
	bool known = trap->rsp % 8 == 0 && trap->rsp - (uint64_t)cpu_stacks < sizeof(cpu_stacks);
	const uint64_t *stack = known ? (const uint64_t *)trap->rsp : (const uint64_t *)trap;

	if (panicking)
		stop();
	panicking = true;
	trace_record(cpu, TRACE_FAULT, trap->vector, cr2_read());
	console_words("\npanic: a trap in kernel mode", NULL, 0);
	console_words("panic: cpu", (const uint64_t[]){ cpu->number, (uint64_t)cpu->current }, 2);
	console_words("panic: registers", (const uint64_t *)trap, sizeof(*trap) / sizeof(uint64_t));
	console_words("panic: events", (const uint64_t *)&cpu->trace, sizeof(cpu->trace) / sizeof(uint64_t));
	console_words("panic: stack", stack, -(uint64_t)stack % CPU_STACK_SIZE / sizeof(uint64_t));
	stop();
}
