/* SPDX-License-Identifier: MIT */
/*
 * The processor as the kernel runs it: segments, stacks, the clock, FPU state.
 *
 * All variables here are set by the loader (boot/processor.c, boot/clock.c) before the kernel starts. [I]: immutable from then on.
 */
#pragma once

#include "abi/types.h"
#include "kernel/arch/x86_64/x86.h"

/* Selectors, in the order that SYSCALL and SYSRET want (Intel SDM volume 2, SYSRET). */
enum selector { SELECTOR_KERNEL_CODE = 0x08, SELECTOR_KERNEL_DATA = 0x10, SELECTOR_USER_DATA = 0x1b, SELECTOR_USER_CODE = 0x23, SELECTOR_TSS = 0x28 };

/* The stacks of the first CPU. Each lies above an unmapped guard page of its own; the kernel's own stack is the last, where boot starts. */
enum cpu_stack { STACK_DOUBLE_FAULT, STACK_NMI, STACK_MACHINE_CHECK, STACK_KERNEL, CPU_STACKS };
#define CPU_STACK_SIZE 0x4000 /* guard page included */
extern uint8_t cpu_stacks[CPU_STACKS][CPU_STACK_SIZE];

/* Time is in nanoseconds since the loader's first instruction, ((TSC - base) * mult) >> shift with a 128-bit product. User space gets the same numbers. [I] */
struct clock_scale {
	uint64_t mult, shift, base;
	uint64_t tsc_hz;
};
extern struct clock_scale clock_scale;

static inline uint64_t clock_ticks_to_ns(uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * clock_scale.mult >> clock_scale.shift);
}

static inline uint64_t clock_now(void)
{
	return clock_ticks_to_ns(tsc_read() - clock_scale.base);
}

/* How FPU state is kept: with XSAVE, else with FXSAVE. [I] */
struct fpu {
	uint32_t size;       /* bytes of a state, at most FPU_SIZE_MAX */
	uint32_t features;   /* XCR0: the bits that a state's XSTATE_BV may have; 0 without XSAVE */
	uint32_t mxcsr_mask; /* the bits that a state's MXCSR may have */
};
#define FPU_SIZE_MAX 2688 /* x87, SSE, AVX, AVX-512 in the standard form (Intel SDM volume 1, 13.4) */
extern struct fpu machine_fpu;

/* A state in memory: as FXSAVE writes it, then the header of XSAVE (XSTATE_BV, XCOMP_BV and reserved words) and what follows that. */
struct fpu_image {
	uint16_t control, x87[11];
	uint32_t mxcsr, registers[121];
	uint64_t header[8];
	uint8_t extended[FPU_SIZE_MAX - 576];
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct fpu_image, mxcsr) == 24 && offsetof(struct fpu_image, header) == 512, "Intel SDM volume 1, 10.5.1 and 13.4.2");

/* In the clean state that a new thread starts with; all else of it is 0. */
#define FPU_CONTROL_RESET 0x37f
#define FPU_MXCSR_RESET 0x1f80

/*
 * Would the processor load this state? Its reserved bits are clear and it names no component that is off (Intel SDM volume 1, 13.8.1; 10.5.1.2 for MXCSR). Without XSAVE there are
 * no components, and the header must be 0.
 */
bool machine_fpu_image_valid(const struct fpu_image *image);

/* Saves the FPU state of this CPU to `image`; the state in the registers stays. */
static inline void machine_fpu_save(struct fpu_image *image)
{
	if (machine_fpu.features)
		__asm__ volatile("xsave64 (%0)" : : "r"(image), "a"(-1), "d"(-1) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(image) : "memory");
}

/* Loads the FPU state of this CPU from `image`, which the kernel has written or checked: #GP otherwise. */
static inline void machine_fpu_restore(const struct fpu_image *image)
{
	if (machine_fpu.features)
		__asm__ volatile("xrstor64 (%0)" : : "r"(image), "a"(-1), "d"(-1) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(image) : "memory");
}
