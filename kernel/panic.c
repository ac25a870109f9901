/* SPDX-License-Identifier: MIT */
/*
 * The last words of the kernel.
 *
 * Whoever comes here can trust little. So nothing is locked or allocated, each memory access is to the kernel image or, in the backtrace,
 * checked to lie on this CPU's stack, and a panic within the panic stops without a word. The text has no symbols: those are looked
 * up on the host, which has the image.
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
	console_print("%s\n", line);
	stop();
}

static void registers_print(const struct frame *frame)
{
	static const char *const names[] = {"rdx", "r10", "r8 ", "r9 ", "rbx", "rbp", "r13", "r14", "rax", "rdi", "rsi",
					    "r12", "r15", "r11", "rcx", "vec", "err", "rip", "cs ", "rfl", "rsp", "ss "};
	const uint64_t *values = frame->message;

	_Static_assert(sizeof(*frame) == sizeof(names), "a name for each word of the frame");
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		console_print("panic: %s [0x%p]\n", names[i], (void *)values[i]);
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
		console_print("panic: %s [0x%p]\n", chained ? "at" : "perhaps at", (void *)*at);
		count++;
	}
}

static void events_print(const struct trace_ring *ring)
{
	static const char *const names[TRACE_KINDS][3] = {
#define TRACE(name, a, b) {#name, a, b},
		TRACE_EVENTS
#undef TRACE
	};

	for (uint64_t i = ring->count < TRACE_RING_SIZE ? 0 : ring->count - TRACE_RING_SIZE; i < ring->count; i++) {
		const struct trace_event *event = &ring->event[i % TRACE_RING_SIZE];
		const char *const *name = names[event->kind % TRACE_KINDS];

		console_print("panic: %s %s 0x%lx %s 0x%lx\n", name[0], name[1], event->a, name[2], event->b);
	}
}

_Noreturn void panic_trap(const char *reason, const struct frame *trap)
{
	static bool panicking;
	const struct cpu_machine *machine = &cpu_machine[0];
	const uint64_t *frame = __builtin_frame_address(0);

	if (panicking)
		stop();
	panicking = true;
	console_print("\npanic: %s\npanic: cpu %u thread 0x%p\n", reason, machine->number,
		      (void *)cpus[0].current);
	if (trap)
		registers_print(trap);
	if (trap && trap->rsp % 8 == 0 && trap->rsp - (uint64_t)cpu_stacks < sizeof(cpu_stacks))
		backtrace_print((const uint64_t *)trap->rsp, (const uint64_t *)trap->message[5]);
	else
		backtrace_print(frame, frame);
	events_print(&machine->trace);
	stop();
}

_Noreturn void panic(const char *reason)
{
	panic_trap(reason, cpus[0].current ? &cpus[0].current->frame : NULL);
}
