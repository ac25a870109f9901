/* SPDX-License-Identifier: MIT */
/*
 * The last words of the kernel.
 *
 * Whoever comes here can trust little. So nothing is locked or allocated, each memory access is to the kernel image or, in the backtrace,
 * checked to lie on this CPU's stack, and a panic within the panic stops without a word. The words have no names: registers, events and
 * symbols are named on the host (tools/symbolize), which has the image.
 */
#include "kernel/panic.h"

#include "kernel/arch/x86_64/console.h"
#include "kernel/arch/x86_64/kernel_map.h"
#include "kernel/cpu.h"

#define ADDRESSES_MAX 32

static _Noreturn void stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

_Noreturn void halt(const char *line)
{
	console_print(line);
	console_print("\n");
	stop();
}

/*
 * Every word from `at` to the top of its stack that points into the code. Those beside a saved frame pointer are return addresses; the
 * others, of which a release build has many for want of frame pointers, may be left over from earlier calls.
 */
static void backtrace_print(const uint64_t *at, const uint64_t *frame)
{
	for (unsigned count = 0; (uint64_t)at % CPU_STACK_SIZE && count < ADDRESSES_MAX; at++) {
		bool chained = at == frame + 1;

		if (chained)
			frame = (const uint64_t *)*frame;
		if (*at < (uint64_t)__text_start || *at >= (uint64_t)__rodata_start)
			continue;
		console_words(chained ? "panic: at" : "panic: perhaps at", at, 1);
		count++;
	}
}

_Noreturn void panic_trap(const char *reason, const struct frame *trap)
{
	static bool panicking;
	const struct trace_ring *ring = &cpus[0].trace;
	const uint64_t *stack = __builtin_frame_address(0), *frame = stack;

	if (panicking)
		stop();
	panicking = true;
	console_print("\npanic: ");
	console_print(reason);
	console_words("\npanic: cpu", (const uint64_t[]){ cpus[0].number, (uint64_t)cpus[0].current }, 2);
	console_words("panic: registers", (const uint64_t *)trap, sizeof(*trap) / sizeof(uint64_t));
	if (trap->rsp % 8 == 0 && trap->rsp - (uint64_t)cpu_stacks < sizeof(cpu_stacks)) {
		stack = (const uint64_t *)trap->rsp;
		frame = (const uint64_t *)trap->message[5];
	}
	backtrace_print(stack, frame);
	for (uint64_t i = ring->count < TRACE_RING_SIZE ? 0 : ring->count - TRACE_RING_SIZE; i < ring->count; i++)
		console_words("panic: event", (const uint64_t *)&ring->event[i % TRACE_RING_SIZE], 3);
	stop();
}

_Noreturn void panic(const char *reason)
{
	panic_trap(reason, &cpus[0].current->frame);
}
