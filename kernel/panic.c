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
#include "kernel/arch/x86_64/machine.h"

#define FRAMES_MAX 24

static const char *const register_names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8 ", "r9 ",
					      "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rfl", "fs ", "gs "};
_Static_assert(sizeof(struct thread_registers) == sizeof(register_names), "one name for each register");

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

static void registers_print(const struct thread_registers *registers)
{
	const uint64_t *value = &registers->rax;

	for (unsigned i = 0; i < sizeof(register_names) / sizeof(register_names[0]); i++)
		console_print("%s%s %p%s", i % 4 ? "" : "panic: ", register_names[i], (void *)value[i],
			      i % 4 == 3 ? "\n" : "  ");
}

static bool is_code(uint64_t address)
{
	return address >= (uint64_t)__text_start && address < (uint64_t)__rodata_start;
}

/* The addresses in the frames from `frame` on, as long as each frame lies above the one before, on the stacks. */
static unsigned frames_print(const uint64_t *frame)
{
	unsigned count = 0;

	while (count < FRAMES_MAX && frame >= (uint64_t *)cpu_stacks && frame + 2 <= (uint64_t *)cpu_stacks[CPU_STACKS] &&
	       (uint64_t)frame % 8 == 0 && is_code(frame[1])) {
		const uint64_t *caller = (const uint64_t *)frame[0];

		console_print("panic: at [%p]\n", (void *)frame[1]);
		count++;
		if (caller <= frame)
			break;
		frame = caller;
	}
	return count;
}

/* Without frame pointers (release builds): whatever on the stack could be a return address. */
static void stack_print(const uint64_t *stack)
{
	unsigned count = 0;

	for (; (uint64_t)stack % CPU_STACK_SIZE && count < FRAMES_MAX; stack++) {
		if (!is_code(*stack))
			continue;
		console_print("panic: perhaps at [%p]\n", (void *)*stack);
		count++;
	}
}

static void events_print(const struct trace_ring *ring)
{
#define TRACE_NAME(name, a, b) {#name, a, b},
	static const char *const names[TRACE_KINDS][3] = {TRACE_EVENTS(TRACE_NAME)};
	uint64_t first = ring->count > TRACE_RING_SIZE ? ring->count - TRACE_RING_SIZE : 0;

	for (uint64_t i = first; i < ring->count; i++) {
		const struct trace_event *event = &ring->event[i % TRACE_RING_SIZE];
		const char *const *name = names[event->kind % TRACE_KINDS];

		console_print("panic: event %lu %s %s 0x%lx %s 0x%lx\n", i, name[0], name[1], event->a, name[2], event->b);
	}
}

_Noreturn void panic(const char *reason)
{
	static bool panicking;
	const struct cpu_machine *machine = &cpu_machine[0];
	const uint64_t *frame = __builtin_frame_address(0);

	__asm__ volatile("cli");
	if (panicking)
		stop();
	panicking = true;
	console_print("\npanic: %s\n", reason);
	console_print("panic: cpu %u thread %p vector %lu\n", machine->number, machine->thread, machine->entry_vector);
	if (machine->registers)
		registers_print(machine->registers);
	if (frames_print(frame) < 2)
		stack_print(frame + 2);
	events_print(&machine->trace);
	stop();
}
