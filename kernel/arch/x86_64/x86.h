/* SPDX-License-Identifier: MIT */
/*
 * The instructions that C has no words for, and the names of the bits that they move.
 *
 * Everything here is stateless. Names and numbers follow the Intel SDM: control registers volume 3 section 2.5, paging entries 4.5,
 * MSRs volume 4.
 */
#ifndef KOZO_ARCH_X86_H
#define KOZO_ARCH_X86_H

#include "abi/types.h"

#define CR0_PE_PG 0x80000001
#define CR0_MP (1u << 1)
#define CR0_TS (1u << 3)
#define CR0_NE (1u << 5)
#define CR0_WP (1u << 16)

#define CR4_PAE (1u << 5)
#define CR4_MCE (1u << 6)
#define CR4_PGE (1u << 7)
#define CR4_OSFXSR (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_UMIP (1u << 11)
#define CR4_OSXSAVE (1u << 18)
#define CR4_SMEP (1u << 20)
#define CR4_SMAP (1u << 21)

#define MSR_APIC_BASE 0x1b
#define MSR_SYSENTER_CS 0x174
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SFMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define EFER_SCE (1u << 0)
#define EFER_NXE (1u << 11)

#define RFLAGS_FIXED 0x2u /* always set */
#define RFLAGS_IF 0x200u

#define PTE_PRESENT 0x1ull
#define PTE_WRITE 0x2ull
#define PTE_USER 0x4ull
#define PTE_UNCACHED 0x18ull /* PWT and PCD: UC in the reset value of the PAT */
#define PTE_LARGE 0x80ull
#define PTE_GLOBAL 0x100ull
#define PTE_NX (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull

enum vector { VECTOR_NMI = 2, VECTOR_BREAKPOINT, VECTOR_OVERFLOW, VECTOR_NO_FPU = 7, VECTOR_DOUBLE_FAULT, VECTOR_PAGE_FAULT = 14, VECTOR_MACHINE_CHECK = 18 };

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid_read(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r = {leaf, 0, subleaf, 0};

	__asm__ volatile("cpuid" : "+a"(r.eax), "=b"(r.ebx), "+c"(r.ecx), "=d"(r.edx));
	return r;
}

/* port_in8(port), port_out8(port, value), and so for 16 and 32 bits. */
#define PORT_ACCESS(bits)                                                                                              \
	static inline uint##bits##_t port_in##bits(uint16_t port)                                                      \
	{                                                                                                              \
		uint##bits##_t value;                                                                                  \
		__asm__ volatile("in %1, %0" : "=a"(value) : "Nd"(port));                                              \
		return value;                                                                                          \
	}                                                                                                              \
	static inline void port_out##bits(uint16_t port, uint##bits##_t value)                                         \
	{                                                                                                              \
		__asm__ volatile("out %0, %1" : : "a"(value), "Nd"(port));                                             \
	}
PORT_ACCESS(8)
PORT_ACCESS(16)
PORT_ACCESS(32)

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
CONTROL_REGISTER(cr4)

static inline uint64_t msr_read(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline void xcr0_write(uint32_t value)
{
	__asm__ volatile("xsetbv" : : "c"(0), "a"(value), "d"(0));
}

/* Lets the next FPU instruction trap, or not. */
static inline void fpu_trap_set(bool trap)
{
	if (trap)
		cr0_write(CR0_PE_PG | CR0_MP | CR0_NE | CR0_WP | CR0_TS);
	else
		__asm__ volatile("clts");
}

static inline uint64_t tsc_read(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

#endif
