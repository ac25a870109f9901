/* SPDX-License-Identifier: MIT */
/* What the loader needs of the processor beyond what the kernel does: see kernel/arch/x86_64/x86.h. */
#pragma once

#include "kernel/arch/x86_64/x86.h"

#define CR0_PE_PG 0x80000001
#define CR0_MP (1u << 1)
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

#define EFER_SCE (1u << 0)
#define EFER_NXE (1u << 11)

#define RFLAGS_FIXED 0x2u /* always set */

#define PTE_GLOBAL 0x100ull

#define LEAF_AMD 0x80000001 /* extended features */
#define LEAF_ADDRESS_SIZES 0x80000008

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid_read(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r = {leaf, 0, subleaf, 0};

	__asm__ volatile("cpuid" : "+a"(r.eax), "=b"(r.ebx), "+c"(r.ecx), "=d"(r.edx));
	return r;
}

CONTROL_REGISTER(cr4)

/* As memory_copy(), any number of bytes; the two do not overlap. */
static inline void memory_copy_bytes(void *to, const void *from, uint64_t bytes)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

static inline uint8_t port_in8(uint16_t port)
{
	return (uint8_t)port_read(port, 1);
}

static inline void port_out8(uint16_t port, uint8_t value)
{
	port_write(port, 1, value);
}

static inline uint64_t msr_read(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void xcr0_write(uint32_t value)
{
	__asm__ volatile("xsetbv" : : "c"(0), "a"(value), "d"(0));
}
