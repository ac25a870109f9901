/* SPDX-License-Identifier: MIT */
/*
 * What the loader leaves to the kernel of the machine, and the form of an FPU state.
 *
 * Everything else about the processor is set up once, by boot/processor.c. A state is kept in the standard form of XSAVE, or that of FXSAVE.
 */
#include "kernel/arch/x86_64/machine.h"

#include "kernel/arch/x86_64/clock.h"
#include "kernel/arch/x86_64/kernel_map.h"

#define FXSAVE_SIZE 512
#define FXSAVE_MXCSR 24
#define XSAVE_HEADER_WORDS 8 /* XSTATE_BV, XCOMP_BV (only the standard form here) and reserved words */
#define FCW_RESET 0x37f      /* at offset 0 */
#define MXCSR_RESET 0x1f80

uint8_t cpu_stacks[CPU_STACKS][CPU_STACK_SIZE] __attribute__((section(".bss.stacks"), aligned(CPU_STACK_SIZE)));
uint64_t kernel_root[PAGE_TABLE_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
struct fpu machine_fpu;
struct clock_scale clock_scale;

static uint32_t *image_mxcsr(const void *image)
{
	return (uint32_t *)((uint64_t)image + FXSAVE_MXCSR);
}

void machine_fpu_init_image(void *image)
{
	*(uint16_t *)image = FCW_RESET;
	*image_mxcsr(image) = MXCSR_RESET;
}

bool machine_fpu_image_valid(const void *image)
{
	const uint64_t *header = (const uint64_t *)((uint64_t)image + FXSAVE_SIZE);
	uint64_t reserved = 0;

	if (*image_mxcsr(image) & ~machine_fpu.mxcsr_mask)
		return false;
	for (unsigned i = 1; machine_fpu.xsave && i < XSAVE_HEADER_WORDS; i++)
		reserved |= header[i];
	return !machine_fpu.xsave || !(reserved || header[0] & ~(uint64_t)machine_fpu.features);
}
