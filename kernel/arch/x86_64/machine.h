/* SPDX-License-Identifier: MIT */
/* The processor as the kernel runs it: segments, interrupt gates, system call entry, FPU. */
#ifndef KOZO_ARCH_MACHINE_H
#define KOZO_ARCH_MACHINE_H

#include "abi/types.h"
#include "kernel/arch/x86_64/boot_info.h"
#include "kernel/arch/x86_64/x86.h"
#include "kernel/trace.h"

/* Selectors, in the order that SYSCALL and SYSRET want (Intel SDM volume 2, SYSRET). */
#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA 0x1b
#define SELECTOR_USER_CODE 0x23
#define SELECTOR_TSS 0x28
#define GDT_ENTRIES 7

/* The stacks of the first CPU. Each lies above an unmapped guard page of its own; the kernel's own stack is the last, where boot starts. */
enum cpu_stack { STACK_DOUBLE_FAULT, STACK_NMI, STACK_MACHINE_CHECK, STACK_KERNEL, CPU_STACKS };
#define CPU_STACK_SIZE 0x4000 /* guard page included */
extern uint8_t cpu_stacks[CPU_STACKS][CPU_STACK_SIZE];

/* Intel SDM volume 3, figure 8-11. */
struct tss {
	uint32_t reserved0;
	uint64_t rsp0; /* loaded on every trap from user mode */
	uint64_t rsp1, rsp2, reserved1;
	uint64_t ist[7]; /* ist[n - 1] is what a gate calls n */
	uint64_t reserved2;
	uint16_t reserved3, io_map_base;
} __attribute__((packed));

/* One CPU's part of the machine. */
struct cpu_machine {
	uint64_t no_cpu; /* 0: what this_cpu() finds before kernel_main() lets GS point to a struct cpu */
	uint32_t number;
	struct tss tss; /* here, so that rsp0 is aligned */
	uint64_t gdt[GDT_ENTRIES];
	struct trace_ring trace;
};
_Static_assert(offsetof(struct cpu_machine, tss.rsp0) % 8 == 0, "rsp0 is written on every switch");
extern struct cpu_machine cpu_machine[CPU_MAX];

/* How FPU state is kept. Immutable after boot. */
struct fpu {
	bool xsave;          /* with XSAVE, else with FXSAVE */
	uint32_t size;       /* bytes of a state */
	uint32_t features;   /* XCR0, 0 without XSAVE: the bits that a state's XSTATE_BV may have */
	uint32_t mxcsr_mask; /* the bits that a state's MXCSR may have */
};
#define FPU_SIZE_MAX 2688 /* x87, SSE, AVX, AVX-512 in the standard form (Intel SDM volume 1, 13.4) */
extern struct fpu machine_fpu;

/* TSC at the kernel's first instruction. */
extern uint64_t machine_boot_tsc;

/* C's first function, on the first CPU's kernel stack: makes the machine ready, then calls kernel_main(). Arguments: boot_info_read(). */
_Noreturn void machine_boot(uint32_t magic, uint32_t address);

/* The kernel proper. Interrupts are off, the final kernel map is active, the lower half is empty. `info` stays valid. */
_Noreturn void kernel_main(const struct boot_info *info);

/* Loads GDT, TSS, IDT, control registers and the MSRs of the CPU that runs it; GS base becomes `machine`. */
void machine_init_cpu(struct cpu_machine *machine);

/* Where the next trap from user mode pushes its frame: the address just above it, 16-byte aligned. */
static inline void machine_set_kernel_stack(struct cpu_machine *machine, uint64_t rsp0)
{
	machine->tss.rsp0 = rsp0;
}

/* Width of physical addresses (Intel SDM volume 2, CPUID leaf 80000008H). */
static inline unsigned machine_physical_bits(void)
{
	return cpuid_read(0x80000008, 0).eax & 0xff;
}

/* Bytes of one FPU state on this machine, at most FPU_SIZE_MAX. */
static inline uint32_t machine_fpu_size(void)
{
	return machine_fpu.size;
}

/* Writes the clean state that a new thread starts with to `image`: machine_fpu_size() bytes, 64-byte aligned. */
void machine_fpu_init_image(void *image);

/* Would the processor load this state? Its reserved bits are clear and it names no component that is off (Intel SDM volume 1, 13.8.1; 10.5.1.2 for MXCSR). */
bool machine_fpu_image_valid(const void *image);

/* Saves the FPU state of this CPU to `image`; the state in the registers stays. */
static inline void machine_fpu_save(void *image)
{
	if (machine_fpu.xsave)
		__asm__ volatile("xsave64 (%0)" : : "r"(image), "a"(-1), "d"(-1) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(image) : "memory");
}

/* Loads the FPU state of this CPU from `image`, which the kernel has written or checked: #GP otherwise. */
static inline void machine_fpu_restore(const void *image)
{
	if (machine_fpu.xsave)
		__asm__ volatile("xrstor64 (%0)" : : "r"(image), "a"(-1), "d"(-1) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(image) : "memory");
}

#endif
