/* SPDX-License-Identifier: MIT */
/*
 * What the loader leaves to the kernel of the machine, and the form of an FPU state.
 *
 * Everything else about the processor is set up once, by boot/processor.c. A state is kept in the standard form of XSAVE, or that of FXSAVE.
 */
#include "kernel/arch/x86_64/machine.h"

#include "kernel/arch/x86_64/kernel_map.h"

uint8_t cpu_stacks[CPU_STACKS][CPU_STACK_SIZE] __attribute__((section(".bss.stacks"), aligned(CPU_STACK_SIZE)));
uint64_t kernel_root[PAGE_TABLE_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
struct fpu machine_fpu;
struct clock_scale clock_scale;

bool machine_fpu_image_valid(const struct fpu_image *image)
{
	uint64_t refused = (image->mxcsr & ~machine_fpu.mxcsr_mask) | (image->header[0] & ~(uint64_t)machine_fpu.features);

	for (unsigned i = 1; i < sizeof(image->header) / sizeof(image->header[0]); i++)
		refused |= image->header[i];
	return !refused;
}
