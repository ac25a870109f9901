/* SPDX-License-Identifier: MIT */
/*
 * The instructions that C has no words for, and the names of the bits that they move.
 *
 * Everything here is stateless. Names and numbers follow the Intel SDM: control registers volume 3 section 2.5, paging entries 4.5,
 * MSRs volume 4.
 */
#pragma once

#include "abi/types.h"

#define CR0_TS (1u << 3)

#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define PTE_PRESENT 0x1ull
#define PTE_WRITE 0x2ull
#define PTE_USER 0x4ull
#define PTE_UNCACHED 0x18ull /* PWT and PCD: UC in the reset value of the PAT */
#define PTE_LARGE 0x80ull
#define PTE_NX (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull

enum vector { VECTOR_NMI = 2, VECTOR_BREAKPOINT, VECTOR_OVERFLOW, VECTOR_NO_FPU = 7, VECTOR_DOUBLE_FAULT, VECTOR_PAGE_FAULT = 14, VECTOR_MACHINE_CHECK = 18 };

/* Reads `width` bytes: 1, 2 or 4. */
static inline uint32_t port_read(uint16_t port, uint64_t width)
{
	uint32_t value = 0;

	if (width == 1)
		__asm__ volatile("inb %1, %b0" : "+a"(value) : "Nd"(port));
	else if (width == 2)
		__asm__ volatile("inw %1, %w0" : "+a"(value) : "Nd"(port));
	else
		__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/* Writes `width` bytes: 1, 2 or 4. */
static inline void port_write(uint16_t port, uint64_t width, uint32_t value)
{
	if (width == 1)
		__asm__ volatile("outb %b0, %1" : : "a"(value), "Nd"(port));
	else if (width == 2)
		__asm__ volatile("outw %w0, %1" : : "a"(value), "Nd"(port));
	else
		__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

/* cr0_read(), cr0_write(value), and so for the other control registers. */
#define CONTROL_REGISTER(name)                                                                                         \
	static inline uint64_t name##_read(void)                                                                       \
	{                                                                                                              \
		uint64_t value;                                                                                        \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(value));                                                 \
		return value;                                                                                          \
	}                                                                                                              \
	static inline void name##_write(uint64_t value)                                                                \
	{                                                                                                              \
		__asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory");                                        \
	}
CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr2)
CONTROL_REGISTER(cr3)

static inline void msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

/* Lets the next FPU instruction trap, or not. */
static inline void fpu_trap_set(bool trap)
{
	if (trap)
		cr0_write(cr0_read() | CR0_TS);
	else
		__asm__ volatile("clts");
}

static inline uint64_t tsc_read(void)
{
	return __builtin_ia32_rdtsc();
}
